"""A comparison for a pull request: tables and, folded away, the cells that changed. Text of models is code, always."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.comparison import CellChange, Comparison, Contrast
from prompt_contracts.renderers.comparison_words import (
    change_word,
    changed_answers,
    comparison_notes,
    contrast_facts,
    contrast_notes,
    contrast_sentence,
    contrast_title,
)
from prompt_contracts.renderers.inert_markdown import fenced_markdown, markdown_field, plain_markdown
from prompt_contracts.renderers.inert_text import one_line

_LIMIT = 60_000
"""GitHub takes 65,536 characters in a comment."""
_MOST_TEXT = 2_000


def comparison_markdown(comparison: Comparison) -> str:
    """At most 60,000 characters; changed cells that have no room are counted."""
    start = contrasts_markdown(comparison)
    changes = [
        (f"#### {plain_markdown(contrast_title(comparison, contrast))}\n" if number == 0 else "")
        + _change_text(change, contrast)
        for contrast in comparison.contrasts
        for number, change in enumerate(contrast.changes)
    ]
    if not changes:
        return f"{start.rstrip()}\n"
    kept: list[str] = []
    room = _LIMIT - len(start) - 200
    for change in changes:
        room -= len(change) + 1
        if room < 0:
            break
        kept.append(change)
    cut = len(changes) - len(kept)
    told = [f"\nand {cut} more that changed, for which there is no room here\n"] if cut else []
    summary = f"<details><summary>{len(changes)} changed cell{'s' if len(changes) != 1 else ''}</summary>\n"
    return "\n".join([start[:_LIMIT], summary, *kept, *told, "</details>\n"])


def contrasts_markdown(comparison: Comparison) -> str:
    """What is different and how sure that is, without the cells that changed."""
    lines: list[str] = []
    for contrast in comparison.contrasts:
        lines += _contrast_lines(comparison, contrast)
    lines += [f"{plain_markdown(note)}\n" for note in comparison_notes(comparison)]
    return "\n".join(lines)


def _contrast_lines(comparison: Comparison, contrast: Contrast) -> Iterator[str]:
    yield f"### {plain_markdown(contrast_title(comparison, contrast))}\n"
    yield f"{plain_markdown(contrast_sentence(comparison, contrast))}\n"
    if contrast.judged:
        yield f"| | {markdown_field(contrast.base.label)} | {markdown_field(contrast.other.label)} | change |"
        yield "|---|---:|---:|---|"
        for fact in contrast_facts(contrast):
            fields = (fact.name, markdown_field(fact.base), markdown_field(fact.other), markdown_field(fact.change))
            yield f"| {' | '.join(fields)} |"
        yield ""
    for note in contrast_notes(contrast):
        yield f"- {plain_markdown(note)}"
    yield ""


def _change_text(change: CellChange, contrast: Contrast) -> str:
    answers = changed_answers(change)
    trials = f", trials passed: {answers.trials}" if answers.trials else ""
    lines = [f"**{change_word(change)}** {plain_markdown(one_line(change.name, 400))}{trials}\n"]
    if answers.reason:
        lines.append(f"{plain_markdown(one_line(answers.reason, 300))}\n")
    if answers.base == answers.other:
        return "\n".join([*lines, "both\n", fenced_markdown(answers.base, limit=_MOST_TEXT)])
    for side, text in ((contrast.base, answers.base), (contrast.other, answers.other)):
        lines += [f"{plain_markdown(one_line(side.label, 80))}\n", fenced_markdown(text, limit=_MOST_TEXT)]
    return "\n".join(lines)
