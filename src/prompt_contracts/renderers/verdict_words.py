"""What a run came to, in a sentence or two."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.comparison import Comparison, Contrast
from prompt_contracts.renderers.amounts import interval_text, percent
from prompt_contracts.renderers.comparison_words import contrast_sentence, contrast_title
from prompt_contracts.renderers.gate_text import missed_rate_text, missed_strength_text
from prompt_contracts.renderers.inert_text import one_line
from prompt_contracts.report import Report, Summary
from prompt_contracts.verdict import VerdictWord

_LONGEST = 200
VERDICT_SIGNS: dict[VerdictWord, str] = {"passed": "✓", "failed": "✗", "error": "E"}
"""For tables; the strip of trials has the signs of pytest."""


def verdict_sentence(report: Report) -> str:
    """`3 of 24 cells broke their contract; 1 ended in an error; 2 broke theirs as expected.`"""
    results = report.results
    total, errors = len(results) + len(report.not_run), sum(result.verdict == "error" for result in results)
    failed = sum(result.is_broken for result in results)
    if not results:
        ends = [_could_not_run(len(report.broken))] if report.broken else ["No cell was judged"]
        return f"{'; '.join([*ends, *_not_run(report), *_missed(report)])}."
    expected = sum(result.verdict == "failed" and not result.is_broken for result in results)
    unexpected = sum(result.is_kept_unexpectedly for result in results)
    parts = []
    if failed:
        parts.append(f"{failed:,} of {_cells(total)} broke {'its' if failed == 1 else 'their'} contract")
    if errors:
        which = f"{errors:,}" if failed else f"{errors:,} of {_cells(total)}"
        parts.append(f"{which} ended in an error")
    if unexpected:
        parts.append(f"{unexpected:,} kept what was expected to break")
    if not parts and not expected and not report.not_run:
        parts.append("The one cell keeps its contract" if total == 1 else f"All {total:,} cells keep their contracts")
    elif not parts:
        kept = len(results) - expected
        parts.append(f"{kept:,} of {_cells(total)} {'keeps its contract' if kept == 1 else 'keep their contracts'}")
    if expected:
        parts.append(f"{expected:,} broke {'its contract' if expected == 1 else 'theirs'} as expected")
    parts += _not_run(report)
    if report.broken:
        parts.append(_could_not_run(len(report.broken)))
    parts += _missed(report)
    return f"{'; '.join(parts)}."


def _not_run(report: Report) -> list[str]:
    number = len(report.not_run)
    return [f"{number:,} {'was' if number == 1 else 'were'} not run"] if number else []


def _missed(report: Report) -> list[str]:
    found = [one_line(missed_rate_text(each), _LONGEST) for each in report.missed_rates]
    if report.missed_strength:
        found.append(f"contract strength: {missed_strength_text(report.missed_strength)}")
    return found


def models_sentence(report: Report) -> str:
    """How far the models are apart; empty of fewer than two that were judged. It claims nothing that is not told."""
    rated = sorted((row for row in report.models if row.rate is not None), key=_rate)
    if len(rated) < 2:
        return ""
    least, most = rated[0], rated[-1]
    if _rate(least) == _rate(most):
        return f"Each of {len(rated)} models passes {percent(most.rate)} of its trials."
    return f"{'; '.join(_told(most, least))}.{_overlap(most, least)}"


def change_sentence(comparison: Comparison, contrast: Contrast) -> str:
    """`groq:a vs base: 2 worse, 0 better, p = 0.50: too few changes to tell; …`, as the terminal says it."""
    return f"{contrast_title(comparison, contrast)}: {contrast_sentence(comparison, contrast)}."


def _rate(row: Summary) -> float:
    return row.rate or 0.0


def _told(most: Summary, least: Summary) -> Iterator[str]:
    yield f"{most.id} passes {percent(most.rate)} of its trials ({interval_text(most.interval)})"
    yield f"{least.id} passes {percent(least.rate)} ({interval_text(least.interval)})"


def _overlap(most: Summary, least: Summary) -> str:
    if most.interval is None or least.interval is None or least.interval.high < most.interval.low:
        return ""
    return " The intervals overlap."


def _cells(number: int) -> str:
    return f"{number:,} cell{'s' if number != 1 else ''}"


def _could_not_run(number: int) -> str:
    return f"{number:,} {'case' if number == 1 else 'cases'} could not run as written"
