"""A run that a watch has started: of some case files alone, and it tells what was read for each of them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path

import pytest

from prompt_contracts.plugin.stash import WATCH_ONLY, WATCH_TOLD_IN
from prompt_contracts.plugin.unasked_files import is_yaml


class WatchedFiles:
    """Knows which files are opened while a case file is collected."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._told = Path(os.environ[WATCH_TOLD_IN])
        only = os.environ.get(WATCH_ONLY)
        self._only = None if only is None else frozenset(json.loads(only))
        self._read: dict[str, dict[str, None]] = {}
        self._current: dict[str, None] | None = None
        worker = getattr(config, "workerinput", None)
        self._is_telling = worker is None or worker.get("workerid") == "gw0"
        # It can never be taken away again; the run has a process of its own.
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and self._current is not None:
            name = arguments[0]
            if isinstance(name, (str, os.PathLike)):
                self._current[os.path.abspath(name)] = None  # noqa: PTH100 - a hook of every opening has to be quick

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave out the files that nothing has changed."""
        if self._only is None or str(collection_path) in self._only or collection_path.is_dir():
            return None
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Note what is opened for a case file."""
        if not isinstance(collector, pytest.File) or not is_yaml(collector.path):
            return (yield)
        self._current = self._read.setdefault(str(collector.path), {})
        try:
            return (yield)
        finally:
            self._current = None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what was typed and has not changed."""
        if self._only is not None:
            others = [item for item in items if str(item.path) not in self._only]
            items[:] = [item for item in items if str(item.path) in self._only]
            if others:
                self._config.hook.pytest_deselected(items=others)

    def pytest_sessionfinish(self) -> None:
        """Tell it."""
        if self._is_telling and self._read:
            root = str(self._config.rootpath) + os.sep
            found = {file: _inside(read, root) for file, read in self._read.items()}
            self._told.write_text(json.dumps(found), encoding="utf-8")


def _inside(read: Iterable[str], root: str) -> list[str]:
    """What lies in the project, without what Python and other tools keep there."""
    inside = (path for path in read if path.startswith(root) and not path.endswith(".pyc"))
    return [path for path in inside if not _is_foreign(Path(path.removeprefix(root)).parts)]


def _is_foreign(parts: Sequence[str]) -> bool:
    return "site-packages" in parts or any(part.startswith(".") for part in parts[:-1])
