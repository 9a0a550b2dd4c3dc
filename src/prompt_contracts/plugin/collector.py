"""Collectors of case files. The work is the engine's."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.engine.loading import LoadedFile, as_broken_case
from prompt_contracts.engine.projects import Project
from prompt_contracts.errors import UsageError
from prompt_contracts.plugin.items import BrokenItem, CellItem, ContractItem
from prompt_contracts.plugin.kept_garbage import garbage_kept
from prompt_contracts.plugin.session import session_of
from prompt_contracts.plugin.stash import REFUSAL, SIGHTED
from prompt_contracts.renderers.diagnostics import diagnostic_text


class ContractWarning(pytest.PytestWarning):
    """Something legal in a case file that is surely not meant."""


class CaseFileCollector(pytest.File):
    """One case file, or YAML that looks like one. It is loaded when its items are wanted, and once in a run."""

    @classmethod
    def make(cls, path: Path, parent: pytest.Collector) -> CaseFileCollector:
        """The collector of a file; nothing is read yet."""
        # The id that pytest makes up for a file outside of its root folder may be that of another file inside.
        nodeid = None if path.is_relative_to(parent.config.rootpath) else path.as_posix()
        collector: CaseFileCollector = cls.from_parent(parent, path=path, nodeid=nodeid)
        return collector

    def collect(self) -> list[pytest.Item]:
        """An item for each cell in the order of the file, then one for each broken case."""
        with garbage_kept():
            try:
                contracts = session_of(self.config)
                project = contracts.projects.of(self.path)
                # A file that was typed is never passed over as somebody else's.
                loaded = project.load(self.path, is_named=self.session.isinitpath(self.path))
            except (pytest.UsageError, UsageError) as error:
                return self._refused(str(error))
            if loaded is None:
                self.config.stash.get(SIGHTED, {}).pop(self.path, None)
                return []
            return self._items(loaded, project, contracts.item_class)

    def _items(self, loaded: LoadedFile, project: Project, item_class: type[CellItem]) -> list[pytest.Item]:
        refused = [warning for warning in loaded.warnings if not self._is_let_pass(warning, project)]
        broken = [*loaded.broken, *([as_broken_case(refused)] if refused else [])]
        taken: set[str] = set()
        items: list[ContractItem] = [
            *(item_class.make(self, cell, project=project) for cell in loaded.cells),
            *(BrokenItem.make(self, case, taken, project=project) for case in broken),
        ]
        for place, item in enumerate(items):
            item.place = place
        return list(items)

    def _is_let_pass(self, warning: Diagnostic, project: Project) -> bool:
        """Give a warning to pytest; False where the project makes an error of it."""
        placed = project.seen_from(self.config.invocation_params.dir).diagnostic(warning)
        text = project.run.masked(diagnostic_text(placed))
        try:
            self.warn(ContractWarning(text))
        # `-W error`, or a filter of the project's.
        except ContractWarning:
            return False
        return True

    def _refused(self, reason: str) -> list[pytest.Item]:
        """What is wrong with the options or the configuration: the run's, and no mistake of this file."""
        if hasattr(self.config, "workerinput"):
            # What refuses a run is lost in a worker; what refuses a file comes to the controller.
            raise self.CollectError(reason)
        # Raised here it would be the error of one file; it is the whole run's.
        self.config.stash.setdefault(REFUSAL, pytest.UsageError(reason))
        return []
