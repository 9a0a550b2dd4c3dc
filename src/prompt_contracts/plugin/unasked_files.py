"""Keeps pytest from looking at the case files that lie beside those that were typed.

To find a file of the command line pytest goes through its whole folder, once for each such file, and makes a collector
of every file there; it keeps the one that it looks for. Nothing that somebody asked for is hidden.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

_SUFFIXES = (".yaml", ".yml")


def is_yaml(path: Path) -> bool:
    """Whether a name is one that case files have; `sniffing.has_suffix` says the same, and would have to be loaded."""
    return path.suffix.lower() in _SUFFIXES


class UnaskedFiles:
    """Knows which folder pytest goes through for nothing but the files of it that were typed."""

    def __init__(self) -> None:
        self._passed_through: pytest.Directory | None = None

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        """Whether the folder, or one around it, was asked for as a whole."""
        self._passed_through = None
        if isinstance(collector, pytest.Directory) and not _is_asked_for(collector):
            self._passed_through = collector

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """True for a file that nobody typed, in a folder that nobody typed."""
        folder = self._passed_through
        if folder is None:
            return None
        # Texts, since a path of its own for each file of each folder takes longer than all the rest.
        place, _, name = str(collection_path).rpartition(os.sep)
        if place != str(folder.path) or not name.lower().endswith(_SUFFIXES):
            return None
        # Windows knows files by short names, too: there pytest itself compares more than the names.
        is_typed = sys.platform == "win32" or folder.session.isinitpath(collection_path)
        return None if is_typed else True


def _is_asked_for(folder: pytest.Collector) -> bool:
    return any(folder.session.isinitpath(path) for path in (folder.path, *folder.path.parents))
