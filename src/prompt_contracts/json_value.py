"""JSON as Python values: reading it strictly, comparing it by JSON's rules, naming places in it.

Numbers compare by value (5 equals 5.0) and a boolean is never a number, which Python's `==` gets wrong.
"""

from __future__ import annotations

import json
from typing import TypeAlias

from prompt_contracts.json_decoder import opens_more_than, read_with
from prompt_contracts.json_number import (
    ExactNumber,
    NumberLimitError,
    holds,
    is_finite_double,
    is_same_number,
    read_float,
    read_int,
    shortest,
)

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_DEPTH = 100
"""JSON nested deeper than this is not judged, and a case file may not be."""


class NotJsonError(ValueError):
    """A text is not strict JSON; the message says why in a few words, with line and column."""


class JsonLimitError(NotJsonError):
    """A text may be JSON, but one of our own limits ends the reading; the message says which."""


def parse_json(text: str | bytes) -> Json:
    """Read strict JSON: repeated keys, NaN and Infinity are refused, as RFC 8259 advises.

    A number that no double holds as it is written becomes an `ExactNumber`. Raises `JsonLimitError` beyond
    `MAX_DEPTH` levels and for numbers of too many digits.
    """
    try:
        value: Json = read_with(_STRICT, text)
    except json.JSONDecodeError as error:
        raise NotJsonError(f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise JsonLimitError(_TOO_DEEP) from None
    except UnicodeDecodeError:
        raise NotJsonError("not UTF-8 text") from None
    except NumberLimitError as error:
        raise JsonLimitError(str(error)) from None
    # What opens no more than so many containers is not nested any deeper, and most texts open a few.
    may_be_deep = isinstance(text, bytes) or opens_more_than(MAX_DEPTH, text)
    if may_be_deep and is_deeper_than(value, MAX_DEPTH):
        raise JsonLimitError(_TOO_DEEP)
    return value


_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"


def is_deeper_than(value: Json, limit: int) -> bool:
    """Whether containers are nested more than `limit` deep. Never recurses."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(limit):
        level = [
            inner
            for item in level
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True


def _unique_pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise NotJsonError(f"the key {json.dumps(repeated)} is repeated")
    return found


def _refuse_constant(text: str) -> Json:
    raise NotJsonError(f"{text} is not JSON")


_STRICT = json.JSONDecoder(
    object_pairs_hook=_unique_pairs, parse_constant=_refuse_constant, parse_float=read_float, parse_int=read_int
)


def equal(left: Json, right: Json) -> bool:
    """Whether two JSON values are the same value."""
    if isinstance(left, str):
        return left == right
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and left.keys() == right.keys()
            and all(equal(value, right[key]) for key, value in left.items())
        )
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return is_same_number(left, right)
    return not isinstance(right, (dict, list)) and left == right


def json_type(value: Json) -> str:
    """The name of a value's JSON type: null, boolean, number, string, array or object."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"


def canonical(value: Json) -> str:
    """One text for all spellings of one JSON value: sorted keys, 1.0 as 1, true apart from 1."""
    return _CANONICAL.encode(_normal(value) if holds(value, float) else value)


def canonical_text(text: str | bytes) -> str | None:
    """The canonical form of a JSON text as it was sent, or None when it is not JSON."""
    try:
        value = read_with(_NORMAL, text)
    except (ValueError, RecursionError):
        return None
    return _CANONICAL.encode(value)


def exact_text(value: Json) -> str:
    """As `canonical`, but that no digit of a number is lost; `read_exact_text` reads it."""
    # Made of every literal of every pattern, and few are fractions: the rest needs no form of its own.
    return spell(_exactly(value)) if holds(value, float) else _SORTED.encode(value)


_SORTED = json.JSONEncoder(ensure_ascii=False, sort_keys=True)
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def read_exact_text(text: str) -> Json:
    """The value of an `exact_text`, however deep it is."""
    return json.loads(text, parse_float=read_float)  # type: ignore[no-any-return]


def _exactly(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _exactly(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_exactly(item) for item in value]
    return shortest(value) if isinstance(value, float) else value


def _normal(value: Json) -> Json:
    if isinstance(value, float):
        # The double, also of an `ExactNumber`: that is what is sent.
        if not is_finite_double(value):
            return f"number {value!r}"
        return int(value) if float.is_integer(value) else float(value)
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    return [_normal(item) for item in value] if isinstance(value, list) else value


def _normal_number(text: str) -> int | float | str:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        return f"number {text.lower()}"
    return int(number) if number.is_integer() else number


_NORMAL = json.JSONDecoder(parse_float=_normal_number)


def show(value: Json, *, limit: int = 200) -> str:
    """A value as compact JSON for a person, cut in the middle at `limit` characters."""
    text = spell(value)
    if len(text) <= limit:
        return text
    half = (limit - 3) // 2
    return f"{text[:half]} … {text[-half:]}"


def spell(value: Json) -> str:
    """A value as JSON on one line, each number with all the digits that it was written with."""
    if not holds(value, ExactNumber):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        members = (f"{json.dumps(key, ensure_ascii=False)}: {spell(item)}" for key, item in value.items())
        return f"{{{', '.join(members)}}}"
    return f"[{', '.join(map(spell, value))}]" if isinstance(value, list) else repr(value)


def as_doubles(value: Json) -> Json:
    """A value for readers that know doubles only: other numbers become the nearest double, or text where none is."""
    if not holds(value, ExactNumber):
        return value
    if isinstance(value, dict):
        return {key: as_doubles(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_doubles(item) for item in value]
    double = float(value) if isinstance(value, float) else 0.0
    return double if is_finite_double(double) else repr(value)


def pointer(*parts: str | int) -> str:
    """The JSON pointer (RFC 6901) of a path: `pointer("a/b", 0)` is `/a~1b/0`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def pointer_parts(text: str) -> tuple[str, ...]:
    """The keys and indexes that a JSON pointer names, as texts."""
    if not text:
        return ()
    if not text.startswith("/"):
        raise ValueError(f"a JSON pointer starts with '/': {text!r}")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/"))


def resolve(document: Json, text: str) -> Json:
    """The value at a JSON pointer; `LookupError` when there is none."""
    value = document
    for part in pointer_parts(text):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and _is_index(part) and int(part) < len(value):
            value = value[int(part)]
        else:
            raise LookupError(f"nothing at {text!r}")
    return value


def _is_index(part: str) -> bool:
    return part == "0" or (part.isascii() and part.isdigit() and not part.startswith("0"))
