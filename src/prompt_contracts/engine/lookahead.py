"""Many cells asked at once: threads ask ahead of the cell whose verdict is due. Judges nothing, and orders nothing.

The threads are daemons, for none of them may keep pytest from ending. Whoever waits is the one thread that judges.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import field
from queue import SimpleQueue
from threading import Condition, Thread
from typing import Protocol

from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.one_cpu import OneCpu
from prompt_contracts.engine.trials import CellTrials, Exchange
from prompt_contracts.errors import RunStopped
from prompt_contracts.trial import Cell
from prompt_contracts.wait import Wait

GRACE = 5.0
"""Seconds that calls in flight have to end when the run is over."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Started:
    """A cell whose trials are being asked."""

    trials: CellTrials
    left: int
    """Tasks that are not done."""
    failure: BaseException | None = None
    """A mistake of ours, or of the project's code, to be raised where the verdict is due."""
    is_unwanted: bool = False


class HasCell(Hashable, Protocol):
    """What a cell is asked for, such as an item of pytest; known by its identity."""

    cell: Cell


Task = Callable[[], None]


@dataclass(slots=True, kw_only=True)
class _Pool:
    """The threads that ask one provider."""

    name: str
    most: int
    tasks: SimpleQueue[tuple[_Started, Task] | None] = field(default_factory=SimpleQueue)
    open: int = 0
    """Tasks that wait or run."""
    threads: list[Thread] = field(default_factory=list)


class Lookahead:
    """The trials of several cells, asked by threads: at most `concurrency` for one provider."""

    def __init__(
        self,
        *,
        concurrency: int,
        on_news: Callable[[Wait | str], None],
        on_stop: Callable[[], None],
        pulse: float | None = None,
        on_pulse: Callable[[], None] | None = None,
    ) -> None:
        """`on_news` gets what was told by `say`, in the thread that takes results; `on_stop` ends what only waits.

        While that thread waits, it calls `on_pulse` about every `pulse` seconds.
        """
        self.concurrency = concurrency
        self._on_stop = on_stop
        self._on_news = on_news
        self._pulse = pulse
        self._on_pulse = on_pulse
        # One lock for all of it; only the thread that takes results ever waits for it to be notified.
        self._news = Condition()
        self._pools: dict[str, _Pool] = {}
        self._started: dict[Hashable, _Started] = {}
        self._dropped: list[CellTrials] = []
        self._told: deque[Wait | str] = deque()
        self._is_stopped = False
        self._awaited: _Started | None = None
        self.cpu = OneCpu()
        """Where its threads, and the one that takes results, run."""

    def start(self, item: HasCell, begin: Callable[[Cell], CellTrials]) -> None:
        """Have the trials of an item's cell asked, in the order of the calls; nothing for one that was started."""
        with self._news:
            if item in self._started or self._is_stopped:
                return
            trials = begin(item.cell)
            tasks: list[Task] = (
                [trials.ask_in_turn]
                if trials.is_in_turn
                else [lambda number=number: trials.ask(number) for number in trials.numbers]  # type: ignore[misc]
            )
            started = self._started[item] = _Started(trials=trials, left=len(tasks))
            provider = trials.cell.target.provider
            pool = self._pools.setdefault(provider, _Pool(name=provider, most=self.concurrency))
            for task in tasks:
                self._submit(pool, started, task)

    def take(self, item: Hashable) -> Exchange:
        """What came of a cell that was started, once it is complete; it is forgotten here.

        Raises what a trial raised, and `RunStopped` when the run was stopped before it was complete.
        """
        with self._news:
            started = self._started[item]
        while self._waits_for(started):
            if self._on_pulse is not None:
                self._on_pulse()
        with self._news:
            self._flush()
            del self._started[item]
            is_whole = not started.left
        if started.failure is not None:
            raise started.failure
        if not is_whole:
            raise RunStopped("the run was stopped before this cell was asked")
        return started.trials.exchange()

    def drop(self, item: Hashable) -> None:
        """Forget a cell whose result nobody takes; what was not sent for it yet is not sent."""
        with self._news:
            started = self._started.pop(item, None)
            if started is not None:
                started.is_unwanted = True
                self._dropped.append(started.trials)

    @property
    def unjudged_recordings(self) -> int:
        """How many cells were recorded, in whole or in part, and taken by nobody."""
        with self._news:
            trials = [*self._dropped, *(started.trials for started in self._started.values())]
        return sum(each.is_saved for each in trials)

    def say(self, news: Wait | str) -> None:
        """Have something told by the thread that takes results."""
        with self._news:
            self._told.append(news)
            self._news.notify()

    def stop(self) -> None:
        """Start nothing any more, and wait until what is on its way has come, but not for ever."""
        with self._news:
            self._is_stopped = True
            threads = [thread for pool in self._pools.values() for thread in pool.threads]
            for pool in self._pools.values():
                for _ in pool.threads:
                    pool.tasks.put(None)
            self._news.notify()
        self._on_stop()
        end = time.monotonic() + GRACE
        for thread in threads:
            thread.join(max(end - time.monotonic(), 0))
        with self._news:
            self._flush()

    def _flush(self) -> None:
        while self._told:
            self._on_news(self._told.popleft())

    def _waits_for(self, started: _Started) -> bool:
        """Whether a cell was not complete; then some time has passed, or there is news."""
        with self._news:
            if not started.left or started.failure is not None or self._is_stopped:
                return False
            if not self._told:
                self._awaited = started
                self._news.wait(self._pulse)
            self._flush()
            return True

    def _submit(self, pool: _Pool, started: _Started, task: Task) -> None:
        pool.open += 1
        if len(pool.threads) < min(pool.open, pool.most):
            name = f"asks {pool.name} {len(pool.threads) + 1}"
            thread = Thread(target=self._work, args=(pool,), name=name, daemon=True)
            pool.threads.append(thread)
            thread.start()
        pool.tasks.put((started, task))

    def _work(self, pool: _Pool) -> None:
        while (entry := pool.tasks.get()) is not None:
            started, task = entry
            self.cpu.follow()
            failure: BaseException | None = None
            is_asked = not (self._is_stopped or started.is_unwanted)
            if is_asked:
                try:
                    task()
                except RunStopped:
                    is_asked = False
                except BaseException as error:  # noqa: BLE001 - raised again where the verdict is due
                    failure = error
            with self._news:
                pool.open -= 1
                started.failure = started.failure or failure
                if is_asked:
                    started.left -= 1
                if started is self._awaited and (not started.left or failure is not None):
                    self._news.notify()
            # What this thread still names would live as long as it waits for the next task.
            del entry, started, task, failure
