"""The formats of report files, by suffix. A format loads when a report is written in it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prompt_contracts.report import Report

REPORT_FORMATS: Mapping[str, str] = {
    ".json": "json_report",
    ".html": "html_report",
}
"""Suffix -> the module of this room, and the function in it, that makes the text of a file of a `Report`."""

FULL_FORMATS = frozenset({".json", ".html"})
"""Those that tell all that was sent and came."""


def report_text(report: Report, suffix: str) -> str:
    """The text of a report file with one of those suffixes."""
    name = REPORT_FORMATS[suffix]
    text: str = getattr(importlib.import_module(f"prompt_contracts.renderers.{name}"), name)(report)
    return text
