"""Cells of two sides -> pairs of the same cell. Whatever has no partner is kept and named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError
from prompt_contracts.verdict import CaseResult

CellKey = tuple[str | None, ...]
"""What two cells have in common that are partners."""
KeyOf = Callable[[CaseResult], CellKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCells:
    """One side before anything is paired: a run, a model, a prompt."""

    label: str
    cells: Sequence[CaseResult]
    broken: Sequence[str] = ()
    """The node ids of what could not be loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPair:
    """One cell on both sides."""

    base: CaseResult
    other: CaseResult

    @property
    def name(self) -> str:
        """The node id, without what the two differ in."""
        base, other = self.base, self.other
        if base.id == other.id:
            return base.id
        both = (
            (base.row, other.row),
            (base.relation, other.relation),
            (base.prompt, other.prompt),
            (base.model_id, other.model_id),
        )
        same = "-".join(one for one, another in both if one is not None and one == another)
        return f"{base.path}::{base.case}{f'[{same}]' if same else ''}"

    @property
    def cluster(self) -> tuple[str, str]:
        """The case: answers to its rows and prompts have something in common."""
        return self.base.path, self.base.case

    @property
    def is_judged(self) -> bool:
        """Whether both sides have a verdict on the model."""
        return trial_rate(self.base) is not None and trial_rate(self.other) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedSides:
    """Two sides, cell by cell."""

    base: SideCells
    other: SideCells
    pairs: tuple[CellPair, ...]
    """In the order of the base."""
    base_alone: tuple[str, ...]
    """The node ids of cells without a partner."""
    other_alone: tuple[str, ...]


def trial_rate(result: CaseResult) -> float | None:
    """The share of a cell's judged trials that passed; None of an error, and where no trial was judged."""
    judged = [trial.verdict == "passed" for trial in result.trials if trial.verdict != "error"]
    return sum(judged) / len(judged) if judged and result.verdict != "error" else None


def cell_key(result: CaseResult) -> CellKey:
    """What makes a cell the same one in another run."""
    return (result.path, result.case, result.row, result.relation, result.prompt, result.model_id)


def model_free_key(result: CaseResult) -> CellKey:
    """What makes a cell the same one for another model."""
    return (result.path, result.case, result.row, result.relation, result.prompt)


def prompt_free_key(result: CaseResult) -> CellKey:
    """What makes a cell the same one with another prompt."""
    return (result.path, result.case, result.row, result.relation, result.model_id)


def is_across_models(base: Iterable[str], other: Iterable[str]) -> bool:
    """Whether runs of these models are paired without the model: each has one alone, and they are not the same."""
    first, second = set(base), set(other)
    return len(first) == len(second) == 1 and first != second


def pair_cells(base: SideCells, other: SideCells, key: KeyOf) -> PairedSides:
    """The partners; `UsageError` where a side tells of a cell twice."""
    first, second = _by_key(base, key), _by_key(other, key)
    return PairedSides(
        base=base,
        other=other,
        pairs=tuple(CellPair(base=first[each], other=second[each]) for each in first if each in second),
        base_alone=tuple(result.id for each, result in first.items() if each not in second),
        other_alone=tuple(result.id for each, result in second.items() if each not in first),
    )


def _by_key(side: SideCells, key: KeyOf) -> dict[CellKey, CaseResult]:
    found: dict[CellKey, CaseResult] = {}
    for result in side.cells:
        if key(result) in found:
            raise UsageError(
                f"{side.label} tells of {result.id} more than once, and nobody knows which of them is meant: "
                "give each run as a report of its own"
            )
        found[key(result)] = result
    return found
