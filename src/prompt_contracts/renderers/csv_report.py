"""The CSV report: one trial a row. No field can start a formula in a spreadsheet, whatever a model wrote."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from io import StringIO

from prompt_contracts.renderers.inert_text import inert
from prompt_contracts.report import Report
from prompt_contracts.verdict import CaseResult, TrialResult

_LONGEST = 32_000
"""Characters of a field; spreadsheets take 32,767."""
# With what Excel, LibreOffice and Google Sheets take for the start of a formula, also after spaces, and in full width.
_FORMULA = re.compile(r"\s*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_Value = str | int | float | None

_OF_CELL: Mapping[str, Callable[[CaseResult], object]] = {
    "id": lambda cell: cell.id,
    "path": lambda cell: cell.path,
    "case": lambda cell: cell.case,
    "row": lambda cell: cell.row,
    "prompt": lambda cell: cell.prompt,
    "provider": lambda cell: cell.provider,
    "model": lambda cell: cell.model,
    "tags": lambda cell: " ".join(cell.tags),
    "cell_verdict": lambda cell: cell.verdict,
    "requirement": lambda cell: cell.requirement,
    "problem": lambda cell: cell.problem and f"{cell.problem.code} {cell.problem.message}",
    "cassette": lambda cell: cell.cassette,
}
_OF_TRIAL: Mapping[str, Callable[[TrialResult], object]] = {
    "trial": lambda trial: trial.trial,
    "verdict": lambda trial: trial.verdict,
    "failures": lambda trial: "\n".join(failure.headline for failure in trial.failures),
    "error": lambda trial: trial.error and f"{trial.error.kind}: {trial.error.message}",
    "answer": lambda trial: trial.completion and trial.completion.choices[0].text,
    "refusal": lambda trial: trial.completion and trial.completion.choices[0].refusal,
    "tool_calls": lambda trial: "\n".join(f"{call.name}({call.arguments})" for call in trial.tool_calls),
    "finish_reason": lambda trial: trial.completion and trial.completion.choices[0].finish_reason,
    "http_status": lambda trial: trial.http_status,
    "prompt_tokens": lambda trial: trial.usage.prompt_tokens,
    "cached_tokens": lambda trial: trial.usage.cached_tokens,
    "completion_tokens": lambda trial: trial.usage.completion_tokens,
    "reasoning_tokens": lambda trial: trial.usage.reasoning_tokens,
    "cost_usd": lambda trial: trial.cost and format(trial.cost, "f"),
    "prices_as_of": lambda trial: trial.prices_as_of,
    "latency": lambda trial: trial.latency,
    "attempts": lambda trial: trial.attempts,
    "recorded_at": lambda trial: trial.recorded_at,
    "is_replayed": lambda trial: trial.is_replayed,
}
CSV_COLUMNS = (*_OF_CELL, *_OF_TRIAL)
"""The columns, in their order: those of the cell, the same in each of its rows, then those of the trial."""


def csv_report(report: Report) -> str:
    """A row for each trial; one for a cell or a case without any, so that no error is missing. Unknown is empty."""
    sink = StringIO()
    writer = csv.DictWriter(sink, CSV_COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in _rows(report):
        writer.writerow({column: _field(value) for column, value in row.items()})
    return sink.getvalue()


def _rows(report: Report) -> Iterator[dict[str, object]]:
    for cell in report.results:
        own = {column: value(cell) for column, value in _OF_CELL.items()}
        for trial in cell.trials:
            yield {**own, **{column: value(trial) for column, value in _OF_TRIAL.items()}}
        if not cell.trials:
            yield own
    for broken in report.broken:
        path = broken.id.partition("::")[0]
        yield {"id": broken.id, "path": path, "cell_verdict": "error", "problem": broken.message}


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
