"""What was measured of the contract of one cell, place by place: what goes from a worker to whoever sums it up."""

from __future__ import annotations

from prompt_contracts.data_class import dataclass
from prompt_contracts.location import Location
from prompt_contracts.mutant import AnswerState
from prompt_contracts.plain_data import PlainData
from prompt_contracts.strength import StateCounts, Unnoticed


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSum(PlainData):
    """The mutants of one place of a cell."""

    id: str
    family: str
    counts: StateCounts
    unnoticed: tuple[Unnoticed, ...]
    """Those that pass, accepted ones included."""
    location: Location | None = None
    """Of a weak place: the clause of the case file that judges it, or the nearest one."""
    accepted: str | None = None
    """Of a weak place that the author accepts: the reason."""

    @property
    def share(self) -> float | None:
        """Of the mutants that count, those that are noticed; None where none counts."""
        counted = self.counts.noticed + self.counts.unnoticed
        return self.counts.noticed / counted if counted else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredCell(PlainData):
    """One cell, over its passing trials."""

    id: str
    case: str
    """`<case file>::<case>`."""
    location: Location
    """Where the case starts."""
    places: tuple[PlaceSum, ...] = ()
    silent_on: tuple[str, ...] = ()
    """`calls` and `text`, where the answers have some and the contract says nothing of them."""
    why_none: str = ""
    """Why there is no passing answer, or why the cell is left out; empty where there is one."""
    answer: AnswerState = "passing"
