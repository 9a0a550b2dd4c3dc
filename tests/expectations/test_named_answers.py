"""What a contract names itself of an answer that it lets pass."""

from __future__ import annotations

from typing import Any

import pytest

from prompt_contracts.expectations.definition import scope_of
from prompt_contracts.expectations.judgement import assess
from prompt_contracts.expectations.named_answers import names_outcome
from prompt_contracts.outcome import Outcome
from tests.expectations.build import answer, case, failing

OSLO = answer(calls=[("get_weather", {"city": "Oslo", "unit": "celsius"})])
LIMA = answer(calls=[("get_weather", {"city": "Lima", "unit": "celsius"})])
FAHRENHEIT = answer(calls=[("get_weather", {"city": "Oslo", "unit": "fahrenheit"})])
TWICE = answer(calls=[("get_weather", {"city": "Oslo", "unit": "celsius"})] * 2)
NONE = answer("No.")


def is_named(expect: dict[str, Any], before: Outcome, after: Outcome) -> bool:
    """Of two outcomes that both keep the contract."""
    written = case(expect)
    for outcome in (before, after):
        assert not assess(written, outcome).failures
    return names_outcome(before, after, scope_of(written, read_schema=None, resolve=None))


def weather(**arguments: Any) -> dict[str, Any]:
    return {"tool_calls": [{"get_weather": arguments}]}


UNITS = {"$any_of": ["celsius", "fahrenheit"]}


@pytest.mark.parametrize(
    ("expect", "before", "after"),
    [
        (weather(city="Oslo", unit=UNITS), OSLO, FAHRENHEIT),
        ({"strings": "loose", **weather(city="oslo", unit=UNITS)}, OSLO, FAHRENHEIT),
        (weather(city={"$any_of": ["Oslo", "Lima"]}, **{"$others": "allow"}), OSLO, LIMA),
        ({"any_of": [{"tool_calls": "none"}, {"tool_calls": ["get_weather"]}]}, OSLO, NONE),
        ({"any_of": [{"tool_calls": "none"}, {"tool_calls": ["get_weather"]}]}, NONE, OSLO),
        ({"tool_calls": [{"get_weather": {"$others": "allow"}, "$times": {"$any_of": [1, 2]}}]}, OSLO, TWICE),
        ({"text": {"$any_of": ["Yes", "No"]}}, answer("Yes"), answer("No")),
        ({"json": {"a": UNITS}}, answer('{"a": "celsius"}'), answer('{"a": "fahrenheit"}')),
        ({"json": {"a": 1}, "json_in": "fenced"}, answer('{"a": 1}'), answer('Here: {"a": 1}')),
        ({"finish_reason": {"$any_of": ["stop", "length"]}}, answer("a"), answer("a", finish_reason="length")),
        ({"error": {"status": {"$any_of": [500, 503]}}}, failing("server", status=500), failing("server", status=503)),
    ],
)
def test_what_is_written_down_is_named(expect: dict[str, Any], before: Outcome, after: Outcome) -> None:
    assert is_named(expect, before, after)


@pytest.mark.parametrize(
    ("expect", "before", "after"),
    [
        ({"tool_calls": ["get_weather"]}, OSLO, LIMA),
        ({"tool_calls": "some"}, OSLO, TWICE),
        ({"tool_calls": "some"}, OSLO, LIMA),
        (weather(city={"$any_of": ["Oslo", "Lima"]}, unit={"$type": "string"}), LIMA, FAHRENHEIT),
        ({"tool_calls": ["get_weather"], "unlisted": "allow"}, OSLO, TWICE),
        ({"tool_calls": ["get_weather"], "missing": "allow"}, OSLO, NONE),
        ({"tool_calls": [{"get_weather": {"$others": "allow"}, "$times": {"$ge": 1}}]}, OSLO, TWICE),
        ({"never": ["book_flight"]}, OSLO, NONE),
        ({"text": {"$regex": "."}}, answer("Yes"), answer("No")),
        ({"json": {"$schema": {"enum": [1, 2]}}}, answer("1"), answer("2")),
        ({"error": {"kind": "server"}}, failing("server", status=500), failing("server", status=503)),
    ],
)
def test_what_is_let_through_is_not(expect: dict[str, Any], before: Outcome, after: Outcome) -> None:
    assert not is_named(expect, before, after)


def test_what_nobody_speaks_of_does_not_count() -> None:
    before, after = answer("A", finish_reason="stop"), answer("B", finish_reason="length")

    assert is_named({"finish_reason": {"$any_of": ["stop", "length"]}}, before, after)
