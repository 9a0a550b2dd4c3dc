"""Gates on the strength of contracts: what is too weak, and what is new since another time."""

from __future__ import annotations

from prompt_contracts.report import MissedStrength
from prompt_contracts.strength import CaseStrength, StrengthReport, WeakPlace
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


def new_places(report: StrengthReport, before: StrengthReport) -> tuple[tuple[CaseStrength, WeakPlace], ...]:
    """The open places that were not open before, be it that their case is new."""
    known = {(case.id, place.id) for case in before.cases for place in case.open_places}
    return tuple(
        (case, place) for case in report.cases for place in case.open_places if (case.id, place.id) not in known
    )
