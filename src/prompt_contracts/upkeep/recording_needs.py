"""Which cells a replay could not serve: those without a recording, and those whose recording is of another request.

Found out by a replay, for a cell whose requests all meet a fault needs no recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from prompt_contracts.case import Case
from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.run import Run
from prompt_contracts.engine.trials import is_asked_without_code
from prompt_contracts.trial import Cell
from prompt_contracts.turn import UNKNOWN_SCHEMA

RecordingNeed = Literal["none", "missing", "stale", "unreadable", "unknown"]
"""`unknown`: only a run of the project's own code could tell."""

_BY_CODE: dict[str | None, RecordingNeed] = {"PC201": "missing", "PC202": "stale"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededRecording:
    """What a replay of a cell would find."""

    cell: Cell
    need: RecordingNeed


def needed_recordings(run: Run, cells: Iterable[Cell]) -> tuple[NeededRecording, ...]:
    """What is there for each cell that is not skipped. Asks nobody, calls no code of the project, writes nothing."""
    return tuple(NeededRecording(cell=cell, need=_need(run, cell)) for cell in cells if cell.case.skip is None)


def _need(run: Run, cell: Cell) -> RecordingNeed:
    if not is_asked_without_code(cell.case) or _is_unread(cell.case):
        return "unknown"
    trials = run.begin(cell)
    for number in trials.numbers:
        trials.ask(number)
    error = trials.exchange().error
    return "none" if error is None else _BY_CODE.get(error.code, "unreadable")


def _is_unread(case: Case) -> bool:
    """Whether a type or a function of the project says what a request holds, and nobody read it."""
    waiting: list[object] = [case.request, *(tool.definition for tool in case.tools)]
    waiting += (turn.preview.request for turn in case.turns)
    while waiting:
        value = waiting.pop()
        if value == UNKNOWN_SCHEMA:
            return True
        if isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, (list, tuple)):
            waiting.extend(value)
    return False
