"""What a run spent, over all of its processes: each worker of xdist tells it, and who died leaves a lower bound."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from prompt_contracts.plugin.stash import REPLACES_KEY, SPENT_KEY


class Spending:
    """The money of the workers, in the process that prints the summary. Loads nothing of ours but names."""

    def __init__(self) -> None:
        self._told: dict[str, dict[str, Any]] = {}
        self._is_open: dict[str, bool] = {}

    def note(self, report: pytest.TestReport) -> None:
        """What a worker had spent when it sent a report."""
        node = getattr(report, "node", None)
        told = getattr(report, SPENT_KEY, None)
        if node is not None and told is not None:
            self._told[node.gateway.id] = told

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Mark a worker that takes the place of one that died."""
        node.workerinput[REPLACES_KEY] = len(self._is_open) >= int(node.workerinput["workercount"])
        self._is_open[node.gateway.id] = True

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """What a worker had spent in the end; one that was killed does not say."""
        output = getattr(node, "workeroutput", None)
        if output is not None:
            self._is_open[node.gateway.id] = False
            if SPENT_KEY in output:
                self._told[node.gateway.id] = output[SPENT_KEY]

    @property
    def is_told(self) -> bool:
        """Whether any worker told of money."""
        return bool(self._told)

    @property
    def amount(self) -> Decimal:
        """US dollars that workers are known to have spent."""
        return sum((Decimal(told["known_usd"]) for told in self._told.values()), Decimal(0))

    @property
    def unknown(self) -> int:
        """How many requests, and how many workers, leave open what they cost."""
        # A worker that is gone may have spent more than it told with its last report.
        return sum(int(told["unpriced"]) for told in self._told.values()) + sum(self._is_open.values())
