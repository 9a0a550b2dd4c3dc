"""JSON whose numbers are the decimals that were written. Slow, and nothing is rounded."""

from __future__ import annotations

import json
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import Any

from tests.oracle.observation import Data

MOST_DIGITS = 4300
MOST_BRACKETS = 20_000

# No operation of this context is ever carried out to all its digits: it only keeps exponents.
_READING = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


class NoJsonError(ValueError):
    """The text is no strict JSON."""


class LimitError(ValueError):
    """The text may be JSON, and is more of it than we read."""


def read(text: str) -> Data:
    """The value of a strict JSON text."""
    if text.count("[") + text.count("{") > MOST_BRACKETS:
        raise LimitError
    try:
        return json.loads(
            text, parse_int=_integer, parse_float=_number, parse_constant=_refused, object_pairs_hook=_object
        )
    except json.JSONDecodeError:
        raise NoJsonError from None
    except RecursionError:
        raise LimitError from None


def write(value: Data) -> str:
    """A JSON text with the numbers as they are."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {write(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(write, value)) + "]"
    return json.dumps(value)


def equal(left: Data, right: Data) -> bool:
    """Numbers compare by value; a boolean is never a number."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right)


def is_integer(value: Data) -> bool:
    """Whether a number has no fraction, however it is written."""
    if not isinstance(value, Decimal):
        return False
    _, digits, exponent = value.as_tuple()
    fraction = "".join(map(str, digits))[int(exponent) :] if int(exponent) < 0 else ""
    return value == 0 or (set(fraction) <= {"0"} and len(digits) > len(fraction))


def type_names(value: Data) -> set[str]:
    """Every name of a value's JSON type; an integer is a number too."""
    if isinstance(value, Decimal):
        return {"number", "integer"} if is_integer(value) else {"number"}
    names = {type(None): "null", bool: "boolean", str: "string", list: "array", dict: "object"}
    return {names[type(value)]}


def _integer(text: str) -> Decimal:
    if len(text.lstrip("-")) > MOST_DIGITS:
        raise LimitError
    return _number(text)


def _number(text: str) -> Decimal:
    return _READING.create_decimal(text)


def _refused(text: str) -> Data:
    raise NoJsonError


def _object(pairs: list[tuple[str, Any]]) -> Data:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NoJsonError
    return found
