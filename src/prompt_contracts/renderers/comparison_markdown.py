"""A comparison for a pull request: tables and, folded away, the cells that changed. Text of models is code, always."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prompt_contracts.comparison import CellChange, Comparison, Contrast
from prompt_contracts.renderers.comparison_words import (
    CHANGE_WORDS,
    changed_answers,
    comparison_notes,
    contrast_facts,
    contrast_notes,
    contrast_sentence,
    contrast_title,
)
from prompt_contracts.renderers.inert_text import inert, one_line

_LIMIT = 60_000
"""GitHub takes 65,536 characters in a comment."""
_MOST_TEXT = 2_000
_MARKS = re.compile(r"[\\`*_{}\[\]<>#!|~&$]")
_LINKED = re.compile(r"@|://|www\.|#\d|\bGH-\d|\b[0-9a-f]{7,40}\b", re.IGNORECASE)


def comparison_markdown(comparison: Comparison) -> str:
    """At most 60,000 characters; changed cells that have no room are counted."""
    lines: list[str] = []
    for contrast in comparison.contrasts:
        lines += _contrast_lines(comparison, contrast)
    lines += [f"{_plain(note)}\n" for note in comparison_notes(comparison)]
    start = "\n".join(lines)
    changes = [
        (f"#### {_plain(contrast_title(comparison, contrast))}\n" if number == 0 else "")
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


def _contrast_lines(comparison: Comparison, contrast: Contrast) -> Iterator[str]:
    yield f"### {_plain(contrast_title(comparison, contrast))}\n"
    yield f"{_plain(contrast_sentence(comparison, contrast))}\n"
    if contrast.judged:
        yield f"| | {_in_table(contrast.base.label)} | {_in_table(contrast.other.label)} | change |"
        yield "|---|---:|---:|---|"
        for fact in contrast_facts(contrast):
            yield f"| {fact.name} | {_in_table(fact.base)} | {_in_table(fact.other)} | {_in_table(fact.change)} |"
        yield ""
    for note in contrast_notes(contrast):
        yield f"- {_plain(note)}"
    yield ""


def _change_text(change: CellChange, contrast: Contrast) -> str:
    answers = changed_answers(change)
    trials = f", trials passed: {answers.trials}" if answers.trials else ""
    lines = [f"**{CHANGE_WORDS[change.kind]}** {_plain(one_line(change.name, 400))}{trials}\n"]
    if answers.reason:
        lines.append(f"{_plain(one_line(answers.reason, 300))}\n")
    if answers.base == answers.other:
        return "\n".join([*lines, "both\n", _fenced(answers.base)])
    for side, text in ((contrast.base, answers.base), (contrast.other, answers.other)):
        lines += [f"{_plain(one_line(side.label, 80))}\n", _fenced(text)]
    return "\n".join(lines)


def _fenced(text: str) -> str:
    """A block of code that no text can end."""
    shown = inert(text[:_MOST_TEXT])
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    cut = f"\n… {len(text) - _MOST_TEXT:,} more characters" if len(text) > _MOST_TEXT else ""
    return f"{fence}text\n{shown}{cut}\n{fence}\n"


def _plain(text: str) -> str:
    """Text that means nothing to Markdown: as code where GitHub would make a link or a mention of it."""
    line = one_line(text, 2_000)
    if not _LINKED.search(line):
        return _MARKS.sub(lambda found: f"&#{ord(found[0])};", line)
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}"


def _in_table(text: str) -> str:
    # A bar ends the field, in code too.
    return _plain(text).replace("|", "\\|")
