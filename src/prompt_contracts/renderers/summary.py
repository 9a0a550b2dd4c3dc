"""The table at the end of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO

from prompt_contracts.renderers.amounts import count, dollars, interval_text, percent, seconds
from prompt_contracts.renderers.inert_text import inert
from prompt_contracts.report import ModelSummary, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    title: str
    value: Callable[[ModelSummary], str]
    rank: int
    """The widest terminal shows all; a narrower one drops the highest ranks first."""


_COLUMNS = (
    _Column(title="model", value=lambda row: inert(row.id), rank=0),
    _Column(title="pass", value=lambda row: f"{row.passed}/{row.passed + row.failed}", rank=0),
    _Column(title="errors", value=lambda row: str(row.errors), rank=1),
    _Column(title="rate", value=lambda row: percent(row.rate), rank=2),
    _Column(title="95% CI", value=lambda row: interval_text(row.interval), rank=4),
    _Column(title="in", value=lambda row: count(row.prompt_tokens), rank=5),
    _Column(title="cached", value=lambda row: count(row.cached_tokens), rank=8),
    _Column(title="out", value=lambda row: count(row.completion_tokens), rank=5),
    _Column(title="cost", value=lambda row: dollars(row.cost, is_lower_bound=row.unpriced > 0), rank=3),
    _Column(title="p50", value=lambda row: seconds(row.latency_p50), rank=7),
    _Column(title="p95", value=lambda row: seconds(row.latency_p95), rank=6),
)
_WIDE = 110
"""Terminals from this width on show cached tokens and the median too."""


def summary_text(report: Report, *, width: int, encoding: str = "utf-8") -> str:
    """The table of models and the line about money, no wider than `width` columns where that can be."""
    rows = report.models
    shown = [column for column in _COLUMNS if _is_wanted(column, rows, width)]
    for rank in range(8, 0, -1):
        if _table_width(shown, rows) <= width:
            break
        shown = [column for column in shown if column.rank != rank]
    text = "\n".join([_table(shown, rows, width), *_money(report)])
    return text if encoding.lower().replace("-", "") == "utf8" else _plain(text, encoding)


def _is_wanted(column: _Column, rows: tuple[ModelSummary, ...], width: int) -> bool:
    if column.title == "errors":
        return any(row.errors for row in rows)
    return column.rank < 7 or width >= _WIDE


def _table_width(columns: list[_Column], rows: tuple[ModelSummary, ...]) -> int:
    widths = (max(len(column.title), *(len(column.value(row)) for row in rows)) for column in columns)
    return sum(widths) + 2 * (len(columns) - 1)


def _table(columns: list[_Column], rows: tuple[ModelSummary, ...], width: int) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for column in columns:
        left = column.title == "model"
        table.add_column(
            column.title,
            justify="left" if left else "right",
            no_wrap=not left,
            overflow="fold" if left else "crop",
        )
    for row in rows:
        table.add_row(*(Text(column.value(row)) for column in columns))
    sink = StringIO()
    Console(file=sink, width=max(width, 20), color_system=None, force_terminal=False).print(table)
    return "\n".join(line.rstrip() for line in sink.getvalue().rstrip("\n").splitlines())


def _money(report: Report) -> list[str]:
    replayed = any(trial.is_replayed for result in report.results for trial in result.trials)
    parts = [f"spent now {dollars(report.spent)}{' (replayed)' if report.spent == 0 and replayed else ''}"]
    if replayed:
        parts.append(f"recorded {dollars(report.recorded)}")
    if report.prices_as_of:
        parts.append(f"prices as of {report.prices_as_of}")
    lines = [" · ".join(parts)]
    unpriced = [model.id for model in report.models if model.unpriced]
    if unpriced:
        lines.append(f"unknown price: {', '.join(map(inert, unpriced))} (declare it under prices in the configuration)")
    return lines


def _plain(text: str, encoding: str) -> str:
    for sign, word in (("–", "-"), ("≥", ">="), ("·", "|")):
        text = text.replace(sign, word)
    return text.encode(encoding, "replace").decode(encoding)
