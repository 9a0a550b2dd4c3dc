"""The published schema of JSON reports holds for what is written, and for nothing that lacks a field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from prompt_contracts.renderers.json_report import json_report
from prompt_contracts.renderers.report_schema import report_schema
from prompt_contracts.report import Report
from tests.nouns.test_round_trips import reports
from tests.renderers.samples import cell, report, trial

SCHEMA: dict[str, Any] = json.loads(report_schema())
VALIDATOR = Draft202012Validator(SCHEMA)


def test_it_is_a_schema_and_every_field_is_described() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$defs"]["CaseResult"]["properties"]["id"]["description"] == "The pytest node id."


@given(reports)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_every_report_is_valid(made: Report) -> None:
    VALIDATOR.validate(json.loads(json_report(made)))


@pytest.mark.parametrize("key", ["format", "models", "results", "spent"])
def test_a_report_without_a_field_is_not(key: str) -> None:
    data = json.loads(json_report(report(cell("a", trial("failed")))))
    del data[key]

    assert not VALIDATOR.is_valid(data)


def test_values_of_other_types_are_not() -> None:
    data = json.loads(json_report(report(cell())))
    data["results"][0]["trials"][0]["cost_usd"] = 0.5

    assert not VALIDATOR.is_valid(data)
