"""One processor for threads that take turns at one interpreter anyway.

With 64 threads that ask, a third of all time went into handing the interpreter's lock to one on another processor.
Only Linux lets a thread choose; elsewhere, and where an interpreter has no such lock, nothing is done.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import local

_STAY = 1.0
"""Seconds on one processor."""
_ROAM = 0.01
"""Seconds in which the system may then put the thread that judges elsewhere: others may want that processor, too."""
_FIELD = 36
"""Of the numbers behind the name of a thread in its `stat`: the processor that it runs on (proc_pid_stat(5))."""


class _Here(local):
    cpu: int | None = None
    """Where this thread is held."""


class OneCpu:
    """Holds the thread that judges, and those that ask for it where it is."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._allowed = _allowed()
        self._here = _Here()
        self._cpu: int | None = None
        self._until = float("-inf")

    def stay(self) -> None:
        """The thread that judges goes on where it is; called again and again."""
        now = self._monotonic()
        if len(self._allowed) < 2 or now < self._until:
            return
        if self._here.cpu is None:
            self._cpu, self._until = _current(), now + _STAY
            self.follow()
        else:
            self._hold(None)
            self._until = now + _ROAM

    def leave(self) -> None:
        """The thread that judges may run anywhere again."""
        if self._here.cpu is not None:
            self._hold(None)
        self._until = float("-inf")

    def follow(self) -> None:
        """A thread that asks goes where the one that judges is."""
        if self._cpu is not None and self._cpu != self._here.cpu:
            self._hold(self._cpu)

    def _hold(self, cpu: int | None) -> None:
        if sys.platform != "linux":
            return
        try:
            os.sched_setaffinity(0, self._allowed if cpu is None else {cpu})
        except OSError:
            self._cpu, self._allowed = None, frozenset()  # it is not ours to choose here
        else:
            self._here.cpu = cpu


def _allowed() -> frozenset[int]:
    has_lock: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)
    if sys.platform != "linux" or not has_lock():
        return frozenset()
    return frozenset(os.sched_getaffinity(0))


def _current() -> int | None:
    """The processor on which this thread runs; None where the system does not tell."""
    try:
        numbers = Path("/proc/thread-self/stat").read_text("ascii", "replace").rpartition(")")[2]
    except OSError:
        return None
    return int(numbers.split()[_FIELD])
