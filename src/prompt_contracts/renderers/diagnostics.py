"""Diagnostics -> the lines a person reads: place, code, source line, caret, help."""

from __future__ import annotations

from collections.abc import Iterable

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
    return "\n".join(lines)


def _caret(diagnostic: Diagnostic, source: str) -> list[str]:
    place = diagnostic.location
    gutter = f"{place.line:>5} | "
    # Tabs keep their width in the line of the caret, everything else becomes a space.
    indent = "".join("\t" if char == "\t" else " " for char in source[: place.column - 1])
    length = max(1, min(place.length, len(source) - place.column + 1))
    return [gutter + inert(source), " " * (len(gutter) - 2) + "| " + indent + "^" * length]
