"""How each change did beside the case as it is written: one line for a change and a model."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.renderers.comparison_words import p_text
from prompt_contracts.report import Count, RelationSummary, Report


def relation_rows(report: Report) -> Iterator[tuple[str, str, str]]:
    """The change, the model, and how it went: `14/20 · base 19/20 · p = 0.06`."""
    for each in report.relations:
        yield each.relation, each.model_id, " · ".join(_parts(each))


def correction_words(report: Report) -> str:
    """`p after Holm, over 9`; empty where there is nothing to correct."""
    tests = sum(each.p_adjusted is not None for each in report.relations)
    return f"p after Holm, over {tests}" if tests > 1 else ""


def relation_lines(report: Report) -> list[str]:
    """The rows as lines for a terminal; the model only where there are several."""
    rows = list(relation_rows(report))
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    if len({model for _, model, _ in rows}) < 2:
        return [f"{relation.ljust(widths[0])}  {words}" for relation, _, words in rows]
    return [f"{relation.ljust(widths[0])}  {model.ljust(widths[1])}  {words}" for relation, model, words in rows]


def _parts(each: RelationSummary) -> Iterator[str]:
    yield _passes(each.cells)
    if each.base is not None:
        yield f"base {_passes(each.base)}"
    if each.p_adjusted is not None:
        yield p_text(each.p_adjusted)
    elif each.p_value is not None:  # of a report that was written before there was a correction
        yield p_text(each.p_value)
    if each.same is not None:
        same = each.same
        yield f"same {same.equal}/{same.compared}, control {same.base_equal}/{same.base_compared}"


def _passes(counted: Count) -> str:
    errors = f" ({counted.errors} error{'s' if counted.errors != 1 else ''})" if counted.errors else ""
    return f"{counted.passed}/{counted.scored}{errors}"
