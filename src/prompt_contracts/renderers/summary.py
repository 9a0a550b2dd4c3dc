"""The table at the end of a run, and what else it tells in few words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from prompt_contracts.data_class import dataclass
from prompt_contracts.renderers.amounts import bill, count, dollars, interval_text, percent, seconds
from prompt_contracts.renderers.grid import Field, GridColumn, grid, grid_width
from prompt_contracts.renderers.inert_text import inert
from prompt_contracts.report import Count, Report, Summary

if TYPE_CHECKING:
    from prompt_contracts.comparison import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    title: str
    value: Callable[[Summary], str]
    rank: int
    """The widest terminal shows all; a narrower one drops the highest ranks first."""
    style: Callable[[Summary], str] = lambda _: ""


def _name(row: Summary) -> str:
    return row.id if row.prompt is None else f"  {row.prompt}"


def _verdict_style(row: Summary) -> str:
    return "green" if row.cells.passed and not row.cells.failed + row.cells.errors else "red"


def _passes(counted: Count) -> str:
    return f"{counted.passed}/{counted.scored}"


_COLUMNS = (
    _Column(title="model", value=_name, rank=0),
    _Column(title="pass", value=lambda row: _passes(row.cells), rank=0, style=_verdict_style),
    _Column(title="errors", value=lambda row: str(row.cells.errors), rank=1),
    _Column(title="trials", value=lambda row: _passes(row.trials), rank=2),
    _Column(title="rate", value=lambda row: percent(row.rate), rank=2),
    _Column(title="95% CI", value=lambda row: interval_text(row.interval), rank=4),
    _Column(title="in", value=lambda row: count(row.prompt_tokens), rank=5),
    _Column(title="cached", value=lambda row: count(row.cached_tokens), rank=8),
    _Column(title="out", value=lambda row: count(row.completion_tokens), rank=5),
    _Column(title="reasoning", value=lambda row: count(row.reasoning_tokens), rank=9),
    _Column(title="retries", value=lambda row: count(row.retries), rank=8),
    _Column(title="cost", value=lambda row: dollars(row.cost, is_lower_bound=row.unpriced > 0), rank=3),
    _Column(title="p50", value=lambda row: seconds(row.latency_p50), rank=7),
    _Column(title="p95", value=lambda row: seconds(row.latency_p95), rank=6),
)
_WIDE = 110
"""Terminals from this width on show cached and reasoning tokens and the median too."""


def summary_text(
    report: Report,
    *,
    width: int,
    budget: Decimal | None = None,
    is_coloured: bool = False,
    has_matrix: bool = False,
    comparison: Comparison | str | None = None,
) -> str:
    """The table of models and the line about money, no wider than `width` columns where that can be.

    `budget` is what the run was allowed to spend. Of a run without results there is the money alone. `has_matrix`
    puts the matrix of cases by models above. `comparison` is with another run, or says why there is none.
    """
    if not report.results:
        return "\n".join(_money(report, budget))
    table = _table(report, width, is_coloured=is_coloured, comparison=comparison)
    lines = [table, *_relations(report), *_money(report, budget), *_notes(report)]
    if has_matrix:
        from prompt_contracts.renderers.matrix import matrix_text

        lines[:0] = [matrix_text(report, width=width, is_coloured=is_coloured), ""]
    if comparison is not None:
        from prompt_contracts.renderers.comparison_text import comparison_text

        if not isinstance(comparison, str):
            comparison = comparison_text(comparison, width=width, most=_MOST_CHANGES, is_coloured=is_coloured)
        lines += ["", comparison]
    return "\n".join(lines)


_MOST_CHANGES = 20


def _table(report: Report, width: int, *, is_coloured: bool, comparison: Comparison | str | None) -> str:
    rows = list(_rows(report))
    shown = [column for column in _COLUMNS if _is_wanted(column, rows, width)]
    if comparison is not None and not isinstance(comparison, str):
        from prompt_contracts.renderers.comparison_words import change_in_short, change_style

        def told(row: Summary) -> str:
            return change_in_short(comparison, row)

        shown.append(_Column(title="Δ base", value=told, rank=1, style=lambda row: change_style(told(row))))
    for rank in range(9, 0, -1):
        if grid_width(_titles(shown), _fields(shown, rows)) <= width:
            break
        shown = [column for column in shown if column.rank != rank]
    return grid(_titles(shown), _fields(shown, rows), width=width, is_coloured=is_coloured)


def _rows(report: Report) -> Iterator[Summary]:
    """Each model, and below it its prompts."""
    for model in report.models:
        yield model
        yield from (prompt for prompt in report.prompts if prompt.id == model.id)


def _relations(report: Report) -> list[str]:
    """How the changes did under which contracts must hold."""
    if not report.relations:
        return []
    from prompt_contracts.renderers.relation_words import correction_words, relation_lines

    heading = "; ".join(filter(None, ("under changes, beside the cases as they are written", correction_words(report))))
    return [inert(line) for line in (f"{heading}:", *relation_lines(report))]


def _titles(columns: Sequence[_Column]) -> list[GridColumn]:
    return [GridColumn(column.title, is_folding=column.title == "model") for column in columns]


def _fields(columns: Sequence[_Column], rows: Sequence[Summary]) -> list[list[Field]]:
    return [[Field(column.value(row), column.style(row)) for column in columns] for row in rows]


def _notes(report: Report) -> Iterator[str]:
    """What nobody asked for and a reader should know: another API than the usual one, and attempts that failed."""
    moved: Counter[tuple[str, str, str]] = Counter()
    sent_again: dict[str, Counter[str]] = {}
    went_on: dict[str, Counter[str]] = {}
    for result in report.results:
        if result.endpoint_reason is not None:
            moved[(result.model_id, result.endpoint, result.endpoint_reason)] += 1
        for found, has_sent_again in ((sent_again, True), (went_on, False)):
            kinds = {
                trial.recovered.kind: None
                for trial in result.trials
                if trial.recovered is not None and (trial.retries != 0) is has_sent_again
            }
            if kinds:
                found.setdefault(result.model_id, Counter()).update(kinds.keys())
    if report.not_run:
        from prompt_contracts.renderers.comparison_words import named

        yield inert(f"not run: {named(report.not_run)}")
    for (model, endpoint, reason), cells in moved.items():
        yield inert(f"asked over {endpoint}: {model}, {_cells(cells)} ({reason})")
    for words, by_model in (("sent again", sent_again), ("asked something else", went_on)):
        for model, counted in by_model.items():
            parts = (f"{kind} ({_cells(cells)})" for kind, cells in counted.items())
            yield inert(f"{words}: {model} after {', '.join(parts)}")


def _cells(number: int) -> str:
    return f"{number} cell{'s' if number != 1 else ''}"


def _is_wanted(column: _Column, rows: Sequence[Summary], width: int) -> bool:
    match column.title:
        case "errors":
            return any(row.cells.errors for row in rows)
        case "trials":
            return any(row.trials.scored != row.cells.scored for row in rows)
        case "retries":
            return width >= _WIDE and any(row.retries for row in rows)
        case "reasoning":
            return width >= _WIDE and any(row.reasoning_tokens for row in rows)
        case _:
            return column.rank < 7 or width >= _WIDE


def _money(report: Report, budget: Decimal | None) -> list[str]:
    replayed = any(trial.is_replayed for result in report.results for trial in result.trials)
    nothing = report.spent.is_exact and report.spent.usd == 0
    allowed = "" if budget is None else f" of {dollars(budget)}"
    parts = [f"spent now {bill(report.spent)}{allowed}{' (replayed)' if nothing and replayed else ''}"]
    if replayed:
        parts.append(f"recorded {bill(report.recorded)}")
    if report.prices_as_of:
        parts.append(f"prices as of {report.prices_as_of}")
    lines = [" · ".join(parts)]
    without_price, without_usage = _unknown(report)
    if without_price:
        lines.append(f"unknown price: {without_price} (declare it under prices in the configuration)")
    if without_usage:
        lines.append(f"unknown cost: {without_usage} (an answer without usage, or a failed request)")
    return lines


def _unknown(report: Report) -> tuple[str, str]:
    """The models with a trial of unknown cost: those whose price is missing, and those with something uncounted."""
    priceless: dict[str, None] = {}
    useless: dict[str, None] = {}
    for result in report.results:
        for trial in result.trials:
            if trial.cost is None:
                has_failed = trial.error is not None or trial.recovered is not None or bool(trial.passed_over)
                has_usage = trial.usage.prompt_tokens is not None and trial.usage.completion_tokens is not None
                (priceless if has_usage and not has_failed else useless)[inert(result.model_id)] = None
    return ", ".join(priceless), ", ".join(useless)
