"""Which of two numbers, dates or date-times is the greater, and what is near a number. Nothing is rounded."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import MAX_EMAX, MIN_EMIN, Decimal, localcontext

from tests.oracle.observation import Data

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# Seconds may be left out, and a blank may stand for the T.
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?:(:\d\d)(\.\d+)?)?(Z|z|[+-]\d\d:\d\d)?", re.ASCII)

# More digits than any two numbers of the tests are apart.
_DIGITS = 12_000


def place(value: Data) -> tuple[str, Decimal] | None:
    """The form of a value, and where it stands among others of that form; None for what has no order."""
    if isinstance(value, Decimal):
        return "number", value
    if not isinstance(value, str):
        return None
    if _DATE.fullmatch(value):
        return _place("date", value, Decimal(0))
    found = _TIME.fullmatch(value)
    if found is None:
        return None
    day, minute, second, fraction, zone = found.groups()
    more = Decimal(f"0{fraction or '.0'}") - _seconds_of(zone)
    return _place("date-time" if zone is None else "date-time with offset", f"{day}T{minute}{second or ':00'}", more)


def _place(form: str, text: str, more: Decimal) -> tuple[str, Decimal] | None:
    try:
        passed = datetime.fromisoformat(text) - datetime(1, 1, 1)  # noqa: DTZ001 - the zone is in `more`
    except ValueError:
        return None
    return form, Decimal(passed // timedelta(seconds=1)) + more


def _seconds_of(zone: str | None) -> Decimal:
    if zone in (None, "Z", "z"):
        return Decimal(0)
    assert zone is not None
    size = Decimal(int(zone[1:3]) * 3600 + int(zone[4:6]) * 60)
    return size if zone[0] == "+" else -size


def compare(left: Data, right: Data) -> int | None:
    """-1, 0 or 1; None for two values that have no order."""
    one, other = place(left), place(right)
    if one is None or other is None or one[0] != other[0]:
        return None
    return (one[1] > other[1]) - (one[1] < other[1])


def is_near(value: Decimal, middle: Decimal, within: Decimal | None) -> bool:
    """Whether a number is not further from another than this, or than a millionth of it."""
    with localcontext() as context:
        context.prec, context.Emax, context.Emin = _DIGITS, MAX_EMAX, MIN_EMIN
        room = abs(middle) * Decimal("1e-6") if within is None else within
        return abs(value - middle) <= room
