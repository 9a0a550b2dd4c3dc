"""The facets other than `tool_calls`: each one both ways."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Choice
from prompt_contracts.expectations.judgement import broken_clauses
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction
from prompt_contracts.outcome import Outcome
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.usage import Usage
from tests.expectations.build import answer, answers, case, failing, message


def headlines(expect: dict[str, Any], outcome: Outcome) -> list[str]:
    return [failure.headline for failure in broken_clauses(case(expect), outcome)]


def test_text_is_judged_as_it_came() -> None:
    assert headlines({"text": {"$contains": "rain"}}, answer("It will rain.")) == []
    assert headlines({"text": "Yes"}, answer("Yes.")) == ['text: expected "Yes", got "Yes."']


@pytest.mark.parametrize(
    ("wanted", "headline"),
    [
        ({"$contains": "ello"}, 'text: expected a text containing "ello", got "Hi."'),
        (
            {"$any_of": [{"$contains": "ello"}, "Hey"]},
            'text: expected one of a text containing "ello", "Hey", got "Hi."',
        ),
    ],
)
def test_of_a_text_only_what_a_text_can_be_is_expected(wanted: dict[str, Any], headline: str) -> None:
    assert headlines({"text": wanted}, answer("Hi.")) == [headline]


def test_no_content_is_the_empty_text() -> None:
    assert headlines({"text": ""}, answer("")) == []


def test_a_long_text_is_cut_in_the_failure() -> None:
    (failure,) = broken_clauses(case({"text": "short"}), answer("x" * 10_000))

    assert len(failure.got) <= 200


def test_json_is_judged_as_a_value() -> None:
    assert headlines({"json": {"price": 5}}, answer('{ "price": 5.0 }')) == []


def test_a_differing_place_in_json_is_a_json_pointer() -> None:
    (failure,) = broken_clauses(case({"json": {"items": [{"price": 5}]}}), answer('{"items": [{"price": 6}]}'))

    assert failure.headline == "json/items/0/price: expected 5, got 6"
    assert failure.code == "json.value"


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("", "json: expected JSON and nothing else, got an empty text (Expecting value (line 1, column 1))"),
        ("{a", None),
        ('{"a": 1} and more', None),
        ("NaN", 'json: expected JSON and nothing else, got "NaN" (NaN is not JSON)'),
        ("```json\n{}\n```", None),
    ],
)
def test_a_text_that_is_not_json_fails_and_says_why(text: str, headline: str | None) -> None:
    (failure,) = broken_clauses(case({"json": {"$others": "allow"}}), answer(text))

    assert failure.code == "json.parse"
    assert failure.message
    assert headline in (None, failure.headline)


def test_json_that_was_cut_off_says_that_the_answer_ended_early() -> None:
    (failure,) = broken_clauses(case({"json": {}}), answer('{"a"', finish_reason="length"))

    assert failure.message.endswith("the answer was cut off, finish_reason is length")


def test_finish_reason_is_a_text_and_the_raw_one_is_told() -> None:
    expect = {"finish_reason": "stop"}

    assert headlines(expect, answer()) == []
    assert headlines(expect, answer(finish_reason="length", raw_finish_reason="max_tokens")) == [
        'finish_reason: expected "stop", got "length" (the provider\'s word: max_tokens)'
    ]
    assert headlines(expect, answer(finish_reason=None)) == ['finish_reason: expected "stop", got unknown']


def test_usage_judges_only_the_named_counts() -> None:
    expect = {"usage": {"completion_tokens": {"$le": 300}, "cached_tokens": {"$ge": 1}}}

    assert headlines(expect, answer(usage=Usage(completion_tokens=300, cached_tokens=1))) == []
    assert headlines(expect, answer(usage=Usage(completion_tokens=301, cached_tokens=1))) == [
        "usage.completion_tokens: expected at most 300, got 301"
    ]


def asked(*, is_injected: bool) -> Interaction:
    request = ApiRequest(method="POST", url="https://x/v1/chat/completions", body={})
    response = ApiResponse(status=500)
    return Interaction(request=request, response=response, is_injected=is_injected)


@pytest.mark.parametrize(
    ("injected", "is_known"), [((True, True), False), ((True, False), True), ((False,), True), ((), True)]
)
@pytest.mark.parametrize("expect", [{"cost": 0}, {"latency": 2}])
def test_nobody_knows_what_an_error_that_faults_made_up_alone_would_have_taken(
    expect: dict[str, Any], injected: tuple[bool, ...], is_known: bool
) -> None:
    failed = replace(failing("server"), cost=Decimal(0), latency=2.0)
    outcome = replace(failed, interactions=tuple(asked(is_injected=each) for each in injected))
    declared = {"error": {"kind": "server"}}

    found = [failure.code for failure in broken_clauses(case({**declared, **expect}), outcome)]

    assert found == ([] if is_known else [f"{next(iter(expect))}.unknown"])


def test_of_an_answer_after_faults_its_own_cost_and_latency_are_judged() -> None:
    outcome = replace(answer("Hi.", cost=Decimal(1), latency=2.0), interactions=(asked(is_injected=True),))

    assert headlines({"cost": 1, "latency": 2}, outcome) == []


def test_of_a_request_that_only_failed_nobody_knows_the_tokens() -> None:
    expect = {"error": {"kind": "server"}, "usage": {"total_tokens": 0}}
    spent = replace(failing("server"), usage=Usage(total_tokens=0))

    assert headlines(expect, spent) == ["usage.total_tokens: expected 0, got unknown"]
    assert headlines(expect, replace(spent, earlier=(message(),))) == []


@pytest.mark.parametrize(
    ("pattern", "value", "is_right"), [(0.3, "0.30", True), (0.3, "0.30000000000000000001", False)]
)
def test_money_counts_digit_by_digit_where_texts_are_loose_too(pattern: float, value: str, is_right: bool) -> None:
    found = headlines({"strings": "loose", "text": "hi", "cost": {"$eq": pattern}}, answer("Hi", cost=Decimal(value)))

    assert found == ([] if is_right else [f"cost: expected {pattern}, got {value}"])


@pytest.mark.parametrize("expect", [{"usage": {"total_tokens": {"$ge": 0}}}, {"cost": {"$le": 1}}, {"latency": 0}])
def test_what_is_unknown_fails_and_is_never_zero(expect: dict[str, Any]) -> None:
    (failure,) = broken_clauses(case(expect), answer())

    assert failure.got == "unknown"
    assert failure.code.endswith(".unknown")


def test_cost_is_compared_digit_by_digit_with_the_number_as_written() -> None:
    assert headlines({"cost": {"$le": 0.3}}, answer(cost=Decimal("0.3"))) == []
    assert headlines({"cost": 0.3}, answer(cost=Decimal("0.30"))) == []
    assert headlines({"cost": {"$le": 0.3}}, answer(cost=Decimal("0.30000000000000000000001"))) == [
        "cost: expected at most 0.3, got 0.30000000000000000000001"
    ]


@given(st.decimals(0, 10, places=12), st.floats(0, 10))
def test_a_bound_on_cost_is_the_decimal_that_the_number_shows(amount: Decimal, bound: float) -> None:
    is_within = headlines({"cost": {"$le": bound}}, answer(cost=amount)) == []

    assert is_within == (amount <= Decimal(repr(bound)))


def test_latency_is_in_seconds() -> None:
    assert headlines({"latency": {"$le": 5}}, answer(latency=4.9)) == []
    assert headlines({"latency": {"$le": 5}}, answer(latency=5.25)) == ["latency: expected at most 5, got 5.25"]


def test_an_expected_error_is_judged_by_its_named_fields_only() -> None:
    outcome = failing("auth", message="Incorrect API key", status=401, code="invalid_api_key", attempts=2)
    expect = {"kind": "auth", "status": 401, "message": {"$contains": "key"}, "outcome": "surfaced"}

    assert headlines({"error": expect}, outcome) == []
    assert headlines({"error": {"kind": "quota", "status": {"$ge": 429}, "code": "x", "attempts": 1}}, outcome) == [
        'error.kind: expected "quota", got "auth"',
        "error.status: expected at least 429, got 401",
        'error.code: expected "x", got "invalid_api_key"',
        "error.attempts: expected 1, got 2",
    ]


def test_the_outcome_surfaced_takes_any_error() -> None:
    assert headlines({"error": {"outcome": "surfaced"}}, failing("server")) == []


RATE_LIMIT = ProviderError(kind="rate_limit", message="Slow down.", status=429, code="rate_limit_exceeded")


def test_an_error_that_a_retry_got_over_is_judged_beside_the_answer() -> None:
    outcome = replace(answer("Yes"), recovered=RATE_LIMIT, attempts=3)
    expect = {"kind": "rate_limit", "status": 429, "code": "rate_limit_exceeded", "attempts": 3, "outcome": "recovered"}

    assert headlines({"error": expect, "text": "Yes"}, outcome) == []
    assert headlines({"error": {**expect, "kind": "quota", "attempts": 2}, "text": "No"}, outcome) == [
        'error.kind: expected "quota", got "rate_limit"',
        "error.attempts: expected 2, got 3",
        'text: expected "No", got "Yes"',
    ]


def test_an_answer_at_the_first_attempt_is_not_recovered() -> None:
    assert headlines({"error": {"outcome": "recovered", "kind": "server"}}, answer("Yes")) == [
        'error: expected an error that a retry gets over, got an answer (it says "Yes")'
    ]


def test_an_error_that_remains_is_not_recovered_from() -> None:
    assert headlines({"error": {"outcome": "recovered"}}, failing("server", message="Oh.")) == [
        'error.outcome: expected "recovered", got "surfaced" (the error is server: "Oh.")'
    ]


def test_an_error_that_a_retry_got_over_does_not_surface() -> None:
    outcome = replace(answer("Yes"), recovered=RATE_LIMIT)

    assert headlines({"error": {"kind": "rate_limit"}}, outcome) == [
        (
            "error: expected an error, got an answer "
            "(a retry got over an error of the kind rate_limit: write outcome: recovered)"
        )
    ]
    assert headlines({"error": {"kind": "rate_limit", "outcome": "surfaced"}}, outcome) == [
        'error.outcome: expected "surfaced", got "recovered" (the error is rate_limit: "Slow down.")'
    ]


def test_either_outcome_may_be_fine() -> None:
    expect = {"error": {"outcome": {"$any_of": ["surfaced", "recovered"]}, "kind": "rate_limit"}}

    assert headlines(expect, replace(answer("Yes"), recovered=RATE_LIMIT)) == []
    assert headlines(expect, failing("rate_limit")) == []


@pytest.mark.parametrize(("handled", "wanted"), [(True, True), (False, False), (True, False), (False, True)])
def test_what_an_application_made_of_an_error_is_judged(handled: bool, wanted: bool) -> None:
    outcome = replace(failing("timeout"), handled=handled)

    said = [] if handled is wanted else [f"error.handled: expected {str(wanted).lower()}, got {str(handled).lower()}"]
    assert headlines({"error": {"kind": "timeout", "handled": wanted}}, outcome) == said


def test_the_fallback_of_an_application_is_judged_beside_the_error() -> None:
    outcome = replace(answer("Try later."), error=RATE_LIMIT, handled=True)

    assert headlines({"error": {"kind": "rate_limit", "handled": True}, "text": "Try later."}, outcome) == []
    assert headlines({"error": {"handled": True}, "text": "Hi"}, outcome) == ['text: expected "Hi", got "Try later."']


def test_without_an_application_nobody_handled_anything() -> None:
    assert headlines({"error": {"handled": True}}, failing("timeout")) == [
        "error.handled: expected true, got no application"
    ]


def test_unknown_attempts_are_unknown() -> None:
    assert headlines({"error": {"attempts": {"$ge": 0}}}, failing("server", attempts=None)) == [
        "error.attempts: expected at least 0, got unknown"
    ]


def test_an_answer_where_an_error_was_expected_is_one_failure() -> None:
    expect = {"error": {"kind": "auth", "status": 401}}

    assert headlines(expect, answer("Hello")) == ['error: expected an error, got an answer (it says "Hello")']
    assert headlines(expect, answer(calls=[("get_weather", {})])) == [
        "error: expected an error, got an answer (it calls get_weather)"
    ]


@pytest.mark.parametrize(
    "expect", [{"text": {"$contains": ""}}, {"tool_calls": "none"}, {"json": {}}, {"finish_reason": "stop"}]
)
def test_an_error_is_never_a_pass_of_a_facet_about_the_answer(expect: dict[str, Any]) -> None:
    (failure,) = broken_clauses(case(expect), failing("server"))

    assert failure.headline == "answer: expected an answer, got an error: server"


def test_every_broken_facet_is_reported_in_the_order_it_is_written() -> None:
    expect = {"finish_reason": "length", "text": "Yes", "tool_calls": "some", "latency": {"$le": 1}}

    failures = broken_clauses(case(expect), answer("No", latency=2.0))

    assert [failure.code for failure in failures] == [
        "finish_reason.value",
        "text.value",
        "tool_calls.missing",
        "latency.$le",
    ]


def test_with_several_choices_each_one_is_judged_under_its_number() -> None:
    outcome = answers(Choice(text="Yes"), Choice(text="No"), Choice(text="Maybe"))

    assert [failure.path for failure in broken_clauses(case({"text": "Yes"}), outcome)] == [
        "choices[1].text",
        "choices[2].text",
    ]


def test_a_failure_stands_at_the_operator_that_does_not_hold() -> None:
    contract = case({"usage": {"prompt_tokens": {"$ge": 1, "$le": 5}}})

    (failure,) = broken_clauses(contract, answer(usage=Usage(prompt_tokens=6)))

    assert failure.location == contract.expect[0].locate("/prompt_tokens/$le")


@pytest.mark.parametrize(("count", "got"), [(0, "0 choices"), (1, "1 choice"), (2, "2 choices"), (3, None), (4, None)])
def test_fewer_choices_than_were_asked_for_break_the_contract(count: int, got: str | None) -> None:
    contract = replace(case({"latency": {"$le": 5}}), request={"n": 3})
    outcome = answers(*[Choice(text="Yes")] * count, latency=1.0)

    found = [(one.code, one.path, one.expected, one.got, one.location) for one in broken_clauses(contract, outcome)]

    assert found == ([] if got is None else [("choices.missing", "choices", "3 choices", got, contract.location)])


@pytest.mark.parametrize("n", [None, True, 1, 0, "3"])
def test_choices_are_counted_only_where_several_were_asked_for(n: Any) -> None:
    contract = replace(case({"text": "No"}), request={"n": n})

    assert [failure.code for failure in broken_clauses(contract, answer("Yes"))] == ["text.value"]


def test_missing_choices_are_told_beside_what_the_others_break() -> None:
    contract = replace(case({"text": "Yes"}), request={"n": 3})

    failures = broken_clauses(contract, answers(Choice(text="Yes"), Choice(text="No")))

    assert [failure.code for failure in failures] == ["text.value", "choices.missing"]


def test_an_error_has_no_choices_to_miss() -> None:
    contract = replace(case({"error": {"kind": "auth"}}), request={"n": 3})

    assert broken_clauses(contract, failing("auth")) == ()


@pytest.mark.parametrize("expect", [{"text": ""}, {"tool_calls": "none"}, {"json": {}}, {"finish_reason": "stop"}])
def test_an_answer_without_choices_breaks_every_facet_about_the_answer(expect: dict[str, Any]) -> None:
    assert headlines(expect, answers()) == ["answer: expected an answer, got no answer"]
