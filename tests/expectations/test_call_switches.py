"""How many calls, in which order, and which others: `$times`, `order`, `unlisted`, `missing`, `never` and the like."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Completion
from prompt_contracts.expectations.definition import check_expect
from prompt_contracts.expectations.judgement import broken_clauses
from tests.expectations.build import Call, answer, case, message, tool

OSLO: Call = ("get_weather", {"city": "Oslo"})
LIMA: Call = ("get_weather", {"city": "Lima"})
FLIGHT: Call = ("book_flight", {"to": "Oslo"})


def told(expect: dict[str, Any], *calls: Call, earlier: tuple[Completion, ...] = ()) -> list[str]:
    return [failure.headline for failure in broken_clauses(case(expect), answer(calls=calls), earlier=earlier)]


def mistakes(expect: dict[str, Any]) -> list[str]:
    return [f"{found.code} {found.message}" for found in check_expect(case(expect))]


entries = st.sampled_from(
    [
        "get_weather",
        "book_flight",
        {"get_weather": {"city": "Oslo"}},
        {"get_weather": {"city": {"$any_of": ["Oslo", "Lima"]}}},
        {"get_weather": {"city": "Lima"}, "$times": {"$ge": 1}},
        {"get_weather": {"city": "Oslo"}, "$times": {"$any_of": [0, 2]}},
        {"book_flight": {"$others": "allow"}, "$times": 2},
    ]
)
made = st.sampled_from([OSLO, LIMA, FLIGHT])
switch = st.sampled_from(["forbid", "allow"])


def fits(entry: Any, call: Call) -> bool:
    bare = {key: value for key, value in entry.items() if key != "$times"} if isinstance(entry, dict) else entry
    return told({"tool_calls": [bare]}, call) == []


def right_number(entry: Any, count: int) -> bool:
    times = entry.get("$times", 1) if isinstance(entry, dict) else 1
    if times == {"$ge": 1}:
        return count >= 1
    return count in (0, 2) if isinstance(times, dict) else count == times


def some_way(expected: list[Any], messages: list[list[Call]], unlisted: str, missing: str, *, in_order: bool) -> bool:
    """By trying every way to give each call an entry or none."""
    calls = [(number, call) for number, group in enumerate(messages) for call in group]
    counted = [isinstance(entry, dict) and "$times" in entry for entry in expected]
    fitting = [[at for at, entry in enumerate(expected) if fits(entry, call)] for _, call in calls]
    may_be_left = [unlisted == "allow" and not any(counted[at] for at in places) for places in fitting]
    choices = [[*places, *([None] if free else [])] for places, free in zip(fitting, may_be_left, strict=True)]
    for way in itertools.product(*choices):
        counts = [way.count(at) for at in range(len(expected))]
        if not all(
            right_number(entry, count) or (missing == "allow" and count == 0)
            for entry, count in zip(expected, counts, strict=True)
        ):
            continue
        given = [(at, number) for at, (number, _) in zip(way, calls, strict=True) if at is not None]
        swapped = any(one < other and first > second for one, first in given for other, second in given)
        if not (in_order and swapped):
            return True
    return False


@given(st.lists(entries, min_size=1, max_size=3), st.lists(made, max_size=4), switch, switch)
def test_calls_hold_exactly_when_some_way_to_pair_them_does(
    expected: list[Any], calls: list[Call], unlisted: str, missing: str
) -> None:
    expect = {"tool_calls": expected, "unlisted": unlisted, "missing": missing}

    assert (told(expect, *calls) == []) == some_way(expected, [calls], unlisted, missing, in_order=False)


@given(st.lists(entries, min_size=1, max_size=3), st.lists(st.lists(made, min_size=1, max_size=2), max_size=3), switch)
def test_in_order_they_hold_exactly_when_some_way_to_pair_them_in_order_does(
    expected: list[Any], messages: list[list[Call]], unlisted: str
) -> None:
    expect = {"tool_calls": expected, "unlisted": unlisted, "order": "strict"}
    earlier = tuple(message(*group) for group in messages[:-1])
    last = messages[-1] if messages else []

    found = told(expect, *last, earlier=earlier)

    assert (found == []) == some_way(expected, messages, unlisted, "forbid", in_order=True)


@given(st.lists(entries, min_size=1, max_size=3), st.lists(made, max_size=6), st.randoms())
def test_the_order_of_calls_changes_no_verdict(expected: list[Any], calls: list[Call], random: Any) -> None:
    shuffled = random.sample(calls, len(calls))

    assert bool(told({"tool_calls": expected}, *calls)) == bool(told({"tool_calls": expected}, *shuffled))


@given(st.lists(entries, min_size=1, max_size=3), st.lists(made, max_size=4), switch, switch)
def test_a_list_of_calls_and_its_opposite_never_agree(
    expected: list[Any], calls: list[Call], unlisted: str, missing: str
) -> None:
    expect = {"tool_calls": expected, "unlisted": unlisted, "missing": missing}

    assert bool(told(expect, *calls)) != bool(told({"not": expect}, *calls))


def test_parallel_calls_have_no_order() -> None:
    assert told({"tool_calls": ["book_flight", "get_weather"], "order": "strict"}, OSLO, FLIGHT) == []


def test_calls_in_the_wrong_order_are_told_with_both_orders() -> None:
    expect = {"tool_calls": ["book_flight", "get_weather"], "order": "strict"}

    assert told(expect, FLIGHT, earlier=(message(OSLO),)) == [
        "tool_calls: expected book_flight, then get_weather, got get_weather, then book_flight"
    ]
    assert told({**expect, "order": "any"}, FLIGHT, earlier=(message(OSLO),)) == []


def test_too_few_and_too_many_calls_are_counted() -> None:
    expect = {"tool_calls": [{"get_weather": {"city": "Oslo"}, "$times": {"$range": [1, 2]}}]}
    wanted = 'something from 1 to 2 calls like a call of get_weather with {"city": "Oslo"}'

    assert told(expect, OSLO, OSLO) == []
    assert told(expect) == [f"tool_calls: expected {wanted}, got 0 calls"]
    assert told(expect, OSLO, OSLO, OSLO) == [f"tool_calls: expected {wanted}, got 3 calls"]
    assert told({**expect, "unlisted": "allow"}, OSLO, OSLO, OSLO, FLIGHT) != []
    assert told({**expect, "unlisted": "allow"}, OSLO, FLIGHT) == []


def test_more_calls_than_were_made_are_wanted() -> None:
    assert told({"tool_calls": [{"get_weather": {"city": "Oslo"}, "$times": 5}]}, OSLO, OSLO) != []


def test_unlisted_calls_are_allowed_and_the_entry_is_still_needed() -> None:
    expect = {"tool_calls": [{"get_weather": {"city": "Oslo"}}], "unlisted": "allow"}

    assert told(expect, FLIGHT, OSLO, LIMA) == []
    assert told(expect, FLIGHT, LIMA) == ['tool_calls[1].arguments.city: expected "Oslo", got "Lima"']


def test_missing_calls_are_allowed_and_others_are_not() -> None:
    expect = {"tool_calls": [{"get_weather": {"city": "Oslo"}}, "book_flight"], "missing": "allow"}

    assert told(expect) == []
    assert told(expect, OSLO) == []
    assert told(expect, LIMA) == ['tool_calls[0].arguments.city: expected "Oslo", got "Lima"']


def test_a_forbidden_call_of_any_message_is_told() -> None:
    expect = {"never": ["book_flight"]}

    assert told(expect, OSLO) == []
    assert told(expect, OSLO, earlier=(message(FLIGHT),)) == [
        'tool_calls[0]: expected no call of book_flight, got book_flight({"to": "Oslo"})'
    ]


def test_calls_are_counted_over_all_messages() -> None:
    assert told({"tool_count": 2}, OSLO, earlier=(message(FLIGHT),)) == []
    assert told({"tool_count": {"$le": 1}}, OSLO, earlier=(message(FLIGHT),)) == [
        "tool_count: expected at most 1, got 2 (book_flight, get_weather)"
    ]


WEATHER = tool(
    "get_weather",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False},
)


@pytest.mark.parametrize(
    ("call", "headline"),
    [
        (OSLO, None),
        (("get_weather", {}), "tool_calls[0].arguments.city: expected a required key, got (missing)"),
        (("get_weather", {"city": 5}), "tool_calls[0].arguments.city: expected a string, got 5"),
        (("get_weather", "{"), "tool_calls[0].arguments: expected a JSON object"),
        (("fly", {}), "tool_calls[0].name: expected one of the tools that are offered: get_weather, ping, got fly"),
        (("ping", {}), None),
        (("ping", {"a": 1}), "tool_calls[0].arguments: expected at most 0 keys"),
    ],
)
def test_arguments_are_held_against_the_tool_s_own_schema(call: Call, headline: str | None) -> None:
    contract = case({"arguments_valid": True}, tools=[WEATHER, "ping"])

    found = [failure.headline for failure in broken_clauses(contract, answer(calls=[call]))]

    assert (found == []) if headline is None else found[0].startswith(headline)


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ({"tool_calls": ["get_weather"], "unlisted": "allow", "missing": "allow"}, "any calls will do"),
        ({"tool_calls": ["get_weather"], "order": "strct"}, "'order' takes any or strict"),
        ({"tool_calls": [{"get_weather": {}, "$times": -1}]}, "is never below 0"),
        ({"tool_calls": [{"get_weather": {}, "$times": {"$gt": 3, "$lt": 3}}]}, "nothing is both"),
        ({"never": ["book_fligt"]}, "PC121 the forbidden tool 'book_fligt' is not offered"),
        ({"never": "book_flight"}, "'never' takes a list of names"),
        ({"never": []}, "forbids nothing"),
        ({"never": ["get_weather"], "tool_calls": ["get_weather"]}, "expected by 'tool_calls' and forbidden"),
        ({"tool_count": 1.5}, "is a whole number"),
        ({"tool_count": {"$lt": 0}}, "is never below 0"),
        ({"tool_count": 2, "tool_calls": ["get_weather"]}, "'tool_calls' wants 1 call, 'tool_count' 2"),
        ({"tool_count": {"$ge": 1}, "tool_calls": "none"}, "'tool_calls' wants 0 calls"),
        ({"arguments_valid": "yes"}, "takes true or false"),
    ],
)
def test_what_cannot_be_meant_is_told(expect: dict[str, Any], words: str) -> None:
    assert any(words in found for found in mistakes(expect))


@pytest.mark.parametrize(
    "expect",
    [
        {"tool_calls": ["get_weather"], "unlisted": "allow"},
        {"tool_calls": ["get_weather"], "missing": "allow"},
        {"tool_calls": [{"get_weather": {}, "$times": 1}], "unlisted": "allow", "missing": "allow"},
        {"tool_calls": ["get_weather"], "missing": "allow", "never": ["get_weather"]},
        {"tool_calls": ["get_weather"], "never": ["book_flight"]},
        {"tool_calls": [{"get_weather": {}, "$times": 2}], "tool_count": 2},
        {"tool_calls": [{"get_weather": {}, "$times": 2}], "never": ["get_weather"]},
        {"tool_calls": ["get_weather"], "unlisted": "allow", "tool_count": 2},
        {"tool_calls": ["get_weather"], "tool_count": 1},
        {"tool_calls": "some", "tool_count": 2},
        {"tool_count": 0},
        {"arguments_valid": True},
    ],
    ids=str,
)
def test_what_can_be_meant_is_taken(expect: dict[str, Any]) -> None:
    assert mistakes(expect) == []


@pytest.mark.parametrize(
    ("expect", "help_text"),
    [
        ({"never": "book_flight"}, "write [book_flight]"),
        ({"never": {}}, "write never: [delete_account]"),
        ({"tool_calls": [{"get_weather": {"$times": 2}}]}, 'write {"get_weather": {}, "$times": 2}'),
        ({"order": "strickt", "tool_calls": ["get_weather"]}, "did you mean 'strict'?"),
        ({"order": True, "tool_calls": ["get_weather"]}, "write order: strict"),
    ],
    ids=str,
)
def test_a_mistake_comes_with_what_to_write(expect: dict[str, Any], help_text: str) -> None:
    (found,) = check_expect(case(expect))

    assert found.help == help_text


def test_arguments_cannot_be_held_against_schemas_that_the_case_does_not_give() -> None:
    (found,) = check_expect(case({"arguments_valid": True}, tools=()))

    assert (found.code, found.help) == ("PC120", "give the case 'tools'")


def test_a_tool_whose_schema_is_none_is_told_at_load() -> None:
    contract = case({"arguments_valid": True}, tools=[tool("get_weather", {"type": "strin"})])

    (found,) = check_expect(contract)

    assert found.message.startswith("the arguments of 'get_weather' cannot be checked: the JSON Schema is not valid")
