"""Rows that may fail, asked one by one and remembered: as cells like one that failed, with other values.

Each answer has a recording of its own in a folder of the run's choice: scrubbed and written whole, like all others.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from prompt_contracts.case import Case, Requirement
from prompt_contracts.engine.properties.shrinking import ASKS, FailureKind, RowAnswer
from prompt_contracts.engine.run import Run
from prompt_contracts.errors import RecordingStale, SecretFound
from prompt_contracts.given import GeneratedRow, generated_row
from prompt_contracts.json_value import Json
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import TrialResult


class RowCells:
    """The cells that a case has for rows of any values."""

    def __init__(self, run: Run, failing: Cell) -> None:
        self._run = run
        self._failing = failing
        self._known: dict[str, tuple[Cell, ...]] = {}

    def row(self, values: Mapping[str, Json]) -> GeneratedRow:
        """The row of these values, in the order of the case's variables."""
        given = self._failing.case.given
        names = values if given is None else given.variables
        return generated_row({name: values[name] for name in names})

    def all_of(self, values: Mapping[str, Json]) -> tuple[Cell, ...]:
        """Every cell of the row; none where the case cannot run with it."""
        row = self.row(values)
        if row.id not in self._known:
            case = self._failing.case
            self._known[row.id] = self._run.row_cells(case.path, case.name, row)
        return self._known[row.id]

    def like_failing(self, values: Mapping[str, Json]) -> Cell | None:
        """The one that differs from the failing cell in nothing but these values."""
        wanted = variant_of(self._failing.case)
        return next((cell for cell in self.all_of(values) if variant_of(cell.case) == wanted), None)


def variant_of(case: Case) -> tuple[str | None, ...]:
    """What a cell is beside its generated row: the row that was written, the change, the prompt and the model."""
    written = case.row
    if written is not None and case.example is not None:
        written = written.removesuffix(case.example.id)
    return (written, case.relation, case.prompt, case.model)


class AskedCandidates:
    """Asks for candidates, and remembers what came: a `Memory`."""

    def __init__(self, asking: Run, cells: RowCells, *, folder: Path | None, owner: Case) -> None:
        """`asking` records into `folder`, apart for each owner; without a folder only this process remembers."""
        self._asking = asking
        self._cells = cells
        self._folder = folder
        self._owner = _hash([owner.path, owner.name, *variant_of(owner)])
        self._known: dict[str, list[RowAnswer]] = {}
        self._asked_now: set[str] = set()
        self.is_kept = folder is not None
        """Whether whoever asks again after an error finds what came: not where an answer may not be written."""

    def is_asked_now(self, values: Mapping[str, Json]) -> bool:
        """Whether some answer of a candidate came in this run."""
        return self._cells.row(values).id in self._asked_now

    def ask_afresh(self, values: Mapping[str, Json]) -> RowAnswer:
        """An answer of now, in place of all that are known of a candidate."""
        cell = self._cell(values, 1)
        if cell is not None and self._folder is not None:
            shutil.rmtree((self._folder / cell.cassette).parent, ignore_errors=True)
        self._known[self._cells.row(values).id] = []
        answer = self.ask(values)
        if answer.error is None:
            self.keep(values, answer)
        return answer

    def ask(self, values: Mapping[str, Json]) -> RowAnswer:
        """One more answer of a candidate."""
        self._asked_now.add(self._cells.row(values).id)
        cell = self._cell(values, len(self.answers(values)) + 1)
        return RowAnswer() if cell is None else self._answer(cell)

    def answers(self, values: Mapping[str, Json]) -> Sequence[RowAnswer]:
        """All answers of a candidate so far, those of runs before this one included."""
        key = self._cells.row(values).id
        if self._cells.like_failing(values) is None:
            return (RowAnswer(),)  # its case cannot run with these values: nothing fails
        if key not in self._known:
            self._known[key] = self._remembered(values)
        return tuple(self._known[key])

    def keep(self, values: Mapping[str, Json], answer: RowAnswer) -> None:
        """Count an answer; it was written when it came."""
        self._known[self._cells.row(values).id].append(answer)

    def recording(self, values: Mapping[str, Json]) -> Path | None:
        """Where the newest answer of a candidate lies; None where nothing is written."""
        cell = self._cell(values, len(self.answers(values)))
        return None if cell is None or self._folder is None else self._folder / cell.cassette

    def forget(self) -> None:
        """Remove all that is known, of runs before this one, too."""
        self._known.clear()
        self._asked_now.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder / self._owner, ignore_errors=True)

    def _remembered(self, values: Mapping[str, Json]) -> list[RowAnswer]:
        found: list[RowAnswer] = []
        while self._folder is not None and len(found) < ASKS:
            cell = self._cell(values, len(found) + 1)
            if cell is None or not (self._folder / cell.cassette).is_file():
                break
            answer = self._answer(cell)
            if answer.error is not None:
                break
            found.append(answer)
        return found

    def _answer(self, cell: Cell) -> RowAnswer:
        exchange = self._asking.exchange(cell)
        if isinstance(exchange.error, RecordingStale) and self._folder is not None:
            # An application asks something else than when it was recorded.
            (self._folder / cell.cassette).unlink(missing_ok=True)
            exchange = self._asking.exchange(cell)
        if exchange.error is not None:
            self.is_kept = self.is_kept and not isinstance(exchange.error, SecretFound)
            return RowAnswer(error=str(exchange.error))
        return row_answer(self._asking.judge(cell, exchange).trials[0])

    def _cell(self, values: Mapping[str, Json], number: int) -> Cell | None:
        """The candidate as it is asked once, with the place of that answer."""
        cell = self._cells.like_failing(values)
        if cell is None:
            return None
        place = f"{self._owner}/{_digest(cell)}"
        case = replace(cell.case, trials=1, require=Requirement(), stop_early=False, xfail=None, skip=None)
        return replace(cell, case=case, cassette=f"{place}/{number}.yaml")


def row_answer(result: TrialResult) -> RowAnswer:
    """What a trial says of its row."""
    if result.verdict == "error":
        error = result.error
        return RowAnswer(
            error="its answer could not be judged"
            if error is None
            else f"the provider's {error.kind} error: {error.message}"
        )
    return RowAnswer(failures=tuple(FailureKind(code=each.code, path=each.path) for each in result.failures))


def _digest(cell: Cell) -> str:
    """The same for the same question alone: a prompt that was changed is asked anew."""
    case = cell.case
    said = [
        [case.path, case.name, *variant_of(case), None if case.example is None else case.example.id],
        [message.to_json() for message in case.messages],
        [dict(tool.definition) for tool in case.tools],
        dict(case.request),
        None if case.tool_results is None else dict(case.tool_results),
        [[message.to_json() for message in turn.preview.messages] for turn in case.turns],
        [dict(turn.preview.request) for turn in case.turns],
    ]
    return _hash(said)


def _hash(said: object) -> str:
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:20]
