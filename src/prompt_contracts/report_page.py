"""The tables by which a notebook shows a report. Every text is inert: what a model wrote is no markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape

from prompt_contracts.verdict import CaseResult

_SIGNS = {"passed": "\u2713 passed", "failed": "\u2717 failed", "error": "E error"}
_MOST_CELLS = 200


def report_table(
    models: Iterable[tuple[str, str, Decimal | None]],
    results: Sequence[CaseResult],
    broken: Sequence[tuple[str, str]],
) -> str:
    """One table of models with their passed cells and cost, and one of cells, the worst first."""
    costs = (
        (name, passed, "?" if cost is None else f"${cost.quantize(Decimal('0.000001')):f}")
        for name, passed, cost in models
    )
    ordered = sorted(results, key=lambda cell: cell.verdict == "passed")
    cells = [*((name, "E broken", message) for name, message in broken), *map(_row, ordered)]
    rest = len(cells) - _MOST_CELLS
    more = f"<p>and {rest} more cells</p>" if rest > 0 else ""
    return _table(("model", "passed", "cost"), costs) + _table(("cell", "verdict", "why"), cells[:_MOST_CELLS]) + more


def _row(cell: CaseResult) -> tuple[str, str, str]:
    return cell.id, _SIGNS[cell.verdict], _reason(cell)


def _reason(cell: CaseResult) -> str:
    if cell.problem is not None:
        return f"{cell.problem.code} {cell.problem.message}"
    trial = next((trial for trial in cell.trials if trial.verdict != "passed"), None)
    if trial is None or cell.verdict == "passed":
        return ""
    if trial.error is not None:
        return f"{trial.error.kind}: {trial.error.message}"
    return trial.failures[0].headline if trial.failures else ""


def _table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
