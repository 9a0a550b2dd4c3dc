"""A run that a watch has started: of one cell alone, where it says so, and it tells which cells were red."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from prompt_contracts.plugin.found_results import told_by
from prompt_contracts.plugin.stash import SESSION, WATCH_CELL, WATCH_TOLD_IN
from prompt_contracts.plugin.unasked_files import is_yaml


class WatchedCells:
    """Leaves one cell; tells what was red, and what recording would take where nothing is run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._told = Path(os.environ[WATCH_TOLD_IN])
        self._only = os.environ.get(WATCH_CELL)
        self._failed: dict[str, bool] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out every other cell."""
        if self._only is not None:
            others = [item for item in items if item.nodeid != self._only]
            items[:] = [item for item in items if item.nodeid == self._only]
            if others:
                self._config.hook.pytest_deselected(items=others)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what came of a cell that an answer can be recorded for."""
        file = Path(report.nodeid.partition("::")[0])
        if is_yaml(file) and hasattr(told_by(report), "verdict"):
            self._failed[report.nodeid] = report.failed

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell what recording takes, where nothing more is to happen."""
        contracts = self._config.stash.get(SESSION, None)
        if self._config.option.collectonly and contracts is not None and session.items:
            from prompt_contracts.plugin.forecast_lines import ForecastLines

            lines = ForecastLines(session.items, contracts.projects.found, top=self._config.invocation_params.dir)
            self._tell("forecast", {"cost": lines.cost, "unset": lines.unset_keys})

    def pytest_sessionfinish(self) -> None:
        """Tell what was red."""
        if not hasattr(self._config, "workerinput") and not self._config.option.collectonly:
            failed = [nodeid for nodeid, is_failed in self._failed.items() if is_failed]
            files = {nodeid: self._config.rootpath / nodeid.partition("::")[0] for nodeid in failed}
            self._tell("failed", {nodeid: os.path.normpath(file) for nodeid, file in files.items()})

    def _tell(self, name: str, told: object) -> None:
        self._told.with_name(f"{name}.json").write_text(json.dumps(told), encoding="utf-8")
