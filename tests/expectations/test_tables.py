"""The tables of facets and operators, beside the JSON Schema that editors read."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import prompt_contracts
from prompt_contracts.expectations import facets, operators
from prompt_contracts.expectations.declared_error import FIELDS
from prompt_contracts.expectations.pattern import OBJECT_KEYS
from prompt_contracts.usage import Usage

SCHEMA = Path(prompt_contracts.__file__).parent / "cases" / "schema.json"


def test_what_is_here_is_not_also_announced_for_later() -> None:
    assert not set(facets.FACETS) & set(facets.NOT_YET)
    assert not set(operators.OPERATORS) & set(operators.NOT_YET)


@pytest.fixture
def definitions() -> dict[str, Any]:
    if not SCHEMA.exists():
        pytest.skip("the JSON Schema of case files is not written yet")
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
