"""Gates on the strength of contracts: what is too weak, and what is new since another time."""

from __future__ import annotations

from prompt_contracts.strength import CaseStrength, StrengthReport, WeakPlace


def cases_below(report: StrengthReport, share: float) -> tuple[CaseStrength, ...]:
    """The cases with a score that do not reach a share."""
    return tuple(case for case in report.cases if case.score is not None and case.score < share)


def new_places(report: StrengthReport, before: StrengthReport) -> tuple[tuple[CaseStrength, WeakPlace], ...]:
    """The open places that were not open before, be it that their case is new."""
    known = {(case.id, place.id) for case in before.cases for place in case.open_places}
    return tuple(
        (case, place) for case in report.cases for place in case.open_places if (case.id, place.id) not in known
    )
