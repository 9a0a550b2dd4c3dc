"""Trials that came out alike."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.failure import Failure
from prompt_contracts.location import Location
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.trial_group import group_trials
from prompt_contracts.usage import Usage
from prompt_contracts.verdict import TrialResult, VerdictWord

VERDICTS: tuple[VerdictWord, ...] = ("passed", "failed", "error")


def trial(number: int, verdict: VerdictWord = "passed", *, text: str = "x", **more: Any) -> TrialResult:
    answer = Completion(id=f"id-{number}", choices=(Choice(text=text, **more),), usage=Usage())
    return TrialResult(trial=number, verdict=verdict, usage=Usage(), completion=answer, latency=number / 7)


def call(arguments: str) -> ToolCall:
    return ToolCall(id=f"call-{len(arguments)}", name="get", arguments=arguments)


@given(st.lists(st.tuples(st.sampled_from(VERDICTS), st.sampled_from("abc"))))
def test_every_trial_is_in_one_group_of_its_own_kind(drawn: list[tuple[VerdictWord, str]]) -> None:
    trials = [trial(number, verdict, text=text) for number, (verdict, text) in enumerate(drawn, 1)]

    groups = group_trials(trials)

    assert sorted(each.trial for group in groups for each in group.trials) == [each.trial for each in trials]
    assert len(groups) == len(set(drawn))
    ranks = [(("failed", "error", "passed").index(group.verdict), -len(group.trials)) for group in groups]
    assert ranks == sorted(ranks)


def test_ids_spaces_of_json_and_latency_tell_no_answers_apart() -> None:
    trials = [trial(1, tool_calls=(call('{"a":1,"b":2}'),)), trial(2, tool_calls=(call('{"b": 2, "a": 1.0}'),))]

    assert len(group_trials(trials)) == 1


def test_a_measured_value_tells_no_failures_apart() -> None:
    place = Location(path="a.yaml", line=1, column=1)
    failures = [Failure(code="latency", path="latency", expected="≤ 1", got=got, location=place) for got in ("2", "3")]
    trials = [
        TrialResult(trial=number, verdict="failed", usage=Usage(), failures=(failure,))
        for number, failure in enumerate(failures, 1)
    ]

    assert len(group_trials(trials)) == 1


def test_other_errors_are_other_groups() -> None:
    errors = [ProviderError(kind="rate_limit", message="slow"), ProviderError(kind="server", message="slow")]
    trials = [
        TrialResult(trial=number, verdict="error", usage=Usage(), error=error) for number, error in enumerate(errors, 1)
    ]

    assert len(group_trials(trials)) == 2
