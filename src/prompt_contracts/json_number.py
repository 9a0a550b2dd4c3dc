"""Numbers of JSON by the exact decimal value of their text. No exponent is ever written out.

A double holds most of them as a person means them; `ExactNumber` is for the others.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, ROUND_UP, Context, Decimal, InvalidOperation
from typing import TypeAlias

MAX_DIGITS = 4_300
"""Integers of more digits are not read: Python's own limit, beyond which reading takes quadratic time."""
_MOST_DIGITS = 20_000
_SURE_CHARACTERS = 16
"""With a point among them these are 15 digits at most, and no double has two names of so many (IEEE 754)."""

Number: TypeAlias = "int | float | Decimal"


class NumberLimitError(ValueError):
    """A number that is too long for us to read; the message says which limit."""


class ExactNumber(float):
    """A number that no double holds as it is written: a float for whoever takes one, equal by its decimal value."""

    __slots__ = ("decimal",)
    decimal: Decimal

    def __new__(cls, text: str) -> ExactNumber:
        """The number that a JSON text writes."""
        made = super().__new__(cls, text)
        made.decimal = _decimal(text)
        return made

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override] # float's own copies only the double
        return (str(self.decimal),)

    def __eq__(self, other: object) -> bool:
        return is_number(other) and self.decimal == exact(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: float) -> bool:
        return self.decimal < exact(other)

    def __le__(self, other: float) -> bool:
        return self.decimal <= exact(other)

    def __gt__(self, other: float) -> bool:
        return self.decimal > exact(other)

    def __ge__(self, other: float) -> bool:
        return self.decimal >= exact(other)

    def __hash__(self) -> int:
        return hash(self.decimal)

    def __repr__(self) -> str:
        return str(self.decimal).replace("E", "e")

    def is_integer(self) -> bool:
        """Whether it is a whole number."""
        return is_whole(self)


def read_float(text: str) -> float:
    """A JSON number with a fraction or an exponent: a double where one means the same, else exact.

    Raises `NumberLimitError`.
    """
    if len(text) <= _SURE_CHARACTERS and "." in text and "e" not in text and "E" not in text:
        return float(text)
    double, decimal = float(text), _decimal(text)
    if is_finite_double(double) and Decimal(repr(double)) == decimal:
        return double
    return ExactNumber(text)


def read_int(text: str) -> int:
    """A JSON number without either. Raises `NumberLimitError`."""
    if len(text) > MAX_DIGITS:
        raise NumberLimitError(f"a number of more than {MAX_DIGITS:,} digits")
    return int(text)


def shortest(number: float) -> int | float:
    """One number for all ways to write the same one: an integer where it is whole and can be written out."""
    decimal = exact(number)
    if is_whole(number) and decimal.adjusted() < MAX_DIGITS - 1:
        return int(decimal)
    if not isinstance(number, ExactNumber):
        return number
    return ExactNumber(str(decimal.normalize(_context(max(28, len(decimal.as_tuple().digits))))))


def exact(number: object) -> Decimal:
    """The value as it is written: 0.3 means three tenths, not the binary fraction beside it."""
    if isinstance(number, ExactNumber):
        return number.decimal
    if isinstance(number, float):
        return Decimal(repr(number))
    if isinstance(number, (int, Decimal)):
        return Decimal(number)
    raise TypeError(f"no number: {type(number).__name__}")


def is_number(value: object) -> bool:
    """Whether a value is a number; JSON's true and false are none."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def is_same_number(left: Number, right: Number) -> bool:
    """Whether two numbers have the same decimal value."""
    return left == right if type(left) is type(right) else exact(left) == exact(right)


def is_whole(number: Number) -> bool:
    """Whether a number has no fraction: 5.0 has none."""
    if isinstance(number, int):
        return True
    decimal = exact(number)
    if not decimal.is_finite():
        return False
    exponent = decimal.as_tuple().exponent
    return decimal.is_zero() or (isinstance(exponent, int) and exponent >= 0) or _has_no_fraction(decimal)


def _has_no_fraction(decimal: Decimal) -> bool:
    # What is below one has a fraction; what is above has no more digits before its point than it is written with.
    return decimal.adjusted() >= 0 and decimal == decimal.to_integral_value()


def is_within(number: Number, target: Number, width: Decimal) -> bool:
    """Whether two numbers are at most `width` apart, whatever their exponents."""
    low, high = sorted((exact(number), exact(target)))
    known = [one for one in (low, high) if not one.is_zero()]
    top = max((one.adjusted() for one in known), default=0)
    bottom = min((one.adjusted() - len(one.as_tuple().digits) for one in known), default=0)
    # Beyond so many digits the smaller number only says on which side of the rounded gap the true one lies.
    digits = max(28, min(top - bottom + 2, _MOST_DIGITS))
    return _context(digits).subtract(high, low) <= width


def millionth(number: Number) -> Decimal:
    """A millionth of a number's size."""
    size = exact(number).copy_abs()
    return size.scaleb(-6, _context(max(28, len(size.as_tuple().digits))))


def _context(digits: int) -> Context:
    return Context(prec=digits, rounding=ROUND_UP, Emax=MAX_EMAX, Emin=MIN_EMIN)


def _decimal(text: str) -> Decimal:
    if len(text) > MAX_DIGITS * 2:
        raise NumberLimitError(f"a number of more than {MAX_DIGITS * 2:,} characters")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise NumberLimitError("a number with an exponent of more than 18 digits") from None


def is_finite_double(number: float) -> bool:
    """Whether a float is neither infinite nor no number."""
    return number - number == 0


def holds(value: object, kind: type[float]) -> bool:
    """Whether a number of a kind stands anywhere in a JSON value. Never recurses."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):  # first, since most are
            continue
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, kind):
            return True
    return False
