"""The files that a run writes when it is over: those of `--pc-report`, and the summary of a step on GitHub."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from prompt_contracts.comparison import Comparison
from prompt_contracts.plugin.options import STEP_SUMMARY, report_paths
from prompt_contracts.report import Report

_MOST_BYTES = 900 * 1024
"""Of the summary of a step; GitHub takes 1 MiB and shows none of a larger one."""
_BYTES_A_CHARACTER = 4


def write_report_files(report: Report, config: pytest.Config, *, comparison: Comparison | str | None) -> None:
    """Write the files that `--pc-report` names; `UsageError` for one that cannot be written.

    `comparison` is of this run with another one, or why there is none, for the formats that tell of it.
    """
    from prompt_contracts.renderers.report_formats import report_text
    from prompt_contracts.transport.cassette_store import write_text

    for path in report_paths(config):
        try:
            # Whole or not at all: half a report may be somebody's baseline.
            write_text(path, report_text(report, path.suffix, comparison=comparison))
        except OSError as error:
            raise pytest.UsageError(f"--pc-report {path}: cannot be written: {error.strerror}") from None


def add_step_summary(report: Report, environ: Mapping[str, str], *, comparison: Comparison | str | None) -> str | None:
    """Add the Markdown report to the file that GitHub shows below a workflow's run; why not, where it cannot be.

    The whole file stays below GitHub's limit, whatever else the step has written into it.
    """
    name = environ.get(STEP_SUMMARY)
    if not name:
        return None
    from prompt_contracts.renderers.markdown_report import markdown_report

    path = Path(name)
    try:
        room = _MOST_BYTES - (path.stat().st_size if path.exists() else 0)
        text = markdown_report(report, comparison=comparison, limit=max(room, 0))
        if len(text.encode()) > room:
            text = markdown_report(report, comparison=comparison, limit=max(room // _BYTES_A_CHARACTER, 0))
        if len(text.encode()) > room:
            return f"{STEP_SUMMARY}: no room is left in {path}"
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        return f"{STEP_SUMMARY}: {path} cannot be written: {os.strerror(error.errno) if error.errno else error}"
    return None
