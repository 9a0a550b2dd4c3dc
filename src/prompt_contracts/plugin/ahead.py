"""Which cells are asked before their items run: those that surely run next, and no more than a stop may waste."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import field

import pytest

from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.lookahead import Lookahead
from prompt_contracts.engine.trials import Exchange, most_requests
from prompt_contracts.plugin.deciders import deciders_of
from prompt_contracts.plugin.items import CellItem, ContractItem

_BUFFERED = 4
"""How many times as much as can be in flight may wait to be judged, in a run that nothing stops early."""


@dataclass(slots=True, kw_only=True)
class _Queue:
    """What one provider is to be asked, in the order of the run."""

    waiting: deque[tuple[int, CellItem]] = field(default_factory=deque)
    """With their places in the order."""
    weight: int = 0
    """Requests of cells that were begun and whose items have not run."""


class RunAhead:
    """Begins the cells of the items behind the one that runs: a plugin of runs that ask a network.

    All of it runs in pytest's own thread.
    """

    def __init__(self, config: pytest.Config, lookahead: Lookahead, *, is_stopped_early: bool) -> None:
        """`is_stopped_early` tells that the run may end before its last item for a reason of our own."""
        self.lookahead = lookahead
        self._config = config
        self.deciders = deciders_of(config)
        """What may skip any item when its turn comes, by file or module: then nothing is begun before."""
        self._window = lookahead.concurrency * (1 if is_stopped_early or _may_stop_early(config) else _BUFFERED)
        self._is_known_order = not hasattr(config, "workerinput")
        self._places: dict[pytest.Item, int] = {}
        self._barriers: deque[int] = deque()
        self._queues: dict[str, _Queue] = {}
        self._begun: dict[CellItem, int] = {}
        self._asks: dict[CellItem, bool] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """The items of this run, in their order; a worker of xdist has them all and is given some."""
        self.deciders = deciders_of(self._config)  # once more: some plugins are registered late
        if not self._is_known_order or self.deciders:
            return
        self._places = {item: place for place, item in enumerate(session.items)}
        for place, item in enumerate(session.items):
            if _is_barrier(item):
                self._barriers.append(place)
            elif isinstance(item, CellItem) and self._is_asking(item):
                self._queues.setdefault(item.cell.target.provider, _Queue()).waiting.append((place, item))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        """Begin the item's cell, and those of the items that come behind it."""
        if not self.deciders:
            self._begin_from(item, nextitem)
        if self._places and isinstance(item, CellItem) and self._is_asking(item):
            self.lookahead.cpu.stay()
        else:
            self.lookahead.cpu.leave()  # what others do and start may run anywhere
        try:
            return (yield)
        finally:
            self.lookahead.drop(item)  # skipped by somebody after all

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """What is on its way may come; it was paid for, and is told of in the summary and the reports."""
        self.lookahead.cpu.leave()
        self.lookahead.stop()

    def _begin_from(self, item: pytest.Item, following: pytest.Item | None) -> None:
        self._begin(item)  # before those behind it: they are asked in this order
        if following is None or _is_barrier(item):
            return
        place = self._places.get(item)
        if place is not None and self._places.get(following) == place + 1:
            self._begin_behind(place)
        elif not self._is_known_order:
            # Of all that a worker may be given, only the next item cannot be taken from it any more.
            self._begin(following)

    def take(self, item: CellItem) -> Exchange:
        """What came of asking the item's cell; a second set-up asks again."""
        if not self._is_asking(item):
            return item.project.run.exchange(item.cell)
        self._begin(item)
        return self.lookahead.take(item)

    def _begin(self, item: pytest.Item) -> None:
        if isinstance(item, CellItem) and self._is_asking(item):
            if item in self._begun:
                self._queues[item.cell.target.provider].weight -= self._begun.pop(item)
            self.lookahead.start(item, item.project.run.begin)

    def _begin_behind(self, place: int) -> None:
        while self._barriers and self._barriers[0] <= place:
            self._barriers.popleft()
        end = self._barriers[0] if self._barriers else len(self._places)
        for queue in self._queues.values():
            while queue.waiting and queue.waiting[0][0] < end:
                at, item = queue.waiting[0]
                if at > place:
                    weight = most_requests(item.cell.case) * item.cell.case.trials
                    if queue.weight + weight > self._window:
                        break
                    queue.weight += weight
                    self.lookahead.start(item, item.project.run.begin)
                    self._begun[item] = weight
                queue.waiting.popleft()

    def _is_asking(self, item: CellItem) -> bool:
        """Whether an item surely runs its cell, and that one waits for a network. Told once: a file may appear."""
        if item not in self._asks:
            self._asks[item] = _surely_runs(item) and item.project.run.is_worth_asking_ahead(item.cell)
        return self._asks[item]


def _is_barrier(item: pytest.Item) -> bool:
    """Whether nothing may be in flight while an item runs: it may put other sockets or clocks in place of ours."""
    if not isinstance(item, ContractItem):
        return True
    return isinstance(item, CellItem) and item.project.run.is_handled_here(item.cell)


def _surely_runs(item: CellItem) -> bool:
    if item.get_closest_marker("skip") is not None or item.get_closest_marker("skipif") is not None:
        return False
    expected = item.get_closest_marker("xfail")
    return expected is None or bool(expected.kwargs.get("run", True))


def _may_stop_early(config: pytest.Config) -> bool:
    return bool(config.getoption("maxfail", 0)) or bool(config.getoption("stepwise", default=False))
