"""Where the fast JSON Schema validator and the reference differ by themselves: there the reference has the word."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from prompt_contracts.expectations.judgement import broken_clauses
from tests.expectations.build import answer, case

DIFFERENCES: list[tuple[dict[str, Any], Any]] = [
    ({"pattern": r"^\d$"}, "٣"),  # ASCII against Unicode classes
    ({"pattern": r"^\w$"}, "é"),
    ({"pattern": r"^\S$"}, "\ufeff"),
    ({"pattern": "^a$"}, "a\n"),  # `$` at the very end, or also before a last line feed
    ({"pattern": r"^\d+$"}, "1\n"),
]


def reference_says(schema: dict[str, Any], value: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))


@pytest.mark.parametrize(("schema", "value"), DIFFERENCES)
def test_the_two_validators_still_differ_here(schema: dict[str, Any], value: Any) -> None:
    # Both therefore ask one function of ours; a list without a row would make that needless.
    assert jsonschema_rs.validator_for(schema).is_valid(value) is not reference_says(schema, value)


@pytest.mark.parametrize(("schema", "value"), DIFFERENCES)
def test_where_they_differ_the_contract_follows_the_reference(schema: dict[str, Any], value: Any) -> None:
    failures = broken_clauses(case({"json": {"$schema": schema}}), answer(json.dumps(value)))

    assert (failures == ()) is reference_says(schema, value)
