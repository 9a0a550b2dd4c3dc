"""A contract of nothing but negations is kept by a refusal and by a lone call: that is told."""

from __future__ import annotations

from typing import Any

import pytest

from prompt_contracts.engine.lint import Linter
from tests.expectations.build import case

NOT_SORRY: Any = {"$not": {"$contains": "sorry"}}


def told(expect: dict[str, Any]) -> list[str]:
    return [f"{one.severity} {one.code}" for one in Linter().lint(case(expect)) if "negations" in one.message]


@pytest.mark.parametrize(
    "expect",
    [
        {"text": NOT_SORRY},
        {"text": NOT_SORRY, "finish_reason": "stop"},
        {"text": NOT_SORRY, "tool_calls": "none"},
        {"text": NOT_SORRY, "json": "none"},
        {"text": NOT_SORRY, "never": ["book_flight"]},
        {"text": {"$all_of": [NOT_SORRY, NOT_SORRY]}},
        {"all_of": [{"text": NOT_SORRY}, {"latency": {"$le": 3}}]},
        {"not": {"text": {"$contains": "sorry"}}},
        {"text": {"$count": {"of": "sorry", "is": 0}}},
        {"text": {"$count": {"of": "sorry", "is": {"$lt": 1}}, "$not": "a"}},
    ],
    ids=str,
)
def test_nothing_but_negations_is_a_warning(expect: dict[str, Any]) -> None:
    assert told(expect) == ["warning PC120"]


@pytest.mark.parametrize(
    "expect",
    [
        {"text": NOT_SORRY, "refusal": False},
        {"text": NOT_SORRY, "json": {"a": 1}},
        {"text": NOT_SORRY, "tool_calls": ["get_weather"]},
        {"text": NOT_SORRY, "tool_calls": "some"},
        {"text": {"$not": ""}},
        {"text": {"$contains": "a", **NOT_SORRY}},
        {"all_of": [{"text": NOT_SORRY}, {"text": {"$contains": "a"}}]},
        {"text": NOT_SORRY, "any_of": [{"text": "a"}, {"text": "b"}]},
        {"text": {"$contains": "a"}},
        {"latency": {"$le": 3}},
    ],
    ids=str,
)
def test_what_asks_for_something_is_not(expect: dict[str, Any]) -> None:
    assert told(expect) == []
