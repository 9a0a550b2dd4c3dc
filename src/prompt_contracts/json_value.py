"""JSON as Python values: reading it strictly, comparing it by JSON's rules, naming places in it.

Numbers compare by value (5 equals 5.0) and a boolean is never a number, which Python's `==` gets wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class NotJsonError(ValueError):
    """A text is not strict JSON; the message says why in a few words, with line and column."""


def parse_json(text: str | bytes) -> Json:
    """Read strict JSON: repeated keys, NaN and Infinity are refused, as RFC 8259 advises.

    A number beyond the range of a double becomes infinity of its sign.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique_pairs, parse_constant=_refuse_constant)  # type: ignore[no-any-return]
    except json.JSONDecodeError as error:
        raise NotJsonError(f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise NotJsonError("nested too deeply") from None
    except UnicodeDecodeError:
        raise NotJsonError("not UTF-8 text") from None
    except NotJsonError:
        raise
    except ValueError as error:  # an integer of more digits than Python converts
        raise NotJsonError(str(error).partition(";")[0]) from None


def _unique_pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise NotJsonError(f"the key {json.dumps(repeated)} is repeated")
    return found


def _refuse_constant(text: str) -> Json:
    raise NotJsonError(f"{text} is not JSON")


def equal(left: Json, right: Json) -> bool:
    """Whether two JSON values are the same value."""
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
    return json.dumps(_normal(value), sort_keys=True, separators=(",", ":"))


def canonical_text(text: str | bytes) -> str | None:
    """The canonical form of a JSON text as it was sent, or None when it is not JSON."""
    try:
        value = json.loads(text, parse_float=_normal_number)
    except (ValueError, RecursionError):
        return None
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _normal(value: Json) -> Json:
    match value:
        case float():
            return int(value) if value.is_integer() else value
        case dict():
            return {key: _normal(item) for key, item in value.items()}
        case list():
            return [_normal(item) for item in value]
    return value


def _normal_number(text: str) -> int | float | str:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        return f"number {text.lower()}"
    return int(number) if number.is_integer() else number


def show(value: Json, *, limit: int = 200) -> str:
    """A value as compact JSON for a person, cut in the middle at `limit` characters."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= limit:
        return text
    half = (limit - 3) // 2
    return f"{text[:half]} … {text[-half:]}"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between two JSON documents, at one JSON pointer."""

    kind: Literal["changed", "added", "removed"]
    pointer: str
    before: Json = None
    after: Json = None


def diff(before: Json, after: Json, *, at: str = "") -> Iterator[Change]:
    """What changed, as few places as deep as possible; lists are compared by position."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _member(before, after, key, at + pointer(key))
    elif isinstance(before, list) and isinstance(after, list):
        old, new = dict(enumerate(before)), dict(enumerate(after))
        for index in range(max(len(before), len(after))):
            yield from _member(old, new, index, at + pointer(index))
    elif not equal(before, after):
        yield Change(kind="changed", pointer=at, before=before, after=after)


def _member(before: Mapping[Any, Json], after: Mapping[Any, Json], key: object, at: str) -> Iterator[Change]:
    if key not in after:
        yield Change(kind="removed", pointer=at, before=before[key])
    elif key not in before:
        yield Change(kind="added", pointer=at, after=after[key])
    else:
        yield from diff(before[key], after[key], at=at)


def leaves(value: Json, *, at: str = "") -> Iterator[tuple[str, Json]]:
    """Every scalar and empty container of a document, with its JSON pointer."""
    items: Sequence[tuple[str | int, Json]] = ()
    if isinstance(value, dict):
        items = tuple(value.items())
    elif isinstance(value, list):
        items = tuple(enumerate(value))
    if not items:
        yield at, value
    for key, item in items:
        yield from leaves(item, at=at + pointer(key))
