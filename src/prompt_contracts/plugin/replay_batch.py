"""Replayed cells are judged a few at a time: with the one whose item runs, those of the items behind it.

What a processor holds near of our code is pushed out by what pytest does between two items. Eight cells in a row take a
third less time than eight with all of that in between; nobody is asked, so a cell whose item does not run after all
costs nothing but its share of that time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import pytest

from prompt_contracts.case import Case
from prompt_contracts.engine.trials import is_asked_without_code, is_judged_without_code
from prompt_contracts.plugin.deciders import deciders_of
from prompt_contracts.plugin.items import CellItem, Judged

_MOST = 8
"""Cells of one batch. With twice as many hardly anything more is gained."""
_LONGEST = 0.02
"""Seconds of computing after which a batch ends: no item is to be charged with slow patterns of those behind it."""
_MOST_REMEMBERED = 1024


class ReplayBatch:
    """Exchanges and verdicts of cells in a run that asks nobody. All of it happens in pytest's own thread."""

    def __init__(self, *, clock: Callable[[], float] = time.thread_time) -> None:
        self._clock = clock
        self._ready: dict[CellItem, Judged] = {}
        self._width = 1
        self._is_alone: bool | None = None
        """Whether each cell waits for its turn, since code of the project runs before it."""
        self._place = 0
        """Where in the session's items the last batch ended."""
        self._codeless: dict[tuple[object, ...], bool] = {}

    def take(self, item: CellItem) -> Judged:
        """What came of an item's cell, and the verdict on it; a second set-up replays it again."""
        ready = self._ready.pop(item, None)
        if ready is not None:
            return ready
        # Where items run in another order than the session has them, as under xdist, less is made ready in vain.
        self._width = 1 if self._ready else min(2 * self._width, _MOST)
        self._ready.clear()
        end = self._clock() + _LONGEST
        judged = _judged(item)
        for following in self._behind(item):
            if self._clock() > end:
                break
            try:
                self._ready[following] = _judged(following)
            except Exception:  # noqa: BLE001 - a mistake of ours comes again when that item runs, and is its own
                break
        return judged

    def _behind(self, item: CellItem) -> Iterator[CellItem]:
        """The items behind one that are judged together with it: none past one that might notice."""
        if not self._may_be_early(item.cell.case):
            return
        if self._is_alone is None:
            self._is_alone = bool(deciders_of(item.config))
        if self._is_alone:
            return
        items = item.session.items
        self._place = _place_of(item, items, self._place) + 1
        for following in items[self._place : self._place + self._width - 1]:
            # What belongs to others may change recordings, files or the environment.
            if not isinstance(following, CellItem) or not self._may_be_early(following.cell.case):
                return
            yield following

    def _may_be_early(self, case: Case) -> bool:
        """Whether a case runs, and calls no code of the project: that would print in the wrong item."""
        # The same value is the same object for all cells, as long as there are items.
        key = tuple((facet.name, id(facet.value)) for facet in case.expect)
        known = self._codeless.get(key)
        if known is None:
            if len(self._codeless) >= _MOST_REMEMBERED:
                self._codeless.clear()
            known = self._codeless[key] = is_judged_without_code(case)
        return known and case.skip is None and not case.turns and is_asked_without_code(case)


def _place_of(item: pytest.Item, items: Sequence[pytest.Item], start: int) -> int:
    """Where an item is, most likely not far behind the start; the last place for one that is nowhere."""
    for first in (start, 0):
        with suppress(ValueError):
            return items.index(item, first)
    return len(items)


def _judged(item: CellItem) -> Judged:
    return item.judged(item.project.run.exchange(item.cell))
