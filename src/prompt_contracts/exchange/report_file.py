"""A JSON report that a run wrote -> `Report`. The file may be anything: what is none is told, and never a traceback."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from prompt_contracts.completion import Completion
from prompt_contracts.errors import UsageError
from prompt_contracts.json_value import is_deeper_than, show
from prompt_contracts.message import Message
from prompt_contracts.report import FORMAT_VERSION, Report

_MOST_BYTES = 1 << 29
_MOST_LEVELS = 150
_MOST = 2**53
_Place = tuple[str | int, ...]
_Check = Callable[[Any, _Place], None]


class _WrongShapeError(ValueError):
    """Why a value is not what stands at its place in a report."""


def read_report(path: Path, *, shown: str) -> Report:
    """The report in a file; `UsageError`, with the name as `shown`, for whatever else it holds."""
    data = _json_of(path, shown)
    if not isinstance(data, dict) or "results" not in data:
        told = "a comparison" if isinstance(data, dict) and "contrasts" in data else "another JSON file"
        raise UsageError(f"{shown}: this is no report but {told}: give what --pc-report wrote as .json")
    if data.get("format") != FORMAT_VERSION or isinstance(data["format"], bool):
        written = show(data.get("format"), limit=40)
        raise UsageError(
            f"{shown}: this is a report of format {written}, and this version reads {FORMAT_VERSION}: "
            "run again with --pc-report to write it anew"
        )
    try:
        _check_of(Report)(data, ())
        return Report.from_json(data)
    except _WrongShapeError as error:
        raise UsageError(f"{shown}: this is no report: {error}") from None


def _json_of(path: Path, shown: str) -> Any:
    try:
        with path.open("rb") as file:
            read = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read: {error.strerror}") from None
    if len(read) > _MOST_BYTES:
        raise UsageError(f"{shown}: this is larger than {_MOST_BYTES >> 20} MB, which no report is")
    try:
        data = json.loads(read.decode("utf-8-sig"), parse_constant=_refuse_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise UsageError(f"{shown}: this is no JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except UnicodeDecodeError:
        raise UsageError(f"{shown}: this is no JSON: not UTF-8 text") from None
    except RecursionError:
        data = None
        is_too_deep = True
    except ValueError as error:
        raise UsageError(f"{shown}: this is no report: {error}") from None
    else:
        is_too_deep = is_deeper_than(data, _MOST_LEVELS)
    if is_too_deep:
        raise UsageError(f"{shown}: this is no report: nested more than {_MOST_LEVELS} levels deep")
    return data


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("it holds a number that is too large")
    return number


@cache
def _check_of(kind: Any) -> _Check:
    """What holds a value against a type of a noun's field."""
    if is_dataclass(kind):
        return _message_check if kind is Message else _noun_check(kind)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:
        (wanted,) = (each for each in inner if each is not NoneType)
        check = _check_of(wanted)
        return lambda value, place: None if value is None else check(value, place)
    if origin is Literal:
        return _test(lambda value: isinstance(value, str) and value in inner, f"one of {', '.join(inner)}")
    if origin is tuple:
        return _list_check(_check_of(inner[0]))
    if origin is not None:
        return _test(lambda value: isinstance(value, dict), "an object")
    return _PLAIN[kind]


def _test(holds: Callable[[Any], bool], wanted: str) -> _Check:
    def check(value: Any, place: _Place) -> None:
        if not holds(value):
            _refuse(place, f"must be {wanted}, not {show(value, limit=60)}")

    return check


def _refuse(place: _Place, reason: str) -> None:
    named = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in place).removeprefix(".")
    raise _WrongShapeError(f"{named or 'it'} {reason}")


def _list_check(check: _Check) -> _Check:
    def check_all(value: Any, place: _Place) -> None:
        if not isinstance(value, list):
            _refuse(place, f"must be a list, not {show(value, limit=60)}")
        for number, item in enumerate(value):
            check(item, (*place, number))

    return check_all


def _noun_check(noun: Any) -> _Check:
    types = get_type_hints(noun)
    keys = [
        (
            str(each.metadata.get("key", each.name)),
            _check_of(types[each.name]),
            each.default is MISSING and each.default_factory is MISSING,
        )
        for each in fields(noun)
    ]

    def check(value: Any, place: _Place) -> None:
        if not isinstance(value, dict):
            _refuse(place, f"must be an object, not {show(value, limit=60)}")
        for key, check_one, is_needed in keys:
            if key in value:
                check_one(value[key], (*place, key))
            elif is_needed:
                _refuse((*place, key), "is missing")
        if noun is Completion and not value["choices"]:
            _refuse((*place, "choices"), "must not be empty")

    return check


def _message_check(value: Any, place: _Place) -> None:
    if not isinstance(value, Mapping) or not isinstance(value.get("role"), str):
        _refuse(place, "must be a message with a role")
    if not isinstance(value.get("content"), (str, list, NoneType)):
        _refuse((*place, "content"), "must be text, a list of parts, or null")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= _MOST


def _is_amount(value: Any) -> bool:
    if not isinstance(value, str) or not value.isascii() or len(value) > 100:
        return False
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return False
    return amount.is_finite() and 0 <= amount <= _MOST and amount.adjusted() > -100


_PLAIN: dict[Any, _Check] = {
    str: _test(lambda value: isinstance(value, str), "text"),
    bool: _test(lambda value: isinstance(value, bool), "true or false"),
    int: _test(lambda value: _is_number(value) and isinstance(value, int), "a whole number from 0"),
    float: _test(_is_number, "a number from 0"),
    Decimal: _test(_is_amount, "an amount as text"),
}
