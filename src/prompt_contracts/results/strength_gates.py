"""Gates on the strength of contracts: what is too weak, and what is new since another time."""

from __future__ import annotations

from collections.abc import Container

from prompt_contracts.report import MissedStrength
from prompt_contracts.strength import CaseStrength, CellStrength, StrengthReport, WeakPlace
from prompt_contracts.strength_found import StrengthFound


def cases_below(report: StrengthReport, share: float) -> tuple[CaseStrength, ...]:
    """The cases with a score that do not reach a share."""
    return tuple(case for case in report.cases if case.score is not None and case.score < share)


def missed_strength(found: StrengthFound) -> tuple[MissedStrength, ...]:
    """The cases of a run that do not reach what was wanted; one that is about none where nothing has a score."""
    wanted = found.least
    if not found.has_score:
        return (missing_strength(wanted, why="no case has a score"),)
    below = tuple(MissedStrength(case=case.id, wanted=wanted, score=case.score) for case in found.below)
    return below or tuple(
        MissedStrength(
            case=case,
            wanted=wanted,
            score=None,
            why_none=f"the answers to the rows of {case} could not be tried on each other",
        )
        for case in found.rowless
    )


def missing_strength(wanted: float, *, why: str) -> MissedStrength:
    """Of a run in which nothing could be measured."""
    return MissedStrength(case=None, wanted=wanted, score=None, why_none=why)


def is_measured(case: CaseStrength) -> bool:
    """Whether any of its cells was: by an answer that keeps the contract, whatever came of it."""
    return any(cell.answer == "passing" for cell in case.cells)


def unanswered_cells(report: StrengthReport) -> tuple[tuple[CaseStrength, CellStrength], ...]:
    """The cells to which no answer is known, though nobody left them out: nobody knows what they would reach."""
    return tuple((case, cell) for case in report.cases for cell in case.cells if cell.answer == "missing")


def lost_scores(report: StrengthReport, before: StrengthReport) -> tuple[CaseStrength, ...]:
    """The cases that had a score before and have none now, but for those whose author wants none."""
    known = {case.id for case in before.cases if case.score is not None}
    return tuple(case for case in report.cases if case.score is None and case.id in known and not _is_let_be(case))


def _is_let_be(case: CaseStrength) -> bool:
    """Whether the author says so: all of it is left out, or all that could be spoiled is accepted."""
    counts = case.counts
    is_accepted = counts.total > 0 and counts.noticed + counts.unnoticed == 0
    return is_accepted or all(cell.answer == "left_out" for cell in case.cells)


def gone_cases(report: StrengthReport, before: StrengthReport, files: Container[str]) -> tuple[CaseStrength, ...]:
    """The cases that had a score before and are there no more, though their file is one of those that were measured."""
    known = {case.id for case in report.cases}
    return tuple(
        case for case in before.cases if case.score is not None and case.id not in known and case.path in files
    )


def new_places(report: StrengthReport, before: StrengthReport) -> tuple[tuple[CaseStrength, WeakPlace], ...]:
    """The open places that were not open before, be it that their case is new."""
    known = {(case.id, place.id) for case in before.cases for place in case.open_places}
    return tuple(
        (case, place) for case in report.cases for place in case.open_places if (case.id, place.id) not in known
    )
