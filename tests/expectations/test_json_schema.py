"""`$schema`: JSON Schema as a pattern."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompt_contracts.expectations.json_schema import violations
from prompt_contracts.expectations.judgement import judge
from prompt_contracts.expectations.regular_expression import SlowRegexError
from prompt_contracts.expectations.schema_fragment import is_surely_valid
from prompt_contracts.json_value import Json, canonical
from tests.expectations.build import answer, case

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "a", "ab", "é", "\ud800", "2024-05-01", "2024-13-01", "a@b.c"])
)
instances: st.SearchStrategy[Json] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner),
    max_leaves=6,
)
leaf_schemas: st.SearchStrategy[Any] = st.one_of(
    st.booleans(),
    st.just({}),
    st.builds(
        lambda kind: {"type": kind},
        st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object", ["string", "null"]]),
    ),
    st.builds(lambda values: {"enum": values}, st.lists(instances, min_size=1, max_size=2)),
    st.builds(lambda value: {"const": value}, instances),
    st.builds(
        lambda key, bound: {key: bound},
        st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]),
        st.integers(-3, 3) | st.floats(-3, 3),
    ),
    st.builds(
        lambda key, bound: {key: bound},
        st.sampled_from(
            ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"],
        ),
        st.integers(0, 3),
    ),
    st.builds(lambda word: {"format": word}, st.sampled_from(["date", "email", "nonsense"])),
    st.builds(lambda pattern: {"pattern": pattern}, st.sampled_from(["^a", "b$", "[0-9]"])),
    st.builds(lambda number: {"multipleOf": number}, st.sampled_from([1, 2, 0.5])),
    st.just({"uniqueItems": True}),
    st.just({"required": ["a"]}),
)


def _wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    properties = st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    return st.one_of(
        st.builds(lambda schema: {"items": schema}, inner),
        st.builds(lambda schema: {"not": schema}, inner),
        st.builds(lambda schemas: {"prefixItems": schemas}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(
            lambda key, schemas: {key: schemas},
            st.sampled_from(["allOf", "anyOf", "oneOf"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda named, more: {"properties": named, "additionalProperties": more}, properties, inner),
        st.builds(lambda schema: {"patternProperties": {"^a": schema}}, inner),
        st.builds(
            lambda schema: {"$defs": {"x": schema}, "properties": {"a": {"$ref": "#/$defs/x"}}},
            inner.filter(lambda schema: "$defs" not in str(schema)),
        ),
    )


schemas = st.recursive(leaf_schemas, _wider, max_leaves=5)


def reference(schema: Any) -> Any:
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def told(schema: Any, value: Any) -> list[tuple[tuple[str | int, ...], str, str]]:
    return [(found.place, found.expected, found.got) for found in violations(schema, value)]


@given(schemas.filter(lambda schema: "$ref" not in str(schema)), instances)
@settings(max_examples=400)
def test_the_verdict_is_that_of_the_reference_validator(schema: Any, value: Json) -> None:
    try:
        is_valid = reference(schema).is_valid(value)
    except (OverflowError, ValueError):  # a multiple of a float, of a number that no float holds
        is_valid = False

    assert (told(schema, value) == []) == is_valid


@given(leaf_schemas, instances)
def test_a_local_reference_is_followed(schema: Any, value: Json) -> None:
    by_reference = {"$defs": {"a/b": schema}, "$ref": "#/$defs/a~1b"}

    assert told(by_reference, value) == told(schema, value)


@given(schemas, instances)
@settings(max_examples=400)
def test_the_fast_validator_never_says_yes_where_the_reference_says_no(schema: Any, value: Json) -> None:
    if is_surely_valid(canonical(schema), value):
        assert reference(schema).is_valid(value)


def test_the_fast_validator_does_decide_ordinary_schemas() -> None:
    schema: Json = {
        "type": "object",
        "properties": {"price": {"type": "number", "minimum": 0}},
        "required": ["price"],
    }

    assert is_surely_valid(canonical(schema), {"price": 5})


def test_a_valid_answer_to_an_ordinary_schema_does_not_load_the_slow_validator() -> None:
    program = (
        "import sys; from prompt_contracts.expectations.json_schema import violations;"
        "from prompt_contracts.expectations.schema_definition import check_schema;"
        "schema = {'type': 'object', 'properties': {'a': {'enum': [1, 2]}}, 'required': ['a']};"
        "assert not list(check_schema(schema)) and not list(violations(schema, {'a': 1}));"
        "sys.exit('jsonschema' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("schema", "value", "found"),
    [
        ({"type": "integer"}, "5", ((), "an integer", '"5"')),
        ({"type": ["string", "null"]}, 5, ((), "a string or null", "5")),
        ({"required": ["a", "b"]}, {"a": 1}, (("b",), "a required key", "(missing)")),
        (
            {"properties": {"a": {}}, "additionalProperties": False},
            {"a": 1, "b": 2},
            (("b",), "no such key", "2"),
        ),
        ({"items": {"maximum": 3}}, [1, 5], ((1,), "at most 3", "5")),
        ({"enum": ["a", 1]}, "b", ((), 'one of "a", 1', '"b"')),
        ({"const": {"a": 1}}, 1, ((), '{"a": 1}', "1")),
        ({"format": "date"}, "2024-13-01", ((), "a text of the format date", '"2024-13-01"')),
        ({"pattern": "^a"}, "b", ((), "a text matching /^a/", '"b"')),
        ({"properties": {"a": False}}, {"a": 1}, (("a",), "nothing: the schema allows no value here", "1")),
        ({"uniqueItems": True}, [1, 1], ((), "what uniqueItems true allows", "[1, 1]")),
        ({"anyOf": [{"type": "null"}, {"minimum": 3}]}, 1, ((), "a match of one of 2 schemas", "1")),
        ({"oneOf": [{}, True]}, 1, ((), "a match of exactly one of 2 schemas", "1")),
        ({"patternProperties": {"^a": {"type": "null"}}}, {"ab": 1}, (("ab",), "null", "1")),
    ],
)
def test_a_violation_reads_well(schema: Any, value: Any, found: object) -> None:
    assert told(schema, value) == [found]


def test_a_violation_in_an_answer_has_pointer_code_and_place_in_the_file() -> None:
    schema = {"type": "object", "properties": {"items": {"items": {"required": ["price"]}}}}
    contract = case({"json": {"$schema": schema}})

    (failure,) = judge(contract, answer('{"items": [{"price": 1}, {}]}'))

    assert (failure.code, failure.path) == ("json.$schema", "json/items/1/price")
    assert failure.location == contract.expect[0].locate("/$schema/properties/items/items/required")


def test_arguments_of_a_call_can_be_held_against_a_schema() -> None:
    contract = case({"tool_calls": [{"get_weather": {"$schema": {"required": ["city"]}}}]})

    (failure,) = judge(contract, answer(calls=[("get_weather", {})]))

    assert failure.headline == "tool_calls[0].arguments.city: expected a required key, got (missing)"


def test_only_the_first_twenty_violations_are_told_one_by_one() -> None:
    found = told({"items": {"type": "null"}}, list(range(50)))

    assert len(found) == 21
    assert found[-1][2] == "30 more violations"


def test_a_dialect_that_the_schema_names_is_followed() -> None:
    tuples = {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "null"}]}

    assert told(tuples, [1]) == [((0,), "null", "1")]
    assert told({"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer"}, 5.0) != []


def test_a_schema_that_refers_to_itself_without_end_is_never_a_pass() -> None:
    assert told({"$ref": "#"}, 1)[0][2] == "a value that cannot be checked"


@pytest.mark.parametrize("target", ["https://example.invalid/x", "file:///etc/hostname", "other.json", "#/nope"])
def test_a_reference_to_elsewhere_is_never_fetched_and_never_a_pass(target: str) -> None:
    assert told({"$ref": target}, 1)[0][2] == "a value that cannot be checked"


def test_a_catastrophic_pattern_in_a_schema_ends() -> None:
    with pytest.raises(SlowRegexError, match="the pattern took longer than 1 s on this text"):
        list(violations({"pattern": "^(a|aa)+$"}, "a" * 80 + "b"))
