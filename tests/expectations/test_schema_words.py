"""JSON Schemas that would check nothing, or that nothing satisfies: told before any answer is there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from prompt_contracts.expectations.definition import check_expect
from prompt_contracts.expectations.schema_definition import check_schema, schema_doubts
from prompt_contracts.expectations.schema_vocabulary import FORMATS, KEYWORDS
from tests.expectations.build import case, tool

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_4 = "http://json-schema.org/draft-04/schema#"

WRAPS: list[Any] = [
    lambda inner: inner,
    lambda inner: {"properties": {"a": inner}},
    lambda inner: {"items": inner},
    lambda inner: {"prefixItems": [{"type": "string"}, inner]},
    lambda inner: {"anyOf": [{"type": "null"}, inner]},
    lambda inner: {"allOf": [inner]},
    lambda inner: {"oneOf": [{"type": "null"}, inner]},
    lambda inner: {"not": {"anyOf": [inner, {"type": "null"}]}},
    lambda inner: {"$defs": {"a": inner}},
    lambda inner: {"definitions": {"a": inner}},
    lambda inner: {"patternProperties": {"^a": inner}},
    lambda inner: {"dependentSchemas": {"a": inner}},
    lambda inner: {"if": inner, "then": True},
    lambda inner: {"if": {"type": "null"}, "then": inner, "else": inner},
    lambda inner: {"contains": inner},
    lambda inner: {"propertyNames": inner},
    lambda inner: {"additionalProperties": inner},
    lambda inner: {"unevaluatedProperties": inner},
    lambda inner: {"unevaluatedItems": inner},
    lambda inner: {"$ref": "#/components/schemas/a", "components": {"schemas": {"a": inner}}},
    lambda inner: {
        "properties": {"a": {"$ref": "#/own/a"}, "b": {"$ref": "#/own/a"}, "c": inner},
        "own": {"a": {"type": "null"}},
    },
    lambda inner: {"$schema": DRAFT_7, "items": [inner]},
    lambda inner: {"$schema": DRAFT_7, "items": [{}], "additionalItems": inner},
    lambda inner: {"$schema": DRAFT_7, "dependencies": {"a": inner, "b": ["c"]}},
]
"""A schema at each kind of place where a schema stands."""


def told(schema: Any) -> list[str]:
    return [f"{'/'.join(map(str, flaw.clause))}: {flaw.message} [{flaw.help}]" for flaw in check_schema(schema)]


def doubted(schema: Any) -> list[str]:
    return [f"{'/'.join(map(str, flaw.clause))}: {flaw.message} [{flaw.help}]" for flaw in schema_doubts(schema)]


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize(
    ("inner", "words"),
    [
        ({"requried": ["a"]}, "'requried' is no keyword of JSON Schema and checks nothing [did you mean 'required'?"),
        ({"pattern": "("}, "is no regular expression"),
        ({"patternProperties": {"(": {}}}, "is no regular expression"),
        ({"$ref": "#/$defs/none"}, "points to nothing in the JSON Schema"),
        ({"$ref": "https://example.org/a"}, "a schema is never fetched"),
        ({"format": "datetime"}, "the format \"datetime\" is not known and checks nothing [did you mean 'date-time'?]"),
        ({"name": "p", "strict": True, "schema": {"type": "string"}}, "place of it all]"),
        ({"type": "strng"}, "there is no type \"strng\" [did you mean 'string'?]"),
        ({"enum": []}, "no value satisfies this JSON Schema"),
        ({"minLength": "3"}, "'3' is not of type 'integer'"),
    ],
)
def test_a_mistake_is_found_wherever_a_schema_stands(wrap: Any, inner: Any, words: str) -> None:
    found = told(wrap(inner))

    assert len(found) == (2 if "else" in wrap(inner) else 1), found
    assert words in found[0]


@pytest.mark.parametrize("wrap", WRAPS)
def test_a_good_schema_is_good_wherever_it_stands(wrap: Any) -> None:
    inner = {"type": "object", "properties": {"requried": {"type": "string"}}, "required": ["requried"]}

    assert told(wrap(inner)) == []


@pytest.mark.parametrize(
    "name", ["requried", "propertys", "itmes", "schema", "json_schema", "format", "$regex", "$ref"]
)
@pytest.mark.parametrize(
    "schema",
    [
        lambda name: {"properties": {name: {"type": "string"}}},
        lambda name: {"$defs": {name: {"type": "string"}}},
        lambda name: {"patternProperties": {name.strip("$"): {"type": "string"}}},
        lambda name: {"dependentSchemas": {name: {"type": "object"}}},
        lambda name: {"dependentRequired": {name: ["a"]}},
        lambda name: {"required": [name]},
        lambda name: {"enum": [{name: {"type": "strng"}}]},
        lambda name: {"const": {name: {"type": "strng"}}},
        lambda name: {"default": {name: {"type": "strng"}}},
        lambda name: {"examples": [{name: {"type": "strng"}}]},
        lambda name: {"x-note": {name: {"type": "strng"}}},
    ],
)
def test_a_name_and_data_are_no_keywords(schema: Any, name: str) -> None:
    assert told(schema(name)) == []
    assert doubted(schema(name)) == []


@pytest.mark.parametrize(
    ("schema", "help_text"),
    [
        ({"name": "person", "strict": True, "schema": {"type": "object"}}, "'schema' in place of it all"),
        ({"schema": {"type": "object"}}, "'schema' in place of it all"),
        ({"json_schema": {"name": "a", "schema": {"type": "object"}}}, "'json_schema.schema' in place of it all"),
        (
            {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}},
            "'json_schema.schema' in place of it all",
        ),
        ({"type": "json_schema", "name": "a", "schema": {"type": "object"}}, "'schema' in place of it all"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}},
            "'response_format.json_schema.schema' in place of it all",
        ),
        (
            {"type": "function", "function": {"name": "a", "parameters": {"type": "object"}}},
            "'function.parameters' in place of it all",
        ),
        ({"name": "a", "description": "b", "parameters": {"type": "object"}}, "'parameters' in place of it all"),
    ],
)
def test_a_pasted_wrapper_is_told_with_what_was_meant(schema: Any, help_text: str) -> None:
    found = told(schema)

    assert help_text in found[0]
    assert "checks nothing" in found[0]


def slips(word: str) -> st.SearchStrategy[str]:
    """A word with one edit, or in another letter case."""
    places = st.integers(0, len(word) - 1)
    letters = st.sampled_from("abcdefghijklmnopqrstuvwxyz_")
    return st.one_of(
        places.map(lambda at: word[:at] + word[at + 1 :]),
        st.builds(lambda at, letter: word[:at] + letter + word[at:], places, letters),
        st.builds(lambda at, letter: word[:at] + letter + word[at + 1 :], places, letters),
        places.map(lambda at: word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]),
        st.sampled_from([word.lower(), word.upper(), word.capitalize()]),
    )


@given(st.data(), st.sampled_from(sorted(KEYWORDS)))
def test_every_keyword_with_a_slip_of_the_pen_is_an_error(data: st.DataObject, dialect: str) -> None:
    keyword = data.draw(st.sampled_from(sorted(KEYWORDS[dialect])))
    written = data.draw(slips(keyword))
    assume(not any(written in words for words in KEYWORDS.values()) and written != "example")

    assert any(f"'{written}' is no keyword" in one for one in told({"$schema": dialect, written: "x"}))


@given(st.data())
def test_every_format_with_a_slip_of_the_pen_is_an_error(data: st.DataObject) -> None:
    written = data.draw(st.sampled_from(FORMATS).flatmap(slips))
    assume(written not in FORMATS)

    assert "is not known and checks nothing [did you mean" in told({"format": written})[0]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (
            {"items": [{"type": "string"}]},
            "items: 'items' takes one schema in 2020-12 of JSON Schema, not a list [write",
        ),
        ({"additionalItems": False}, "'additionalItems' checks nothing in 2020-12 of JSON Schema [write 'items'"),
        ({"dependencies": {"a": ["b"]}}, "[write 'dependentRequired' or 'dependentSchemas', or declare a dialect"),
        ({"id": "https://example.org/a"}, "'id' checks nothing in 2020-12 of JSON Schema [write '$id'"),
        ({"divisibleBy": 2}, "'divisibleBy' checks nothing in 2020-12 of JSON Schema [write 'multipleOf']"),
        ({"$schema": DRAFT_7, "prefixItems": [{}]}, "checks nothing in draft 7 of JSON Schema [write the list under"),
        ({"$schema": DRAFT_7, "dependentRequired": {"a": ["b"]}}, "[write 'dependencies', or declare a dialect"),
        ({"$schema": DRAFT_7, "unevaluatedProperties": False}, "[declare a dialect that has it: $schema: https"),
        ({"$schema": DRAFT_4, "const": 5}, "'const' checks nothing in draft 4 of JSON Schema [write 'enum' with"),
        (
            {
                "$schema": DRAFT_7,
                "properties": {"a": {"$ref": "#/definitions/a", "minLength": 3}},
                "definitions": {"a": {}},
            },
            "properties/a/minLength: 'minLength' beside '$ref' checks nothing in draft 7 [write allOf:",
        ),
        ({"properties": {"city": {"$regex": "^O"}}}, "city/$regex: '$regex' is no keyword of JSON Schema and checks"),
        ({"$any_of": ["a"]}, "[in a JSON Schema write 'anyOf' or 'enum']"),
        ({"type": ["string", "nul"]}, "there is no type \"nul\" [did you mean 'null'?]"),
        ({"required": "name"}, "'name' is not of type 'array' [write required: [\"name\"]]"),
        ({"properties": {"a": {"required": True}}}, "[name the required keys in the object that holds them:"),
        ({"exclusiveMinimum": True}, "[that is the form of draft 4; write exclusiveMinimum: 5, or declare"),
        ({"$schema": DRAFT_4, "exclusiveMinimum": 5}, "[in draft 4, which the schema declares, it is true or false"),
        ({"minLength": -1}, "-1 is less than the minimum of 0"),
        ({"enum": "a"}, '[write enum: ["a"]]'),
        ({"$schema": "https://json-schema.org/draft/2021-12/schema"}, "a dialect that is not known"),
        ({"items": {"$schema": DRAFT_7}}, "items/$schema: this schema lies inside one of 2020-12 and is written for"),
        ({"$ref": "#/$defs", "$defs": {"a": {"type": "string"}}}, "something that is no schema [point to one of them"),
        ({"$ref": "#/enum/0", "enum": [{"type": "string"}]}, "points to something that is no schema"),
        ({"$ref": "#/required", "required": []}, "points to something that is no schema"),
        ({"$ref": "#name"}, "'$ref: #name' points to nothing in the JSON Schema [give the schema that is meant"),
        ({"$id": "https://example.org/a", "items": {"$ref": "#/$defs/none"}}, "points to nothing in the JSON Schema"),
    ],
)
def test_what_checks_nothing_in_its_dialect_is_an_error(schema: Any, words: str) -> None:
    found = told(schema)

    assert any(words in one for one in found), found


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}]},
        {"anyOf": [{"type": "null"}, {"$ref": "#"}]},
        {"$ref": "#/$defs/a", "$defs": {"a": {"oneOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}},
        {"if": {"$ref": "#"}, "then": True},
        {"dependentSchemas": {"a": {"$ref": "#"}}},
        {"$schema": DRAFT_7, "$ref": "#"},
    ],
)
def test_a_schema_that_goes_round_in_a_circle_is_told(schema: Any) -> None:
    (found,) = told(schema)
    (flaw,) = check_schema(schema)

    assert "comes back to where it starts without going into the value" in found
    assert flaw.clause[-1:] == ("$ref",)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        True,
        {"items": {"$ref": "#"}},
        {"properties": {"a": {"anyOf": [{"type": "null"}, {"$ref": "#"}]}}},
        {"$schema": DRAFT_7, "$ref": "#/definitions/a", "definitions": {"a": {}}, "allOf": [{"$ref": "#"}]},
        {"$anchor": "a", "items": {"$ref": "#a"}},
        {"$schema": DRAFT_7, "definitions": {"a": {"$id": "#a"}}, "items": {"$ref": "#a"}},
        {"$defs": {"b": {"$id": "https://example.org/b", "$defs": {"c": {}}, "items": {"$ref": "#/$defs/c"}}}},
        {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "string"}}},
        {"$schema": DRAFT_4, "minimum": 5, "exclusiveMinimum": True},
        {
            "$schema": DRAFT_7,
            "properties": {"a": {"$ref": "#/definitions/a", "description": "x"}},
            "definitions": {"a": {}},
        },
        {"properties": {"a": False, "b": {"not": {}}}, "additionalProperties": False},
        {"items": False},
        {"type": "array", "prefixItems": [{"type": "string"}], "items": False},
        {"discriminator": {"propertyName": "a"}, "xml": {}, "externalDocs": {}, "example": {"type": "strng"}},
        {"type": "string", "pattern": "^[a-z]+$", "minLength": 2, "maxLength": 2},
    ],
)
def test_what_means_something_is_silent(schema: Any) -> None:
    found = [one for one in told(schema) if "beside '$ref'" not in one]

    assert found == []
    assert doubted(schema) == []


@pytest.mark.parametrize(
    ("schema", "at"),
    [
        (False, ""),
        ({"not": {}}, ""),
        ({"not": True}, ""),
        ({"enum": []}, "enum"),
        ({"type": "string", "enum": [1, 2]}, ""),
        ({"properties": {"a": {"type": "integer", "minimum": 5, "maximum": 3}}}, "properties/a"),
        ({"items": {"type": "string", "minLength": 5, "maxLength": 3}}, "items"),
        ({"type": "object", "required": ["a"], "properties": {"a": False}}, ""),
        ({"type": "object", "required": ["cty"], "properties": {"city": {}}, "additionalProperties": False}, ""),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, ""),
        ({"anyOf": [False]}, ""),
        ({"type": "array", "minItems": 1, "items": False}, ""),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "null", "const": 5}}}, "$defs/a"),
    ],
)
def test_a_schema_that_no_value_satisfies_is_an_error(schema: Any, at: str) -> None:
    (found,) = told(schema)

    assert found.startswith(f"{at}: ")
    assert "no value" in found


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"format": "int32"}, 'format: the format "int32" is not known and checks nothing [formats are date-time,'),
        ({"items": {"format": "phone"}}, "items/format: the format"),
        ({"type": "string", "nullable": True}, "'nullable' is a word of OpenAPI and does not let null in"),
        (
            {"minimumLength": 3},
            "'minimumLength' is no keyword of JSON Schema and checks nothing [leave it out, or write 'x-",
        ),
        ({"then": {"type": "string"}}, "'then' checks nothing without 'if'"),
        ({"if": {"type": "string"}}, "'if' checks nothing without 'then' or 'else'"),
        ({"minContains": 2}, "'minContains' checks nothing without 'contains'"),
        (
            {"$schema": DRAFT_7, "items": {}, "additionalItems": False},
            "'additionalItems' checks nothing unless 'items'",
        ),
    ],
)
def test_what_is_legal_and_checks_nothing_is_a_doubt(schema: Any, words: str) -> None:
    assert told(schema) == []
    (found,) = doubted(schema)
    assert words in found


FILES: dict[str, Any] = {
    "cases/person.json": {"type": "object", "requried": ["name"]},
    "cases/a.json": {"anyOf": [{"$ref": "b.json"}]},
    "cases/b.json": {"$ref": "a.json"},
    "cases/old.json": {"$schema": DRAFT_7, "items": [{"type": "string"}]},
    "cases/odd.json": {"$schema": DRAFT_7, "format": "phone"},
}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"$ref": "person.json"}, "cases/person.json: 'requried' is no keyword"),
        ({"$ref": "a.json"}, "comes back to where it starts"),
        ({"items": {"$ref": "b.json"}}, "comes back to where it starts"),
        ({"$ref": "old.json"}, "cases/old.json: 'items' takes one schema in 2020-12"),
    ],
)
def test_a_file_that_a_schema_refers_to_is_held_to_the_same(schema: Any, words: str) -> None:
    (found,) = check_expect(case({"json": {"$schema": schema}}), read_schema=FILES.__getitem__)

    assert words in found.message


@pytest.mark.parametrize(
    "schema", [{"$schema": DRAFT_7, "$ref": "project://files/cases/old.json"}, {"$ref": "odd.json"}]
)
def test_a_file_judges_by_the_dialect_of_the_schema_that_refers_to_it(schema: Any) -> None:
    assert check_expect(case({"json": {"$schema": schema}}), read_schema=FILES.__getitem__) == ()


def test_a_doubt_about_a_file_names_the_file() -> None:
    (found,) = schema_doubts({"$ref": "project://files/cases/odd.json"}, read=FILES.__getitem__)

    assert found.message == 'cases/odd.json: the format "phone" is not known and checks nothing'


def test_each_mistake_of_a_schema_is_told_at_once() -> None:
    inner = [{"type": "strng"}, {"format": "datetime"}, {"minLength": -1}, {"maxLength": "3"}]

    assert len(told({"requried": [], "anyOf": inner})) == 5


PERSON = {"type": "object", "requried": ["name"]}


@pytest.mark.parametrize(
    ("expect", "request_body", "words"),
    [
        ({"json": {"$schema": PERSON}}, {}, "'requried' is no keyword of JSON Schema"),
        ({"json": {"people": {"$each": {"$schema": PERSON}}}}, {}, "'requried' is no keyword of JSON Schema"),
        ({"not": {"json": {"$schema": PERSON}}}, {}, "'requried' is no keyword of JSON Schema"),
        ({"tool_calls": [{"get_weather": {"$schema": PERSON}}]}, {}, "'requried' is no keyword of JSON Schema"),
        (
            {"json": {"$schema": "request"}},
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": PERSON}}},
            "in the response_format: 'requried' is no keyword",
        ),
        ({"arguments_valid": True}, {}, "the arguments of 'book' cannot be checked: 'requried' is no keyword"),
    ],
)
def test_wherever_a_schema_judges_a_misspelt_keyword_is_an_error(expect: Any, request_body: Any, words: str) -> None:
    contract = case(expect, tools=["get_weather", tool("book", PERSON)], request=request_body)

    (found,) = check_expect(contract)

    assert (found.code, words in found.message) == ("PC120", True), found


@pytest.mark.parametrize("keyword", ["propertys", "additionalProperty", "unevaluatedPropertys", "minLenghts"])
def test_two_slips_in_a_long_keyword_are_an_error_too(keyword: str) -> None:
    (found,) = told({keyword: {"a": {"type": "string"}}})

    assert "is no keyword of JSON Schema and checks nothing [did you mean" in found
