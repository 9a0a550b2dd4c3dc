"""A generated row that fails -> the smallest row that fails in the same way: kept as a row, and told of.

Of each case and model one row is shrunk in a run. Only the smallest becomes a row, with its recording.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.asked_candidates import AskedCandidates, RowCells, row_answer, variant_of
from prompt_contracts.engine.properties.shrinking import AskedRow, RowAnswer, Shrunk, shrink
from prompt_contracts.engine.run import Run
from prompt_contracts.given import GeneratedRow, GeneratedRows, Given, Smallest
from prompt_contracts.json_value import Json, show
from prompt_contracts.transport.cassette_store import read_text, write_text
from prompt_contracts.transport.recording_links import link_problem
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import CaseResult

_PULSE = 10
"""After how many calls it is told that it goes on."""
_SHOWN = 60
_ANEW = ("all", "rewrite")
"""The modes that take no answer of an earlier run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShrunkRow:
    """What became of shrinking a row."""

    text: str
    recordings: tuple[str, ...] = ()
    """Those that were written for the smallest row, where it is new: their paths, relative to the root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A verdict of this run on one generated row."""

    row: GeneratedRow
    answer: RowAnswer


class RowShrinker:
    """Shrinks rows that fail in one project's run."""

    def __init__(self, run: Run, *, calls: int, memory: Path, is_lasting: bool, tell: Callable[[str], None]) -> None:
        """`memory` is the folder that remembers, for this run or for later ones; of a live run, nothing is there."""
        self._run = run
        self._calls = calls
        self._memory = memory
        self._is_lasting = is_lasting
        self._tell = tell
        self._known: dict[tuple[object, ...], list[_Known]] = {}

    def note(self, cell: Cell, result: CaseResult) -> None:
        """A verdict on a row."""
        case = cell.case
        if case.example is not None and result.verdict != "error":
            known = self._known.setdefault((case.path, case.name, *variant_of(case)), [])
            known.append(_Known(row=case.example, answer=_answer_of(result)))

    def shrink(self, cell: Cell, result: CaseResult, *, siblings: Iterable[Cell]) -> ShrunkRow | None:
        """What became of shrinking the row of a cell that failed; None where it is not shrunk.

        `siblings` are the cells of this run: where its case is asked, the smallest row is asked too.
        """
        case = cell.case
        rows = self._run.rows.known(case.path, case.name)
        if rows is None or case.given is None or not self._is_wanted(cell, result, rows):
            return None
        cells = RowCells(self._run, cell)
        asking = self._run.aside("live" if self._folder is None else "once", self._folder)
        candidates = AskedCandidates(asking, cells, folder=self._folder, owner=case)
        if self._is_anew:
            candidates.forget()
        self._tell(f"shrinking {cell.id}: at most {self._calls} calls (--pc-shrink-calls)")
        shrunk = self._shrunk(cell, case.given, rows, candidates)
        if shrunk is None:
            return None
        told = self._kept(cell, shrunk, rows, cells, candidates, siblings)
        self._tell(f"{cell.id}: {told.text}")
        return told

    def _is_wanted(self, cell: Cell, result: CaseResult, rows: GeneratedRows) -> bool:
        case = cell.case
        # What must equal the answer of another cell cannot be asked by itself.
        if case.relation is not None and case.same is not None:
            return False
        if not self._calls or result.verdict != "failed" or case.xfail is not None:
            return False
        fault = _answer_of(result).failures[:1]
        if not fault or any(
            (mark.code, mark.path) == (fault[0].code, fault[0].path) for mark in self._marks(cell, rows)
        ):
            return False
        return self._run.rows.claim(f"shrink {case.path}::{case.name} {case.model}")

    def _marks(self, cell: Cell, rows: GeneratedRows) -> list[Smallest]:
        """The faults of this model whose smallest rows are known, and that were not seen to be mended in this run."""
        case = cell.case
        known = self._known.get((case.path, case.name, *variant_of(case)), ())
        passed = {each.row.id for each in known if not each.answer.failures}
        return [mark for row in rows.rows if row.id not in passed for mark in row.smallest if mark.model == case.model]

    @property
    def _is_anew(self) -> bool:
        return self._run.options.mode in _ANEW

    @property
    def _folder(self) -> Path | None:
        return None if self._run.options.mode == "live" else self._memory

    def _shrunk(self, cell: Cell, given: Given, rows: GeneratedRows, candidates: AskedCandidates) -> Shrunk | None:
        case = cell.case
        known = self._known[case.path, case.name, *variant_of(case)]
        # The row that failed goes first, and is the last that was noted.
        asked = [AskedRow(values=each.row.values, answer=each.answer) for each in reversed(known)]
        count = 0

        def ask(values: Mapping[str, Json]) -> RowAnswer:
            nonlocal count
            count += 1
            if count % _PULSE == 0:
                self._tell(f"shrinking {cell.id}: {count} of at most {self._calls} calls")
            return candidates.ask(values)

        def shrunk(calls: int) -> Shrunk | None:
            return shrink(
                self._run.rows.source(given),
                seed=rows.seed,
                rows=asked,
                ask=ask,
                memory=candidates,
                examples=max(given.examples, len(rows.rows)),
                calls=calls,
            )

        return self._confirmed(shrunk, candidates)

    def _confirmed(self, search: Callable[[int], Shrunk | None], candidates: AskedCandidates) -> Shrunk | None:
        """What a search found, of which at least one answer is of now: the model may be another one by now."""
        found = search(self._calls)
        if found is None or found.ending != "smallest" or found.row is None or candidates.is_asked_now(found.row):
            return found
        if found.calls >= self._calls:
            return replace(found, ending="limit")
        answer, calls = candidates.ask_afresh(found.row), found.calls + 1
        if answer.error is not None:
            return replace(found, ending="error", error=answer.error, calls=calls)
        if found.kind in answer.failures:
            return replace(found, calls=calls)
        candidates.forget()
        anew = search(self._calls - calls)
        if anew is None:
            return replace(found, ending="limit", row=None, calls=calls)
        return replace(anew, calls=calls + anew.calls)

    def _kept(
        self,
        cell: Cell,
        shrunk: Shrunk,
        rows: GeneratedRows,
        cells: RowCells,
        candidates: AskedCandidates,
        siblings: Iterable[Cell],
    ) -> ShrunkRow:
        """Make a row of the smallest, where the search is over; what is told of it."""
        going_on = self._going_on(shrunk, candidates)
        if shrunk.row is None or shrunk.ending in ("flaky", "not_met", "error"):
            return ShrunkRow(text=f"{shrunk.words}{going_on}")
        smallest = cells.row(shrunk.row)
        case = cell.case
        is_first = case.example is not None and smallest.id == case.example.id
        said = "this row itself" if is_first else _said(smallest)
        text = f"{said}: {shrunk.words}"
        if self._folder is None:
            return ShrunkRow(text=f"{text}; a live run keeps nothing")
        if shrunk.ending != "smallest":
            # A row that is marked is not shrunk again.
            return ShrunkRow(text=f"{text}; no row is made of it yet{going_on}")
        problems: list[str] = []
        recorded: list[str] = []
        if all(row.id != smallest.id for row in rows.rows):
            problems, recorded = self._record(cells, shrunk.row, candidates, cell, siblings)
            text += f"; kept as row {smallest.id}"
        mark = Smallest(model=str(case.model), code=shrunk.kind.code, path=shrunk.kind.path)
        self._run.rows.mark(case.path, case.name, smallest, mark)
        candidates.forget()
        return ShrunkRow(text="; ".join([text, *problems]), recordings=tuple(recorded))

    def _going_on(self, shrunk: Shrunk, candidates: AskedCandidates) -> str:
        if shrunk.ending not in ("error", "limit", "time") or not candidates.is_kept:
            return ""
        if not self._is_lasting:
            return "; nothing of it is remembered, since pytest's cache is switched off"
        command = "--pc-record=once" if self._is_anew else "the same command"
        more = ", and --pc-shrink-calls raises the limit" if shrunk.ending == "limit" else ""
        return f"; {command} goes on from there{more}"

    def _record(
        self,
        cells: RowCells,
        values: Mapping[str, Json],
        candidates: AskedCandidates,
        failing: Cell,
        siblings: Iterable[Cell],
    ) -> tuple[list[str], list[str]]:
        """Record the new row in all cells that this run has of its case; what was not recorded, and what was."""
        wanted = {
            variant_of(each.case)
            for each in siblings
            if (each.case.path, each.case.name) == (failing.case.path, failing.case.name)
        }
        folder = self._run.options.cassettes
        problems: list[str] = []
        recorded: list[str] = []
        left_out = 0
        for each in cells.all_of(values):
            variant = variant_of(each.case)
            is_failing = variant == variant_of(failing.case)
            if not is_failing and variant not in wanted:
                left_out += not (folder / each.cassette).is_file()
                continue
            was_there = (folder / each.cassette).is_file()
            if not self._run.rows.claim(f"record {each.cassette}") and was_there:
                continue  # another model came to the same row, and all of its cells were asked then
            if is_failing:
                self._take_over(each, candidates.recording(values))
            mode = self._run.options.mode if self._is_anew and not is_failing else "once"
            exchange = self._run.aside(mode, folder).exchange(each)
            errors = [outcome.error for outcome in exchange.outcomes if outcome.error is not None]
            if exchange.error is not None or errors:
                problems.append(f"{each.case.variant} could not be recorded: --pc-record=once asks it")
            if not was_there and (folder / each.cassette).is_file():
                recorded.append(f"{self._run.options.shown_folder}/{each.cassette}")
        if left_out:
            others = "1 other cell of it was" if left_out == 1 else f"{left_out:,} other cells of it were"
            command = self._run.rows.command(failing.case.path, failing.case.name, "once")
            problems.append(f"{others} not selected and {'has' if left_out == 1 else 'have'} no recording: {command}")
        return problems, recorded

    def _take_over(self, cell: Cell, recording: Path | None) -> None:
        """The answer that was judged is the row's first one, whatever an older recording of it says."""
        place = self._run.options.cassettes / cell.cassette
        text = None if recording is None else read_text(recording)
        is_ours = link_problem(place, self._run.places) is None
        if text is not None and is_ours:
            write_text(place, text)


def _answer_of(result: CaseResult) -> RowAnswer:
    if result.verdict == "passed":
        return RowAnswer()
    failed = next((trial for trial in result.trials if trial.verdict == "failed"), None)
    return RowAnswer() if failed is None else row_answer(failed)


def _said(row: GeneratedRow) -> str:
    return ", ".join(f"{name} {show(value, limit=_SHOWN)}" for name, value in row.values.items())
