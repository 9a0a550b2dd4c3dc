"""Kleene's three values and what a limit leaves open: laws of the algebra, and the judge that follows them."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Choice
from prompt_contracts.expectations import call_pairing
from prompt_contracts.expectations.judgement import assess
from prompt_contracts.json_schema import regular_expression
from prompt_contracts.json_schema.time_limit import JudgingTime, OutOfTimeError, tick, time_limit
from prompt_contracts.json_value import Json
from prompt_contracts.mismatch import truth_of_all
from prompt_contracts.outcome import Outcome
from prompt_contracts.patterns.pattern import Language
from prompt_contracts.truth import FALSE, LIMITED, TRUE, UNKNOWN, Truth, all_hold, one_holds
from tests.expectations.build import answer, answers, case, failing
from tests.patterns.test_operators import documents, patterns

truths = st.sampled_from([Truth(low, high) for low, high in itertools.combinations_with_replacement(range(3), 2)])
SLOW: dict[str, Any] = {"text": {"$regex": "^(a|aa)+$"}}
DEEP = "[" * 101 + "]" * 101
YES: dict[str, Any] = {"text": {"$contains": "b"}}
NO: dict[str, Any] = {"text": "no"}
UNSURE: dict[str, Any] = {"cost": {"$le": 1}}


@given(st.lists(truths, max_size=4))
def test_both_laws_of_de_morgan_hold(some: list[Truth]) -> None:
    assert all_hold(some).opposite == one_holds(one.opposite for one in some)
    assert one_holds(some).opposite == all_hold(one.opposite for one in some)


@given(truths)
def test_an_opposite_of_an_opposite_is_the_thing_itself(one: Truth) -> None:
    assert one.opposite.opposite == one
    assert all_hold([one, TRUE]) == one_holds([one, FALSE]) == one
    assert (one.is_certain, one.is_refuted) == (one.opposite.is_refuted, one.opposite.is_certain)


@given(patterns, documents)
def test_what_is_explained_is_what_was_decided(pattern: Json, value: Json) -> None:
    language = Language()

    assert truth_of_all(language.match(pattern, value)) == language.holds(pattern, value)


def truth(expect: dict[str, Any], outcome: Outcome) -> Truth:
    return assess(case(expect), outcome).truth


@pytest.fixture
def slow_answer(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    monkeypatch.setattr(regular_expression, "REGEX_SECONDS", 0.02)
    return answer("a" * 80 + "b")


@pytest.mark.parametrize(
    ("expect", "expected"),
    [
        (SLOW, LIMITED),
        ({"not": SLOW}, LIMITED),
        ({"any_of": [SLOW, NO]}, LIMITED),
        ({"any_of": [SLOW, YES]}, TRUE),
        ({"all_of": [SLOW, NO]}, FALSE),
        ({**SLOW, "finish_reason": "length"}, FALSE),
        # Whatever the limit hides, the unknown cost alone keeps the contract from holding.
        ({"all_of": [SLOW, UNSURE]}, Truth(0, 1)),
        ({"any_of": [SLOW, UNSURE]}, Truth(1, 2)),
        ({"any_of": [UNSURE, NO]}, UNKNOWN),
        ({"not": {"json": {}}}, UNKNOWN),
        ({"json": {}}, UNKNOWN),
        ({"json": "none"}, TRUE),
        ({"not": {"json": "none"}}, FALSE),
    ],
)
def test_a_limit_is_no_verdict_and_what_nobody_knows_no_pass(
    expect: dict[str, Any], expected: Truth, slow_answer: Outcome
) -> None:
    assert truth(expect, slow_answer) == expected


@pytest.mark.parametrize("text", [DEEP, "1" * 4_301])
@pytest.mark.parametrize(
    "expect", [{"json": {"$type": "array"}}, {"not": {"json": {"$type": "array"}}}, {"json": "none"}]
)
def test_json_beyond_our_limits_is_neither_json_nor_none(expect: dict[str, Any], text: str) -> None:
    assert truth(expect, answer(text)) == LIMITED


@pytest.mark.parametrize("expect", [["get_weather"], [{"get_weather": {"$others": "allow"}}], "some"])
def test_arguments_beyond_our_limits_are_undecided(expect: Any) -> None:
    outcome = answer(calls=[("get_weather", f'{{"a": {DEEP}}}')])

    assert truth({"tool_calls": expect}, outcome) == LIMITED
    assert truth({"not": {"tool_calls": expect}}, outcome) == LIMITED
    assert truth({"arguments_valid": True}, outcome) == LIMITED


def test_too_many_ways_to_read_times_are_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_pairing, "MOST_WAYS", 2)
    gaps = {"$any_of": [1, 3]}
    expect = {
        "tool_calls": [{"get_weather": {"city": city}, "$times": gaps} for city in ("Oslo", "Lima")]
        + [{"book_flight": {"$others": "allow"}, "$times": gaps}]
    }
    calls = [("get_weather", {"city": "Oslo"})] + [("get_weather", {"city": "Lima"})] * 3

    assert truth(expect, answer(calls=calls)) == LIMITED
    (failure,) = assess(case({"not": expect}), answer(calls=calls)).failures
    assert "more than 512 ways" in failure.message


TWO = answers(Choice(text="sorry", finish_reason="stop"), Choice(text="fine", finish_reason="stop"))


@pytest.mark.parametrize(
    ("expect", "holds"),
    [
        ({"not": {"text": {"$contains": "sorry"}}}, False),
        ({"not": {"text": {"$contains": "cannot"}}}, True),
        ({"any_of": [{"text": "sorry"}, {"text": "fine"}]}, True),
        ({"any_of": [{"text": "sorry"}, {"text": "good"}]}, False),
        ({"all_of": [{"any_of": [{"text": "sorry"}, {"text": "fine"}]}]}, True),
        ({"not": {"not": {"text": "fine"}}}, False),
        ({"not": {"text": "sorry", "finish_reason": "length"}}, True),
        ({"any_of": [{"model": "m"}, {"text": {"$len": {"$ge": 4}}}]}, True),
    ],
)
def test_combinations_are_judged_choice_by_choice(expect: dict[str, Any], holds: bool) -> None:
    assert truth(expect, TWO).is_certain == holds


def test_the_choice_that_breaks_a_combination_is_named() -> None:
    (failure,) = assess(case({"any_of": [{"text": "fine"}]}), TWO).failures

    assert (failure.path, failure.code) == ("choices[0].answer", "any_of.none")


def test_what_is_about_the_case_is_judged_once() -> None:
    (failure,) = assess(case({"all_of": [{"cost": 1}]}), TWO).failures

    assert failure.path == "cost"


QUOTA = {"error": {"kind": "quota"}}


@pytest.mark.parametrize(
    "member",
    [
        {"latency": {"$le": 10}},
        {"requests": {"$len": {"$le": 9}}},
        {"not": {"text": "x"}},
        {"not": {"latency": {"$gt": 10}}},
        {"usage": {"total_tokens": {"$le": 10}}},
        {"cost": {"$le": 1}},
        {"any_of": [{"latency": {"$le": 10}}]},
        {"all_of": [{"latency": {"$le": 10}}]},
    ],
)
def test_an_undeclared_error_satisfies_no_member(member: dict[str, Any]) -> None:
    from dataclasses import replace
    from decimal import Decimal

    failed = replace(failing("server", status=500), latency=0.1, cost=Decimal(0))

    assert truth({"any_of": [QUOTA, member]}, failed) == FALSE
    assert truth({"any_of": [QUOTA, {"all_of": [member]}]}, failed) == FALSE


@pytest.mark.parametrize(
    "expect",
    [
        {"any_of": [QUOTA, {"latency": {"$le": 10}}]},
        {"any_of": [{**QUOTA, "latency": {"$le": 10}}, YES]},
        {"all_of": [QUOTA, {"latency": {"$le": 10}}]},
        {"all_of": [{"any_of": [QUOTA, YES]}, {"latency": {"$le": 10}}]},
        {**QUOTA, "any_of": [{"latency": {"$le": 1}}, {"latency": {"$le": 10}}]},
        {**QUOTA, "not": {"latency": {"$gt": 10}}},
    ],
)
def test_beside_a_matching_error_other_facets_are_judged(expect: dict[str, Any]) -> None:
    from dataclasses import replace

    failed = replace(failing("quota", status=429), latency=5.0)

    assert truth(expect, failed) == TRUE
    assert not truth({"all_of": [expect, {"latency": {"$le": 1}}]}, failed).is_certain


def test_of_a_request_that_only_failed_the_tokens_are_unknown() -> None:
    from dataclasses import replace

    from prompt_contracts.usage import Usage

    nothing = Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)
    failed = replace(failing("timeout"), usage=nothing)
    expect = {"error": {"kind": "timeout"}, "usage": {"total_tokens": {"$le": 10}}}

    (failure,) = assess(case(expect), failed).failures

    assert (failure.got, failure.path) == ("unknown", "usage.total_tokens")


def test_two_hundred_calls_that_all_differ_are_soon_told() -> None:
    calls = [("get_weather", {"city": f"a{number}", "days": [1, 2, {"x": number}]}) for number in range(200)]
    entries = [{"get_weather": {"city": {"$regex": f"^b{number}$"}, "days": [1]}} for number in range(200)]

    judgement = assess(case({"tool_calls": entries}), answer(calls=calls))

    assert judgement.truth == FALSE
    assert len(judgement.failures) == 3 * 200
    assert all(failure.path.startswith("tool_calls[") for failure in judgement.failures)


def test_two_hundred_calls_in_another_order_are_paired() -> None:
    calls = [("get_weather", {"city": f"c{number}"}) for number in range(200)]
    entries = [{"get_weather": {"city": {"$regex": f"^c{number}$"}}} for number in reversed(range(200))]

    assert truth({"tool_calls": entries}, answer(calls=calls)) == TRUE
    assert truth({"tool_calls": entries, "order": "strict"}, answer(calls=calls)) == TRUE


def test_one_wrong_call_among_very_many_is_told_alone() -> None:
    calls = [("get_weather", {"city": f"c{number}"}) for number in range(200)]
    entries: list[Any] = [{"get_weather": {"city": f"c{number}"}} for number in range(199)]
    entries.append({"get_weather": {"city": "Oslo"}})

    (failure,) = assess(case({"tool_calls": entries}), answer(calls=calls)).failures

    assert (failure.expected, failure.got) == ('"Oslo"', '"c199"')


def test_when_the_time_for_a_cell_is_over_the_slowest_pattern_is_named() -> None:
    ticking = itertools.count(0.0, 0.4)
    expect = {"text": {"$all_of": [{"$regex": "a"}, {"$regex": "b"}, {"$regex": "c+"}]}}

    with time_limit(5.0, clock=lambda: next(ticking)):
        judgements = [assess(case(expect), answer("abc")) for _ in range(3)]

    assert (judgements[0].truth, judgements[-1].truth) == (TRUE, LIMITED)
    (failure,) = judgements[-1].failures
    assert "longer than the limit of 5 s for all patterns of a cell; the slowest was /" in failure.message


def test_a_limit_goes_on_where_it_was_left_whatever_the_clock_of_the_next_thread_says() -> None:
    times = iter([0.0, 3.0, 700.0, 701.0, 90.0, 91.5, 92.0])
    limit = JudgingTime(5.0, clock=lambda: next(times))
    with limit.running():
        pass
    with limit.running():
        pass

    with limit.running(), pytest.raises(OutOfTimeError, match="limit of 5 s"):
        tick()
