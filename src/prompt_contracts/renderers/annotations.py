"""Diagnostics -> the lines by which a workflow of GitHub Actions shows them beside the code."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.renderers.diagnostics import cells_text
from prompt_contracts.renderers.inert_text import inert


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
