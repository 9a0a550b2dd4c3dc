"""Values that are made of JSON Schemas, and what is told of those of which none can be made."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from prompt_contracts.engine.properties.operands import operand_findings
from prompt_contracts.engine.properties.schema_formats import format_strategy
from prompt_contracts.engine.properties.schema_keywords import MADE_FORMATS
from prompt_contracts.engine.properties.schema_strategy import schema_strategy, value_strategy
from prompt_contracts.json_schema.validation import is_valid
from prompt_contracts.json_value import Json
from tests.bfcl import FOLDER, read_lines
from tests.engine.properties.sources import generator


def made(strategy: st.SearchStrategy[Json], count: int = 10) -> list[Json]:
    """Values as they come."""
    values = list[Json]()

    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def keep(value: Json) -> None:
        values.append(value)

    keep()
    return values


SCHEMAS: dict[str, Json] = {
    "integer": {"type": "integer"},
    "integer, both ends": {"type": "integer", "minimum": -2, "maximum": 3},
    "integer, open ends": {"type": "integer", "exclusiveMinimum": -2, "exclusiveMaximum": 3},
    "integer, half ends": {"type": "integer", "minimum": 0.5, "maximum": 3.5},
    "integer, draft 4": {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "integer",
        "minimum": 1,
        "exclusiveMinimum": True,
        "maximum": 4,
        "exclusiveMaximum": True,
    },
    "integer, only from": {"type": "integer", "minimum": 2**60},
    "integer, only to": {"type": "integer", "maximum": -(2**60)},
    "integer, multiples": {"type": "integer", "multipleOf": 5, "minimum": 1},
    "number": {"type": "number"},
    "number, both ends": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    "number, cents": {"type": "number", "multipleOf": 0.01, "minimum": 0, "maximum": 20},
    "number, only from": {"type": "number", "exclusiveMinimum": 10**17},
    "string": {"type": "string"},
    "string, length": {"type": "string", "minLength": 3, "maxLength": 5},
    "string, long": {"type": "string", "minLength": 100},
    "string, pattern": {"type": "string", "pattern": "^[A-Z]{3}-\\d{2}$", "minLength": 6},
    "boolean": {"type": "boolean"},
    "null": {"type": "null"},
    "several types": {"type": ["string", "null"]},
    "enum": {"type": "string", "enum": ["celsius", "fahrenheit"]},
    "enum beside a limit": {"enum": [1, 2, 30], "maximum": 10},
    "const": {"const": {"a": [1]}},
    "any of": {"anyOf": [{"type": "string"}, {"type": "integer"}], "description": "either"},
    "any of, beside": {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "anyOf": [{"properties": {"b": {"const": 1}}, "required": ["b"]}, {"properties": {"c": {}}, "required": ["c"]}],
    },
    "one of": {"oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5}]},
    "object": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}, "x": {"type": "null"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "object, how many": {
        "type": "object",
        "properties": {name: {"type": "boolean"} for name in "abcd"},
        "minProperties": 2,
        "maxProperties": 3,
    },
    "object, unknown but required": {"type": "object", "required": ["a"]},
    "object, without a type": {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
    "array": {"type": "array", "items": {"type": "integer"}},
    "array, how many": {"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 2, "maxItems": 3},
    "array, no two alike": {"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3, "uniqueItems": True},
    "array of anything": {"type": "array"},
    "anything": {},
    "all": True,
    "referred": {
        "type": "object",
        "properties": {"home": {"$ref": "#/$defs/place", "description": "where"}, "work": {"$ref": "#/$defs/place"}},
        "required": ["home"],
        "$defs": {
            "place": {"type": "object", "properties": {"zip": {"$ref": "#/$defs/zip"}}, "required": ["zip"]},
            "zip": {"type": "string", "pattern": "^[0-9]{5}$"},
        },
    },
}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=[*SCHEMAS])
def test_values_are_valid_before_they_are_checked(schema: Json) -> None:
    assert list(operand_findings(generator("schema", schema))) == []

    values = made(schema_strategy(schema), 30)

    assert values
    assert all(is_valid(schema, value) for value in values)


FILTERED = {"any of, beside", "one of", "number, both ends", "number, only from", "string, pattern", "object, how many"}
"""What is made of these is not always valid at first: keywords beside each other, and ends that are not reached."""


@pytest.mark.parametrize("name", sorted(set(SCHEMAS) - FILTERED))
def test_hardly_anything_is_left_to_the_check(name: str) -> None:
    schema = SCHEMAS[name]

    assert all(is_valid(schema, value) for value in made(value_strategy(schema, schema), 30))


@pytest.mark.parametrize("name", sorted(MADE_FORMATS))
def test_texts_are_in_their_format(name: str) -> None:
    strategy = format_strategy(name)

    assert strategy is not None
    schema: Json = {"type": "string", "format": name}
    texts = made(strategy, 30)
    assert len(set(map(str, texts))) > 5
    assert all(is_valid(schema, text) for text in texts)


def test_every_third_schema_of_the_leaderboard_is_made_and_valid() -> None:
    tools = [tool["function"]["parameters"] for task in read_lines("tasks.jsonl") for tool in task["tools"]]
    if not tools:
        pytest.skip(f"the leaderboard's data is not in {FOLDER}")
    schemas = [json.loads(text) for text in dict.fromkeys(json.dumps(tool, sort_keys=True) for tool in tools)]
    assert len(schemas) == 562

    for schema in schemas[::3]:
        assert [
            finding for finding in operand_findings(generator("schema", schema)) if finding.severity == "error"
        ] == []
        values = made(value_strategy(schema, schema), 3)
        assert values
        assert all(is_valid(schema, value) for value in values), schema


WORDS = [
    ({"type": "string", "not": {"const": "a"}}, "not", "no value can be made by 'not'"),
    ({"properties": {"a": {"if": {}, "then": {}}}}, "properties.a.if", "no value can be made by 'if'"),
    ({"type": "array", "prefixItems": [{}]}, "prefixItems", "no value can be made by 'prefixItems'"),
    ({"allOf": [{"type": "string"}]}, "allOf", "no value can be made by 'allOf'"),
    ({"type": "object", "patternProperties": {"^a": {}}}, "patternProperties", "no value can be made by"),
    ({"type": "string", "format": "uri-template"}, "format", "no text can be made in the format"),
    ({"type": "string", "pattern": "\\p{Lu}"}, "pattern", "no text can be made of this regular expression"),
    ({"$ref": "other.json"}, "$ref", "cannot be followed from here"),
    ({"type": "object", "properties": {"a": {"$ref": "#"}}}, "properties.a.$ref", "refers to itself"),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}}, "$ref", "refers to itself"),
    ({"type": "strng"}, "type", "there is no type"),
    ({"type": "integer", "minimum": 5, "maximum": 3}, "", "no value satisfies this JSON Schema"),
    ("integer", "", "takes a JSON Schema"),
    (False, "", "takes no value"),
]


@pytest.mark.parametrize(("schema", "part", "words"), WORDS, ids=[words[-30:] + part for _, part, words in WORDS])
def test_a_schema_of_which_nothing_is_made_is_told_at_its_place(schema: Json, part: str, words: str) -> None:
    found = [finding for finding in operand_findings(generator("schema", schema)) if finding.part == part]

    assert found
    assert words in found[0].message
    assert found[0].code in ("PC120", "PC102", "PC112")


OPERANDS: list[tuple[Any, Json, str, str]] = [
    ("from", [], "", "at least one value"),
    ("from", "Oslo", "", "at least one value"),
    ("regex", 5, "", "a regular expression as text"),
    ("regex", "(", "", "unterminated subpattern"),
    ("regex", "\\p{Lu}", "", "which has no \\p{...}"),
    ("date", ["2026-01-01"], "", "a list of two dates"),
    ("date", ["2026-02-30", "2026-03-01"], "", "2026-02-30 is no date"),
    ("date", ["20260101", "2026-03-01"], "", "YYYY-MM-DD"),
    ("date", ["2026-03-01", "2026-02-01"], "", "there is no day from 2026-03-01 to 2026-02-01"),
    ("date", [1, 2], "", "a list of two dates"),
    ("text", [], "", "takes a mapping"),
    ("text", {"off": ["latin"]}, "off", "unknown key 'off'"),
    ("text", {"of": ["latn"]}, "of[0]", "unknown script 'latn'"),
    ("text", {"of": []}, "of", "a list of scripts"),
    ("text", {"of": [5]}, "of[0]", "unknown script '5'"),
    ("text", {"length": [3, 1]}, "length", "the least and the most characters"),
    ("text", {"length": [True, 4]}, "length", "the least and the most characters"),
    ("text", {"length": 5}, "length", "the least and the most characters"),
    ("text", {"length": [1, 10**9]}, "length", "the least and the most characters"),
    ("python", "days", "", "package.module:name"),
    ("python", None, "", "package.module:name"),
]


@pytest.mark.parametrize(("kind", "operand", "part", "words"), OPERANDS)
def test_a_wrong_operand_is_told_at_its_place(kind: Any, operand: Json, part: str, words: str) -> None:
    (found,) = operand_findings(generator(kind, operand))

    assert found.part == part
    assert words in found.message


@pytest.mark.parametrize(
    ("kind", "operand"),
    [
        ("from", [None]),
        ("regex", ""),
        ("date", ["2026-01-01", "2026-01-01"]),
        ("text", {}),
        ("text", {"of": ["emoji"]}),
        ("text", {"length": [0, 1]}),
        ("python", "tests.strategies:days"),
    ],
)
def test_a_right_operand_is_taken(kind: Any, operand: Json) -> None:
    assert list(operand_findings(generator(kind, operand))) == []
