"""JSON values that are close to each other, and patterns that about half of them match."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tests.oracle.chance import Chance
from tests.oracle.exact_json import read, type_names
from tests.oracle.observation import Data
from tests.oracle.slow_regex import SLOW_EXPRESSION, SLOW_TEXT

Maker = Callable[[Chance, Data, int], Data]
"""Makes a pattern for a value, so many levels deep."""

KEYS = ("city", "days", "unit", "a/b")
WORDS = ("Oslo", "oslo", "O.s-lo", "Lima", "New York", "new_york", "5", "", "it's 5", 'it"s 5')
DAYS = ("2024-05-01", "2024-05-02", "2024-13-01")
TIMES = (
    *("2024-05-01T12:00:00Z", "2024-05-01T14:00:00+02:00", "2024-05-01T12:00:00", "2024-05-01T12:00:00.5Z"),
    *("2024-05-01T12:00Z", "2024-05-01 12:00:00", "2024-05-01 12:00", "2024-05-01t12:00:00.0000000000000001"),
    *("2024-05-01T12:00.5", "2024-05-01T12:00:60Z", "2024-05-01  12:00:00"),
)
NUMBERS = tuple(
    map(
        Decimal,
        (
            *("5", "0", "1", "5.0", "-1", "1.5", "0.1", "0.3", "19.99", "1e3", "1000", "-0.0", "5.000001"),
            *("9007199254740992", "9007199254740993", "9007199254740993.0", "9007199254740993.5"),
            *("1e-400", "123456789012345678901234567890", "1e23", "100000000000000000000000", "0.10000000000000000001"),
        ),
    )
)
OBJECTS: tuple[dict[str, Data], ...] = tuple(
    map(
        read,
        (
            '{"city": "Oslo"}',
            '{"city": "Oslo", "days": 5}',
            "{}",
            '{"city": "New York", "days": 5.0, "unit": null}',
            '{"days": 9007199254740993, "a/b": true}',
            '{"days": [1, 5], "city": "2024-05-01"}',
            '{"city": {"city": "Lima", "unit": ""}, "days": 19.99}',
            '{"unit": ["Oslo", "Lima"], "days": {"days": 1e-400}}',
            '{"a/b": [{"city": "Oslo"}, {"city": "Lima"}]}',
        ),
    )
)
LISTS: tuple[Data, ...] = tuple(
    map(read, ("[]", "[5]", '["Oslo", "Lima"]', "[1, 1.0, true]", '[{"city": "Oslo"}, {}, null]', "[[1, 2], [2, 1]]"))
)
SCALARS: tuple[Data, ...] = (*WORDS, *DAYS, *TIMES, *NUMBERS, SLOW_TEXT, True, False, None)
VALUES: tuple[Data, ...] = (*OBJECTS, *LISTS, *SCALARS)
EXPRESSIONS = ("O", "^O", "o$", "^[a-z]+$", "\\d", "(?i)oslo", "5")
BOUNDS = ("$lt", "$le", "$gt", "$ge")
_SCHEMA_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def near(chance: Chance, value: Data) -> Data:
    """A value like this one, with one thing changed."""
    if isinstance(value, dict):
        return _near_object(chance, value)
    if isinstance(value, list) and value:
        at = chance.number(len(value) - 1)
        how = chance.pick(("change", "reverse", "drop", "repeat"))
        if how == "change":
            return [*value[:at], near(chance, value[at]), *value[at + 1 :]]
        return value[::-1] if how == "reverse" else value[1:] if how == "drop" else [*value, value[at]]
    if isinstance(value, Decimal):
        return chance.pick((*NUMBERS, value + 1, -value, str(value)))
    if isinstance(value, str):
        return chance.pick((*WORDS, *DAYS, *TIMES, value.upper(), value + " "))
    return chance.pick(VALUES)


def _near_object(chance: Chance, value: dict[str, Data]) -> dict[str, Data]:
    how = chance.pick(("change", "drop", "add"))
    if how == "add" or not value:
        return {**value, chance.pick((*KEYS, "more")): chance.pick(SCALARS)}
    key = chance.pick(sorted(value))
    if how == "change":
        return {**value, key: near(chance, value[key])}
    return {other: item for other, item in value.items() if other != key}


def perhaps_near(chance: Chance, value: Data, *, one_in: int = 4) -> Data:
    """This value, or one like it."""
    return near(chance, value) if chance.once_in(one_in) else value


def pattern_of(chance: Chance, value: Data, depth: int) -> Data:
    """A pattern that this value probably matches."""
    value = perhaps_near(chance, value, one_in=6)
    how = chance.pick(("literal", "operator", "operator", "operator", "logic", "two")) if depth > 0 else "literal"
    if how == "literal":
        return {"$eq": value} if chance.once_in(4) or value == {} else value
    if how == "logic":
        return _logic(chance, value, depth)
    makers = [*[_MAKERS[kind] for kind in sorted(type_names(value)) if kind in _MAKERS] * 3, _of_any]
    found = chance.pick(makers)(chance, value, depth - 1)
    if how == "two" and all(key[0] == "$" and key not in ("$optional", "$others") for key in found):
        return {**_of_any(chance, value, depth - 1), **found}
    return found


def _logic(chance: Chance, value: Data, depth: int) -> Data:
    how = chance.pick(("$not", "$any_of", "$all_of"))
    if how == "$not":
        return {"$not": pattern_of(chance, perhaps_near(chance, value, one_in=2), depth - 1)}
    return {how: [pattern_of(chance, perhaps_near(chance, value), depth - 1) for _ in range(1 + chance.once_in(2))]}


def _of_any(chance: Chance, value: Data, depth: int) -> Data:
    kind = chance.pick(sorted(type_names(value)))
    options: list[Data] = [
        {"$type": kind},
        {"$type": [kind, "null"] if kind != "null" else "null"},
        {"$schema": {"type": kind}},
        {"$schema": {"const": value}},
        {"$schema": {"enum": [value, chance.pick(SCALARS)]}},
        {"$check": "oracle_callables:is_text"},
        {"$check": "oracle_callables:is_short"},
    ]
    return chance.pick(options)


def number_pattern_of(chance: Chance, value: Data, depth: int) -> Data:
    """A pattern that a number probably matches."""
    bound = perhaps_near(chance, value)
    bound = bound if isinstance(bound, Decimal) else value
    low, high = sorted((bound, value))
    options: list[Data] = [
        *({name: bound} for name in BOUNDS),
        {"$range": [low, high]},
        {"$ge": low, "$le": high},
        {"$approx": bound},
        {"$approx": bound, "$within": Decimal(chance.pick(("1", "0", "0.01")))},
        {"$schema": {"multipleOf": Decimal(chance.pick(("0.01", "1", "5", "0.1")))}},
        {"$schema": {chance.pick(_SCHEMA_BOUNDS): bound}},
        {"$schema": {chance.pick(_SCHEMA_BOUNDS): bound, "multipleOf": abs(value) or Decimal(1)}},
    ]
    return chance.pick(options)


def _of_text(chance: Chance, value: Data, depth: int) -> Data:
    if SLOW_TEXT in value and chance.once_in(2):
        return chance.pick(({"$regex": SLOW_EXPRESSION}, {"$schema": {"pattern": SLOW_EXPRESSION}}, _SLOW_COUNT))
    if value[:2] == "20":
        times = DAYS if value in DAYS else (*TIMES, *DAYS)
        if chance.once_in(4):
            return {"$range": [min(times), chance.pick(times)]}
        return {chance.pick(BOUNDS): chance.pick(times)}
    size, words = Decimal(len(value)), Decimal(len(value.split()))
    expression = chance.pick(EXPRESSIONS)
    options: list[Data] = [
        {"$contains": value[:2] or "o"},
        {"$regex": expression},
        {"$schema": {"pattern": expression}},
        {"$count": {"of": expression, "is": {chance.pick(BOUNDS): Decimal(1)}}},
        {"$contains": chance.pick(("Os", "o", "5"))},
        {"$loosely": chance.pick(WORDS[:7])},
        {"$loosely": value.upper() or "x"},
        {"$len": number_pattern_of(chance, size, depth) if chance.once_in(2) else size},
        {"$words": number_pattern_of(chance, words, depth) if chance.once_in(2) else words},
        {"$count": {"of": chance.pick(("o", "[a-z]", "\\d")), "is": {chance.pick(BOUNDS): Decimal(1)}}},
        {"$schema": {"type": "string", "format": "date"}},
        {"$schema": {"pattern": "^O", "minLength": Decimal(1)}},
    ]
    return chance.pick(options)


_SLOW_COUNT: Data = {"$count": {"of": SLOW_EXPRESSION, "is": Decimal(1)}}


def _of_list(chance: Chance, value: Data, depth: int) -> Data:
    some: Data = value[0] if value else "Oslo"
    how = chance.pick(("$each", "$contains", "$unordered", "$at", "$len", "plain", "$schema"))
    if how == "$schema":
        return {how: {"type": "array", "items": {"type": chance.pick(sorted(type_names(some)))}, "uniqueItems": True}}
    if how in ("$unordered", "plain"):
        inner = [pattern_of(chance, item, depth - 1) for item in value]
        return {how: inner[::-1]} if how == "$unordered" else {"$all_of": [inner]}
    if how == "$len":
        return {how: number_pattern_of(chance, Decimal(len(value)), depth)}
    inner = pattern_of(chance, some, depth - 1)
    return {how: {"/0": inner} if how == "$at" else inner}


def _of_object(chance: Chance, value: Data, depth: int) -> Data:
    how = chance.pick(("plain", "plain", "plain", "$at", "$absent", "$len", "$schema", "$properties"))
    if how == "plain":
        return object_pattern_of(chance, value, depth)
    if how == "$len":
        return {how: number_pattern_of(chance, Decimal(len(value)), depth)}
    if how == "$absent":
        return {"$at": {chance.pick(("/more", "/city", "/city/unit")): {"$absent": True}}}
    at = chance.pick(sorted(value) or ["city"])
    if how == "$at":
        return {"$at": {"/" + at.replace("/", "~1"): pattern_of(chance, value.get(at), depth - 1)}}
    if how == "$schema":
        return {"$schema": {"required": [at], "properties": {at: {}}, "additionalProperties": chance.once_in(2)}}
    return {"$schema": {"properties": {at: {"type": "string"}}}}


def object_pattern_of(chance: Chance, value: dict[str, Data], depth: int) -> Data:
    """An object pattern that an object probably matches."""
    pattern: dict[str, Data] = {}
    may_be: dict[str, Data] = {}
    for key, item in value.items():
        how = chance.pick(("must", "must", "must", "may", "out"))
        if how != "out":
            (pattern if how == "must" else may_be)[key] = pattern_of(chance, item, depth - 1)
    if chance.once_in(4):
        pattern[chance.pick(("more", *KEYS))] = chance.pick(_ABSENCES)
    if may_be:
        pattern["$optional"] = {key: inner for key, inner in may_be.items() if key not in pattern}
    if chance.once_in(3):
        pattern["$others"] = "allow"
    return pattern


_ABSENCES: tuple[Data, ...] = (
    {"$absent": True},
    {"$any_of": [{"$absent": True}, "Oslo"]},
    {"$not": "Oslo"},
    {"$not": {"$regex": "O"}},
    {"$any_of": ["Oslo", "Lima"]},
)

_MAKERS: dict[str, Maker] = {"number": number_pattern_of, "string": _of_text, "array": _of_list, "object": _of_object}
