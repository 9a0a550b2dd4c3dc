"""The tables of facets and operators, beside the JSON Schema that editors read."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import prompt_contracts
from prompt_contracts.expectations import facets
from prompt_contracts.expectations.declared_error import FIELDS
from prompt_contracts.expectations.expected_call import ENTRY_KEYS
from prompt_contracts.expectations.facets import SWITCHES
from prompt_contracts.patterns import operators
from prompt_contracts.patterns.logic_operators import TYPE_WORDS
from prompt_contracts.patterns.pattern import OBJECT_KEYS
from prompt_contracts.usage import Usage

SCHEMA = Path(prompt_contracts.__file__).parent / "cases" / "schema.json"


@pytest.fixture
def definitions() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]
    return found


def test_facets_are_those_of_the_json_schema(definitions: dict[str, Any]) -> None:
    written = next(one for one in definitions["expect"]["anyOf"] if "properties" in one)

    assert set(written["properties"]) == set(facets.FACETS)


def test_operators_are_those_of_the_json_schema(definitions: dict[str, Any]) -> None:
    assert set(definitions["operators"]["properties"]) == set(operators.OPERATORS)


def test_the_keys_of_object_patterns_are_those_of_the_json_schema(definitions: dict[str, Any]) -> None:
    assert set(definitions["object_pattern"]["properties"]) == set(OBJECT_KEYS)


def test_the_fields_of_errors_are_those_of_the_json_schema(definitions: dict[str, Any]) -> None:
    assert set(definitions["error_pattern"]["properties"]) == set(FIELDS)


def test_the_token_counts_are_those_of_the_json_schema(definitions: dict[str, Any]) -> None:
    assert set(definitions["usage_pattern"]["properties"]) == {field.name for field in fields(Usage)}


def test_the_keys_beside_a_tool_s_name_are_those_of_the_json_schema(definitions: dict[str, Any]) -> None:
    written = next(one for one in definitions["call_entry"]["anyOf"] if "properties" in one)

    assert set(written["properties"]) == set(ENTRY_KEYS)


@pytest.mark.parametrize("name", SWITCHES)
def test_the_words_of_a_switch_are_those_of_the_json_schema(name: str, definitions: dict[str, Any]) -> None:
    facet = next(one for one in definitions["expect"]["anyOf"] if "properties" in one)["properties"][name]

    assert next(one["enum"] for one in facet["anyOf"] if "enum" in one) == list(SWITCHES[name])


def test_the_json_types_are_those_of_the_json_schema(definitions: dict[str, Any]) -> None:
    written = next(one for one in definitions["operators"]["properties"]["$type"]["anyOf"] if "enum" in one)

    assert written["enum"] == list(TYPE_WORDS)
