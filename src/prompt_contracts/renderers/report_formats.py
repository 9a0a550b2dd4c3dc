"""The formats of report files, by suffix. A format loads when a report is written in it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prompt_contracts.comparison import Comparison
    from prompt_contracts.report import Report

REPORT_FORMATS: Mapping[str, str] = {
    ".json": "json_report",
    ".html": "html_report",
    ".jsonl": "jsonl_report",
    ".csv": "csv_report",
    ".md": "markdown_report",
}
"""Suffix -> the module of this room, and the function in it, that makes the text of a file of a `Report`."""

FULL_FORMATS = frozenset({".json", ".jsonl", ".html"})
"""Those that tell all that was sent and came."""


COMPARING_FORMATS = frozenset({".html", ".md"})
"""Those that tell of a comparison too, where there is one."""


def report_text(report: Report, suffix: str, *, comparison: Comparison | str | None = None) -> str:
    """The text of a report file with one of those suffixes.

    `comparison` is of this run with another one, or says why there is none.
    """
    name = REPORT_FORMATS[suffix]
    render = getattr(importlib.import_module(f"prompt_contracts.renderers.{name}"), name)
    text: str = render(report, comparison=comparison) if suffix in COMPARING_FORMATS else render(report)
    return text
