"""The lines of a project's files, for the carets of diagnostics. Reads each file once."""

from __future__ import annotations

from pathlib import Path

from prompt_contracts.cases.encoding import decode_loosely
from prompt_contracts.cases.node import SourceText
from prompt_contracts.diagnostic import Diagnostic


class SourceLines:
    """Of the files below one root."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lines: dict[str, list[str]] = {}

    def with_line(self, diagnostic: Diagnostic) -> Diagnostic:
        """The diagnostic with the text of its line, read from the file that it names."""
        place = diagnostic.location
        if place.path not in self._lines:
            path = self._root / place.path
            text = decode_loosely(path.read_bytes()) if path.is_file() else ""
            self._lines[place.path] = SourceText(path=place.path, folder=path.parent, text=text).lines
        lines = self._lines[place.path]
        return diagnostic.with_source_line(lines[place.line - 1] if place.line <= len(lines) else None)
