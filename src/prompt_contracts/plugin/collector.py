"""Collectors of case files. The work is the engine's."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.engine.loading import LoadedFile, as_broken_case
from prompt_contracts.engine.projects import Project, Projects
from prompt_contracts.plugin.items import BrokenItem, RefusedItem
from prompt_contracts.plugin.stash import SESSION
from prompt_contracts.renderers.diagnostics import diagnostic_text


class ContractWarning(pytest.PytestWarning):
    """Something legal in a case file that is surely not meant."""


def collect(path: Path, parent: pytest.Collector, projects: Projects, *, is_named: bool) -> pytest.Collector | None:
    """The collector of a case file, or None for foreign YAML."""
    project = projects.of(path)
    with _garbage_kept():
        loaded = project.load(path, is_named=is_named)
    if loaded is None:
        return None
    # The id that pytest makes up for a file outside of its root folder may be that of another file inside.
    nodeid = None if path.is_relative_to(parent.config.rootpath) else path.as_posix()
    collector: CaseFileCollector = CaseFileCollector.from_parent(parent, path=path, nodeid=nodeid)
    collector.loaded, collector.project = loaded, project
    return collector


def refuse(path: Path, parent: pytest.Collector, *, reason: str) -> pytest.Collector:
    """The collector of a case file that a worker may not run."""
    collector: RefusedFile = RefusedFile.from_parent(parent, path=path)
    collector.reason = reason
    return collector


@contextmanager
def _garbage_kept() -> Iterator[None]:
    """Almost all that loading allocates stays for the whole run: looking for garbage in it is time for nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class CaseFileCollector(pytest.File):
    """One case file."""

    loaded: LoadedFile
    project: Project

    def _is_let_pass(self, warning: Diagnostic) -> bool:
        """Give a warning to pytest; False where the project makes an error of it."""
        placed = self.project.seen_from(self.config.invocation_params.dir).diagnostic(warning)
        text = self.project.run.masked(diagnostic_text(placed))
        try:
            self.warn(ContractWarning(text))
        # `-W error`, or a filter of the project's.
        except ContractWarning:
            return False
        return True

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each cell in the order of the file, then one for each broken case."""
        contracts = self.config.stash[SESSION]
        refused = [warning for warning in self.loaded.warnings if not self._is_let_pass(warning)]
        broken = [*self.loaded.broken, *([as_broken_case(refused)] if refused else [])]
        for cell in self.loaded.cells:
            yield contracts.item_class.make(self, cell, project=self.project)
        taken: set[str] = set()
        for case in broken:
            yield BrokenItem.make(self, case, taken, project=self.project)


class RefusedFile(pytest.File):
    """A case file in a worker whose options or configuration are wrong: workers cannot refuse a run."""

    reason: str

    def collect(self) -> Iterator[pytest.Item]:
        """One failing item that says why."""
        item: RefusedItem = RefusedItem.from_parent(self, name="usage", nodeid=f"{self.nodeid}::usage")
        item.reason = self.reason
        yield item
