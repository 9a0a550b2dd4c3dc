"""Keeps pytest from looking at the case files that lie beside those that were typed.

To find a file of the command line pytest goes through its whole folder, once for each such file, and makes a collector
of every file there; it keeps the one that it looks for. Such a folder is gone through once here, and only for what was
typed (`PassedFolder`). A package stays pytest's own: there, what nobody typed is ignored file by file. Nothing that
somebody asked for is hidden.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

_SUFFIXES = (".yaml", ".yml")


def is_yaml(path: Path) -> bool:
    """Whether a name is one that case files have; `sniffing.has_suffix` says the same, and would have to be loaded."""
    return path.suffix.lower() in _SUFFIXES


class PassedFolder(pytest.Directory):
    """A folder that pytest goes through for nothing but what was typed of it."""

    def __repr__(self) -> str:
        return f"<Dir {self.name}>"  # which it is to everybody who looks at the tree of a collection

    @cached_property
    def _typed(self) -> tuple[Path, ...]:
        """What was typed of it, and the folders on the way to what was typed, in pytest's order."""
        paths = (self.path / name for name in _names(self.path))
        return tuple(path for path in paths if self.session.isinitpath(path, with_parents=True))

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """As pytest does, where it would drop the rest: what was typed is asked for whatever ignores it."""
        for path in self._typed:
            if path.is_dir():
                folder = self.ihook.pytest_collect_directory(path=path, parent=self)
                if folder is not None:
                    yield folder
            elif path.is_file():
                yield from self.ihook.pytest_collect_file(file_path=path, parent=self)


class UnaskedFiles:
    """Knows which folder pytest goes through for nothing but the files of it that were typed."""

    def __init__(self) -> None:
        self._passed_through: pytest.Directory | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> Generator[None, Any, Any]:
        """A folder of pytest's own gives way where case files of it were typed, and it was not."""
        found = yield
        # Windows knows files by short names, too: there pytest itself compares more than the names.
        if type(found) is not pytest.Dir or sys.platform == "win32" or _is_asked_for(found):
            return found
        names = (name for name in _names(path) if name.lower().endswith(_SUFFIXES))
        is_passed = any(found.session.isinitpath(path / name) for name in names)
        return PassedFolder.from_parent(parent, path=path) if is_passed else found

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        """Whether the folder, or one around it, was asked for as a whole."""
        self._passed_through = None
        if not isinstance(collector, pytest.Directory) or isinstance(collector, PassedFolder):
            return
        if not _is_asked_for(collector):
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


def _names(folder: Path) -> list[str]:
    """What lies in a folder, in pytest's order; nothing where nobody may look, which pytest itself tells."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - a path for each takes longer than all the rest
    except OSError:
        return []


def _is_asked_for(folder: pytest.Collector) -> bool:
    return any(folder.session.isinitpath(path) for path in (folder.path, *folder.path.parents))
