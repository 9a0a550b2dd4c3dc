"""What a recording says beside an answer: read back, and refused where it can never have been.

A figure that somebody changed by hand must not pass for one that was measured. Reads no clock.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from prompt_contracts.data_class import dataclass
from prompt_contracts.interaction import Recorded
from prompt_contracts.provider_error import ERROR_KINDS, ProviderError
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.usage import Cost

LONGEST_LATENCY = 1_000_000
"""Seconds."""
MOST_ATTEMPTS = 10_000
HIGHEST_TRIAL = 1_000_000
_CLOCKS_DIFFER = timedelta(days=1)
# `Decimal` reads 1E999999999 in no time, and never gets done with writing it out.
_AMOUNT = re.compile(r"[+-]?[0-9.]{1,60}(?:[eE][+-]?[0-9]{1,3})?\Z")


@dataclass(frozen=True, slots=True)
class _Fact:
    """One key, and what may stand under it."""

    name: str
    wanted: str
    holds: Callable[[Any], bool]


def read_facts(data: Mapping[str, Any], place: str, *, now: datetime | None) -> Recorded:
    """What stands in a recording; `UnreadableError` names the `place`, the key and the value that cannot be.

    Nothing can have been recorded after `now`, but for clocks that differ; None asks for no clock.
    """
    for name, value in data.items():
        if value is not None and name in _FACTS and not _FACTS[name].holds(value):
            raise _told(data, place)
    recorded = Recorded(
        at=data.get("at"),
        latency=data.get("latency"),
        attempts=data.get("attempts"),
        trial=data.get("trial"),
        cost=_cost(data.get("cost"), place),
        unsent=data.get("unsent") or 0,
        unanswered=tuple(map(ProviderError.from_json, data.get("unanswered") or ())),
        confirmed=data.get("confirmed"),
    )
    if max(len(recorded.unanswered), recorded.unsent) >= (recorded.attempts or math.inf):
        raise UnreadableError(f"{place} tells of more sends without an answer than it has attempts")
    if now is not None and recorded.at is not None and _moment(recorded.at) > now.astimezone(UTC) + _CLOCKS_DIFFER:
        raise UnreadableError(f"{place} holds at: {_shown(recorded.at)}, which is still to come")
    if now is not None and recorded.confirmed is not None and _is_to_come(recorded.confirmed, now):
        raise UnreadableError(f"{place} holds confirmed: {_shown(recorded.confirmed)}, which is still to come")
    return recorded


def _told(data: Mapping[str, Any], place: str) -> UnreadableError:
    """What is wrong with the first of the facts that cannot be, whatever stands first in the recording."""
    fact, value = next(
        (fact, value)
        for name, fact in _FACTS.items()
        if (value := data.get(name)) is not None and not fact.holds(value)
    )
    return UnreadableError(f"{place} holds {fact.name}: {_shown(value)}, which is not {fact.wanted}")


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, (str, bool)) or not isinstance(value, int) else _digits(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _digits(value: int) -> str:
    # `str` refuses more than 4,300 digits.
    return str(value) if abs(value) < 10**30 else "a number of more than 30 digits"


def _is_time(value: Any) -> bool:
    try:
        # `fromisoformat` reads a date alone as its midnight, which nobody measured.
        return isinstance(value, str) and "T" in value and bool(_moment(value))
    except (ValueError, OverflowError):
        return False


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _is_to_come(day: str, now: datetime) -> bool:
    return date.fromisoformat(day) > (now.astimezone(UTC) + _CLOCKS_DIFFER).date()


def _is_latency(value: Any) -> bool:
    # The comparison refuses NaN and infinity, too, which YAML can write.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= LONGEST_LATENCY


def _is_count(most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _are_errors(value: Any) -> bool:
    """Kinds and messages of sends that got no response."""
    return isinstance(value, list) and all(
        isinstance(entry, dict)
        and entry.keys() == {"kind", "message"}
        and entry["kind"] in ERROR_KINDS
        and isinstance(entry["message"], str)
        for entry in value
    )


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _by_name(*facts: _Fact) -> Mapping[str, _Fact]:
    return MappingProxyType({fact.name: fact for fact in facts})


_FACTS = _by_name(
    _Fact("at", "a time such as 2026-11-03T12:00:00Z", _is_time),
    _Fact("latency", f"a number of seconds from 0 to {LONGEST_LATENCY:,}", _is_latency),
    _Fact("attempts", f"a whole number from 1 to {MOST_ATTEMPTS:,}", _is_count(MOST_ATTEMPTS)),
    _Fact("unsent", f"a whole number from 1 to {MOST_ATTEMPTS:,}", _is_count(MOST_ATTEMPTS)),
    _Fact("trial", f"a whole number from 1 to {HIGHEST_TRIAL:,}", _is_count(HIGHEST_TRIAL)),
    _Fact("cost", "a mapping of usd, source and as_of", lambda value: isinstance(value, dict)),
    _Fact("confirmed", "a date such as 2026-11-03", _is_date),
    _Fact("unanswered", "a list of kinds and messages", _are_errors),
)


def _cost(cost: Mapping[str, Any] | None, place: str) -> Cost | None:
    if cost is None:
        return None
    for fact in _COST_FACTS:
        if fact.name not in cost:
            raise UnreadableError(f"{place} holds a cost without {fact.name}")
        if not fact.holds(cost[fact.name]):
            raise UnreadableError(
                f"{place} holds cost.{fact.name}: {_shown(cost[fact.name])}, which is not {fact.wanted}"
            )
    return Cost(usd=Decimal(cost["usd"]), source=cost["source"], as_of=cost["as_of"])


def _is_amount(value: Any) -> bool:
    if not (isinstance(value, str) and _AMOUNT.match(value)):
        return False
    try:
        return Cost.is_amount(Decimal(value))
    except InvalidOperation:
        return False


_COST_FACTS = (
    _Fact("usd", 'an amount in US dollars from 0 to 1,000,000, as text such as "0.0003"', _is_amount),
    _Fact("source", "text", lambda value: isinstance(value, str)),
    _Fact("as_of", "a date such as 2026-11-01", lambda value: value is None or _is_date(value)),
)
