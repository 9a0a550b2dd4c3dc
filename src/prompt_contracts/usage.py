"""Tokens and money. Unknown is None everywhere here, and never zero."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from decimal import Decimal

from prompt_contracts.data_class import dataclass
from prompt_contracts.plain_data import PlainData

_MOST_USD = 1_000_000
_MOST_DECIMALS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage(PlainData):
    """Token counts of one answer, or summed over several; None is unknown."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    """All that was generated, hidden reasoning included."""
    total_tokens: int | None = None
    cached_tokens: int | None = None
    """The part of `prompt_tokens` that the provider had cached."""
    reasoning_tokens: int | None = None
    """The part of `completion_tokens` that was hidden reasoning."""

    @classmethod
    def total(cls, usages: Iterable[Usage]) -> Usage:
        """The sum, count by count; one unknown summand makes that sum unknown."""
        known = tuple(usages)
        if len(known) == 1:
            return known[0]
        return cls(**{field.name: _sum(known, _getter(field.name)) for field in fields(cls)})


def _getter(name: str) -> Callable[[Usage], int | None]:
    return lambda usage: getattr(usage, name)


def _sum(usages: tuple[Usage, ...], get: Callable[[Usage], int | None]) -> int | None:
    counts = [get(usage) for usage in usages]
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost(PlainData):
    """US dollars for one answer, and where the figure comes from."""

    usd: Decimal
    source: str
    """`provider`, `pyproject.toml`, `self-hosted`, or the name and version of a price table."""
    as_of: str | None = None
    """ISO date of the price data; None when the source has no date."""

    @staticmethod
    def is_amount(usd: Decimal) -> bool:
        """Whether an amount can be what an answer cost; more, or more digits, is damage."""
        exponent = usd.as_tuple().exponent
        return isinstance(exponent, int) and -exponent <= _MOST_DECIMALS and 0 <= usd <= _MOST_USD


@dataclass(frozen=True, slots=True, kw_only=True)
class CostBound:
    """The most that one request can cost, told before it is sent."""

    usd: Decimal | None
    """US dollars; None: nobody can tell."""
    unknown: str = ""
    """Why nobody can tell, such as `no price`."""
    help: str = ""
    """What to do about it."""


def total_cost(costs: Iterable[Cost | None]) -> Decimal | None:
    """The sum in US dollars, or None as soon as one summand is unknown."""
    amounts: list[Decimal] = []
    for cost in costs:
        if cost is None:
            return None
        amounts.append(cost.usd)
    return sum(amounts, Decimal(0))
