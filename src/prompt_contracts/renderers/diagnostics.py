"""Diagnostics -> what a person reads, the lines by which GitHub shows them beside the code, and a JSON list."""

from __future__ import annotations

import json
import posixpath
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
    from rich.cells import cell_len

    place = diagnostic.location
    gutter = f"{place.line:>5} | "
    column, shown = place.column - 1, source
    if len(source) > _LONGEST_LINE:
        # Generated files have lines of any length: what stands around the caret is enough.
        start = max(0, column - _BEFORE)
        head = "…" if start else ""
        shown = head + source[start : start + _LONGEST_LINE] + ("…" if start + _LONGEST_LINE < len(source) else "")
        column += len(head) - start
    # Tabs keep their width in the line of the caret, everything else becomes spaces: two for a wide character.
    indent = "".join("\t" if char == "\t" else " " * cell_len(inert(char)) for char in shown[:column])
    marked = cell_len(inert(shown[column : column + place.length].replace("\t", " ")))
    return [gutter + inert(shown), " " * (len(gutter) - 2) + "| " + indent + "^" * max(1, marked)]


def github_annotations(diagnostics: Iterable[Diagnostic], *, folder: str = "") -> str:
    """One workflow command a line; `folder` is where their paths start from in the repository, with forward slashes."""
    return "\n".join(_annotation(diagnostic, folder) for diagnostic in diagnostics)


def _annotation(diagnostic: Diagnostic, folder: str) -> str:
    place = diagnostic.location
    properties = {
        "file": posixpath.normpath(posixpath.join(folder, place.path)) if folder else place.path,
        "line": str(place.line),
        "col": str(place.column),
        "endColumn": str(place.column + place.length),
        "title": diagnostic.code,
    }
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = diagnostic.message if diagnostic.help is None else f"{diagnostic.message}\nhelp: {diagnostic.help}"
    if diagnostic.cells:
        text = f"{text}\ncells: {cells_text(diagnostic.cells)}"
    return f"::{diagnostic.severity} {shown}::{_data(text)}"


def _data(text: str) -> str:
    """A text in which nothing ends the command or starts another."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return inert(escaped)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def json_diagnostics(diagnostics: Iterable[Diagnostic]) -> str:
    """An indented list in ASCII, empty when there is none: code, severity, message, place and help of each."""
    return json.dumps([_fields(diagnostic) for diagnostic in diagnostics], indent=2)


def _fields(diagnostic: Diagnostic) -> dict[str, object]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **diagnostic.location.to_json(),
        "help": diagnostic.help,
        "cells": list(diagnostic.cells),
    }
