"""What a pattern names itself, and what it merely lets through."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.json_value import Json
from prompt_contracts.patterns.named_changes import names_change
from prompt_contracts.patterns.operator_rule import PatternContext
from prompt_contracts.patterns.pattern import Language

LOOSE = Language(context=PatternContext(is_loose=True))
ANY_TYPE: dict[str, Json] = {"$type": ["string", "number", "null"]}


@pytest.mark.parametrize(
    ("pattern", "before", "after"),
    [
        ({"$any_of": ["celsius", "fahrenheit"]}, "celsius", "fahrenheit"),
        ({"$all_of": [{"$type": "string"}, {"$any_of": ["a", "b"]}]}, "a", "b"),
        ({"$any_of": [1, {"$eq": {"a": 1}}]}, 1, {"a": 1}),
        ({"$loosely": "New York"}, "New York", "new-york"),
        ({"a": 1, "$optional": {"b": 2}}, {"a": 1, "b": 2}, {"a": 1}),
        ({"a": 1, "$optional": {"b": {"$any_of": [2, 3]}}}, {"a": 1}, {"a": 1, "b": 3}),
        ({"a": {"$any_of": [1, 2]}, "b": {"$ge": 0}}, {"a": 1, "b": 5}, {"a": 2, "b": 5}),
        ({"a": {"$any_of": [1, {"$absent": True}]}}, {"a": 1}, {}),
        ([{"$any_of": [1, 2]}, {"$ge": 0}], [1, 7], [2, 7]),
        ({"$each": {"$any_of": [1, 2]}}, [1, 1], [1, 2]),
        ({"$unordered": [1, 2]}, [1, 2], [2, 1]),
        ({"$at": {"/a/b": {"$any_of": [1, 2]}}}, {"a": {"b": 1}, "c": 3}, {"a": {"b": 2}, "c": 3}),
        ({"$any_of": [{"a": 1}, {"b": 2}]}, {"a": 1}, {"b": 2}),
    ],
)
def test_what_is_spelled_out_is_named(pattern: Any, before: Json, after: Json) -> None:
    assert Language().holds(pattern, after).is_certain
    assert names_change(pattern, before, after, Language())


@pytest.mark.parametrize(
    ("pattern", "before", "after"),
    [
        ({"$ge": 0}, 1, 2),
        ({"$range": [0, 9]}, 1, 2),
        ({"$regex": "a|b"}, "a", "b"),
        ({"$type": "string"}, "a", "b"),
        ({"$contains": "a"}, "a", "ab"),
        ({"$not": "c"}, "a", "b"),
        ({"$schema": {"enum": ["a", "b"]}}, "a", "b"),
        ({"$approx": 1, "$within": 1}, 1, 2),
        ({"$any_of": ["x", {"$regex": "a|b"}]}, "a", "b"),
        ({"a": 1, "$others": "allow"}, {"a": 1}, {"a": 1, "b": 2}),
        ({"$others": "allow"}, {"a": 1}, {"a": 2}),
        ({"$optional": {"b": ANY_TYPE}}, {"b": 1}, {"b": 2}),
        ({"a": {"$any_of": [1, 2]}, "b": {"$ge": 0}}, {"a": 1, "b": 5}, {"a": 2, "b": 6}),
        ({"$each": {"$any_of": [1, 2]}}, [1], [1, 2]),
        ({"$at": {"/a": {"$any_of": [1, 2]}}}, {"a": 1, "c": 3}, {"a": 2, "c": 4}),
        ({"$len": {"$ge": 1}}, "a", "b"),
    ],
)
def test_what_is_let_through_is_not(pattern: Any, before: Json, after: Json) -> None:
    assert Language().holds(pattern, after).is_certain
    assert not names_change(pattern, before, after, Language())


def test_a_text_that_is_equal_under_loose_strings_is_named() -> None:
    assert names_change("New York", "New York", "new york", LOOSE)
    assert not names_change("New York", "New York", "new york", Language())


literals = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(literals, min_size=1, max_size=3), literals, literals)
def test_of_alternatives_that_are_literals_exactly_those_are_named(
    alternatives: list[Json], before: Json, after: Json
) -> None:
    pattern: Json = {"$any_of": [{"$eq": one} for one in alternatives]}
    holds = all(Language().holds(pattern, value).is_certain for value in (before, after))

    if holds:
        assert names_change(pattern, before, after, Language())
