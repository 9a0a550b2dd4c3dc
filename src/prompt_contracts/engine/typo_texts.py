"""Texts with typos as they are stored beside their case files: an answer that was recorded for one stays right.

How typos are made may change from release to release; what was asked may not.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from prompt_contracts.cases.given_file import GivenFile, Misspelt, read_given_file
from prompt_contracts.diagnostic import Diagnostic


class TypoTexts:
    """Those of one run's case files, and which of them the files do not have yet."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._stored: dict[str, GivenFile] = {}
        self._used: dict[str, dict[str, dict[str, str]]] = {}

    def problems(self, path: str, name: str) -> tuple[Diagnostic, ...]:
        """What is wrong with the stored texts of a case."""
        found = self._file(path).by_case.get(name)
        return () if found is None else found.errors

    def text(self, path: str, name: str, key: str, made: str) -> str:
        """The text that stands under a key of a case; the one that was made now where there is none."""
        text = self._file(path).typos.get(name, {}).get(key, made)
        self._used.setdefault(path, {}).setdefault(name, {})[key] = text
        return text

    def _file(self, path: str) -> GivenFile:
        if path not in self._stored:
            self._stored[path] = read_given_file(path, folder=(self._root / path).parent, root=self._root)
        return self._stored[path]

    def new(self, path: str) -> Mapping[str, Misspelt] | None:
        """What the file beside a case file is to have, by case; None where it has all that is used."""
        used = self._used.get(path, {})
        stored = {} if path not in self._stored else self._stored[path].typos
        has_all = all(texts.items() <= stored.get(name, {}).items() for name, texts in used.items())
        return None if has_all else used
