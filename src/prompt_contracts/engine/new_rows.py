"""Rows that were added while a run went on: their recordings are in use, though none of its cells has them."""

from __future__ import annotations

from prompt_contracts.engine.run import Run


def own_new_rows(run: Run) -> None:
    """Let the run know of the cells that its cases have by now."""
    if run.options.mode not in ("none", "live"):
        for path, name, row in run.rows.added():
            run.ownership.note_cells(run.row_cells(path, name, row))
