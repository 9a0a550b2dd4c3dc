"""What becomes of the rows that a run generates: they are stored once it is known which cases run, and told of."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from typing import Any

import pytest

from prompt_contracts.plugin.planned_cells import is_rehearsal
from prompt_contracts.plugin.stash import ROWS_KEY, SESSION, SHARED_KEY


class RowStorage:
    """A plugin of runs that may ask a provider. With xdist, the workers store and the controller tells."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._news: list[str] = []
        self._folder: str | None = None
        self._is_refused = True

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(self) -> Generator[None]:
        """A run that is refused here, for a key that is not set or a budget that cannot be kept, asks nobody."""
        yield
        self._is_refused = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Store the rows of the cases that run. Nobody has been asked yet."""
        contracts = self._config.stash.get(SESSION, None)
        if contracts is None or is_rehearsal(self._config) or not self._will_run(session):
            return
        from prompt_contracts.errors import UsageError
        from prompt_contracts.plugin.items import CellItem

        items = [item for item in session.items if isinstance(item, CellItem)]
        try:
            for project in contracts.projects.found:
                run = project.run
                cells = [item.cell for item in items if item.project is project]
                # A worker is not refused: each of its cells says by itself which key it lacks.
                self._news += run.rows.store(cell.case for cell in cells if not run.unset_keys([cell]))
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[ROWS_KEY] = self._news

    def _will_run(self, session: pytest.Session) -> bool:
        """Whether pytest goes on to run what it found: rows of a run that does not would be rows without answers."""
        if self._is_refused:
            return False
        is_worker = hasattr(self._config, "workerinput")  # xdist runs what could be collected
        return is_worker or not session.testsfailed or self._config.option.continue_on_collection_errors

    def pytest_report_collectionfinish(self) -> list[str]:
        """What was made."""
        if self._config.get_verbosity() < 0:
            return []
        return [f"prompt-contracts: {line}" for line in self._news]

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give all workers one folder, in which they settle who makes the rows."""
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="prompt-contracts-")
        node.workerinput[SHARED_KEY] = self._folder

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """What a worker says of the rows; all say the same."""
        self._news = self._news or list(getattr(node, "workeroutput", {}).get(ROWS_KEY, ()))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """What the workers made."""
        if self._folder is not None and self._config.get_verbosity() >= 0:
            for line in self._news:
                terminalreporter.write_line(f"prompt-contracts: {line}")

    def pytest_unconfigure(self) -> None:
        """Leave nothing behind."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
