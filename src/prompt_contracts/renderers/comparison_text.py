"""A comparison for a terminal: a sentence for each contrast, the amounts, and the cells that changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
from prompt_contracts.renderers.inert_text import one_line
from prompt_contracts.renderers.paint import painted_comparison
from prompt_contracts.renderers.wrapping import wrapped

_NARROWEST = 40
_SIDE_BY_SIDE = 64
"""Terminals from this width on have room for two answers in a line."""
_MOST_LINES = 8
_GAP = " │ "


def comparison_text(comparison: Comparison, *, width: int, most: int | None = None, is_coloured: bool = False) -> str:
    """All of it; at most `most` changed cells of a contrast are shown, and the others counted."""
    wide = max(width, _NARROWEST)
    blocks = ["\n".join(_contrast_lines(comparison, each, wide, most)) for each in comparison.contrasts]
    notes = "\n".join(line for note in comparison_notes(comparison) for line in _folded(note, wide, ""))
    text = "\n\n".join(filter(None, (*blocks, notes)))
    return painted_comparison(text) if is_coloured else text


def _contrast_lines(comparison: Comparison, contrast: Contrast, width: int, most: int | None) -> Iterator[str]:
    yield from _folded(f"{contrast_title(comparison, contrast)}: {contrast_sentence(comparison, contrast)}", width, "")
    if contrast.judged:
        rate, *others = [
            f"{fact.name} {fact.base} → {fact.other}{f', {fact.change}' if fact.change else ''}"
            for fact in contrast_facts(contrast)
        ]
        for fact in (rate, *others):
            yield from _folded(fact, width, "  ")
    for note in contrast_notes(contrast):
        yield from _folded(note, width, "  ")
    for change in contrast.changes[:most]:
        yield from _change_lines(change, contrast, width)
    if most is not None and len(contrast.changes) > most:
        yield f"  and {len(contrast.changes) - most} more that changed"


def _change_lines(change: CellChange, contrast: Contrast, width: int) -> Iterator[str]:
    answers = changed_answers(change)
    trials = f"  (trials passed: {answers.trials})" if answers.trials else ""
    yield from _folded(f"{change_word(change)}  {one_line(change.name, 400)}{trials}", width, "  ")
    if answers.reason:
        yield from _folded(one_line(answers.reason, 300), width, "      ")
    labels = one_line(contrast.base.label, 60), one_line(contrast.other.label, 60)
    if answers.base == answers.other:
        yield from _stacked("both", answers.base, width)
    elif width >= _SIDE_BY_SIDE:
        yield from _beside(labels, (answers.base, answers.other), width)
    else:
        yield from _stacked(labels[0], answers.base, width)
        yield from _stacked(labels[1], answers.other, width)


def _stacked(label: str, text: str, width: int) -> Iterator[str]:
    yield from _folded(label, width, "    ")
    yield from (f"      {line}".rstrip() for line in wrapped(text, width=width - 6, most=_MOST_LINES))


def _beside(labels: Sequence[str], texts: Sequence[str], width: int) -> Iterator[str]:
    from rich.cells import set_cell_size

    room = (width - 4 - len(_GAP)) // 2
    left, right = (
        [*_pieces(label, room)[:1], *wrapped(text, width=room, most=_MOST_LINES)]
        for label, text in zip(labels, texts, strict=True)
    )
    for place in range(max(len(left), len(right))):
        one, other = (column[place] if place < len(column) else "" for column in (left, right))
        yield f"    {set_cell_size(one, room)}{_GAP}{other}".rstrip()


def _folded(text: str, width: int, indent: str) -> Iterator[str]:
    """One sentence on as many lines as it takes; those after the first stand further in."""
    first, *rest = _pieces(text, width - len(indent) - 2)
    yield f"{indent}{first}"
    yield from (f"{indent}  {line}" for line in rest)


def _pieces(line: str, width: int) -> list[str]:
    """A line in pieces of at most `width` cells of a terminal, broken at spaces where there are any."""
    from rich.cells import cell_len, chop_cells

    if cell_len(line) <= width:
        return [line]
    pieces = [""]
    for word in line.split(" "):
        joined = f"{pieces[-1]} {word}" if pieces[-1] else word
        if cell_len(joined) <= width:
            pieces[-1] = joined
            continue
        parts = chop_cells(word, width)
        pieces[-1:] = [pieces[-1], *parts] if pieces[-1] else parts
    return pieces
