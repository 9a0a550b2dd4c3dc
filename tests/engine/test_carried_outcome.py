"""Outcomes as they go from a worker to the process that sums up: as text and back, all that a judge may ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from prompt_contracts.case import Case
from prompt_contracts.engine.carried_outcome import outcome_of, outcome_text, without_traffic
from prompt_contracts.engine.projects import Projects
from prompt_contracts.engine.quick_verdict import QuickVerdict
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.json_number import ExactNumber
from prompt_contracts.outcome import Outcome
from prompt_contracts.turn import Facet
from tests.expectations.build import answer

ROOT = Path(__file__).parents[2]
FILES = ("answers", "conversations", "errors", "faults", "streams", "tools")


@pytest.fixture(scope="module")
def projects() -> Iterator[Projects]:
    """The project itself, whose example cases are replayed."""
    options = RunOptions(root=ROOT, cassettes=ROOT / "cassettes")
    found = Projects(options, environ={}, cassettes=Path("cassettes"), is_fixed=True)
    yield found
    found.close()


def unplaced(outcome: Outcome) -> Outcome:
    """The same without the places in its file, which nobody asks for who only says yes or no."""

    def facet(one: Facet) -> Facet:
        return replace(one, locations={})

    asked = outcome.asked and replace(outcome.asked, places={}, expect=tuple(map(facet, outcome.asked.expect)))
    return replace(outcome, asked=asked, turns=tuple(map(unplaced, outcome.turns)))


@pytest.mark.parametrize("name", FILES)
def test_recorded_outcomes_come_back_as_they_were(projects: Projects, name: str) -> None:
    path = ROOT / "cases" / f"{name}.yaml"
    project = projects.of(path)
    loaded = project.load(path, is_named=True)
    assert loaded is not None
    count = 0

    for cell in loaded.cells:
        exchange = project.run.exchange(cell)
        result = project.run.judge(cell, exchange)
        for outcome, trial in zip(exchange.outcomes, result.trials, strict=True):
            text = outcome_text(outcome)
            assert unplaced(outcome_of(text)) == unplaced(outcome), cell.id
            json.loads(text)
            count += 1
            if trial.verdict == "passed" and not cell.case.is_application:
                carried = outcome_of(outcome_text(without_traffic(outcome, cell.case)))
                verdict = QuickVerdict(cell, carried, references=project.run.references)
                assert verdict.passes(replace(carried, turns=tuple(replace(turn) for turn in carried.turns))), cell.id

    assert count >= 3


def test_numbers_keep_every_digit() -> None:
    exact = ExactNumber("0.1000000000000000055511151231257827021181583404541015625")
    outcome = replace(answer("hi"), interactions=answer("hi", requests=({"temperature": exact},)).interactions)

    back = outcome_of(outcome_text(outcome))

    assert back == outcome
    assert repr(back.interactions[0].request.body) == repr(outcome.interactions[0].request.body)


@pytest.mark.parametrize(
    ("expect", "is_kept"),
    [
        ({"text": "hi"}, False),
        ({"requests": [{"model": "small"}]}, True),
        ({"any_of": [{"text": "hi"}, {"check": "words:polite"}]}, True),
    ],
)
def test_what_was_sent_goes_along_only_where_the_contract_looks_at_it(
    case: Case, expect: dict[str, object], is_kept: bool
) -> None:
    outcome = answer("hi", requests=({"model": "small"},))
    facets = tuple(Facet(name=name, value=value, location=case.location) for name, value in expect.items())  # type: ignore[arg-type]

    kept = without_traffic(outcome, replace(case, expect=facets))

    assert (kept == outcome) is is_kept
    assert len(kept.interactions) == 1


@pytest.fixture
def case(projects: Projects) -> Case:
    """Any case."""
    path = ROOT / "cases" / "answers.yaml"
    loaded = projects.of(path).load(path, is_named=True)
    assert loaded is not None
    return loaded.cells[0].case
