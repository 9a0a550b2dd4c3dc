"""Whether a value satisfies a JSON Schema, by the reference library with exact decimals."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from tests.oracle.exact_json import is_integer
from tests.oracle.observation import Data
from tests.oracle.slow_regex import occurrences


def satisfies(value: Data, schema: Data) -> bool:
    """`schema` is of draft 2020-12, and its `format`s are checked."""
    return bool(_Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(value))


def _multiple_of(validator: Any, step: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(value, Decimal) and not _is_multiple(value, step):
        yield ValidationError("not a multiple")


def _is_multiple(value: Decimal, step: Decimal) -> bool:
    """By whole numbers, and without writing out the zeros of an exponent."""
    whole, exponent = _parts(value)
    steps, other = _parts(step)
    if exponent >= other:
        return whole * pow(10, exponent - other, steps) % steps == 0
    missing = other - exponent
    return whole == 0 or (missing <= len(str(whole)) and whole % (steps * 10**missing) == 0)


def _parts(value: Decimal) -> tuple[int, int]:
    _, digits, exponent = value.as_tuple()
    return int("".join(map(str, digits))), int(exponent)


def _pattern(validator: Any, expression: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not occurrences(expression, value):
        yield ValidationError("not found")


_INTEGERS = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: is_integer(value))
_Validator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"multipleOf": _multiple_of, "pattern": _pattern}, type_checker=_INTEGERS
)
