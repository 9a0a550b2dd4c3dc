"""The answers that a search for a smaller prompt takes: asked at once where all are needed, counted and limited."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from queue import Empty, SimpleQueue
from threading import Thread

from prompt_contracts.engine.lookahead import GRACE
from prompt_contracts.engine.run import Run
from prompt_contracts.engine.trials import CellTrials, is_asked_by_any_thread
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import TrialResult

PULSE = 0.2
"""Seconds between two looks at how far it has come."""


class ReductionStopped(Exception):
    """Nobody could be asked any more, or no more than was allowed; what is known is kept."""


class PromptAsks:
    """Asks prompts through a run that remembers every answer as a recording."""

    def __init__(self, run: Run, *, most: int, on_pulse: Callable[[], None]) -> None:
        """`most` answers in all; `on_pulse` is called in this thread while it waits for them."""
        self._run = run
        self._most = most
        self._on_pulse = on_pulse
        self._costs: list[Decimal | None] = []
        self._remembered = 0

    @property
    def calls(self) -> int:
        """Answers so far, remembered ones included."""
        return len(self._costs)

    @property
    def cost(self) -> Decimal | None:
        """US dollars of these answers; None where that of any is unknown."""
        return None if None in self._costs else sum(filter(None, self._costs), Decimal(0))

    def begin(self, cell: Cell) -> CellTrials:
        """The answers of one prompt, of which none is asked yet."""
        return self._run.begin(cell)

    def more(self, trials: CellTrials, count: int, *, after: int) -> Sequence[TrialResult]:
        """The next answers of a prompt after so many, or fewer where no more are allowed; remembered ones cost nothing.

        `ReductionStopped` where there is none, or one that cannot be judged.
        """
        allowed = self._most - self.calls
        if allowed <= 0:
            raise ReductionStopped(self._limit())
        numbers = range(after + 1, after + 1 + min(count, allowed))
        self._ask(trials, numbers)
        exchange = trials.exchange()
        if exchange.error is not None:
            raise ReductionStopped(str(exchange.error))
        came = tuple(outcome for outcome in exchange.outcomes if outcome.trial in numbers)
        results = self._run.judge(trials.cell, replace(exchange, outcomes=came, judged=())).trials
        self._costs += [result.cost for result in results if result.verdict != "error"]
        self._remembered += sum(result.is_replayed for result in results if result.verdict != "error")
        for result in results:
            if result.verdict == "error":
                raise ReductionStopped(_trouble(result))
        return results

    def _limit(self) -> str:
        earlier = f", {self._remembered} of them by earlier runs of this command" if self._remembered else ""
        return f"{self.calls} calls were made{earlier}, which is the limit (--calls)"

    def _ask(self, trials: CellTrials, numbers: range) -> None:
        # Functions of the project may not know of threads.
        if is_asked_by_any_thread(trials.cell.case):
            ask_together(trials.ask, numbers, most=self._run.options.concurrency, on_pulse=self._on_pulse)
            return
        for number in numbers:
            self._on_pulse()
            trials.ask(number)


def ask_together(
    ask: Callable[[int], None], numbers: Iterable[int], *, most: int, on_pulse: Callable[[], None]
) -> None:
    """Ask by up to `most` threads, and return when all is there.

    An interruption and what any of them raises leaves out what was not begun; what is on its way may still come.
    """
    waiting = SimpleQueue[int]()
    for number in numbers:
        waiting.put(number)
    failures: list[BaseException] = []

    def work() -> None:
        while not failures:
            try:
                ask(waiting.get_nowait())
            except Empty:
                return
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
                failures.append(error)

    # Daemons, for none of them may keep the command from ending.
    threads = [Thread(target=work, daemon=True) for _ in range(min(most, waiting.qsize()))]
    try:
        for thread in threads:
            thread.start()
        on_pulse()
        while living := [thread for thread in threads if thread.is_alive()]:
            living[0].join(PULSE)
            on_pulse()
    except KeyboardInterrupt as interruption:
        failures.append(interruption)
        _wait_for(threads)
        raise
    if failures:
        raise failures[0]


def _wait_for(threads: Iterable[Thread]) -> None:
    """Until what is on its way has come, but not for ever: it was paid for."""
    end = time.monotonic() + GRACE
    for thread in threads:
        if thread.ident is not None:
            thread.join(max(end - time.monotonic(), 0))


def _trouble(result: TrialResult) -> str:
    if result.error is None:
        return "an answer could not be judged"
    return f"the provider's {result.error.kind} error: {result.error.message}"
