"""How a run is looked at until it ends, whatever statuses it goes through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompt_contracts.dialects.assistants import AssistantsDialogue
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.usage import Usage
from tests.assistants_driver import Driven, Driver, running_driver
from tests.assistants_server import Script, refuse

USER = Message(role="user", content="Will it rain?")
GOING_ON = st.sampled_from(["queued", "in_progress", "cancelling"])
BROKEN_OFF = ["failed", "cancelled", "expired", "incomplete"]


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with running_driver() as found:
        yield found


def run(driver: Driver, statuses: Sequence[str], *, poll: dict[str, Json] | None = None, **fields: Any) -> Driven:
    driver.serve(Script(statuses=statuses, **fields))
    assistant: dict[str, Json] = {} if poll is None else {"poll": poll}
    request = ModelRequest(endpoint="assistants", messages=(USER,), assistant=assistant)
    return driver.drive(AssistantsDialogue(driver.target).ask(request))


def test_a_completed_run_is_an_answer_with_its_usage_and_its_model(driver: Driver) -> None:
    completion = run(driver, ["queued", "completed"]).completion

    assert completion.usage == Usage(prompt_tokens=20, completion_tokens=5, total_tokens=25)
    assert (completion.model, completion.id) == ("gpt-4o-mini", "run_4")
    assert (completion.choices[0].finish_reason, completion.choices[0].raw_finish_reason) == ("stop", "completed")


def test_details_of_the_usage_are_read(driver: Driver) -> None:
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 3,
        "prompt_token_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }

    completion = run(driver, ["completed"], changes={"usage": usage}).completion

    assert completion.usage == Usage(
        prompt_tokens=9, completion_tokens=3, total_tokens=12, cached_tokens=4, reasoning_tokens=2
    )


def test_a_failed_run_is_an_error_with_the_code_and_the_words_of_its_last_error(driver: Driver) -> None:
    told = {"last_error": {"code": "rate_limit_exceeded", "message": "You exceeded your current quota."}}

    error = run(driver, ["queued", "failed"], changes=told).error

    assert (error.kind, error.status, error.code) == ("run_failed", 200, "rate_limit_exceeded")
    assert error.message == "You exceeded your current quota."


def test_a_failed_run_without_a_last_error_says_that_nobody_knows_why(driver: Driver) -> None:
    error = run(driver, ["failed"]).error

    assert (error.kind, error.code) == ("run_failed", None)
    assert error.message == "the run failed, and the server does not say why"


@pytest.mark.parametrize("status", ["cancelled", "expired", "incomplete"])
def test_a_run_that_is_broken_off_is_an_error_with_its_status_as_code(driver: Driver, status: str) -> None:
    error = run(driver, ["in_progress", status]).error

    assert (error.kind, error.status, error.code) == ("run_failed", 200, status)
    assert error.message == f"the run ended as {status}"


def test_an_incomplete_run_says_which_limit_it_met(driver: Driver) -> None:
    details = {"incomplete_details": {"reason": "max_prompt_tokens"}}

    error = run(driver, ["incomplete"], changes=details).error

    assert error.message == "the run ended as incomplete: max_prompt_tokens"


def test_a_status_that_nobody_knows_is_named_and_not_waited_for(driver: Driver) -> None:
    driven = run(driver, ["queued", "daydreaming"])

    assert driven.error.kind == "malformed_response"
    assert 'the unknown status "daydreaming"' in driven.error.message
    assert len(driven.pauses) == 1


def test_looks_are_one_second_apart_unless_the_case_says_otherwise(driver: Driver) -> None:
    assert run(driver, ["queued", "in_progress", "completed"]).pauses == [1.0, 1.0]
    assert run(driver, ["queued", "in_progress", "completed"], poll={"interval": 0.25}).pauses == [0.25, 0.25]


def test_the_servers_advice_wins_over_the_interval(driver: Driver) -> None:
    driven = run(driver, ["queued", "completed"], poll={"interval": 3}, headers={"openai-poll-after-ms": "1500"})

    assert driven.pauses == [1.5]


@pytest.mark.parametrize("advice", ["soon", "-5", "", "1e3", "NaN"])
def test_advice_that_is_no_number_is_passed_over(driver: Driver, advice: str) -> None:
    driven = run(driver, ["queued", "completed"], poll={"interval": 3}, headers={"openai-poll-after-ms": advice})

    assert driven.pauses == [3.0]


def test_a_run_that_never_ends_is_cancelled_and_told_with_its_last_status(driver: Driver) -> None:
    driven = run(driver, ["queued", "in_progress"], poll={"interval": 2, "timeout": 5})

    assert driven.error.kind == "timeout"
    assert driven.error.code == "in_progress"
    assert driven.error.message == (
        "the run was still in_progress when the 5 s of 'poll.timeout' had passed; it was asked to stop"
    )
    assert driven.pauses == [2.0, 2.0, 1.0]
    assert driven.requests[-1].method == "POST"
    assert driven.requests[-1].url.endswith("/threads/thread_2/runs/run_4/cancel")


def test_a_server_that_refuses_to_cancel_changes_nothing(driver: Driver) -> None:
    service = driver.serve(Script(statuses=["queued"]))
    service.overrides["POST /threads/*/runs/*/cancel"] = refuse(500, "down")
    request = ModelRequest(endpoint="assistants", messages=(USER,), assistant={"poll": {"timeout": 1}})

    assert driver.drive(AssistantsDialogue(driver.target).ask(request)).error.kind == "timeout"


@pytest.mark.parametrize("advice", [{}, {"openai-poll-after-ms": "0"}])
def test_a_pause_of_zero_does_not_go_on_for_ever(driver: Driver, advice: dict[str, str]) -> None:
    driven = run(driver, ["queued"], poll={"interval": 0, "timeout": 2}, headers=advice)

    assert driven.error.kind == "timeout"
    assert len(driven.requests) <= 30


def test_advice_beyond_the_timeout_waits_no_longer_than_it(driver: Driver) -> None:
    driven = run(driver, ["queued"], poll={"timeout": 4}, headers={"openai-poll-after-ms": "9" * 400})

    assert driven.pauses == [4.0]


def test_without_any_timeout_a_run_is_given_up_after_a_minute(driver: Driver) -> None:
    driven = run(driver, ["queued"])

    assert driven.error.kind == "timeout"
    assert sum(driven.pauses) == 60


def test_after_a_timeout_of_zero_the_run_is_cancelled_at_once(driver: Driver) -> None:
    driven = run(driver, ["queued"], poll={"timeout": 0})

    assert driven.error.kind == "timeout"
    assert driven.pauses == []


@settings(max_examples=60)
@given(
    before=st.lists(GOING_ON, max_size=12),
    last=st.sampled_from(["completed", *BROKEN_OFF, "queued", "cancelling", "sleeping", ""]),
    interval=st.sampled_from([0, 0.01, 1, 7.5]),
    timeout=st.sampled_from([0, 1, 3, 20]),
)
def test_any_sequence_of_statuses_ends_within_the_timeout(
    driver: Driver, before: list[str], last: str, interval: float, timeout: float
) -> None:
    driven = run(driver, [*before, last], poll={"interval": interval, "timeout": timeout})

    looks = len(driven.pauses)
    assert sum(driven.pauses) <= timeout + 1e-6
    assert looks <= 10 * timeout + 1
    assert len(driven.requests) <= looks + 4
    if looks < len(before) or last in ("queued", "cancelling"):
        assert driven.error.kind == "timeout"
    elif last == "completed":
        assert driven.completion.choices[0].text == "It will rain."
    elif last in BROKEN_OFF:
        assert driven.error.kind == "run_failed"
    else:
        assert driven.error.kind == "malformed_response"
