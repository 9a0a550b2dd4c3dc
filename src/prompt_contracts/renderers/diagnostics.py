"""Diagnostics -> the lines a person reads: place, code, source line, caret, help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.renderers.inert_text import inert


def diagnostics_text(diagnostics: Iterable[Diagnostic]) -> str:
    """All of them, a blank line between two."""
    return "\n\n".join(diagnostic_text(diagnostic) for diagnostic in diagnostics)


def diagnostic_text(diagnostic: Diagnostic) -> str:
    """One of them, as `path:line:col: CODE message`, the line with a caret, and `help:`."""
    lines = [inert(str(diagnostic))]
    if diagnostic.source_line is not None:
        lines += _caret(diagnostic, diagnostic.source_line)
    if diagnostic.help:
        lines.append(inert(f"help: {diagnostic.help}"))
    if diagnostic.cells:
        lines.append(inert(f"cells: {cells_text(diagnostic.cells)}"))
    return "\n".join(lines)


_MOST_CELLS = 5


def cells_text(cells: Sequence[str]) -> str:
    """The first cells by name, and how many more there are."""
    rest = len(cells) - _MOST_CELLS
    return ", ".join(cells[:_MOST_CELLS]) + (f" and {rest} more" if rest > 0 else "")


_LONGEST_LINE = 160
_BEFORE = 60


def _caret(diagnostic: Diagnostic, source: str) -> list[str]:
    place = diagnostic.location
    gutter = f"{place.line:>5} | "
    column, shown = place.column - 1, source
    if len(source) > _LONGEST_LINE:
        # Generated files have lines of any length: what stands around the caret is enough.
        start = max(0, column - _BEFORE)
        head = "…" if start else ""
        shown = head + source[start : start + _LONGEST_LINE] + ("…" if start + _LONGEST_LINE < len(source) else "")
        column += len(head) - start
    # Tabs keep their width in the line of the caret, everything else becomes a space.
    indent = "".join("\t" if char == "\t" else " " for char in shown[:column])
    length = max(1, min(place.length, len(shown) - column))
    return [gutter + inert(shown), " " * (len(gutter) - 2) + "| " + indent + "^" * length]
