"""How strong contracts are: what they would let pass. Data only; the engine measures it, `results` sums it up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, fields
from statistics import fmean
from typing import Any, Self

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json
from prompt_contracts.location import Location
from prompt_contracts.mutant import AnswerState, Effect
from prompt_contracts.plain_data import PlainData, read_noun

STRENGTH_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCounts(PlainData):
    """How many mutants were what."""

    noticed: int = 0
    unnoticed: int = 0
    allowed: int = 0
    accepted: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.noticed + self.unnoticed + self.allowed + self.accepted

    @classmethod
    def sum(cls, counts: Iterable[StateCounts]) -> StateCounts:
        """Several counts together."""
        found = list(counts)
        return cls(**{each.name: sum(getattr(one, each.name) for one in found) for each in fields(cls)})


def mean_score(scores: Iterable[float | None]) -> float | None:
    """The mean of the scores that there are; None without any."""
    known = [score for score in scores if score is not None]
    return fmean(known) if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnoticed(PlainData):
    """One spoiled answer that passes."""

    operator: str
    effect: Effect
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal(PlainData):
    """What would close a place."""

    pointer: str
    """JSON pointer into `expect`, to what is replaced."""
    value: Json
    tried_on: int
    """How many passing answers still pass with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakPlace(PlainData):
    """A place of an answer at which a contract lets something pass."""

    id: str
    family: str
    location: Location
    """The clause of the case file that judges it, or the nearest one."""
    unnoticed: tuple[Unnoticed, ...]
    accepted: str | None = None
    """The author's reason; None for a place that is open."""
    proposal: Proposal | None = None
    hindrance: str = ""
    """Why no value is proposed, where one could stand at the place; of a proposal, why it is not written there."""
    cell: str
    """The first cell in which it is weak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStrength(PlainData):
    """One cell, over its passing trials."""

    id: str
    score: float | None
    """0 to 1; None without a passing answer, and where the contract judges nothing that can be spoiled."""
    why_none: str = ""
    """Why there is no score, in a few words; empty where there is one."""
    answer: AnswerState = "passing"
    families: Mapping[str, float] = field(default_factory=dict)
    counts: StateCounts = field(default_factory=StateCounts)
    silent_on: tuple[str, ...] = ()
    """`calls` and `text`, where the answer has some and the contract says nothing of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStrength(PlainData):
    """One case, over its rows, prompts and models."""

    id: str
    """`<case file>::<case>`."""
    location: Location
    score: float | None
    """The mean of its cells with a score; None without any."""
    families: Mapping[str, float]
    counts: StateCounts
    silent_on: tuple[str, ...]
    places: tuple[WeakPlace, ...]
    notes: tuple[str, ...] = ()
    """What the contract itself shows, without any answer."""
    cells: tuple[CellStrength, ...]

    @property
    def open_places(self) -> tuple[WeakPlace, ...]:
        """Those that nobody accepted."""
        return tuple(place for place in self.places if place.accepted is None)

    @property
    def path(self) -> str:
        """The case file."""
        return self.id.partition("::")[0]

    @property
    def why_none(self) -> str:
        """Why there is no score; empty where there is one."""
        return "" if self.score is not None or not self.cells else self.cells[0].why_none


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthReport(PlainData):
    """Every case that was measured, in the order of the case files."""

    cases: tuple[CaseStrength, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data, the same for the same recordings and contracts."""
        return {"version": STRENGTH_FORMAT, **PlainData.to_json(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The report that `to_json` wrote; `ValueError` when its format is another one."""
        if data.get("version") != STRENGTH_FORMAT:
            raise ValueError(f"strength format {data.get('version')!r}: this version reads {STRENGTH_FORMAT}")
        return read_noun(cls, data)
