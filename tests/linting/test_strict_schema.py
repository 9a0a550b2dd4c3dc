"""What strict mode takes: a hit and a near miss for every rule."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.json_value import pointer
from prompt_contracts.linting.strict_schema import strict_findings

GOOD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "pattern": "^[A-Z(?=]", "format": "hostname"},
        "days": {"type": ["integer", "null"], "minimum": 0, "multipleOf": 1},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "place": {"$ref": "#/$defs/place"},
        "shape": {"anyOf": [{"$ref": "#/$defs/place"}, {"type": "null"}]},
        "kind": {"enum": ["a", "b"]},
    },
    "required": ["city", "days", "tags", "place", "shape", "kind"],
    "additionalProperties": False,
    "$defs": {
        "place": {
            "type": "object",
            "properties": {"default": {"type": "string"}, "inner": {"$ref": "#"}},
            "required": ["default", "inner"],
            "additionalProperties": False,
        }
    },
    "title": "A city",
}


def problems(schema: dict[str, Any], *, is_for_openai: bool = True) -> list[str]:
    places: dict[str, list[str]] = {}
    for broken in strict_findings(schema, is_for_openai=is_for_openai):
        places.setdefault(broken.message, []).append(pointer(*broken.clause))
    return [f"{','.join(where)}: {message}" for message, where in places.items()]


def with_city(schema: object) -> dict[str, Any]:
    """The good schema with another one for the city."""
    changed = copy.deepcopy(GOOD)
    changed["properties"]["city"] = schema
    return changed


def closed(**properties: object) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def test_a_schema_within_the_rules_is_quiet() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"anyOf": [closed(a={"type": "string"})]}, ": has anyOf, which only inner schemas may have"),
        ({"type": "array", "items": {"type": "string"}}, ": is not of type object"),
        ({"type": ["object", "null"]}, ": is not of type object"),
        ({"additionalProperties": True}, ": does not forbid other keys"),
        ({"additionalProperties": {"type": "string"}}, ": does not forbid other keys"),
        ({"required": ["city", "days", "place", "shape", "kind"]}, ": does not require 'tags'"),
        ({"not": {}}, ": uses 'not', which strict mode does not take"),
    ],
)
def test_the_root_is_a_closed_object_that_requires_all(change: dict[str, Any], said: str) -> None:
    assert problems({**GOOD, **change}) == [said]


def test_a_root_that_refers_elsewhere_is_no_object() -> None:
    assert problems({"$ref": "#/$defs/a", "$defs": {"a": closed()}}) == [": is not of type object"]


@pytest.mark.parametrize(
    ("city", "said"),
    [
        ({}, "says no type"),
        (True, "says no type"),
        ({"description": "any"}, "says no type"),
        ({"type": "date"}, "has the type 'date', which there is not"),
        ({"type": "array"}, "is an array without typed items"),
        ({"type": "array", "items": {}}, "is an array without typed items"),
        ({"type": ["array", "null"], "items": [{"type": "string"}]}, "is an array without typed items"),
        ({"type": "string", "pattern": "a(?=b)"}, "has a pattern with look-around"),
        ({"type": "string", "pattern": r"\\(?<!b)"}, "has a pattern with look-around"),
        ({"type": "string", "format": "uri"}, "has the format 'uri'"),
        ({"$ref": "#/$defs/place", "description": "x"}, "has 'description' beside '$ref', which must stand alone"),
        ({"type": "string", "default": "a"}, "uses 'default', which strict mode does not take"),
        ({"allOf": [{"type": "string"}]}, "uses 'allOf', which strict mode does not take"),
        ({"oneOf": [{"type": "string"}]}, "uses 'oneOf', which strict mode does not take"),
        ({"type": "string", "minLength": 1}, "uses 'minLength', which strict mode does not take"),
        ({"type": "object", "properties": {}, "required": []}, "does not forbid other keys"),
    ],
)
def test_an_inner_schema_outside_the_rules_is_named_by_its_place(city: object, said: str) -> None:
    assert problems(with_city(city)) == [f"/properties/city: {said}"]


@pytest.mark.parametrize(
    "city",
    [
        {"const": "Oslo"},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        {"type": "string", "pattern": r"\(?=[(?!]"},
        {"type": "string", "pattern": "(?:a|b)(?P<c>d)"},
        {"type": "string", "format": "date-time", "title": "City", "description": "default"},
        {"type": "string", "enum": ["allOf", "not"]},
        {"$ref": "#/$defs/place"},
        closed(),
    ],
)
def test_an_inner_schema_within_the_rules_is_quiet(city: object) -> None:
    assert problems(with_city(city)) == []


def test_keywords_that_openai_does_not_list_are_named_for_openai_only() -> None:
    schema = with_city({"type": "string", "maxLength": 3})

    assert problems(schema, is_for_openai=True) != []
    assert problems(schema, is_for_openai=False) == []


def test_places_of_one_problem_are_told_together() -> None:
    schema = closed(a={"type": "object", "properties": {}}, b={"anyOf": [{"type": "object", "properties": {}}]})

    assert problems(schema) == ["/properties/a,/properties/b/anyOf/0: does not forbid other keys"]


def alternatives(*objects: dict[str, Any]) -> dict[str, Any]:
    return with_city({"anyOf": list(objects)})


def test_objects_of_one_any_of_that_begin_alike_are_named() -> None:
    schema = alternatives(closed(id={"type": "string"}, a={"type": "string"}), closed(id={"type": "string"}))

    assert problems(schema) == ["/properties/city: has alternatives that all begin with the key 'id'"]


@pytest.mark.parametrize(
    "objects",
    [
        (closed(id={"type": "string"}), closed(name={"type": "string"}, id={"type": "string"})),
        (closed(kind={"const": "a"}), closed(kind={"const": "b"})),
        (closed(kind={"type": "string", "enum": ["a"]}), closed(kind={"type": "string", "enum": ["b", "c"]})),
        (closed(), closed()),
    ],
)
def test_objects_of_one_any_of_that_can_be_told_apart_are_quiet(objects: tuple[dict[str, Any], ...]) -> None:
    assert problems(alternatives(*objects)) == []


def test_alternatives_are_compared_through_their_references() -> None:
    schema = alternatives({"$ref": "#/$defs/place"}, closed(default={"type": "string"}))

    assert problems(schema) == ["/properties/city: has alternatives that all begin with the key 'default'"]


def nested(levels: int) -> dict[str, Any]:
    schema = closed(leaf={"type": "string"})
    for _ in range(levels):
        schema = closed(inner=schema)
    return schema


@pytest.mark.parametrize(
    ("most", "too_many", "said"),
    [
        (nested(10), nested(11), "has 11 levels of objects"),
        (
            closed(a={"type": "integer", "enum": list(range(1000))}),
            closed(a={"type": "integer", "enum": list(range(1001))}),
            "has 1,001 values in its enums",
        ),
        (
            closed(a={"enum": ["x" * 60] * 250}),
            closed(a={"enum": ["x" * 60] * 251}),
            "has 15,060 characters in one enum of more than 250 values",
        ),
        (
            closed(a={"const": "x" * 119_999}),
            closed(a={"const": "x" * 120_000}),
            "has 120,001 characters in its names, enums and constants",
        ),
        (
            closed(**{f"p{number}": {"type": "string"} for number in range(5000)}),
            closed(**{f"p{number}": {"type": "string"} for number in range(5001)}),
            "has 5,001 properties",
        ),
    ],
)
def test_limits_are_named_when_they_are_passed(most: dict[str, Any], too_many: dict[str, Any], said: str) -> None:
    assert problems(most) == []
    assert problems(too_many) == [f": {said}"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "required", "items", "anyOf", "$ref", "$defs", "enum", "const"])
            | st.text(max_size=2),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(schema=st.dictionaries(st.sampled_from([*GOOD, "anyOf", "enum", "$ref"]), JSON))
def test_no_schema_however_broken_is_too_much(schema: dict[str, Any]) -> None:
    for broken in strict_findings(schema, is_for_openai=True):
        assert broken.message


@given(names=st.lists(st.text(max_size=5), max_size=5, unique=True))
def test_a_closed_object_of_texts_is_quiet_whatever_its_names(names: list[str]) -> None:
    assert problems(closed(**{name: {"type": "string"} for name in names})) == []
