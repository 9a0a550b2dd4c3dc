"""The passing answers of a cell -> what was measured of its contract. Sums up nothing beyond the cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prompt_contracts.case import Case
from prompt_contracts.changed_fields import replace
from prompt_contracts.engine.contract_places import contract_place
from prompt_contracts.engine.strength_tries import (
    AnsweredCell,
    TrialMeans,
    silent_on,
    tried_mutants,
    tried_rows,
)
from prompt_contracts.measured_cell import MeasuredCell, PlaceSum
from prompt_contracts.mutant import TriedMutant
from prompt_contracts.outcome import Outcome
from prompt_contracts.results.strength_sums import joined_trials, place_sums


def measured_cell(answered: AnsweredCell, means: TrialMeans) -> MeasuredCell:
    """All that its own answers tell of a cell."""
    case = answered.cell.case
    return MeasuredCell(
        id=answered.cell.id,
        case=f"{case.path}::{case.name}",
        location=case.location,
        places=_places(case, list(tried_mutants(answered, means))),
        silent_on=silent_on(answered),
        why_none="" if answered.outcomes else answered.why_none,
        answer=answered.answer,
    )


def with_row(measured: MeasuredCell, answered: AnsweredCell, other: Outcome | None, means: TrialMeans) -> MeasuredCell:
    """The same cell, and what the answer to another row tells of it."""
    if other is None:
        return measured
    rows = _places(answered.cell.case, list(tried_rows(answered, other, means)))
    return replace(measured, places=(*measured.places, *rows))


def _places(case: Case, trials: Sequence[Mapping[str, TriedMutant]]) -> tuple[PlaceSum, ...]:
    return tuple(_placed(case, place) for place in place_sums(joined_trials(trials).values()))


def _placed(case: Case, place: PlaceSum) -> PlaceSum:
    """A weak place, with where the contract judges it and whether the author accepts it."""
    if not place.unnoticed:
        return place
    accepted = case.strength.acceptance_of(place.id)
    location = contract_place(case, place.id).location(case)
    return replace(place, location=location, accepted=None if accepted is None else accepted.reason)
