"""A run that a watch has started: of one cell alone, where it says so, and it tells which cells were red."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
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
        self._broken: dict[str, bool] = {}

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
        elif is_yaml(file) and told_by(report) is not None:
            self._broken[report.nodeid] = report.failed or self._broken.get(report.nodeid, False)

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
            self._tell("failed", {"cells": self._red(self._failed), "broken": self._red(self._broken)})

    def _red(self, failed: Mapping[str, bool]) -> dict[str, str]:
        """What failed, each with its file."""
        red = [nodeid for nodeid, is_failed in failed.items() if is_failed]
        return {each: os.path.normpath(self._config.rootpath / each.partition("::")[0]) for each in red}

    def _tell(self, name: str, told: object) -> None:
        self._told.with_name(f"{name}.json").write_text(json.dumps(told), encoding="utf-8")
