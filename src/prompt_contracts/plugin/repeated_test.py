"""A test that is run several times for one verdict: each trial with fixtures of its own, and one report for all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal

import pytest

from prompt_contracts.plugin.stash import DRIVEN, TRIALS

if TYPE_CHECKING:
    from prompt_contracts.engine.driven_cell import DrivenCell

_When = Literal["setup", "call", "teardown"]


class RepeatedTest:
    """The trials of one cell of a test; pytest knows of the first item alone."""

    def __init__(self, lead: pytest.Item) -> None:
        self.items = [lead]
        self.cell: DrivenCell | None = None
        """What they all ask; there once the first of them has a provider."""
        self._raised: list[BaseException] = []
        self._left: list[BaseException] = []

    def run(self, nextitem: pytest.Item | None) -> None:
        """The protocol of pytest for the lead; the body of its report is the end of all trials."""
        lead = self.items[0]
        self.cell, self._raised, self._left = None, [], []
        lead.ihook.pytest_runtest_logstart(nodeid=lead.nodeid, location=lead.location)
        self._report(lambda: None, "setup")
        for item, following in zip(self.items, [*self.items[1:], nextitem], strict=True):
            self._run_one(item, following)
        self._report(self._conclude, "call")
        self._report(self._tear_down, "teardown")
        lead.ihook.pytest_runtest_logfinish(nodeid=lead.nodeid, location=lead.location)

    def _run_one(self, item: pytest.Item, following: pytest.Item | None) -> None:
        hook = item.ihook
        if DRIVEN in item.stash:
            del item.stash[DRIVEN]
        if self._call(partial(hook.pytest_runtest_setup, item=item), "setup", self._raised):
            self._call(partial(hook.pytest_runtest_call, item=item), "call", self._raised)
        self._call(partial(hook.pytest_runtest_teardown, item=item, nextitem=following), "teardown", self._left)

    def _call(self, ask: Callable[[], object], when: _When, raised: list[BaseException]) -> bool:
        call = pytest.CallInfo.from_call(ask, when=when, reraise=(KeyboardInterrupt, pytest.exit.Exception))
        if call.excinfo is not None:
            raised.append(call.excinfo.value)
        return call.excinfo is None

    def _report(self, ask: Callable[[], object], when: _When) -> None:
        lead = self.items[0]
        call = pytest.CallInfo.from_call(ask, when=when, reraise=(KeyboardInterrupt, pytest.exit.Exception))
        report = lead.ihook.pytest_runtest_makereport(item=lead, call=call)
        lead.ihook.pytest_runtest_logreport(report=report)
        if call.excinfo is not None and not isinstance(call.excinfo.value, pytest.skip.Exception):
            lead.ihook.pytest_exception_interact(node=lead, call=call, report=report)

    def _conclude(self) -> None:
        from prompt_contracts.plugin.driven_result import conclude_trials

        tests = [item.stash[DRIVEN] for item in self.items if DRIVEN in item.stash]
        skipped = next((one for one in self._raised if isinstance(one, pytest.skip.Exception)), None)
        if skipped is not None:
            raise skipped
        conclude_trials(tests, self._raised)

    def _tear_down(self) -> None:
        if self._left:
            raise self._left[0]


def fold(
    items: list[pytest.Item], which_trial: Callable[[pytest.Item], tuple[object, int] | None]
) -> list[pytest.Item]:
    """The items of a test with one for each cell, which runs all of its trials. `which_trial` tells cell and number."""
    kept: list[pytest.Item] = []
    leads: dict[object, RepeatedTest] = {}
    for item in items:
        found = which_trial(item)
        if found is None:
            kept.append(item)
        elif found[0] in leads:
            leads[found[0]].items.append(item)
            item.stash[TRIALS] = leads[found[0]]
        else:
            leads[found[0]] = item.stash[TRIALS] = RepeatedTest(item)
            kept.append(item)
    return kept
