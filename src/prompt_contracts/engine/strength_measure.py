"""The cells of case files -> how strong their contracts are: replays, spoils what passes, sums up. Asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from prompt_contracts.case import Case
from prompt_contracts.changed_fields import replace
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.engine.contract_notes import contract_notes, row_notes
from prompt_contracts.engine.measured_cells import measured_cell, with_row
from prompt_contracts.engine.projects import Project
from prompt_contracts.engine.run import Run
from prompt_contracts.engine.strength_proposals import with_proposals
from prompt_contracts.engine.strength_tries import (
    AnsweredCell,
    TrialMeans,
    distinct,
    other_row,
)
from prompt_contracts.finding import suggest
from prompt_contracts.json_value import Json
from prompt_contracts.linting.source_lines import SourceLines
from prompt_contracts.measured_cell import MeasuredCell
from prompt_contracts.mutant import AnswerState
from prompt_contracts.outcome import Outcome
from prompt_contracts.results.strength_sums import case_strength
from prompt_contracts.strength import CaseStrength
from prompt_contracts.strength_terms import AcceptedPlace
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import CaseResult, TrialResult

AnswerSource = Callable[[Cell, Project], AnsweredCell]
"""The passing answers of a cell, wherever they come from."""


def replayed(cell: Cell, project: Project) -> AnsweredCell:
    """The recorded trials of a cell that keep its contract."""
    exchange = project.run.exchange(cell)
    return answered_cell(cell, project.run.judge(cell, exchange), exchange.outcomes)


def replied(cell: Cell, trials: Sequence[TrialResult]) -> AnsweredCell:
    """The replies to a cell that keep its contract."""
    passing = [Outcome(**trial.facts()) for trial in trials if trial.verdict == "passed"]
    if not passing:
        if trials:
            return AnsweredCell(cell=cell, why_none="no reply passes", answer="failing")
        return AnsweredCell(cell=cell, why_none="no reply", answer="missing")
    return AnsweredCell(cell=cell, outcomes=distinct(passing), passing=len(passing))


def answered_cell(cell: Cell, result: CaseResult, outcomes: Sequence[Outcome]) -> AnsweredCell:
    """The trials of a cell that keep its contract."""
    passed = {trial.trial for trial in result.trials if trial.verdict == "passed"}
    passing = [outcome for outcome in outcomes if outcome.trial in passed]
    if not passing:
        state: AnswerState = "failing" if result.problem is None else "missing"
        return AnsweredCell(cell=cell, why_none=_why_none(result), answer=state)
    return AnsweredCell(cell=cell, outcomes=distinct(passing), passing=len(passing))


def _why_none(result: CaseResult) -> str:
    if result.problem is not None:
        first, *more = result.problem.message.splitlines()
        # A line that ends in a colon says nothing without the next one.
        told = f"{first} {more[0].strip()}" if first.endswith(":") and more else first.removesuffix(":")
        return f"{result.problem.code} {told}"
    return "no answer passes" if result.verdict == "failed" else "no verdict on any answer"


def means_of(run: Run, *, has_rare: bool) -> TrialMeans:
    """What the mutants of a project are tried with."""
    return TrialMeans(references=run.references, masked_json=run.masked_json, has_rare=has_rare)


def has_contract_of_its_own(case: Case) -> bool:
    """Whether it says itself what holds: under a change that is the contract of the base, unless it says otherwise."""
    return case.relation is None or case.has_own_contract


def left_out_reason(cell: Cell) -> str | None:
    """Why a cell is not measured; None measures it."""
    case = cell.case
    if case.skip is not None:
        return f"skipped: {case.skip}"
    if case.xfail is not None:
        return f"xfail: {case.xfail}"
    return None if case.strength.skip is None else f"left out: {case.strength.skip}"


class StrengthMeter:
    """Measures case by case, and remembers which acceptances were of use."""

    def __init__(self, *, has_rare: bool, masked_json: Callable[[Json], Json] | None = None) -> None:
        """`masked_json` is that of all projects together; without it each masks what it knows itself."""
        self._has_rare = has_rare
        self._masked_json = masked_json
        self._judged: list[_JudgedCase] = []

    def cases_of(self, project: Project, answer: AnswerSource) -> Iterator[tuple[CaseStrength, list[AnsweredCell]]]:
        """The cases of a project's files, in their order, with the answers that they were measured by."""
        for file in project.files.values():
            by_case: dict[str, list[Cell]] = {}
            for cell in file.cells:
                if has_contract_of_its_own(cell.case):
                    by_case.setdefault(cell.case.name, []).append(cell)
            for cells in by_case.values():
                answered = [_answered(cell, project, answer) for cell in cells]
                found = self.measure(answered, project.run)
                yield with_proposals(found, answered, self._means(project.run)), answered

    def measure(self, answered: Sequence[AnsweredCell], run: Run) -> CaseStrength:
        """The strength of one case, by all of its cells."""
        means = self._means(run)
        measured = [with_row(measured_cell(each, means), each, other_row(each, answered), means) for each in answered]
        self._judged.append(_JudgedCase(answered, measured))
        cases = [each.cell.case for each in answered if left_out_reason(each.cell) is None]
        return case_strength(measured, notes=_notes(cases, run))

    def _means(self, run: Run) -> TrialMeans:
        means = means_of(run, has_rare=self._has_rare)
        return means if self._masked_json is None else replace(means, masked_json=self._masked_json)

    def acceptance_findings(self, root: Path) -> list[Diagnostic]:
        """Acceptances of places that are not open any more, or that there never were; `root` is that of their files."""
        lines = SourceLines(root)
        written: dict[AcceptedPlace, list[_JudgedCase]] = {}
        for case in self._judged:
            for each in case.accepted:
                written.setdefault(each, []).append(case)
        found = (_finding(each, cases) for each, cases in written.items())
        return [lines.with_line(one) for one in found if one is not None]


def _notes(cases: Sequence[Case], run: Run) -> tuple[str, ...]:
    return (*row_notes(cases), *contract_notes(cases[0], run.references)) if cases else ()


def _answered(cell: Cell, project: Project, answer: AnswerSource) -> AnsweredCell:
    why = left_out_reason(cell)
    return answer(cell, project) if why is None else AnsweredCell(cell=cell, why_none=why, answer="left_out")


class _JudgedCase:
    """A case as far as acceptances are about it; holds none of its answers."""

    def __init__(self, answered: Sequence[AnsweredCell], measured: Sequence[MeasuredCell]) -> None:
        cells = [each for each in answered if left_out_reason(each.cell) is None]
        places = [place for each in measured for place in each.places]
        self.accepted = tuple(dict.fromkeys(one for each in cells for one in each.cell.case.strength.accepted))
        # Of an answer that is not there nobody knows what could be spoiled in it.
        self.is_whole = all(each.outcomes for each in cells)
        self.known = tuple(dict.fromkeys(place.id for place in places))
        self.weak = frozenset(place.id for place in places if place.unnoticed)


def _finding(each: AcceptedPlace, cases: Sequence[_JudgedCase]) -> Diagnostic | None:
    if any(each.place in case.weak or not case.is_whole for case in cases):
        return None
    known = tuple(dict.fromkeys(place for case in cases for place in case.known))
    if each.place in known:
        message = (
            f"the accepted place '{each.place}' is not open any more: the contract notices all that could be there"
        )
        code, advice = "PC160", "remove it"
    else:
        message = f"there is no place '{each.place}'"
        code, advice = "PC161", suggest(each.place, known, "there are")
    return Diagnostic(code=code, message=message, location=each.location, help=advice, severity="warning")
