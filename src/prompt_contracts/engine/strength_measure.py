"""The cells of case files -> how strong their contracts are: replays, spoils what passes, sums up. Asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from prompt_contracts.case import Case
from prompt_contracts.changed_fields import replace
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.engine.contract_notes import contract_notes, row_notes
from prompt_contracts.engine.contract_places import contract_place
from prompt_contracts.engine.projects import Project
from prompt_contracts.engine.run import Run
from prompt_contracts.engine.strength_proposals import with_proposals
from prompt_contracts.engine.strength_tries import (
    AnsweredCell,
    TrialMeans,
    distinct,
    other_row,
    silent_on,
    tried_mutants,
)
from prompt_contracts.finding import suggest
from prompt_contracts.linting.source_lines import SourceLines
from prompt_contracts.outcome import Outcome
from prompt_contracts.results.strength_sums import (
    PlaceSum,
    cell_strength,
    joined_trials,
    mean_families,
    place_sums,
    state_counts,
)
from prompt_contracts.strength import CaseStrength, CellStrength, StateCounts, WeakPlace, mean_score
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
    why = "" if passing else ("no reply passes" if trials else "no reply")
    return AnsweredCell(cell=cell, outcomes=distinct(passing), passing=len(passing), why_none=why)


def answered_cell(cell: Cell, result: CaseResult, outcomes: Sequence[Outcome]) -> AnsweredCell:
    """The trials of a cell that keep its contract."""
    passed = {trial.trial for trial in result.trials if trial.verdict == "passed"}
    passing = [outcome for outcome in outcomes if outcome.trial in passed]
    return AnsweredCell(
        cell=cell, outcomes=distinct(passing), passing=len(passing), why_none="" if passing else _why_none(result)
    )


def _why_none(result: CaseResult) -> str:
    if result.problem is not None:
        return f"{result.problem.code} {result.problem.message.splitlines()[0]}"
    return "no answer passes" if result.verdict == "failed" else "no verdict on any answer"


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

    def __init__(self, *, has_rare: bool) -> None:
        self._has_rare = has_rare
        self._judged: list[_JudgedCase] = []

    def cases_of(self, project: Project, answer: AnswerSource) -> Iterator[tuple[CaseStrength, list[AnsweredCell]]]:
        """The cases of a project's files, in their order, with the answers that they were measured by."""
        for file in project.files.values():
            by_case: dict[str, list[Cell]] = {}
            for cell in file.cells:
                # What holds under a change is the contract of the base, unless it says what holds instead.
                if cell.case.relation is not None and not cell.case.has_own_contract:
                    continue
                by_case.setdefault(cell.case.name, []).append(cell)
            for cells in by_case.values():
                answered = [_answered(cell, project, answer) for cell in cells]
                found = self.measure(answered, project.run)
                yield with_proposals(found, answered, project.run.references), answered

    def measure(self, answered: Sequence[AnsweredCell], run: Run) -> CaseStrength:
        """The strength of one case, by all of its cells."""
        means = TrialMeans(references=run.references, masked_json=run.masked_json, has_rare=self._has_rare)
        sums: list[tuple[AnsweredCell, tuple[PlaceSum, ...]]] = []
        cells: list[CellStrength] = []
        for each in answered:
            other = other_row(each, answered)
            trials = tried_mutants(each, means, other=other)
            joined = tuple(joined_trials(trials).values())
            places = place_sums(joined)
            found = cell_strength(each.cell.id, places, counts=state_counts(joined), silent_on=silent_on(each))
            cells.append(found if each.outcomes else replace(found, why_none=each.why_none))
            sums.append((each, places))
        self._judged.append(_JudgedCase(sums))
        case = answered[0].cell.case
        return CaseStrength(
            id=f"{case.path}::{case.name}",
            location=case.location,
            score=mean_score(cell.score for cell in cells),
            families=mean_families(cells),
            counts=StateCounts.sum(cell.counts for cell in cells),
            silent_on=tuple(dict.fromkeys(name for cell in cells for name in cell.silent_on)),
            places=tuple(_weak_places(sums)),
            notes=_notes([each.cell.case for each in answered if left_out_reason(each.cell) is None], run),
            cells=tuple(cells),
        )

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
    return answer(cell, project) if why is None else AnsweredCell(cell=cell, why_none=why)


class _JudgedCase:
    """A case as far as acceptances are about it; holds none of its answers."""

    def __init__(self, sums: Sequence[tuple[AnsweredCell, tuple[PlaceSum, ...]]]) -> None:
        measured = [(each, places) for each, places in sums if left_out_reason(each.cell) is None]
        self.accepted = tuple(dict.fromkeys(one for each, _ in measured for one in each.cell.case.strength.accepted))
        # Of an answer that is not there nobody knows what could be spoiled in it.
        self.is_whole = all(each.outcomes for each, _ in measured)
        self.known = tuple(dict.fromkeys(place.id for _, places in measured for place in places))
        self.weak = frozenset(place.id for _, places in measured for place in places if place.unnoticed)


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


def _weak_places(sums: Iterable[tuple[AnsweredCell, tuple[PlaceSum, ...]]]) -> Iterator[WeakPlace]:
    """Each place that is weak in some cell, once, as the first of them shows it."""
    seen: dict[str, WeakPlace] = {}
    for answered, places in sums:
        case = answered.cell.case
        for place in places:
            if not place.unnoticed:
                continue
            accepted = case.strength.acceptance_of(place.id)
            found = WeakPlace(
                id=place.id,
                family=place.family,
                location=contract_place(case, place.id).location(case),
                unnoticed=place.unnoticed,
                accepted=None if accepted is None else accepted.reason,
                cell=answered.cell.id,
            )
            known = seen.get(place.id)
            if known is None or (known.accepted is not None and found.accepted is None):
                seen[place.id] = found
    yield from seen.values()
