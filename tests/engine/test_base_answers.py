"""What is known of a base: what was judged here, or a recording that stays as it is; else why there is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from prompt_contracts.case import Case
from prompt_contracts.completion import Choice, Completion
from prompt_contracts.engine.base_answers import BaseAnswers
from prompt_contracts.engine.judge import cell_result
from prompt_contracts.engine.planner import NO_MODEL
from prompt_contracts.engine.sameness import BaseAnswer
from prompt_contracts.location import Location
from prompt_contracts.outcome import Outcome
from prompt_contracts.relation import Same
from prompt_contracts.transport.cell_transport import Mode
from prompt_contracts.trial import Cell
from prompt_contracts.usage import Usage
from prompt_contracts.verdict import CaseResult, Problem, TrialResult

PLACE = Location(path="a.yaml", line=1, column=1)
CASE = Case(
    path="a.yaml", name="a", location=PLACE, messages=(), expect=(), same=Same(facets=("json",), location=PLACE)
)
BASE = Cell(case=CASE, target=NO_MODEL, cassette="a/a/_.yaml")
CHANGED = replace(BASE, case=replace(CASE, relation="more_tools"))


def _outcome(number: int) -> Outcome:
    return Outcome(trial=number, completion=Completion(choices=(Choice(text="1"),), usage=Usage()), usage=Usage())


OUTCOMES = (_outcome(1), _outcome(2))
RESULT = cell_result(
    BASE, [TrialResult(**each.facts(), verdict="passed") for each in OUTCOMES], cassette="cassettes/a/a/_.yaml"
)


def _answers(mode: Mode, *, result: CaseResult = RESULT) -> tuple[BaseAnswers, list[str]]:
    replayed: list[str] = []

    def replay(cell: Cell) -> tuple[CaseResult, Sequence[Outcome]]:
        replayed.append(cell.id)
        return result, OUTCOMES

    found = BaseAnswers(mode, replayed=replay)
    found.note([BASE, CHANGED])
    return found, replayed


@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "stale", "all", "rewrite"])
def test_a_recording_that_stays_is_looked_into_once(mode: Mode) -> None:
    answers, replayed = _answers(mode)

    first, second = answers.of(CHANGED), answers.of(CHANGED)

    assert first is second
    assert isinstance(first, BaseAnswer)
    assert [outcome.trial for outcome in first.outcomes] == [1, 2]
    assert replayed == [BASE.id]


@pytest.mark.parametrize("mode", ["live", "rewrite"])
def test_what_was_judged_in_this_process_is_known(mode: Mode) -> None:
    answers, replayed = _answers(mode)
    answers.announce([BASE, CHANGED])

    answers.keep(BASE, RESULT, OUTCOMES)
    answers.keep(CHANGED, RESULT, ())

    assert isinstance(answers.of(CHANGED), BaseAnswer)
    assert replayed == []


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("rewrite", "it is recorded anew in this run, later or by another worker: *"),
        ("all", "it is recorded anew in this run, later or by another worker: *"),
        ("live", "it was not asked before in this process, and --pc-live reads no recording"),
    ],
)
def test_what_is_asked_anew_elsewhere_is_not_known(mode: Mode, why: str) -> None:
    answers, replayed = _answers(mode)
    answers.announce([BASE, CHANGED])

    found = answers.of(CHANGED)

    assert isinstance(found, Problem)
    assert found.code == "PC205"
    assert found.message.startswith(f"no answer of the base to compare with, {BASE.id}: {why.removesuffix('*')}")
    assert replayed == []


def test_a_base_in_error_is_a_problem_whoever_found_it() -> None:
    wrong = replace(RESULT, verdict="error", problem=Problem(code="PC201", message="nothing is recorded"))
    answers, _ = _answers("none", result=wrong)

    found = answers.of(CHANGED)

    assert isinstance(found, Problem)
    assert found.message.endswith(": PC201 nothing is recorded")


def test_a_base_of_no_loaded_file_is_a_problem() -> None:
    answers = BaseAnswers("none", replayed=lambda _: (RESULT, OUTCOMES))

    found = answers.of(CHANGED)

    assert isinstance(found, Problem)
    assert found.message.endswith(": it is not loaded")
