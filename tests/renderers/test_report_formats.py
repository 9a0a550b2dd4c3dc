"""The table of report formats: each row has its module."""

from __future__ import annotations

from decimal import Decimal

import pytest

from prompt_contracts.renderers.report_formats import REPORT_FORMATS, report_text
from prompt_contracts.report import Bill, Report

EMPTY = Report(
    created_at="2026-11-21T01:06:03+00:00",
    version="0.1.0",
    mode="none",
    models=(),
    results=(),
    spent=Bill(usd=Decimal(0)),
    recorded=Bill(usd=Decimal(0)),
)


@pytest.mark.parametrize("suffix", REPORT_FORMATS)
def test_every_format_writes_even_a_run_without_cells(suffix: str) -> None:
    text = report_text(EMPTY, suffix)

    assert suffix.startswith(".")
    assert text == "" or text.endswith("\n")
