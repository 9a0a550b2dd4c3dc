"""What an unquoted YAML scalar means in the case language: JSON's scalars, all else is text."""

from __future__ import annotations

import math
import re

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_number import NumberLimitError, read_float, read_int
from prompt_contracts.json_value import Json

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None, "": None}
# What YAML 1.1 and 1.2 read as true, false or null but JSON does not.
# `no`, `on` and `12:30` are booleans and numbers to YAML 1.1, and text here: nobody means them so in a prompt.
_FOREIGN = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false"}
_FOREIGN |= {"Null": "null", "NULL": "null", "~": "null"}
_FIRST_OF_NUMBER = frozenset("-0123456789")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotJsonScalar:
    """An unquoted scalar that the language refuses."""

    reason: str
    advice: str
    value: Json
    """What was probably meant, so that the rest of the file can be checked."""


def read_scalar(text: str) -> Json | NotJsonScalar:
    """The value of an unquoted scalar: true, false, null, a number, or the text itself."""
    # Most scalars are words: they are spared the expression.
    if not text or text[0] not in _FIRST_OF_NUMBER:
        if text in _WORDS:
            return _WORDS[text]
        return text if text not in _FOREIGN else _foreign(text)
    match = _NUMBER.fullmatch(text)
    return text if match is None else read_number(text, is_integer=match[1] is None and match[2] is None)


def _foreign(text: str) -> NotJsonScalar:
    meant = _FOREIGN[text]
    return NotJsonScalar(
        reason=f"'{text}' is neither text nor JSON's {meant}",
        advice=f'write {meant}, or "{text}" in quotes if text is meant',
        value=_WORDS[meant],
    )


def read_number(text: str, *, is_integer: bool) -> int | float | NotJsonScalar:
    """The value of a JSON number as written; refused beyond the range of a double."""
    # JSON has no such limit; every server that reads doubles has.
    if math.isinf(float(text)):
        shown = text if len(text) <= 20 else f"{text[:17]}..."
        return NotJsonScalar(
            reason=f"the number {shown} is beyond what a double can hold",
            advice="write it in quotes if text is meant",
            value=0,
        )
    try:
        return read_int(text) if is_integer else read_float(text)
    except NumberLimitError as error:
        return NotJsonScalar(reason=str(error), advice="write it in quotes if text is meant", value=0)
