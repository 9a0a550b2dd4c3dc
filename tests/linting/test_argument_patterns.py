"""Expected arguments against the tool's own schema: what it never takes, and what it may take after all."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from prompt_contracts.case import Case
from prompt_contracts.finding import Finding
from prompt_contracts.linting.argument_patterns import argument_findings
from prompt_contracts.location import Location
from prompt_contracts.message import Tool
from prompt_contracts.turn import Facet

PLACE = Location(path="cases/a.yaml", line=1, column=1)
WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 7},
        "share": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "place": {
            "type": "object",
            "properties": {"street": {"type": "string"}},
            "required": ["street"],
            "additionalProperties": False,
        },
        "stops": {"type": "array", "items": {"$ref": "#/$defs/stop"}},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["city"],
    "additionalProperties": False,
    "$defs": {"stop": {"const": "Lima"}, "circle": {"$ref": "#/$defs/circle"}},
}


def findings(arguments: Any, schema: Any = None, **others: Any) -> list[Finding]:
    parameters = WEATHER if schema is None else schema
    tool = Tool(name="get", definition={"type": "function", "function": {"name": "get", "parameters": parameters}})
    expect = {"tool_calls": [{"get": arguments}], **others}
    facets = tuple(Facet(name=name, value=value, location=PLACE) for name, value in expect.items())
    return list(argument_findings(Case(path="a", name="a", location=PLACE, messages=(), tools=(tool,), expect=facets)))


def said(arguments: Any, schema: Any = None, **others: Any) -> list[str]:
    return [finding.message for finding in findings(arguments, schema, **others)]


def of_argument(pattern: Any, schema: Any, **others: Any) -> list[str]:
    """What is said of one argument `x`."""
    return said({"x": pattern}, {"type": "object", "properties": {"x": schema}}, **others)


@pytest.mark.parametrize(
    "arguments",
    [
        {"city": "Oslo"},
        {"city": "Oslo", "unit": "celsius", "days": 7, "share": 0.5},
        {"city": "Oslo", "days": 3.0},
        {"city": "Oslo", "place": {"street": "Main"}, "stops": ["Lima", "Lima"], "note": None},
        {"city": "Oslo", "$optional": {"unit": "celsius"}},
        {"unit": "celsius", "$others": "allow"},
        {"city": {"$any_of": ["Oslo", 5]}},
        {"city": {"$regex": "^O"}, "days": {"$ge": 7, "$le": 9}, "share": {"$gt": 0, "$lt": 1}},
        {"city": {"$made_up": 5}, "days": {"$made_up": {}}},
        {"city": "Oslo", "wind": {"$absent": True}},
        {"city": "Oslo", "wind": {"$any_of": [5, {"$absent": True}]}},
        {"city": "Oslo", "wind": {"$not": 5}},
        {"city": "Oslo", "wind": {"$made_up": 5}},
        {"city": {"$eq": "Oslo"}, "days": {"$range": [0, 1]}},
        {"city": {"$any_of": []}},
        {"city": "Oslo", "$made_up": 5},
        {"city": "Oslo", "$optional": 5},
        {"$any_of": [{"city": "Oslo"}, {"town": "Oslo"}]},
        None,
    ],
)
def test_arguments_that_the_tool_may_take_are_quiet(arguments: Any) -> None:
    assert said(arguments) == []


@pytest.mark.parametrize("arguments", [{"town": "Oslo", "$others": "allow"}, {"city": "Oslo", "town": {"$ge": 5}}])
def test_an_argument_that_the_schema_does_not_have_is_named(arguments: Any) -> None:
    assert said(arguments) == ["the tool 'get' has no argument 'town', and its schema allows no others"]


def test_a_misspelt_argument_is_named_where_it_stands() -> None:
    (finding,) = findings({"city": "Oslo", "untit": "celsius"})

    assert finding.clause == ("tool_calls", 0, "get", "untit")
    assert finding.help == "did you mean 'unit'?"
    assert finding.code == "PC143"


def test_an_optional_argument_that_the_schema_does_not_have_is_named() -> None:
    (finding,) = findings({"city": "Oslo", "$optional": {"town": "Oslo"}})

    assert finding.clause == ("tool_calls", 0, "get", "$optional", "town")


@pytest.mark.parametrize(
    "change",
    [{"additionalProperties": True}, {"additionalProperties": {"type": "string"}}, {"patternProperties": {"^t": {}}}],
)
def test_another_argument_is_quiet_where_the_schema_is_open(change: dict[str, Any]) -> None:
    assert said({"city": "Oslo", "town": "Oslo"}, {**WEATHER, **change}) == []


def test_an_open_schema_holds_the_other_arguments_to_its_own_schema() -> None:
    schema = {**WEATHER, "additionalProperties": {"type": "string"}}

    assert said({"city": "Oslo", "town": 5}, schema) == [
        "the argument 'town' of 'get' is text by the tool's schema, never 5"
    ]


@pytest.mark.parametrize("arguments", [{}, {"unit": "celsius"}])
def test_a_required_argument_that_the_closed_pattern_does_not_name_is_named(arguments: Any) -> None:
    assert said(arguments) == ["the tool 'get' requires the argument 'city', which this pattern leaves no room for"]


def test_a_required_argument_that_is_called_optional_is_named() -> None:
    (finding,) = findings({"$optional": {"city": "Oslo"}})

    assert finding.message == "the tool 'get' requires the argument 'city', which is called optional here"
    assert finding.clause == ("tool_calls", 0, "get", "$optional", "city")


@pytest.mark.parametrize(
    ("name", "pattern", "law"),
    [
        ("city", 5, "is text by the tool's schema, never 5"),
        ("city", None, "is text by the tool's schema, never null"),
        ("city", {"a": 1}, "is text by the tool's schema, never an object"),
        ("city", ["Oslo"], "is text by the tool's schema, never a list"),
        ("city", {"$ge": 5}, "is text by the tool's schema, never at least 5"),
        ("unit", "kelvin", 'is one of "celsius", "fahrenheit" by the tool\'s schema, never "kelvin"'),
        ("unit", {"$eq": "kelvin"}, 'is one of "celsius", "fahrenheit" by the tool\'s schema, never "kelvin"'),
        ("days", "3", 'is a whole number by the tool\'s schema, never "3"'),
        ("days", 3.5, "is a whole number by the tool's schema, never 3.5"),
        ("days", True, "is a whole number by the tool's schema, never true"),
        ("days", {"$le": "2024-05-01"}, 'is a whole number by the tool\'s schema, never at most "2024-05-01"'),
        ("days", 0, "is at least 1 by the tool's schema, never 0"),
        ("days", 8, "is at most 7 by the tool's schema, never 8"),
        ("days", {"$ge": 8}, "is at most 7 by the tool's schema, never at least 8"),
        ("days", {"$gt": 7}, "is at most 7 by the tool's schema, never more than 7"),
        ("days", {"$le": 0}, "is at least 1 by the tool's schema, never at most 0"),
        ("days", {"$lt": 1}, "is at least 1 by the tool's schema, never less than 1"),
        ("days", {"$range": [8, 9]}, "is at most 7 by the tool's schema, never at least 8"),
        ("share", 0, "is more than 0 by the tool's schema, never 0"),
        ("share", {"$ge": 1}, "is less than 1 by the tool's schema, never at least 1"),
        ("days", {"$all_of": [{"$ge": 1}, 9]}, "is at most 7 by the tool's schema, never 9"),
        ("days", {"$any_of": [9]}, "is at most 7 by the tool's schema, never 9"),
        (
            "days",
            {"$any_of": [9, 10, "a"]},
            "is at most 7 by the tool's schema, never 9, and no other alternative fits either",
        ),
    ],
)
def test_a_value_that_the_schema_never_takes_is_named(name: str, pattern: Any, law: str) -> None:
    assert said({"city": "Oslo", name: pattern}) == [f"the argument '{name}' of 'get' {law}"]


def test_what_stands_inside_an_argument_is_looked_at_too() -> None:
    inner = {"city": "Oslo", "place": {"stret": "Main"}, "stops": ["Lima", "Oslo"]}

    assert [(finding.message, finding.clause[3:]) for finding in findings(inner)] == [
        ("the argument 'place' of 'get' has no key 'stret', and its schema allows no others", ("place", "stret")),
        ("the argument 'place' of 'get' requires the key 'street', which this pattern leaves no room for", ("place",)),
        ("the argument 'stops.1' of 'get' is \"Lima\" by the tool's schema, never \"Oslo\"", ("stops", 1)),
    ]


def test_a_value_that_fits_none_of_the_schemas_alternatives_is_named() -> None:
    assert said({"city": "Oslo", "note": 5}) == [
        "this fits none of the alternatives in 'anyOf' of the schema of the argument 'note' of 'get'"
    ]


@pytest.mark.parametrize(
    ("pattern", "schema"),
    [
        (None, {"type": "string", "nullable": True}),
        (5, {"type": "made_up"}),
        (5, {"$ref": "other.json"}),
        (5, {"$ref": "#/nothing"}),
        (5, {"$ref": "#anchor"}),
        (5, {"not": {"const": 5}}),
        (5, {"maximum": "4", "exclusiveMaximum": True, "enum": 5}),
        (5, True),
        (10**400, {"type": "integer", "minimum": 0.5}),
        ([1, "a"], {"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "string"}}),
        ({"$ge": "2024-05-01"}, {"type": "string", "enum": ["2024-06-01"]}),
        ({"$ge": 2}, {"enum": [1, 2]}),
        ({"a": 1}, {"enum": [{"a": 1}]}),
    ],
)
def test_what_is_not_certain_is_quiet(pattern: Any, schema: Any) -> None:
    assert of_argument(pattern, schema) == []


@pytest.mark.parametrize(
    ("pattern", "schema"),
    [
        (5, False),
        (5, {"allOf": [{"type": "integer"}, {"type": "string"}]}),
        (5, {"oneOf": [{"type": "string"}, {"type": "null"}]}),
        ({"$ge": 3}, {"enum": [1, 2]}),
        ({"$lt": 5}, {"const": 5}),
    ],
)
def test_what_is_certain_is_named(pattern: Any, schema: Any) -> None:
    assert len(of_argument(pattern, schema)) == 1


def test_references_in_a_circle_end() -> None:
    schema = {**WEATHER, "properties": {"city": {"$ref": "#/$defs/circle"}}}

    assert said({"city": 5}, schema) == []


def test_loose_texts_are_not_held_to_a_list() -> None:
    assert said({"city": "Oslo", "unit": "CELSIUS"}, strings="loose") == []
    assert said({"city": "Oslo", "days": "3"}, strings="loose") != []
    assert said({"city": "Oslo", "unit": "CELSIUS"}) != []


def test_nested_expectations_are_looked_at_but_for_what_must_not_hold() -> None:
    wrong = {"tool_calls": [{"get": {"city": 5}}]}
    right = {"city": "Oslo"}

    assert [finding.clause for finding in findings(right, any_of=[{"text": "a"}, wrong])] == [
        ("any_of", 1, "tool_calls", 0, "get", "city")
    ]
    assert findings(right, **{"not": wrong}) == []


@pytest.mark.parametrize("tool_calls", ["none", "some", ["get"], [5], [{"get": None}], [{"other": {"x": 5}}], [{}], {}])
def test_calls_without_arguments_or_of_other_tools_are_quiet(tool_calls: Any) -> None:
    facets = (Facet(name="tool_calls", value=tool_calls, location=PLACE),)
    tool = Tool(name="get", definition={"function": {"name": "get", "parameters": WEATHER}})

    given = Case(path="a", name="a", location=PLACE, messages=(), tools=(tool,), expect=facets)

    assert list(argument_findings(given)) == []


VALUES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "a", "b", ""])
NUMBERS = st.integers(-3, 3) | st.just(0.5)
PARTS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "number", "boolean", "null", ["string", "null"]]),
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "const": VALUES,
        "minimum": NUMBERS,
        "maximum": NUMBERS,
        "exclusiveMinimum": NUMBERS,
        "exclusiveMaximum": NUMBERS,
    },
)
SCHEMAS = PARTS | st.builds(
    lambda keyword, parts, own: {**own, keyword: parts},
    st.sampled_from(["anyOf", "allOf", "oneOf"]),
    st.lists(PARTS, min_size=1, max_size=3),
    PARTS,
)


@given(value=VALUES, schema=SCHEMAS)
def test_a_literal_that_is_valid_is_never_named(value: Any, schema: Any) -> None:
    assume(jsonschema.Draft202012Validator(schema).is_valid(value))

    assert of_argument(value, schema) == []


@given(value=VALUES, schema=PARTS)
def test_a_literal_that_is_not_valid_is_named(value: Any, schema: Any) -> None:
    assume(not jsonschema.Draft202012Validator(schema).is_valid(value))

    assert len(of_argument(value, schema)) == 1


@given(value=NUMBERS, bound=NUMBERS, schema=SCHEMAS)
def test_a_bound_that_a_valid_number_keeps_is_never_named(value: Any, bound: Any, schema: Any) -> None:
    assume(jsonschema.Draft202012Validator(schema).is_valid(value))
    kept = {"$ge": value >= bound, "$gt": value > bound, "$le": value <= bound, "$lt": value < bound}

    for operator in (name for name, holds in kept.items() if holds):
        assert of_argument({operator: bound}, schema) == []


@given(value=VALUES, other=VALUES, schema=SCHEMAS)
def test_alternatives_of_which_one_is_valid_are_never_named(value: Any, other: Any, schema: Any) -> None:
    assume(jsonschema.Draft202012Validator(schema).is_valid(value))

    assert of_argument({"$any_of": [other, value]}, schema) == []


CITY: dict[str, Any] = {"type": "string", "enum": ["Oslo", "Lima"]}


@pytest.mark.parametrize(
    ("pattern", "schema"),
    [
        ({"$regex": "^Bergen$"}, CITY),
        ({"$len": {"$gt": 10}}, CITY),
        ({"$contains": "x"}, CITY),
        ({"$not": {"$any_of": ["Oslo", "Lima"]}}, CITY),
        ({"$all_of": [{"$regex": "^O"}, {"$regex": "a$"}]}, CITY),
        ({"$any_of": [{"$regex": "^B"}, {"$len": 9}]}, CITY),
        ({"$loosely": "Bergen"}, CITY),
        ({"$regex": "^Bergen$"}, {"const": "Oslo"}),
        ({"$not": {"$type": "boolean"}}, {"type": "boolean"}),
        ({"$regex": "^Bergen$"}, {"anyOf": [CITY, {"type": "null"}]}),
        ({"$regex": "^Bergen$"}, {"$ref": "#/properties/y"}),
        ({"$all_of": [{"$gt": 2}, {"$lt": 3}]}, {"enum": [1, 2, 3]}),
    ],
    ids=str,
)
def test_operators_that_hold_of_no_value_of_a_finite_schema_are_told_once(pattern: Any, schema: Any) -> None:
    parameters = {"type": "object", "properties": {"x": schema, "y": CITY}}

    (finding,) = findings({"x": pattern}, parameters)

    assert finding.code == "PC143"
    assert finding.message.startswith("the argument 'x' of 'get' is ")


@pytest.mark.parametrize(
    ("pattern", "schema"),
    [
        ({"$any_of": ["Oslo", "Lima"]}, CITY),
        ({"$regex": "^O"}, CITY),
        ({"$not": "Oslo"}, CITY),
        ({"$any_of": [{"$absent": True}, {"$regex": "^B"}]}, CITY),
        ({"$check": "os.path:isabs"}, CITY),
        ({"$regex": "^Bergen$"}, {"type": "string"}),
        ({"$regex": "^Bergen$"}, {"anyOf": [CITY, {"type": "string"}]}),
        ({"$type": "null"}, {"enum": ["Oslo"], "nullable": True}),
        ({"$regex": "^Bergen$"}, {"$ref": "#/properties/x"}),
    ],
    ids=str,
)
def test_operators_that_may_hold_are_not_told(pattern: Any, schema: Any) -> None:
    assert of_argument(pattern, schema) == []
