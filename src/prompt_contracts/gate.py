"""What a comparison or a run must not fall below, and what did."""

from __future__ import annotations

from typing import Literal

from prompt_contracts.comparison import Contrast
from prompt_contracts.data_class import dataclass

GateKind = Literal["worse", "rate", "cost", "latency"]
GapKind = Literal["missing", "unproved"]
"""Cells of the base that another run has not; cells that did not pass, and of which the base has no verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityGate:
    """The most that one side of a comparison may be worse than its base."""

    kind: GateKind
    """`worse`: cells that fail now or are an error now; `rate`: the pass rate; `cost` and `latency`: what they took."""
    limit: float = 0.0
    """Of `worse` the number of cells, of `rate` the drop from 0 to 1, of `cost` and `latency` the ratio."""
    text: str
    """As it was typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenGate:
    """A gate that a contrast does not pass."""

    gate: QualityGate
    contrast: Contrast
    value: float | None
    """What is held against the limit; None where it is unknown, which never passes, and where the base took nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Cells that no contrast tells of, and that keep gates from holding."""

    kind: GapKind
    cells: tuple[str, ...]
    """Node ids."""
