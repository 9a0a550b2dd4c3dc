"""An operator without its `$` is a key: under `$not` such an object would hold of everything."""

from __future__ import annotations

from typing import Any

import pytest

from prompt_contracts.linting.linter import Linter
from prompt_contracts.patterns.operators import OPERATORS
from tests.expectations.build import case


def told(expect: dict[str, Any]) -> list[str]:
    found = Linter().lint(case(expect))
    return [f"{one.severity} {one.code} {one.location.line}" for one in found if "without '$'" in one.message]


@pytest.mark.parametrize("name", [name.removeprefix("$") for name in OPERATORS])
def test_a_forgotten_dollar_under_not_is_a_warning(name: str) -> None:
    assert len(told({"json": {"city": {"$not": {name: "Oslo"}}, "$others": "allow"}})) == 1
    assert len(told({"tool_calls": [{"get_weather": {"city": {"$not": {name: "Oslo"}}}}]})) == 1
    assert len(told({"any_of": [{"json": {"$each": {"$not": {name: "x"}}}}, {"text": "a"}]})) == 1


@pytest.mark.parametrize(
    "pattern",
    [
        {"$not": {"$contains": "Oslo"}},
        {"$not": {"contains": "Oslo", "city": "x"}},
        {"$not": {"$eq": {"contains": "Oslo"}}},
        {"$schema": {"not": {"type": "string"}}},
        {"type": "circle"},
        {"$not": {}},
    ],
)
def test_an_object_that_may_be_meant_is_not(pattern: dict[str, Any]) -> None:
    assert told({"json": pattern}) == []
