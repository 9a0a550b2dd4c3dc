"""What the bases of this run were answered, for the cells under changes that must equal them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from prompt_contracts.engine.sameness import BaseAnswer
from prompt_contracts.outcome import Outcome
from prompt_contracts.transport.cell_transport import Mode
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import CaseResult, Problem

Replayed = Callable[[Cell], tuple[CaseResult, Sequence[Outcome]]]
_ANEW: frozenset[Mode] = frozenset({"all", "rewrite"})
_AGAIN = "let it run first, or compare the recordings: run again without --pc-record"


class BaseAnswers:
    """Knows what was judged in this process; else looks into the recording of a base, where that stays as it is."""

    def __init__(self, mode: Mode, *, replayed: Replayed) -> None:
        """`replayed` judges the recording of a cell, and asks nobody."""
        self._mode = mode
        self._replayed = replayed
        self._cells: dict[str, Cell] = {}
        self._awaited: set[str] = set()
        self._is_announced = False
        self._known: dict[str, BaseAnswer | Problem] = {}

    def note(self, cells: Iterable[Cell]) -> None:
        """Cells that were loaded: those that others must equal."""
        self._cells |= {cell.id: cell for cell in cells if _is_base(cell)}

    def announce(self, cells: Iterable[Cell]) -> None:
        """Cells that are asked in this run, by this process or another one."""
        self._is_announced = True
        self._awaited |= {cell.id for cell in cells if _is_base(cell)}

    def keep(self, cell: Cell, result: CaseResult, outcomes: Sequence[Outcome]) -> None:
        """What came of a cell, where others must equal it."""
        if _is_base(cell):
            self._known[cell.id] = _answer(cell, result, outcomes)

    def is_out_of_reach(self, cell: Cell) -> bool:
        """Whether a cell is asked for nothing: what its answers are to equal will never be known in this run."""
        if self._mode != "live" or not self._is_announced or cell.case.relation is None or cell.case.same is None:
            return False
        base = replace(cell.case, relation=None).id
        return base not in self._awaited and base not in self._known

    def of(self, cell: Cell) -> BaseAnswer | Problem:
        """The answers of the base of a cell, or why there are none."""
        base = replace(cell.case, relation=None).id
        if base not in self._known:
            why = self._why_unknown(base)
            if why is not None:
                return _problem(base, why)
            found = self._cells[base]
            self.keep(found, *self._replayed(found))
        return self._known[base]

    def _why_unknown(self, base: str) -> str | None:
        if base not in self._cells:
            return "it is not loaded"
        if self._mode == "live" and self._is_announced and base not in self._awaited:
            return "it is no part of this run, and --pc-live reads no recording: nothing was asked"
        if self._mode == "live":
            return "it was not asked before in this process, and --pc-live reads no recording"
        if self._mode in _ANEW and base in self._awaited:
            return f"it is recorded anew in this run, later or by another worker: {_AGAIN}"
        return None


def _is_base(cell: Cell) -> bool:
    return cell.case.same is not None and cell.case.relation is None


def _answer(cell: Cell, result: CaseResult, outcomes: Sequence[Outcome]) -> BaseAnswer | Problem:
    if result.verdict == "error":
        why = "it is in error" if result.problem is None else f"{result.problem.code} {result.problem.message}"
        return _problem(cell.id, why)
    judged = {trial.trial for trial in result.trials if trial.verdict != "error"}
    kept = (replace(outcome, interactions=(), transcript=(), turns=()) for outcome in outcomes)
    return BaseAnswer(id=cell.id, outcomes=tuple(outcome for outcome in kept if outcome.trial in judged))


def _problem(base: str, why: str) -> Problem:
    return Problem(code="PC205", message=f"no answer of the base to compare with, {base}: {why}")
