"""What a contract shows without any answer; nothing is told that is not certain."""

from __future__ import annotations

from typing import Any

import pytest

from prompt_contracts.engine.contract_notes import contract_notes
from tests.engine.test_strength_on_bfcl import NoReferences
from tests.expectations.build import case, tool

WEATHER = tool(
    "get_weather",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"enum": ["celsius", "fahrenheit"]},
            "size": {"enum": ["AA", "A"]},
            "cold": {"type": "boolean"},
            "days": {"type": "integer", "minimum": 1, "maximum": 7},
        },
    },
)


def notes(expect: dict[str, Any]) -> tuple[str, ...]:
    return contract_notes(case(expect, tools=(WEATHER, "book_flight")), NoReferences())


def calling(**arguments: Any) -> dict[str, Any]:
    return {"tool_calls": [{"get_weather": arguments}]}


CITY = calling(city="Oslo")


@pytest.mark.parametrize(
    ("expect", "note"),
    [
        ({**CITY, "never": ["book_flight"]}, "'never' says nothing more"),
        ({"tool_calls": "none", "never": ["book_flight"]}, "'never' says nothing more"),
        ({**CITY, "tool_count": 1}, "'tool_count' says nothing more"),
        ({**CITY, "arguments_valid": True}, "'arguments_valid' says nothing more"),
        ({"text": {"$any_of": ["a", "b", "a"]}}, "\"a\" stands twice under '$any_of' at /text"),
        ({"any_of": [{"json": {"a": {"$any_of": [1, 1.0]}}}]}, "stands twice under '$any_of'"),
        (calling(unit={"$regex": "e"}), "unit of get_weather takes each of the 2 values"),
        (calling(unit={"$any_of": ["celsius", "fahrenheit"]}), "unit of get_weather takes each of the 2 values"),
        (calling(cold={"$type": "boolean"}), "cold of get_weather takes each of the 2 values"),
        (calling(days={"$range": [1, 7]}), "days of get_weather takes each of the 7 values"),
        (calling(city="Oslo", **{"$optional": {"cold": {"$type": "boolean"}}}), "cold of get_weather takes each"),
        ({"strings": "loose", **calling(size={"$any_of": ["aa", "a"]})}, "size of get_weather takes each of the 2"),
    ],
)
def test_what_says_nothing_more_is_told(expect: dict[str, Any], note: str) -> None:
    assert any(note in told for told in notes(expect)), notes(expect)


@pytest.mark.parametrize(
    "expect",
    [
        {**CITY, "unlisted": "allow", "never": ["book_flight"]},
        {**CITY, "missing": "allow", "tool_count": 1},
        {"tool_calls": "some", "never": ["book_flight"]},
        {"tool_calls": [{"get_weather": {"city": "Oslo"}, "$times": {"$ge": 1}}], "tool_count": {"$le": 3}},
        {**calling(city={"$type": "string"}), "arguments_valid": True},
        {"tool_calls": ["get_weather"], "arguments_valid": True},
        {"strings": "loose", **CITY, "arguments_valid": True},
        {"text": {"$any_of": ["a", "A"]}},
        {"json": {"$eq": {"$any_of": [1, 1]}}},
        {"json": {"$schema": {}}},
        {"usage": {"total_tokens": {"$ge": 0}}},
        {"text": "a", "refusal": False},
        calling(unit="celsius"),
        calling(unit={"$regex": "^c"}),
        calling(city={"$type": "string"}),
        calling(size={"$any_of": ["aa", "a"]}),
        calling(days={"$range": [1, 6]}),
    ],
)
def test_what_says_something_is_not(expect: dict[str, Any]) -> None:
    assert notes(expect) == ()
