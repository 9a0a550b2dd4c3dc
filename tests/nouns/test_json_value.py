"""JSON's own rules for reading, comparing and naming places."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.json_number import shortest
from prompt_contracts.json_value import (
    Json,
    JsonLimitError,
    NotJsonError,
    canonical,
    canonical_text,
    equal,
    exact_text,
    json_type,
    parse_json,
    pointer,
    pointer_parts,
    resolve,
    show,
)

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


@given(values)
def test_what_json_writes_is_read_back(value: Any) -> None:
    assert equal(parse_json(json.dumps(value)), value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1, "a": 2}', 'the key "a" is repeated'),
        ("NaN", "NaN is not JSON"),
        ("[Infinity]", "Infinity is not JSON"),
        ("{", "line 1, column 2"),
        ("", "line 1, column 1"),
        ("[" * 100_000, "nested more than 100 levels deep"),
        ("1" * 5000, "digits"),
        (b"\xff", "not UTF-8 text"),
    ],
)
def test_what_is_no_strict_json_is_refused_with_a_reason(text: str | bytes, reason: str) -> None:
    with pytest.raises(NotJsonError, match=re.escape(reason)):
        parse_json(text)


@pytest.mark.parametrize("text", ["[" * 100 + "]" * 100, '{"a":' * 100 + "1" + "}" * 100, json.dumps("[{" * 200)])
def test_what_is_nested_a_hundred_levels_deep_is_read(text: str) -> None:
    assert parse_json(text) == json.loads(text)


@pytest.mark.parametrize("text", ["[" * 101 + "]" * 101, '[{"a":' * 50 + "[]" + "}]" * 50])
def test_what_is_nested_deeper_than_a_hundred_levels_is_not_read(text: str) -> None:
    for form in (text, text.encode()):
        with pytest.raises(JsonLimitError, match="nested more than 100 levels deep"):
            parse_json(form)


def test_a_number_beyond_a_double_keeps_its_value() -> None:
    assert parse_json("7e+45591") == parse_json("70e45590")
    assert parse_json("7e+45591") != parse_json("7e+45592")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (True, 1),
        (False, 0),
        ("1", 1),
        ([1], 1),
        ({}, []),
        (None, False),
        ([True], [1]),
        ({"a": 1}, {"a": True}),
    ],
)
def test_values_of_different_types_differ(left: Json, right: Json) -> None:
    assert not equal(left, right)
    assert not equal(right, left)


def test_numbers_are_equal_by_value() -> None:
    assert equal(5, 5.0)
    assert equal({"a": [1.0]}, {"a": [1]})


@given(values, values)
def test_two_values_are_equal_when_their_canonical_texts_are(left: Any, right: Any) -> None:
    assert equal(left, right) == (canonical(left) == canonical(right))


@given(values)
def test_the_canonical_form_of_a_text_is_that_of_its_value(value: Any) -> None:
    assert canonical_text(json.dumps(value, indent=2)) == canonical(value)


def test_true_is_not_one_in_canonical_form() -> None:
    assert canonical({"n": True}) != canonical({"n": 1})


def test_a_text_that_is_no_json_has_no_canonical_form() -> None:
    assert canonical_text(b"a=1") is None


def test_two_huge_numbers_keep_apart_in_canonical_form() -> None:
    assert canonical_text("1e400") != canonical_text("1e401")


@given(st.lists(st.text()))
def test_pointers_are_taken_apart_as_they_were_joined(parts: list[str]) -> None:
    assert pointer_parts(pointer(*parts)) == tuple(parts)


@pytest.mark.parametrize("place", ["/b", "/a/1", "/a/00", "/a/-1", "/a/0/x"])
def test_a_pointer_to_nothing_is_a_lookup_error(place: str) -> None:
    with pytest.raises(LookupError):
        resolve({"a": [1]}, place)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (True, "boolean"),
        (1, "number"),
        (1.5, "number"),
        ("", "string"),
        ([], "array"),
        ({}, "object"),
    ],
)
def test_types_have_json_s_names(value: Json, name: str) -> None:
    assert json_type(value) == name


@given(values, st.integers(min_value=20, max_value=60))
def test_what_is_shown_keeps_to_its_limit(value: Any, limit: int) -> None:
    assert len(show(value, limit=limit)) <= limit


@given(values)
def test_the_exact_text_has_sorted_names_at_every_level_and_one_form_for_each_number(value: Json) -> None:
    def spelled(item: Json) -> str:
        if isinstance(item, dict):
            return "{" + ", ".join(f"{spelled(key)}: {spelled(item[key])}" for key in sorted(item)) + "}"
        if isinstance(item, list):
            return "[" + ", ".join(map(spelled, item)) + "]"
        return json.dumps(shortest(item) if isinstance(item, float) else item, ensure_ascii=False)

    assert exact_text(value) == spelled(value)
