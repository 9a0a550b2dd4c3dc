"""The operators of section 3 of the language: one small function each, and a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from tests.oracle import callables
from tests.oracle.exact_json import LimitError, type_names
from tests.oracle.observation import Data
from tests.oracle.ordering import compare, is_near
from tests.oracle.pattern import ABSENT, holds, literal, loosely, member, one_to_one
from tests.oracle.schema import satisfies
from tests.oracle.slow_regex import occurrences
from tests.oracle.truth import LIMIT, UNDECIDED, Truth, every, known, opposite, some

Operator = Callable[[Data, Data, bool], Truth]
"""The whole mapping of operators, the value, whether strings are loose."""


def _of_value(name: str, test: Callable[[Data, Data], bool]) -> Operator:
    """An operator that looks at a value that is there."""

    def operator(pattern: Data, value: Data, is_loose: bool) -> Truth:
        return UNDECIDED if value is ABSENT else known(is_true=test(pattern[name], value))

    return _within_limits(operator)


def _within_limits(operator: Operator) -> Operator:
    def limited(pattern: Data, value: Data, is_loose: bool) -> Truth:
        try:
            return operator(pattern, value, is_loose)
        except LimitError:
            return LIMIT

    return limited


def _order(name: str, wanted: set[int]) -> Operator:
    return lambda pattern, value, is_loose: _is_beyond(pattern[name], value, wanted)


def _is_beyond(bound: Data, value: Data, wanted: set[int]) -> Truth:
    order = None if value is ABSENT else compare(value, bound)
    return UNDECIDED if order is None else known(is_true=order in wanted)


def _range(pattern: Data, value: Data, is_loose: bool) -> Truth:
    low, high = pattern["$range"]
    return every([_is_beyond(low, value, {0, 1}), _is_beyond(high, value, {0, -1})])


def _approx(pattern: Data, value: Data, is_loose: bool) -> Truth:
    if not isinstance(value, Decimal):
        return UNDECIDED
    return known(is_true=is_near(value, pattern["$approx"], pattern.get("$within")))


def _type(names: Data, value: Data) -> bool:
    return bool(type_names(value) & set([names] if isinstance(names, str) else names))


def _regex(expression: Data, value: Data) -> bool:
    return isinstance(value, str) and occurrences(expression, value) > 0


def _contains(pattern: Data, value: Data, is_loose: bool) -> Truth:
    part = pattern["$contains"]
    if value is ABSENT:
        return UNDECIDED
    if isinstance(value, list):
        return some(holds(part, item, is_loose=False) for item in value)
    return known(is_true=isinstance(value, str) and isinstance(part, str) and part in value)


def _size(name: str, measure: Callable[[Data, Data], int | None]) -> Operator:
    """An operator that holds a pattern against a number of things."""

    def operator(pattern: Data, value: Data, is_loose: bool) -> Truth:
        if value is ABSENT:
            return UNDECIDED
        size = measure(pattern[name], value)
        inner = pattern[name]["is"] if name == "$count" else pattern[name]
        return known(is_true=False) if size is None else holds(inner, Decimal(size), is_loose=is_loose)

    return _within_limits(operator)


def _length(_: Data, value: Data) -> int | None:
    return len(value) if isinstance(value, (str, list, dict)) else None


def _words(_: Data, value: Data) -> int | None:
    return len(value.split()) if isinstance(value, str) else None


def _count(pattern: Data, value: Data) -> int | None:
    return occurrences(pattern["of"], value) if isinstance(value, str) else None


def _each(pattern: Data, value: Data, is_loose: bool) -> Truth:
    if value is ABSENT:
        return UNDECIDED
    if not isinstance(value, list):
        return known(is_true=False)
    return every(holds(pattern["$each"], item, is_loose=is_loose) for item in value)


def _unordered(pattern: Data, value: Data, is_loose: bool) -> Truth:
    if value is ABSENT:
        return UNDECIDED
    if not isinstance(value, list):
        return known(is_true=False)
    return one_to_one(pattern["$unordered"], value, is_loose=is_loose)


def _at(pattern: Data, value: Data, is_loose: bool) -> Truth:
    if value is ABSENT:
        return UNDECIDED
    return every(
        member(inner, _resolve(value, pointer), is_loose=is_loose) for pointer, inner in pattern["$at"].items()
    )


def _resolve(value: Data, pointer: str) -> Data:
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and re.fullmatch("0|[1-9][0-9]*", key) and int(key) < len(value):
            value = value[int(key)]
        else:
            return ABSENT
    return value


OPERATORS: dict[str, Operator] = {
    "$eq": lambda pattern, value, is_loose: literal(pattern["$eq"], value, is_loose=is_loose),
    "$any_of": lambda pattern, value, is_loose: some(
        holds(one, value, is_loose=is_loose) for one in pattern["$any_of"]
    ),
    "$all_of": lambda pattern, value, is_loose: every(
        holds(one, value, is_loose=is_loose) for one in pattern["$all_of"]
    ),
    "$not": lambda pattern, value, is_loose: opposite(holds(pattern["$not"], value, is_loose=is_loose)),
    "$type": _of_value("$type", _type),
    "$regex": _of_value("$regex", _regex),
    "$contains": _contains,
    "$loosely": _of_value("$loosely", lambda text, value: isinstance(value, str) and loosely(text) == loosely(value)),
    "$approx": _approx,
    "$range": _range,
    "$lt": _order("$lt", {-1}),
    "$le": _order("$le", {-1, 0}),
    "$gt": _order("$gt", {1}),
    "$ge": _order("$ge", {1, 0}),
    "$len": _size("$len", _length),
    "$words": _size("$words", _words),
    "$count": _size("$count", _count),
    "$each": _each,
    "$unordered": _unordered,
    "$at": _at,
    "$absent": lambda pattern, value, is_loose: known(is_true=value is ABSENT),
    "$schema": _of_value("$schema", lambda schema, value: satisfies(value, schema)),
    "$check": _of_value("$check", callables.says_yes),
}
