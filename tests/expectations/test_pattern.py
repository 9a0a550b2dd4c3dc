"""Patterns on JSON values: literals, objects, lists, and the operators."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.expectations.pattern import describe, match
from prompt_contracts.expectations.truth import LIMITED
from prompt_contracts.json_value import Json, equal

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3) | st.text("ab1", max_size=2)
plain_keys = st.text("ab", max_size=2)
documents: st.SearchStrategy[Json] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain_keys, inner, max_size=3)
)


def holds(pattern: Any, value: Any) -> bool:
    return not list(match(pattern, value))


def told(pattern: Any, value: Any) -> list[str]:
    return [f"{found.place}: {found.expected} / {found.got}" for found in match(pattern, value)]


@given(documents)
def test_a_literal_matches_itself(value: Json) -> None:
    assert holds(value, value)


@given(documents, documents)
def test_a_literal_matches_what_equals_it_and_nothing_else(pattern: Json, value: Json) -> None:
    assert holds(pattern, value) == equal(pattern, value)


@given(st.lists(documents, min_size=1, max_size=4), documents)
def test_any_of_is_or(alternatives: list[Json], value: Json) -> None:
    assert holds({"$any_of": alternatives}, value) == any(holds(one, value) for one in alternatives)


@given(st.lists(documents, max_size=4), documents)
def test_contains_on_a_list_is_any_element(values: list[Json], wanted: Json) -> None:
    assert holds({"$contains": wanted}, values) == any(equal(wanted, value) for value in values)


@given(st.text("abc", max_size=6), st.text("abc", max_size=3))
def test_contains_on_a_text_is_a_substring(text: str, part: str) -> None:
    assert holds({"$contains": part}, text) == (part in text)


@given(st.floats(allow_nan=False) | st.integers(), st.floats(allow_nan=False) | st.integers())
def test_bounds_on_numbers_are_those_of_numbers(value: float, bound: float) -> None:
    assert holds({"$le": bound}, value) == (value <= bound)
    assert holds({"$ge": bound}, value) == (value >= bound)


@given(st.dates(), st.dates())
def test_bounds_on_dates_are_those_of_the_calendar(value: Any, bound: Any) -> None:
    assert holds({"$le": bound.isoformat()}, value.isoformat()) == (value <= bound)


@given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones()))
def test_bounds_on_date_times_compare_moments_and_not_texts(value: Any, bound: Any) -> None:
    def written(moment: Any) -> str:
        return str(moment.isoformat(timespec="microseconds"))[:32]

    low, high = type(value).fromisoformat(written(value)), type(value).fromisoformat(written(bound))

    assert holds({"$le": written(bound)}, written(value)) == (low <= high)


@given(documents, documents)
def test_bounds_on_any_values_are_a_conjunction(value: Json, bound: Json) -> None:
    both = {"$le": bound, "$ge": bound}

    assert holds(both, value) == (holds({"$le": bound}, value) and holds({"$ge": bound}, value))


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ({"a": 1, "$optional": {"b": 2}}, {"a": 1}),
        ({"a": 1, "$optional": {"b": 2}}, {"a": 1, "b": 2}),
        ({"a": 1, "$others": "allow"}, {"a": 1, "c": 3}),
        ({"$others": "allow"}, {}),
        ({"$optional": {}}, {}),
        ({"a": {"$any_of": [1, None]}}, {"a": None}),
        ([{"$ge": 1}, "x"], [1.5, "x"]),
        ({"$regex": "^Os"}, "Oslo"),
        ({"$regex": "slo"}, "Oslo"),
        ({"$regex": r"^\p{Lu}"}, "Ærø"),
        ({"$ge": 1, "$le": 2}, 1.0),
        ({"$contains": {"a": 1}}, [0, {"a": 1}]),
        ({"$le": "2024-05-01"}, "2024-04-30"),
        ({"$ge": "2024-05-01T12:00:00Z"}, "2024-05-01T13:00:00.5+01:00"),
        ({"$schema": {"type": "integer"}}, 5.0),
    ],
)
def test_it_matches(pattern: Any, value: Any) -> None:
    assert told(pattern, value) == []


@pytest.mark.parametrize(
    ("pattern", "value", "found"),
    [
        (1, True, "(): 1 / true"),
        (5, "5", '(): 5 / "5"'),
        ({"a": 1}, {}, "('a',): 1 / (missing)"),
        ({"a": 1}, {"a": 1, "b": 2}, "('b',): no such key / 2"),
        ({}, {"b": 2}, "('b',): no such key / 2"),
        ({"$optional": {"b": 2}}, {"b": 3}, "('b',): 2 / 3"),
        ({"$optional": {"b": 2}}, {"c": 3}, "('c',): no such key / 3"),
        ({"a": 1, "$others": "allow"}, 7, '(): any object with "a": 1 / 7'),
        ([1, 2], [1], "(1,): 2 / (missing)"),
        ([1], [1, 2], "(1,): 1 element / 2"),
        ([1], {}, "(): [1] / {}"),
        ({"$any_of": ["a", "b"]}, "c", '(): one of "a", "b" / "c"'),
        ({"$regex": "^Oslo$"}, "Lima", '(): a text matching /^Oslo$/ / "Lima"'),
        ({"$regex": "5"}, 5, "(): a text matching /5/ / 5"),
        ({"$contains": "x"}, "abc", '(): a text containing "x" / "abc"'),
        ({"$contains": "x"}, ["abc"], '(): a list containing "x" / ["abc"]'),
        ({"$contains": 1}, [True, "1"], '(): a list containing 1 / [true, "1"]'),
        ({"$contains": "a"}, {"a": 1}, '(): a text or a list containing "a" / {"a": 1}'),
        ({"$le": 300}, 301, "(): at most 300 / 301"),
        ({"$le": 300}, True, "(): at most 300 / true"),
        ({"$ge": 300}, "400", '(): at least 300 / "400"'),
        ({"$le": "2024-05-01"}, "2024-05-01T00:00:00Z", '(): at most "2024-05-01" / "2024-05-01T00:00:00Z"'),
        ({"$le": "2024-05-01"}, "2024-02-30", '(): at most "2024-05-01" / "2024-02-30"'),
        ({"a": {"b": [{"$le": 1}]}}, {"a": {"b": [2]}}, "('a', 'b', 0): at most 1 / 2"),
    ],
)
def test_a_mismatch_names_place_expectation_and_value(pattern: Any, value: Any, found: str) -> None:
    assert told(pattern, value) == [found]


def test_operators_in_one_object_must_all_hold_and_each_broken_one_is_told() -> None:
    assert told({"$le": 1, "$regex": "x"}, 2) == ["(): at most 1 / 2", "(): a text matching /x/ / 2"]


def test_the_clause_of_a_mismatch_leads_to_the_operator_in_the_pattern() -> None:
    (found,) = match({"a": [{"$optional": {"b": {"$le": 1}}}]}, {"a": [{"b": 2}]})

    assert found.clause == ("a", 0, "$optional", "b", "$le")


def test_a_bound_on_another_form_says_that_there_is_no_order() -> None:
    (found,) = match({"$le": "2024-05-01T10:00:00Z"}, "2024-05-01T09:00:00")

    assert found.message == "no order between a date-time with offset and a date-time"


def test_any_of_tells_how_the_closest_object_differs() -> None:
    (found,) = match({"$any_of": [{"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}]}, {"a": 1, "b": 5})

    assert found.message == "the closest differs at b: expected 2, got 5"


@pytest.mark.parametrize(
    ("alternatives", "value", "message"),
    [
        ([{"a": 1, "b": 2}, 5], {"a": 2, "b": 3}, "the closest differs at a: expected 1, got 2, and 1 more"),
        ([{"a": 1, "b": 2, "c": 3}], {}, "the closest differs at a: expected 1, got (missing), and 2 more"),
        ([1, 2], 3, ""),
    ],
)
def test_of_a_close_object_the_first_difference_is_told_and_the_others_are_counted(
    alternatives: list[Json], value: Json, message: str
) -> None:
    (found,) = match({"$any_of": alternatives}, value)

    assert found.message == message


def test_a_catastrophic_regular_expression_ends_and_says_so() -> None:
    (found,) = match({"$regex": "^(a|aa)+$"}, "a" * 80 + "b")

    assert (found.message, found.truth) == ("the pattern took longer than 1 s on this text", LIMITED)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ({"$regex": "^Oslo$"}, "a text matching /^Oslo$/"),
        ({"$ge": 1, "$le": 300}, "at least 1 and at most 300"),
        ({"$any_of": ["a", {"$contains": "b"}]}, 'one of "a", a text or a list containing "b"'),
        ({"a": 1, "$optional": {"b": {"$ge": 2}}}, '{"a": 1, "b" (optional): at least 2}'),
        ({"a": 1, "$others": "allow"}, 'any object with "a": 1'),
        ({"$others": "allow"}, "any object"),
        ([1, {"$le": 2}], "[1, at most 2]"),
        ({}, "{}"),
    ],
)
def test_patterns_read_well(pattern: Any, words: str) -> None:
    assert describe(pattern) == words


@pytest.mark.parametrize(
    "pattern",
    [
        {"$nonsense": 1},
        {"a": 1, "$le": 2},
        {"$any_of": "a"},
        {"$regex": 5},
        {"$regex": "("},
        {"$optional": 5},
        {"$schema": "x"},
        {"$le": None},
    ],
)
@given(documents)
def test_a_pattern_that_is_no_pattern_is_never_a_pass_and_never_a_crash(pattern: Any, value: Json) -> None:
    assert told(pattern, value) != []
