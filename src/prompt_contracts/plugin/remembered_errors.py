"""What ended in a provider's error is remembered in pytest's cache, and `--pc-retry-errors` runs nothing else.

Loads nothing of ours but names.
"""

from __future__ import annotations

from typing import Any

import pytest

from prompt_contracts.plugin.found_results import CellTold
from prompt_contracts.plugin.stash import ERRORS_KEY

_CACHE_KEY = "prompt_contracts/errors"


class RememberedErrors:
    """The node ids of cells without a verdict for a provider's sake, from one run to the next."""

    def __init__(self, config: pytest.Config, *, is_retrying: bool) -> None:
        """`pytest.UsageError` where they are to be run and nothing can be remembered."""
        self._config = config
        self._is_retrying = is_retrying
        self._cache: pytest.Cache | None = getattr(config, "cache", None)
        if is_retrying and self._cache is None and not hasattr(config, "workerinput"):
            raise pytest.UsageError(
                "--pc-retry-errors runs what pytest's cache remembers, and -p no:cacheprovider switches that off"
            )
        self._judged: dict[str, bool] = {}
        """The cells that this run came to -> whether they ended in a provider's error."""

    def note(self, nodeid: str, told: CellTold) -> None:
        """What became of a cell; a rerun replaces what came before."""
        from prompt_contracts.verdict import CaseResult  # loaded already, where there is anything to note

        if not isinstance(told, CaseResult):
            self._judged[nodeid] = False
            return
        if told.problem is not None and told.problem.code == "PC340":
            return  # its worker died: what was known of it stays
        self._judged[nodeid] = told.verdict == "error" and any(
            trial.verdict == "error" and trial.error is not None for trial in told.trials
        )

    @property
    def _remembered(self) -> list[str]:
        # A worker may be another machine, with a cache of its own or none: it takes what the controller knows.
        if hasattr(self._config, "workerinput"):
            given: list[str] = self._config.workerinput.get(ERRORS_KEY, [])
            return given
        found = None if self._cache is None else self._cache.get(_CACHE_KEY, None)
        return [nodeid for nodeid in found if isinstance(nodeid, str)] if isinstance(found, list) else []

    def pytest_report_header(self) -> str | None:
        """Which cells are run, as far as that is known before anything is collected."""
        if not self._is_retrying:
            return None
        count = len(self._remembered)
        if not count:
            return "prompt-contracts: no errors of providers are remembered: everything is run"
        cells = "the cell" if count == 1 else f"the {count} cells"
        return f"prompt-contracts: retrying {cells} that ended in a provider's error, and nothing else"

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of xdist what is remembered."""
        if self._is_retrying:
            node.workerinput[ERRORS_KEY] = self._remembered

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave what is remembered; all where nothing is."""
        remembered = frozenset(self._remembered) if self._is_retrying else None
        if remembered:
            others = [item for item in items if item.nodeid not in remembered]
            items[:] = [item for item in items if item.nodeid in remembered]
            self._config.hook.pytest_deselected(items=others)

    def pytest_sessionfinish(self) -> None:
        """Remember the errors of this run, and of earlier ones what this run did not come to."""
        if self._cache is None or hasattr(self._config, "workerinput") or not self._judged:
            return
        before = self._remembered
        kept = [nodeid for nodeid in before if nodeid not in self._judged]
        after = sorted([*kept, *(nodeid for nodeid, is_error in self._judged.items() if is_error)])
        if after != before:
            self._cache.set(_CACHE_KEY, after)
