"""Answers under a change, held against those of the case as it is written: equal under the case's own matching."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from prompt_contracts.case import Case
from prompt_contracts.completion import Completion, ToolCall
from prompt_contracts.data_class import dataclass
from prompt_contracts.expectations.facets import FACETS
from prompt_contracts.expectations.judgement import Judgement, assess
from prompt_contracts.expectations.spoken_subjects import json_of_answer
from prompt_contracts.failure import Failure
from prompt_contracts.json_value import Json
from prompt_contracts.location import Location
from prompt_contracts.outcome import Outcome
from prompt_contracts.turn import Facet
from prompt_contracts.verdict import Sameness, TrialResult, VerdictWord

_MOST_PAIRS = 200
"""Of the base with itself; more would say no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseAnswer:
    """What the case as it is written was answered, trial by trial, as far as there is a verdict on it."""

    id: str
    outcomes: tuple[Outcome, ...]


def compared(
    case: Case, trials: Sequence[TrialResult], outcomes: Sequence[Outcome], base: BaseAnswer
) -> tuple[list[TrialResult], Sameness]:
    """The trials of a case under a change, each held against that of the base with its number, and what came of it.

    A trial whose partner has no answer has no verdict.
    """
    partners = {outcome.trial: outcome for outcome in base.outcomes}
    equal, pairs = _with_itself(case, base.outcomes)
    control = f"the base equals itself in {equal} of {pairs} pairs of its trials"
    found = [
        _held(case, trial, outcome, partners.get(outcome.trial), control)
        for trial, outcome in zip(trials, outcomes, strict=True)
    ]
    held = [each for each in found if each[1] is not None]
    return [trial for trial, _ in found], Sameness(
        equal=sum(is_same is True for _, is_same in held), compared=len(held), base_equal=equal, base_compared=pairs
    )


def _held(
    case: Case, trial: TrialResult, outcome: Outcome, partner: Outcome | None, control: str
) -> tuple[TrialResult, bool | None]:
    """A trial with what it breaks, and whether it equals its partner; None where nobody can tell."""
    if trial.verdict == "error":
        return trial, None
    wanted = "its trial of this number has no answer" if partner is None else _facets_of(case, partner)
    if isinstance(wanted, str):
        failure = Failure(
            code="same.base",
            path="same",
            expected="an answer of the base to compare with",
            got=wanted,
            location=_place(case),
        )
        return replace(trial, verdict="error", failures=(*trial.failures, failure)), None
    judgement = _judgement(case, wanted, outcome)
    if judgement.truth.is_certain:
        return trial, True
    failures = tuple(
        replace(each, code=f"same.{each.code}", path=f"same: {each.path}", message=each.message or control)
        for each in judgement.failures
    )
    is_told = not judgement.truth.is_possible
    verdict: VerdictWord = "failed" if is_told or trial.verdict == "failed" else "error"
    return replace(trial, verdict=verdict, failures=(*trial.failures, *failures)), False if is_told else None


def _with_itself(case: Case, outcomes: Sequence[Outcome]) -> tuple[int, int]:
    """In how many pairs of its trials the base equals itself, and how many there are; the nearest ones of very many."""
    equal = pairs = 0
    for one, other in islice(_pairs(outcomes), _MOST_PAIRS):
        wanted = _facets_of(case, one)
        if not isinstance(wanted, str):
            pairs += 1
            equal += _judgement(case, wanted, other).truth.is_certain
    return equal, pairs


def _pairs(outcomes: Sequence[Outcome]) -> Iterator[tuple[Outcome, Outcome]]:
    for distance in range(1, len(outcomes)):
        yield from zip(outcomes, outcomes[distance:], strict=False)


def _judgement(case: Case, wanted: tuple[Facet, ...], outcome: Outcome) -> Judgement:
    return assess(replace(case, expect=wanted), outcome, earlier=outcome.earlier)


def _facets_of(case: Case, outcome: Outcome) -> tuple[Facet, ...] | str:
    """An answer as a contract that equal answers keep, with the switches of the case; why there is none, in words."""
    if outcome.completion is None:
        return "its trial of this number has no answer"
    # How answers are compared; but for a call that may be missing, or may be there, besides.
    found = [facet for facet in case.expect if FACETS[facet.name].is_switch and facet.value != "allow"]
    for name in case.same.facets if case.same is not None else ():
        if name == "json" and _says_nothing(outcome.completion):
            found.append(Facet(name="text", value={"$len": 0}, location=_place(case)))
            continue
        try:
            value = _calls(outcome) if name == "tool_calls" else _json(case, outcome.completion)
        except ValueError as error:
            return str(error)
        found.append(Facet(name=name, value=value, location=_place(case)))
    return tuple(found)


def _says_nothing(completion: Completion) -> bool:
    """Whether the answer consists of calls alone: then there is no JSON to be compared, and no text that is none."""
    return bool(completion.choices[0].tool_calls) and not completion.choices[0].text


def _calls(outcome: Outcome) -> Json:
    """Raises `ValueError` where arguments of a call are no JSON object."""
    answers = (*outcome.earlier, *(() if outcome.completion is None else (outcome.completion,)))
    calls = [call for answer in answers for call in answer.choices[0].tool_calls]
    return [_entry(call) for call in calls] or "none"


def _entry(call: ToolCall) -> dict[str, Json]:
    arguments = call.parsed_arguments()
    if arguments is None:
        raise ValueError("a call whose arguments are no JSON object")
    return {call.name: {"$eq": arguments}}


def _json(case: Case, completion: Completion) -> Json:
    """Raises `ValueError` where the answer is no JSON: two texts are not equal for that."""
    is_fenced = case.facets.get("json_in") == "fenced"
    try:
        return {"$eq": json_of_answer(completion.choices[0].text, is_fenced=is_fenced)}
    except ValueError as error:
        advice = "" if is_fenced else "; a block of JSON amid a text needs json_in: fenced"
        raise ValueError(f"an answer that is no JSON: {error}{advice}") from None


def _place(case: Case) -> Location:
    return case.location if case.same is None else case.same.location
