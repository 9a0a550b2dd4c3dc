"""Cases by models and prompts: the rows, the columns, and what a script needs to search and sort them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal

from markupsafe import Markup

from prompt_contracts.comparison import ChangeKind
from prompt_contracts.data_class import dataclass
from prompt_contracts.renderers.html_cell import reason
from prompt_contracts.renderers.inert_text import one_line
from prompt_contracts.verdict import CaseResult

_LONGEST_REASON = 200
_LONGEST_ANSWER = 200
Standing = Literal["passed", "failed", "error", "expected", "kept"]
"""A verdict beside what was expected: `expected` broke its contract and may, `kept` passed and may not."""
_WORDS: dict[Standing, str] = {
    "passed": "passed",
    "failed": "failed",
    "error": "error",
    "expected": "failed as expected",
    "kept": "passed unexpectedly",
}
_CHANGES: dict[ChangeKind, str] = {
    "worse": "▼ worse",
    "lost": "▼ error now",
    "better": "▲ better",
    "found": "▲ judged now",
    "wavering": "≠ other trials",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One model, or one model with one prompt."""

    model: str
    prompt: str | None

    @property
    def title(self) -> str:
        """`provider:model`, and the prompt where there is one."""
        return self.model if self.prompt is None else f"{self.model} · {self.prompt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCell:
    """One cell, as small as it gets."""

    number: int
    result: CaseResult
    """US dollars over its trials; None as soon as one is unknown."""
    change: ChangeKind | None
    """How it changed against the other run; None where it did not, and where there is none."""

    @property
    def change_words(self) -> str:
        """The change with a sign that needs no colour; empty without one."""
        if self.change == "found" and self.result.verdict == "failed":
            return "≠ judged now"
        return "" if self.change is None else _CHANGES[self.change]

    @property
    def standing(self) -> Standing:
        """The verdict beside what was expected."""
        if self.result.is_kept_unexpectedly:
            return "kept"
        if self.result.verdict == "failed" and not self.result.is_broken:
            return "expected"
        return self.result.verdict

    @property
    def words(self) -> str:
        """The same for people."""
        return _WORDS[self.standing]

    @property
    def passed(self) -> int:
        """Trials."""
        return sum(trial.verdict == "passed" for trial in self.result.trials)

    @property
    def judged(self) -> int:
        """Trials."""
        return sum(trial.verdict != "error" for trial in self.result.trials)

    @property
    def is_flaky(self) -> bool:
        """Whether it passed though not in all of its trials."""
        return self.result.is_flaky


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One case, or one row of its table."""

    path: str
    name: str
    description: str
    tags: tuple[str, ...]
    reason: str
    """The first thing that is wrong in it; empty where nothing is."""
    cells: tuple[tuple[MatrixCell, ...], ...]
    """By column; several only where two projects of a run have the same case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """All cells."""

    columns: tuple[Column, ...]
    files: tuple[tuple[str, tuple[CaseRow, ...]], ...]
    """The rows of each case file, in the order of the report."""
    tags: tuple[str, ...]


def build_matrix(results: Sequence[CaseResult], changes: Mapping[str, ChangeKind]) -> Matrix:
    """The matrix of all results; `changes` by the id of a cell."""
    columns = sorted({(result.model_id, result.prompt) for result in results}, key=lambda key: (key[0], key[1] or ""))
    rows: dict[tuple[str | None, ...], dict[tuple[str, str | None], list[MatrixCell]]] = {}
    for number, result in enumerate(results, start=1):
        row = rows.setdefault((result.path, result.case, result.row, result.relation), {})
        row.setdefault((result.model_id, result.prompt), []).append(_cell(number, result, changes.get(result.id)))
    files: dict[str, list[CaseRow]] = {}
    for (path, *_), cells in rows.items():
        files.setdefault(str(path), []).append(_row([tuple(cells.get(key, ())) for key in columns]))
    return Matrix(
        columns=tuple(Column(model=model, prompt=prompt) for model, prompt in columns),
        files=tuple((path, tuple(found)) for path, found in files.items()),
        tags=tuple(sorted({tag for result in results for tag in result.tags})),
    )


def _cell(number: int, result: CaseResult, change: ChangeKind | None) -> MatrixCell:
    return MatrixCell(number=number, result=result, change=change)


def _row(cells: Sequence[tuple[MatrixCell, ...]]) -> CaseRow:
    results = [cell.result for column in cells for cell in column]
    first = results[0]
    axes = "-".join(axis for axis in (first.row, first.relation) if axis is not None)
    return CaseRow(
        path=first.path,
        name=f"{first.case}[{axes}]" if axes else first.case,
        description=next((result.description for result in results if result.description), ""),
        tags=tuple(dict.fromkeys(tag for result in results for tag in result.tags)),
        reason=next((one_line(reason(result), _LONGEST_REASON) for result in results if reason(result)), ""),
        cells=tuple(cells),
    )


def index_of(matrix: Matrix) -> Markup:
    """What the script searches and sorts by, as JSON that may stand in a page: no `<` is left in it."""
    tags = {tag: number for number, tag in enumerate(matrix.tags)}
    cells = [cell for _, rows in matrix.files for row in rows for column in row.cells for cell in column]
    data = {
        "tags": matrix.tags,
        "cells": [_entry(cell, tags) for cell in sorted(cells, key=lambda cell: cell.number)],
    }
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    # Safe: `<`, `>` and `&` stand in strings alone, and JSON reads their escapes as themselves.
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


def _entry(cell: MatrixCell, tags: Mapping[str, int]) -> dict[str, object]:
    result = cell.result
    latencies = [trial.latency for trial in result.trials if trial.latency is not None]
    return {
        "id": result.id,
        "verdict": result.verdict,
        "standing": cell.standing,
        "change": cell.change,
        "flaky": cell.is_flaky,
        "tags": [tags[tag] for tag in result.tags],
        "dollars": None if cell.result.cost is None or cell.result.unpriced else float(cell.result.cost),
        "seconds": max(latencies, default=None),
        "words": _searched(result),
    }


def _searched(result: CaseResult) -> str:
    answer = result.trials[-1].completion if result.trials else None
    said = answer.choices[0] if answer is not None else None
    parts = [
        result.id,
        result.description or "",
        " ".join(result.tags),
        reason(result)[:_LONGEST_REASON],
        "" if said is None else said.text[:_LONGEST_ANSWER],
        "" if said is None else " ".join(call.name for call in said.tool_calls),
    ]
    return " ".join(" ".join(parts).lower().split())
