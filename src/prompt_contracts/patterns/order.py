"""Which of two values is smaller: numbers, dates and date-times. Nothing else has an order here."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_number import exact, is_number
from prompt_contracts.json_value import Json, equal
from prompt_contracts.mismatch import Absence, Value

Form = Literal["number", "date", "date-time", "date-time with offset"]
"""Only values of one form have an order: a local time cannot be told from one with an offset."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# RFC 3339 (5.6) with its lower case and its space, and ISO 8601's leave to omit the seconds.
_DATE_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2})?)(?:(?<=:\d\d:\d\d)\.(\d+))?(?:([Zz])|([+-]\d{2}:\d{2}))?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """A value's place in the order of its form."""

    form: Form
    key: tuple[Decimal | Fraction | int, ...]


def rank(value: Value) -> Rank | None:
    """Where a value stands among its like, or None when it has no order."""
    match value:
        # First: in Python True is an int.
        case bool():
            return None
        case Decimal() | int() | float():
            return Rank(form="number", key=(exact(value),))
        case str() if _DATE.fullmatch(value):
            return _date_rank(value)
        case str() if found := _DATE_TIME.fullmatch(value):
            return _moment_rank(*found.groups())
    return None


def compare(left: Value, right: Value) -> int | None:
    """-1, 0 or 1 as `left` is below, at or above `right`; None when the two have no common order."""
    if type(left) is int and type(right) is int:  # exact as they are
        return (left > right) - (left < right)
    low, high = rank(left), rank(right)
    if low is None or high is None or low.form != high.form:
        return None
    if low.key < high.key:
        return -1
    if low.key > high.key:
        return 1
    # NaN is neither below, above nor equal.
    return 0 if low.key == high.key else None


def number(value: Value) -> Decimal | None:
    """A finite number exactly as it is written; None for anything else."""
    found = exact(value) if is_number(value) else None
    return found if found is not None and found.is_finite() else None


def is_same(literal: Json, value: Value) -> bool:
    """Whether a value is the literal, by JSON's rules; money is compared digit by digit."""
    if isinstance(value, Absence):
        return False
    if not isinstance(value, Decimal):
        return equal(literal, value)
    known = rank(literal)
    return known is not None and known == rank(value)


def _date_rank(text: str) -> Rank | None:
    try:
        return Rank(form="date", key=(date.fromisoformat(text).toordinal(),))
    except ValueError:
        return None


def _moment_rank(stem: str, digits: str | None, zulu: str | None, offset: str | None) -> Rank | None:
    shift = "+00:00" if zulu or not offset else offset
    try:
        moment = datetime.fromisoformat(stem.upper() + shift)
    except ValueError:
        return None
    # Not datetime's own fractions: they end at microseconds, and two finer ones would look the same.
    fraction = Fraction(f"0.{digits or 0}")
    seconds = (moment - datetime(1, 1, 1, tzinfo=UTC)).total_seconds()
    form: Form = "date-time with offset" if zulu or offset else "date-time"
    return Rank(form=form, key=(int(seconds), fraction))
