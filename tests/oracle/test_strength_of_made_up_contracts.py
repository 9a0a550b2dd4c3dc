"""However strange a contract and its answer are: measuring ends, applying nothing passes, and every place has words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import event, given, settings

from prompt_contracts.engine.contract_notes import contract_notes
from prompt_contracts.engine.quick_verdict import QuickVerdict
from prompt_contracts.engine.strength_measure import StrengthMeter, means_of
from prompt_contracts.engine.strength_proposals import with_proposals
from prompt_contracts.engine.strength_tries import AnsweredCell
from prompt_contracts.json_schema import regular_expression
from prompt_contracts.renderers.strength_text import strength_findings, strength_json, strength_text
from prompt_contracts.strength import StrengthReport
from tests.oracle.generated_contracts import Example, calls_examples, examples
from tests.oracle.real_judge import RealProject, Refused, outcome_of


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProject]:
    """A project whose one case is written anew for each contract, and in which slow patterns are given up soon."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regular_expression, "REGEX_SECONDS", 0.01)
        yield RealProject(tmp_path_factory.mktemp("project"))


def measure(project: RealProject, example: Example) -> None:
    cell = project.load(example.expect, example.setting, is_application=example.is_application)
    if isinstance(cell, Refused):
        event("refused")
        return
    contract_notes(cell.case, project.run.references)
    for seen in example.seen:
        outcome = outcome_of(seen)
        if project.judge(cell, seen) != "passed":
            event("does not pass")
            continue
        event("measured")
        answered = AnsweredCell(cell=cell, outcomes=(outcome,), passing=1)
        assert QuickVerdict(cell, outcome, references=project.run.references).passes(outcome)
        found = StrengthMeter(has_rare=True).measure([answered], project.run)
        found = with_proposals(found, [answered], means_of(project.run, has_rare=True))
        report = StrengthReport(cases=(found,))
        assert found.score is None or 0 <= found.score <= 1
        assert strength_text(report, is_verbose=True)
        assert StrengthReport.from_json(strength_json(report)) == report
        assert len(list(strength_findings(report))) == len(found.open_places)


@settings(max_examples=80)
@given(examples)
def test_every_contract_can_be_measured(project: RealProject, example: Example) -> None:
    measure(project, example)


@settings(max_examples=50)
@given(calls_examples)
def test_every_contract_on_calls_can_be_measured(project: RealProject, example: Example) -> None:
    measure(project, example)
