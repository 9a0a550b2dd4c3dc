"""The cells that a run set out for, and those of them that it did not come to. Loads nothing of ours but names."""

from __future__ import annotations

from collections.abc import Container, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from prompt_contracts.plugin.stash import PLANNED, SESSION
from prompt_contracts.plugin.unasked_files import is_yaml

if TYPE_CHECKING:
    from prompt_contracts.report import Report


def is_rehearsal(config: pytest.Config) -> bool:
    """Whether no test runs, whatever is collected."""
    option = config.option
    return bool(option.collectonly or option.setuponly or option.setupplan)


class PlannedCells:
    """Knows what was selected in the process that prints the summary, or in the workers of xdist."""

    def __init__(self, config: pytest.Config) -> None:
        config.stash[PLANNED] = self
        self._config = config
        self._ids: dict[str, None] = {}
        self._skipped: set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep what is left of the selection."""
        if SESSION in session.config.stash:
            from prompt_contracts.plugin.items import ContractItem

            self._ids |= dict.fromkeys(
                item.nodeid
                for item in session.items
                if isinstance(item, ContractItem) and not any(item.iter_markers("skip"))
            )

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Keep what a worker selected; whose files those are is asked where one of them is missing."""
        self._ids |= dict.fromkeys(each for each in ids if is_yaml(_file(each)))

    @property
    def ids(self) -> tuple[str, ...]:
        """The node ids of what was selected, and was not marked as skipped."""
        return tuple(self._ids)

    def skip(self, report: pytest.TestReport) -> None:
        """Keep the name of what was skipped: that is no gap."""
        self._skipped.add(report.nodeid)

    def unfinished(self, told: Container[str]) -> tuple[str, ...]:
        """What was selected, was not skipped, and of which nobody told anything."""
        if is_rehearsal(self._config):
            return ()
        left = [each for each in self._ids if each not in told and each not in self._skipped]
        if not left:
            return ()
        from prompt_contracts.cases.sniffing import may_be_case_file

        files: dict[Path, bool] = {}
        for each in left:
            path = self._config.rootpath / _file(each)
            if path not in files:
                files[path] = path.is_file() and may_be_case_file(path)
        return tuple(each for each in left if files[self._config.rootpath / _file(each)])


def _file(nodeid: str) -> Path:
    return Path(nodeid.partition("::")[0])


def with_unfinished(report: Report, config: pytest.Config) -> Report:
    """The report of a run, and what it did not come to."""
    from dataclasses import replace

    planned: Any = config.stash.get(PLANNED, None)
    told = {result.id for result in report.results} | {broken.id for broken in report.broken}
    return report if planned is None else replace(report, not_run=planned.unfinished(told))
