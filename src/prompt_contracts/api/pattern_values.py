"""The patterns of the language as functions: each gives the plain data that a case file would say, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

Pattern: TypeAlias = "dict[str, Any]"
"""A pattern as a case file has it."""


def any_of(*patterns: object) -> Pattern:
    """At least one of these patterns holds.

    >>> from prompt_contracts import any_of
    >>> any_of("celsius", "kelvin")
    {'$any_of': ['celsius', 'kelvin']}
    """
    return {"$any_of": list(patterns)}


def all_of(*patterns: object) -> Pattern:
    """Every one of these patterns holds.

    >>> from prompt_contracts import all_of, contains
    >>> all_of(contains("rain"), contains("Oslo"))
    {'$all_of': [{'$contains': 'rain'}, {'$contains': 'Oslo'}]}
    """
    return {"$all_of": list(patterns)}


def not_(pattern: object) -> Pattern:
    """The pattern does not hold.

    >>> from prompt_contracts import contains, not_
    >>> not_(contains("sorry"))
    {'$not': {'$contains': 'sorry'}}
    """
    return {"$not": pattern}


def equals(value: object) -> Pattern:
    """Equals this value, also where it looks like an operator.

    >>> from prompt_contracts import equals
    >>> equals({"$regex": "x"})
    {'$eq': {'$regex': 'x'}}
    """
    return {"$eq": value}


def of_type(*names: str) -> Pattern:
    """Is of one of these types of JSON: null, boolean, integer, number, string, array, object.

    >>> from prompt_contracts import of_type
    >>> of_type("integer")
    {'$type': 'integer'}
    """
    return {"$type": names[0] if len(names) == 1 else list(names)}


def regex(expression: str) -> Pattern:
    """The expression is found in the text.

    >>> from prompt_contracts import regex
    >>> regex("^[0-9]+$")
    {'$regex': '^[0-9]+$'}
    """
    return {"$regex": expression}


def contains(part: object) -> Pattern:
    """The text holds this one, or the list an element of this pattern.

    >>> from prompt_contracts import contains
    >>> contains("rain")
    {'$contains': 'rain'}
    """
    return {"$contains": part}


def loosely(text: str) -> Pattern:
    """Equals the text but for case, spaces and some punctuation.

    >>> from prompt_contracts import loosely
    >>> loosely("New York")
    {'$loosely': 'New York'}
    """
    return {"$loosely": text}


def approx(number: float, *, within: float | None = None) -> Pattern:
    """Is near a number: by an absolute difference, or by a millionth of it.

    >>> from prompt_contracts import approx
    >>> approx(99.95, within=0.01)
    {'$approx': 99.95, '$within': 0.01}
    """
    return {"$approx": number, **({} if within is None else {"$within": within})}


def between(low: object, high: object) -> Pattern:
    """Lies in a range, its ends included: numbers, or ISO dates.

    >>> from prompt_contracts import between
    >>> between(0, 100)
    {'$range': [0, 100]}
    """
    return {"$range": [low, high]}


def lt(bound: object) -> Pattern:
    """Is below a number or an ISO date.

    >>> from prompt_contracts import lt
    >>> lt(5)
    {'$lt': 5}
    """
    return {"$lt": bound}


def le(bound: object) -> Pattern:
    """Is at most a number or an ISO date.

    >>> from prompt_contracts import le
    >>> le(5)
    {'$le': 5}
    """
    return {"$le": bound}


def gt(bound: object) -> Pattern:
    """Is above a number or an ISO date.

    >>> from prompt_contracts import gt
    >>> gt(5)
    {'$gt': 5}
    """
    return {"$gt": bound}


def ge(bound: object) -> Pattern:
    """Is at least a number or an ISO date.

    >>> from prompt_contracts import ge
    >>> ge("2026-01-01")
    {'$ge': '2026-01-01'}
    """
    return {"$ge": bound}


def length(pattern: object) -> Pattern:
    """The number of characters or of elements is of this pattern.

    >>> from prompt_contracts import le, length
    >>> length(le(280))
    {'$len': {'$le': 280}}
    """
    return {"$len": pattern}


def word_count(pattern: object) -> Pattern:
    """The number of words is of this pattern.

    >>> from prompt_contracts import le, word_count
    >>> word_count(le(50))
    {'$words': {'$le': 50}}
    """
    return {"$words": pattern}


def occurrences(expression: str, pattern: object) -> Pattern:
    """An expression is found so many times.

    >>> from prompt_contracts import occurrences
    >>> occurrences("[0-9]+", 2)
    {'$count': {'of': '[0-9]+', 'is': 2}}
    """
    return {"$count": {"of": expression, "is": pattern}}


def each(pattern: object) -> Pattern:
    """Every element of the list is of this pattern; an empty list holds.

    >>> from prompt_contracts import each, of_type
    >>> each(of_type("string"))
    {'$each': {'$type': 'string'}}
    """
    return {"$each": pattern}


def unordered(*patterns: object) -> Pattern:
    """The list holds one element for each of these patterns, in any order, and no other.

    >>> from prompt_contracts import unordered
    >>> unordered("b", "a")
    {'$unordered': ['b', 'a']}
    """
    return {"$unordered": list(patterns)}


def at(places: Mapping[str, object]) -> Pattern:
    """What stands at these JSON pointers is of these patterns; what else there is does not matter.

    >>> from prompt_contracts import at
    >>> at({"/items/0/name": "tea"})
    {'$at': {'/items/0/name': 'tea'}}
    """
    return {"$at": dict(places)}


def absent() -> Pattern:
    """There is no such key.

    >>> from prompt_contracts import absent
    >>> {"name": "tea", "price": absent()}
    {'name': 'tea', 'price': {'$absent': True}}
    """
    return {"$absent": True}


def matches_schema(schema: object) -> Pattern:
    """Satisfies a JSON Schema.

    >>> from prompt_contracts import matches_schema
    >>> matches_schema({"type": "object", "required": ["city"]})
    {'$schema': {'type': 'object', 'required': ['city']}}
    """
    return {"$schema": schema}


def checked_by(function: Callable[[Any], object] | str) -> Pattern:
    """A function accepts the value: it returns None or True, or else False, a text, or a list of texts.

    >>> from prompt_contracts import checked_by, judge
    >>> judge("tea", {"text": checked_by(str.islower)}).word
    'passed'
    """
    return {"$check": function}


def optional(patterns: Mapping[str, object]) -> Pattern:
    """The keys of an object that may be absent, with the patterns of their values: to be joined to the others.

    >>> from prompt_contracts import le, optional
    >>> {"name": "tea"} | optional({"price": le(3)})
    {'name': 'tea', '$optional': {'price': {'$le': 3}}}
    """
    return {"$optional": dict(patterns)}


def partial(patterns: Mapping[str, object]) -> Pattern:
    """An object with these keys, and with any others.

    >>> from prompt_contracts import partial
    >>> partial({"name": "tea"})
    {'name': 'tea', '$others': 'allow'}
    """
    return {**patterns, "$others": "allow"}


PATTERN_VALUES: Sequence[Callable[..., Pattern]] = (
    *(absent, all_of, any_of, approx, at, between, checked_by, contains, each, equals, ge, gt, le, length),
    *(loosely, lt, matches_schema, not_, occurrences, of_type, optional, partial, regex, unordered, word_count),
)
"""All of them, in the order of the alphabet."""
