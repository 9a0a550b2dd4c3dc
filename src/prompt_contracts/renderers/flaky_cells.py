"""The cells that passed though not in every trial: green, and worth a look."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.renderers.inert_text import inert, one_line
from prompt_contracts.renderers.trial_strip import trial_lines
from prompt_contracts.report import Report

_MOST = 10


def flaky_lines(report: Report, *, width: int, has_all: bool = False) -> Iterator[str]:
    """Each of them with its trials and what came of them; the first ones, unless `has_all`."""
    found = [result for result in report.results if result.is_flaky]
    if not found:
        return
    yield f"flaky: {'1 cell' if len(found) == 1 else f'{len(found)} cells'} passed, though not in every trial"
    shown = found if has_all else found[:_MOST]
    for result in shown:
        yield f"  {inert(result.id)}"
        yield from (f"  {line}" for line in trial_lines(result, width=width - 2))
        first = next((trial for trial in result.trials if trial.failures), None)
        if first is not None:
            yield f"      {one_line(first.failures[0].headline, max(20, width - 6))}"
    if len(found) > len(shown):
        yield f"  and {len(found) - len(shown)} more (-v shows all)"
