"""Whether a pattern holds of a value: section 3 of the language, word by word."""

from __future__ import annotations

from itertools import permutations
from typing import Any, Final

from tests.oracle.exact_json import equal
from tests.oracle.observation import Data
from tests.oracle.truth import FALSE, TRUE, UNDECIDED, Truth, every, known, some

ABSENT: Final[Any] = object()
"""Stands for the value of a key that is not there."""


def holds(pattern: Data, value: Data, *, is_loose: bool) -> Truth:
    """`is_loose` is `strings: loose`."""
    from tests.oracle.operators import OPERATORS

    if is_operators(pattern):
        names = [name for name in pattern if name != "$within"]
        return every(OPERATORS[name](pattern, value, is_loose) for name in names)
    if value is ABSENT:
        return UNDECIDED
    if isinstance(pattern, dict):
        return _object(pattern, value, is_loose)
    if isinstance(pattern, list):
        if not isinstance(value, list) or len(value) != len(pattern):
            return FALSE
        return every(holds(one, item, is_loose=is_loose) for one, item in zip(pattern, value, strict=True))
    return literal(pattern, value, is_loose=is_loose)


def is_operators(pattern: Data) -> bool:
    """Whether this is a conjunction of operators, and no literal or object pattern."""
    return (
        isinstance(pattern, dict)
        and bool(pattern)
        and all(key.startswith("$") and key not in ("$optional", "$others") for key in pattern)
    )


def literal(expected: Data, value: Data, *, is_loose: bool) -> Truth:
    """Equality of JSON values, nothing in the expected one read as an operator."""
    if value is ABSENT:
        return UNDECIDED
    return known(is_true=_equal(expected, value, is_loose))


def _equal(expected: Data, value: Data, is_loose: bool) -> bool:
    if is_loose and isinstance(expected, str):
        return isinstance(value, str) and loosely(expected) == loosely(value)
    if isinstance(expected, dict) and isinstance(value, dict):
        return expected.keys() == value.keys() and all(_equal(expected[key], value[key], is_loose) for key in expected)
    if isinstance(expected, list) and isinstance(value, list):
        return len(expected) == len(value) and all(
            _equal(one, item, is_loose) for one, item in zip(expected, value, strict=True)
        )
    return equal(expected, value)


def loosely(text: str) -> str:
    """A text without case and without the characters that `$loosely` drops."""
    return "".join(char for char in text.casefold().replace("'", '"') if char not in " ,./-_*^")


def _object(pattern: Data, value: Data, is_loose: bool) -> Truth:
    """Objects are closed: no other keys."""
    if not isinstance(value, dict):
        return FALSE
    wanted = {key: inner for key, inner in pattern.items() if key not in ("$optional", "$others")}
    may_be = pattern.get("$optional", {})
    is_open = pattern.get("$others") == "allow"
    found = [known(is_true=is_open or value.keys() <= {*wanted, *may_be})]
    found += [member(inner, value.get(key, ABSENT), is_loose=is_loose) for key, inner in wanted.items()]
    found += [holds(may_be[key], value[key], is_loose=is_loose) for key in may_be if key in value]
    return every(found)


def member(pattern: Data, value: Data, *, is_loose: bool) -> Truth:
    """The truth of what stands at a key: it must be there, unless the pattern says that it need not."""
    truth = holds(pattern, value, is_loose=is_loose)
    return known(is_true=truth == TRUE) if value is ABSENT else truth


def one_to_one(patterns: list[Data], values: list[Data], *, is_loose: bool) -> Truth:
    """Whether each pattern has a value of its own and none is left, in any order: all orders are tried."""
    if len(patterns) != len(values):
        return FALSE
    truths = [[holds(one, value, is_loose=is_loose) for value in values] for one in patterns]
    orders = permutations(range(len(values)))
    return some(every([TRUE, *(truths[row][column] for row, column in enumerate(order))]) for order in orders)
