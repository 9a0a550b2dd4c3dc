"""Verdicts of a cell's trials -> what they say of asking more than once; of many cells -> the average."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean

from prompt_contracts.results.statistics import pass_all_k, pass_at_k
from prompt_contracts.verdict import Repeats, VerdictWord


def repeats_of(verdicts: Sequence[VerdictWord], *, planned: int) -> Repeats | None:
    """Of one cell; None for one trial. Trials in error are not judged, and neither are those that were not run."""
    if planned < 2:
        return None
    passed, scored = verdicts.count("passed"), len(verdicts) - verdicts.count("error")
    at_least_one = pass_at_k(passed, scored, planned)
    every = pass_all_k(passed, scored, planned)
    return Repeats(k=planned, pass_at_k=at_least_one, pass_all_k=every, cells=int(at_least_one is not None))


def average_repeats(found: Iterable[Repeats]) -> tuple[Repeats, ...]:
    """Of many cells, apart by the number of their trials; each cell counts alike."""
    groups: dict[int, list[Repeats]] = {}
    for one in found:
        groups.setdefault(one.k, []).append(one)
    return tuple(_average(k, groups[k]) for k in sorted(groups))


def _average(k: int, cells: Sequence[Repeats]) -> Repeats:
    at_least_one = [cell.pass_at_k for cell in cells if cell.pass_at_k is not None]
    every = [cell.pass_all_k for cell in cells if cell.pass_all_k is not None]
    return Repeats(
        k=k,
        pass_at_k=fmean(at_least_one) if at_least_one else None,
        pass_all_k=fmean(every) if every else None,
        cells=len(at_least_one),
    )
