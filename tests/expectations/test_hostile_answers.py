"""Answers and contracts made to break the judge: they end in a failure, never in a crash."""

from __future__ import annotations

from typing import Any

import pytest

from prompt_contracts.expectations.definition import check_expect
from prompt_contracts.expectations.judgement import broken_clauses
from tests.expectations.build import answer, case

DEPTH = 100_000


def nested(depth: int, core: Any = 1) -> Any:
    value = core
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("depth", [90, 300, 600, 900, DEPTH])
@pytest.mark.parametrize(
    "pattern",
    [
        {"$others": "allow"},
        {"$contains": 2},
        {"$any_of": [nested(200)]},
        {"$schema": {"type": "object"}},
        {"$schema": {"$ref": "#/$defs/x", "$defs": {"x": {"items": {"$ref": "#/$defs/x"}, "type": "array"}}}},
    ],
)
def test_a_deeply_nested_answer_fails(pattern: Any, depth: int) -> None:
    text = "[" * depth + "1" + "]" * depth

    assert broken_clauses(case({"json": pattern}), answer(text))


@pytest.mark.parametrize("depth", [90, 300, 900])
def test_deeply_nested_arguments_fail(depth: int) -> None:
    text = '{"a":' * depth + "1" + "}" * depth

    assert broken_clauses(case({"tool_calls": [{"get_weather": {"a": 1}}]}), answer(calls=[("get_weather", text)]))


@pytest.mark.parametrize("core", [1, {"$any_of": []}, {"$schema": {"type": "x"}}])
def test_a_contract_nested_too_deeply_is_refused(core: Any) -> None:
    (found,) = check_expect(case_with("json", nested(DEPTH, core)))

    assert found.code == "PC120"


def test_a_schema_nested_too_deeply_is_refused() -> None:
    schema: Any = {}
    for _ in range(DEPTH):
        schema = {"not": schema}

    (found,) = check_expect(case_with("json", {"$schema": schema}))

    assert (found.code, found.message) == ("PC120", "the JSON Schema is nested more than 200 levels deep")


def case_with(name: str, value: Any) -> Any:
    """A case whose facet has no places inside: the builder would recurse."""
    from dataclasses import replace

    plain = case({name: 1})
    return replace(plain, expect=(replace(plain.expect[0], value=value),))


@pytest.mark.parametrize(
    "text", ["1e999", "-1e999", "1" * 4000, '"\\ud800"', '{"\\ud800": "\\udfff"}', '"\\u0000\\u001b[2J"']
)
@pytest.mark.parametrize(
    "pattern",
    [
        {"$le": 0, "$ge": 0},
        {"$regex": "^x"},
        {"$contains": "x"},
        {"$any_of": ["x", 0]},
        {"$schema": {"type": "boolean"}},
        {"$schema": {"multipleOf": 0.7, "maxLength": 0, "maxProperties": 0}},
        {"$schema": {"format": "date", "maximum": -1e300, "minimum": 1e300, "maxProperties": 0}},
        "x",
    ],
)
def test_strange_scalars_fail_without_a_crash(pattern: Any, text: str) -> None:
    assert broken_clauses(case({"json": pattern}), answer(text))


def test_very_many_calls_fail_without_end() -> None:
    calls = [("get_weather", {"city": str(number)}) for number in range(2_000)]
    expected = [{"get_weather": {"city": "Oslo"}}, {"get_weather": {"city": "1999"}}]

    failures = broken_clauses(case({"tool_calls": expected}), answer(calls=calls))

    assert len(failures) == 1 + 1_998
