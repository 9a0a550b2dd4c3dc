"""Whether a value satisfies a JSON Schema, by the reference library; `multipleOf` by decimals."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from tests.oracle.exact_json import is_integer
from tests.oracle.observation import Data


def satisfies(value: Data, schema: Data) -> bool:
    """`schema` is of draft 2020-12, and its `format`s are checked."""
    checked = _Validator(_plain(schema), format_checker=Draft202012Validator.FORMAT_CHECKER)
    return bool(checked.is_valid(_plain(value)))


def _multiple_of(validator: Any, step: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool) and Fraction(value) % Fraction(step):
        yield ValidationError("not a multiple")


_Validator = extend(Draft202012Validator, {"multipleOf": _multiple_of})  # type: ignore[no-untyped-call]


def _plain(value: Data) -> Any:
    """The same, with integers as the library knows them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if is_integer(value) and value.adjusted() < 5000 else value
