"""The facet `tool_calls`: which calls an answer makes."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Choice, ToolCall
from prompt_contracts.expectations.judgement import broken_clauses
from tests.expectations.build import Call, answer, answers, case

OSLO: Call = ("get_weather", {"city": "Oslo"})
LIMA: Call = ("get_weather", {"city": "Lima"})
FLIGHT: Call = ("book_flight", {"to": "Oslo", "seats": 2})


def codes(expected: object, *calls: Call) -> list[str]:
    return [failure.code for failure in broken_clauses(case({"tool_calls": expected}), answer(calls=calls))]


def test_a_call_of_the_right_tool_with_the_right_arguments_holds() -> None:
    assert codes([{"get_weather": {"city": "Oslo"}}], OSLO) == []


def test_another_tool_is_named_with_its_place_in_the_answer_and_in_the_file() -> None:
    contract = case({"tool_calls": ["get_weather"]})

    (failure,) = broken_clauses(contract, answer(calls=[("search_flights", {})]))

    assert failure.headline == "tool_calls[0].name: expected get_weather, got search_flights"
    assert failure.code == "tool_calls.name"
    assert failure.location == contract.expect[0].locate("/0")


def test_beside_another_name_the_arguments_that_were_asked_for_are_told_and_strange_ones_are_not() -> None:
    contract = case({"tool_calls": [{"get_weather": {"city": "Oslo"}}]})

    failures = broken_clauses(contract, answer(calls=[("search_flights", {"to": "Oslo"})]))

    assert [failure.headline for failure in failures] == [
        "tool_calls[0].name: expected get_weather, got search_flights",
        'tool_calls[0].arguments.city: expected "Oslo", got (missing)',
    ]


def test_each_differing_argument_is_a_failure_at_its_own_place() -> None:
    contract = case({"tool_calls": [{"book_flight": {"to": "Oslo", "legs": [{"seats": 2}]}}]})
    made: Call = ("book_flight", {"to": "Lima", "legs": [{"seats": 3}], "odd key": 1})

    failures = broken_clauses(contract, answer(calls=[made]))

    assert [failure.headline for failure in failures] == [
        'tool_calls[0].arguments.to: expected "Oslo", got "Lima"',
        "tool_calls[0].arguments.legs[0].seats: expected 2, got 3",
        'tool_calls[0].arguments["odd key"]: expected no such key, got 1',
    ]
    assert {failure.code for failure in failures} == {"tool_calls.arguments"}
    assert failures[1].location == contract.expect[0].locate("/0/book_flight/legs/0/seats")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("[1]", "it is array, not an object"),
        ('{"city": "Os', "not JSON: Unterminated string starting at (line 1, column 10)"),
        ('{"a": 1, "a": 2}', 'not JSON: the key "a" is repeated'),
    ],
)
@pytest.mark.parametrize("entry", ["get_weather", {"get_weather": {"city": "Oslo"}}])
def test_arguments_that_are_no_object_are_a_mismatch_that_says_so(entry: object, written: str, why: str) -> None:
    (failure,) = broken_clauses(case({"tool_calls": [entry]}), answer(calls=[("get_weather", written)]))

    assert failure.path == "tool_calls[0].arguments"
    assert (failure.expected, failure.message) == ("a JSON object", why)


def test_empty_arguments_are_the_empty_object() -> None:
    assert codes([{"get_weather": {}}], ("get_weather", "")) == []


def test_a_bare_name_takes_any_arguments() -> None:
    assert codes(["book_flight"], FLIGHT) == []


def test_a_call_that_no_entry_asks_for_is_unexpected() -> None:
    contract = case({"tool_calls": [{"get_weather": {"city": "Oslo"}}]})

    (failure,) = broken_clauses(contract, answer(calls=[FLIGHT, OSLO]))

    assert failure.path == "tool_calls[0]"
    assert failure.code == "tool_calls.unexpected"
    assert failure.got == 'book_flight({"to": "Oslo", "seats": 2})'


def test_an_entry_that_no_call_answers_is_missing_at_its_own_place() -> None:
    contract = case({"tool_calls": [{"get_weather": {"city": "Lima"}}, {"get_weather": {"city": "Oslo"}}]})

    (failure,) = broken_clauses(contract, answer(calls=[OSLO]))

    assert failure.code == "tool_calls.missing"
    assert failure.headline == 'tool_calls: expected a call of get_weather with {"city": "Lima"}, got (missing)'
    assert failure.location == contract.expect[0].locate("/0/get_weather")


def test_an_answer_in_words_instead_of_a_call_is_quoted() -> None:
    (failure,) = broken_clauses(case({"tool_calls": ["get_weather"]}), answer("It will rain."))

    assert failure.headline == (
        'tool_calls: expected a call of get_weather, got no call (the answer says "It will rain.")'
    )


def test_a_broad_entry_does_not_take_the_call_that_a_narrow_one_needs() -> None:
    assert codes(["get_weather", {"get_weather": {"city": "Oslo"}}], OSLO, LIMA) == []


def test_on_a_mismatch_the_closest_pairing_is_told() -> None:
    entries = [{"get_weather": {"city": "Oslo", "unit": "C"}}, {"get_weather": {"city": "Lima", "unit": "C"}}]
    calls: list[Call] = [
        ("get_weather", {"city": "Lima", "unit": "F"}),
        ("get_weather", {"city": "Oslo", "unit": "C"}),
    ]

    failures = broken_clauses(case({"tool_calls": entries}), answer(calls=calls))

    assert [failure.headline for failure in failures] == ['tool_calls[0].arguments.unit: expected "C", got "F"']


def test_none_lists_the_calls_that_were_made() -> None:
    (failure,) = broken_clauses(case({"tool_calls": "none"}), answer(calls=[OSLO, ("book_flight", "")]))

    assert failure.headline == ('tool_calls: expected no call, got get_weather({"city": "Oslo"}), book_flight({})')


def test_none_holds_without_calls() -> None:
    assert codes("none") == []


def test_some_wants_at_least_one_call() -> None:
    assert codes("some") == ["tool_calls.missing"]
    assert codes("some", FLIGHT) == []


def test_every_choice_must_hold_and_the_broken_one_is_named() -> None:
    good = Choice(tool_calls=(ToolCall(name="get_weather", arguments="{}"),))
    bad = Choice(tool_calls=(ToolCall(name="book_flight", arguments="{}"),))

    failures = broken_clauses(case({"tool_calls": ["get_weather"]}), answers(good, bad))

    assert [failure.path for failure in failures] == ["choices[1].tool_calls[0].name"]


entries = st.sampled_from(
    [
        "get_weather",
        "book_flight",
        {"get_weather": {"city": "Oslo"}},
        {"get_weather": {"city": {"$any_of": ["Oslo", "Lima"]}}},
        {"get_weather": {"city": "Lima", "$optional": {"unit": "C"}}},
        {"book_flight": {"$others": "allow"}},
    ]
)
made_calls = st.tuples(
    st.sampled_from(["get_weather", "book_flight"]),
    st.sampled_from([{}, {"city": "Oslo"}, {"city": "Lima"}, {"city": "Lima", "unit": "C"}]),
)


@given(st.lists(entries, min_size=1, max_size=5), st.lists(made_calls, max_size=5), st.randoms())
def test_the_order_of_calls_within_an_answer_changes_no_verdict(
    expected: list[object], calls: list[Call], random: Any
) -> None:
    shuffled = random.sample(calls, len(calls))

    assert bool(codes(expected, *calls)) == bool(codes(expected, *shuffled))


@given(st.lists(entries, min_size=1, max_size=4), st.lists(made_calls, max_size=4))
def test_a_list_of_calls_holds_exactly_when_some_one_to_one_pairing_holds(
    expected: list[object], calls: list[Call]
) -> None:
    def some_pairing_holds() -> bool:
        if len(expected) != len(calls):
            return False
        orders = itertools.permutations(calls)
        return any(
            all(codes([entry], call) == [] for entry, call in zip(expected, order, strict=True)) for order in orders
        )

    assert (codes(expected, *calls) == []) == some_pairing_holds()


@given(st.dictionaries(st.text(max_size=3).filter(lambda key: not key.startswith("$")), st.integers()))
def test_any_object_of_arguments_matches_itself(arguments: dict[str, int]) -> None:
    assert codes([{"get_weather": arguments}], ("get_weather", json.dumps(arguments))) == []
