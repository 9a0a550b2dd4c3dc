"""Mutants that were tried -> the strength of a cell and of a case. Judges no mutant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean

from prompt_contracts.changed_fields import replace
from prompt_contracts.measured_cell import MeasuredCell, PlaceSum
from prompt_contracts.mutant import State, TriedMutant
from prompt_contracts.strength import CaseStrength, CellStrength, StateCounts, Unnoticed, WeakPlace, mean_score

_UNSCORED_ALONE = frozenset({"usage", "cost", "latency"})
"""Families that say nothing of what was answered: a contract on these alone has no score."""
_ORDER: Sequence[State] = ("noticed", "allowed", "accepted", "unnoticed")
"""What a mutant is that several trials tried: the last of what it was."""


def joined_trials(trials: Iterable[Mapping[str, TriedMutant]]) -> dict[str, TriedMutant]:
    """The mutants of several trials of a cell by their ids; one that passes in any of them passes."""
    found: dict[str, TriedMutant] = {}
    for trial in trials:
        for name, mutant in trial.items():
            known = found.get(name)
            if known is None or _ORDER.index(mutant.state) > _ORDER.index(known.state):
                found[name] = mutant
    return found


def place_sums(mutants: Iterable[TriedMutant]) -> tuple[PlaceSum, ...]:
    """The mutants, place by place in their order."""
    places: dict[tuple[str, str], list[TriedMutant]] = {}
    for mutant in mutants:
        places.setdefault((mutant.family, mutant.place), []).append(mutant)
    return tuple(
        PlaceSum(
            id=place,
            family=family,
            counts=state_counts(found),
            unnoticed=tuple(
                Unnoticed(operator=one.operator, effect=one.effect, before=one.before, after=one.after)
                for one in found
                if one.state in ("unnoticed", "accepted")
            ),
        )
        for (family, place), found in places.items()
    )


def state_counts(mutants: Iterable[TriedMutant]) -> StateCounts:
    """How many mutants were what."""
    counts = Counter(mutant.state for mutant in mutants)
    return StateCounts(**{state: counts[state] for state in _ORDER})


def family_scores(places: Iterable[PlaceSum]) -> dict[str, float]:
    """Of each family, the mean of the noticed shares of its places."""
    shares: dict[str, list[float]] = {}
    for place in places:
        if place.share is not None:
            shares.setdefault(place.family, []).append(place.share)
    return {family: fmean(found) for family, found in shares.items()}


def cell_strength(
    cell: str, places: Sequence[PlaceSum], *, counts: StateCounts, silent_on: tuple[str, ...]
) -> CellStrength:
    """A cell's score: the mean over its families of the mean over their places."""
    families = family_scores(places)
    is_scored = not families.keys() <= _UNSCORED_ALONE
    return CellStrength(
        id=cell,
        score=fmean(families.values()) if is_scored else None,
        why_none="" if is_scored else _why_none(families, places),
        families=families,
        counts=counts,
        silent_on=silent_on,
    )


def _why_none(families: Mapping[str, float], places: Sequence[PlaceSum]) -> str:
    if families:
        return f"judges {' and '.join(families)} alone"
    if places:
        return "all that could be spoiled is accepted or allowed"
    return "judges nothing that could be spoiled"


def case_strength(measured: Sequence[MeasuredCell], *, notes: tuple[str, ...] = ()) -> CaseStrength:
    """A case's strength, by all of its cells; there is at least one."""
    cells = tuple(_strength_of(each) for each in measured)
    return CaseStrength(
        id=measured[0].case,
        location=measured[0].location,
        score=mean_score(cell.score for cell in cells),
        families=mean_families(cells),
        counts=StateCounts.sum(cell.counts for cell in cells),
        silent_on=tuple(dict.fromkeys(name for cell in cells for name in cell.silent_on)),
        places=tuple(_weak_places(measured)),
        notes=notes,
        cells=cells,
    )


def _strength_of(measured: MeasuredCell) -> CellStrength:
    counts = StateCounts.sum(place.counts for place in measured.places)
    found = cell_strength(measured.id, measured.places, counts=counts, silent_on=measured.silent_on)
    return replace(found, why_none=measured.why_none, answer=measured.answer) if measured.why_none else found


def _weak_places(cells: Iterable[MeasuredCell]) -> Iterator[WeakPlace]:
    """Each place that is weak in some cell, once, as the first of them shows it."""
    seen: dict[str, WeakPlace] = {}
    for cell in cells:
        for place in cell.places:
            if not place.unnoticed:
                continue
            found = WeakPlace(
                id=place.id,
                family=place.family,
                location=place.location or cell.location,
                unnoticed=place.unnoticed,
                accepted=place.accepted,
                cell=cell.id,
            )
            known = seen.get(place.id)
            if known is None or (known.accepted is not None and found.accepted is None):
                seen[place.id] = found
    yield from seen.values()


def mean_families(cells: Sequence[CellStrength]) -> dict[str, float]:
    """Of each family, the mean over the cells that have it."""
    names = dict.fromkeys(name for cell in cells for name in cell.families)
    return {name: fmean(cell.families[name] for cell in cells if name in cell.families) for name in names}
