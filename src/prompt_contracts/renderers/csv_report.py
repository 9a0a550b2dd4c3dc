"""The CSV report: one trial a row. No field can start a formula in a spreadsheet, whatever a model wrote."""

from __future__ import annotations

import csv
import re
from io import StringIO

from prompt_contracts.renderers.inert_text import inert
from prompt_contracts.report import Report
from prompt_contracts.report_columns import REPORT_COLUMNS, rows_of

_LONGEST = 32_000
"""Characters of a field; spreadsheets take 32,767."""
# With what Excel, LibreOffice and Google Sheets take for the start of a formula, also after spaces, and in full width.
_FORMULA = re.compile(r"\s*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_Value = str | int | float | None


def csv_report(report: Report) -> str:
    """A row for each trial; one for a cell or a case without any, so that no error is missing. Unknown is empty."""
    sink = StringIO()
    writer = csv.DictWriter(sink, REPORT_COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in rows_of(report.results, ((one.id, one.message) for one in report.broken)):
        writer.writerow({column: _field(value) for column, value in row.items()})
    return sink.getvalue()


def _field(value: object) -> _Value:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    text = inert(str(value))
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}… {len(text) - _LONGEST:,} more characters"
    return f"'{text}" if _FORMULA.match(text) else text
