"""The facets that hold expectations, and when an error counts as declared."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.expectations.definition import check_expect
from prompt_contracts.expectations.judgement import assess, broken_clauses
from prompt_contracts.json_schema import regular_expression
from prompt_contracts.outcome import Outcome
from prompt_contracts.truth import LIMITED
from tests.expectations.build import answer, case, failing

YES: dict[str, Any] = {"text": "Yes"}
NO: dict[str, Any] = {"text": "No"}


def headlines(expect: dict[str, Any], outcome: Outcome) -> list[str]:
    return [failure.headline for failure in broken_clauses(case(expect), outcome)]


def holds(expect: dict[str, Any], outcome: Outcome) -> bool:
    return broken_clauses(case(expect), outcome) == ()


nested: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.sampled_from([YES, NO, {"finish_reason": "stop"}, {"tool_calls": "none"}, {"text": {"$contains": "o"}}]),
    lambda inner: (
        st.builds(lambda some: {"any_of": some}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda some: {"all_of": some}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda one: {"not": one}, inner)
    ),
    max_leaves=6,
)
answers = st.builds(answer, st.sampled_from(["Yes", "No", ""]))


@given(st.lists(nested, min_size=1, max_size=3), answers)
def test_any_of_is_or_and_all_of_is_and(some: list[dict[str, Any]], outcome: Outcome) -> None:
    assert holds({"any_of": some}, outcome) == any(holds(one, outcome) for one in some)
    assert holds({"all_of": some}, outcome) == all(holds(one, outcome) for one in some)


@given(nested, answers)
def test_an_expectation_and_its_opposite_never_agree(expect: dict[str, Any], outcome: Outcome) -> None:
    assert holds(expect, outcome) != holds({"not": expect}, outcome)


@given(nested)
def test_without_an_answer_neither_an_expectation_nor_its_opposite_holds(expect: dict[str, Any]) -> None:
    assert not holds(expect, failing("server"))
    assert not holds({"not": expect}, failing("server"))


def test_of_alternatives_the_closest_is_told() -> None:
    (found,) = broken_clauses(case({"any_of": [{"text": "a", "finish_reason": "length"}, YES]}), answer("No"))

    assert (found.expected, found.got) == ("one of 2 expectations to hold", "none of them")
    assert found.message == 'closest is number 2: text: expected "Yes", got "No"'


def test_a_broken_part_of_all_of_stands_at_its_own_place() -> None:
    contract = case({"all_of": [YES, {"text": {"$contains": "x"}}]})

    (failure,) = broken_clauses(contract, answer("Yes"))

    assert (failure.code, failure.path) == ("all_of.text.$contains", "text")
    assert failure.location == contract.expect[0].locate("/1/text/$contains")


def test_what_must_not_hold_is_named() -> None:
    assert headlines({"not": YES}, answer("Yes")) == ["answer: expected what breaks text, got what keeps to it"]


def test_not_of_a_list_means_none_of_them() -> None:
    assert holds({"not": [YES, NO]}, answer("Maybe"))
    assert not holds({"not": [YES, NO]}, answer("No"))


@pytest.mark.parametrize(
    "expect",
    [
        {"cost": {"$le": 1}},
        {"latency": 1},
        {"usage": {"total_tokens": 1}},
        {"model": "gpt-5"},
        {"reasoning": "because"},
        {"requests": []},
        {"check": "checks:any"},
        {"all_of": [{"cost": 1}]},
        {"any_of": [{"cost": 1}, NO]},
    ],
)
def test_what_nobody_can_tell_is_no_pass_under_not(expect: dict[str, Any]) -> None:
    (failure,) = broken_clauses(case({"not": expect}), answer("Yes"))

    assert failure.code == "not.unknown"


@pytest.mark.parametrize(
    "expect",
    [
        {"text": {"$regex": "^(a|aa)+$"}},
        {"tool_calls": [{"get_weather": {"city": {"$regex": "^(a|aa)+$"}}, "$times": 2}]},
        {"tool_calls": [{"get_weather": {"city": {"$regex": "^(a|aa)+$"}}, "$times": {"$ge": 0}}]},
    ],
)
def test_an_expression_that_does_not_end_in_time_is_no_pass_under_not(
    expect: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regular_expression, "REGEX_SECONDS", 0.05)
    slow = "a" * 80 + "b"
    outcome = answer(slow, calls=[("get_weather", {"city": slow})] * 2)

    assert assess(case({"not": expect}), outcome).truth == LIMITED


def test_of_the_closest_alternative_the_note_is_told_too() -> None:
    (failure,) = broken_clauses(case({"any_of": [{"finish_reason": "stop"}]}), answer("x", finish_reason="length"))
    noted = answer("x", finish_reason="length", raw_finish_reason="max_tokens")
    (with_note,) = broken_clauses(case({"any_of": [{"finish_reason": "stop"}]}), noted)

    assert failure.message == 'closest is number 1: finish_reason: expected "stop", got "length"'
    assert with_note.message == failure.message + " (the provider's word: max_tokens)"


def test_switches_reach_into_what_is_nested_and_end_there() -> None:
    loose = {"strings": "loose", "all_of": [{"text": "yes"}]}

    assert holds(loose, answer("YES"))
    assert not holds({**loose, "text": {"$not": "y.e.s"}}, answer("YES"))
    assert not holds({"all_of": [{"strings": "exact", "text": "yes"}], "strings": "loose"}, answer("YES"))
    assert not holds({"all_of": [{"strings": "loose", "text": "yes"}], "text": "yes"}, answer("YES"))


@pytest.mark.parametrize(
    ("expect", "declared"),
    [
        ({"error": {"kind": "auth"}}, True),
        ({"any_of": [YES, {"error": {"kind": "auth"}}]}, True),
        ({"all_of": [{"any_of": [{"error": {"kind": "auth"}}]}]}, True),
        ({"not": {"error": {"kind": "auth"}}}, False),
        (YES, False),
        ({"any_of": "error"}, False),
    ],
)
def test_an_error_in_an_alternative_counts_as_declared(expect: dict[str, Any], declared: bool) -> None:
    assert case(expect).declares_error == declared


def test_an_alternative_may_be_an_error() -> None:
    expect = {"any_of": [{"error": {"kind": "content_filter"}}, {"refusal": True}]}

    assert holds(expect, failing("content_filter"))
    assert not holds(expect, failing("auth"))
    assert not holds(expect, answer("Sure."))
    assert check_expect(case(expect)) == ()


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ({"any_of": []}, "'any_of' with an empty list checks nothing"),
        ({"any_of": ["text"]}, "'any_of' takes expectations, not \"text\""),
        ({"all_of": [{}]}, "an expectation without a facet checks nothing"),
        ({"all_of": [{"order": "strict"}]}, "'order' alone checks nothing"),
        ({"any_of": [{"txt": 1}]}, "unknown facet 'txt'"),
        ({"not": {"error": {"kind": "auth"}}}, "an error under 'not' checks nothing"),
        ({"not": [{"any_of": [{"error": {"kind": "auth"}}]}]}, "an error under 'not' checks nothing"),
        ({"any_of": [{"error": {"kind": "auth"}}, YES], "text": "a"}, "an error can never stand here"),
        ({"all_of": [{"error": {"kind": "auth"}}], "text": "a"}, "'text' judges an answer"),
        ({"all_of": [{"error": {"kind": "auth"}}, YES]}, "'all_of' judges an answer"),
        ({"error": {"kind": "auth"}, "any_of": [YES, NO]}, "'any_of' judges an answer"),
        ({"strings": "loose"}, "'strings' alone checks nothing"),
        ({"arguments_valid": False}, "'arguments_valid' alone checks nothing"),
    ],
)
def test_what_cannot_be_meant_is_told(expect: dict[str, Any], words: str) -> None:
    assert any(words in found.message for found in check_expect(case(expect)))
