"""What one attempt may take: seconds until the last byte, and bytes before the answer begins.

It belongs to the thread that asks: what reads and writes for that thread finds it here. Knows no HTTP client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import local

# httpcore 1.0 passes over heads with 1xx without counting them, and RFC 9110 (15.2) allows any number of them.
LARGEST_HEAD = 1024 * 1024
"""Bytes before the body, with all that a server says before its answer (103, 100)."""


class HeadError(Exception):
    """So much came before the answer that it is taken for none."""


class Allowance:
    """The limits of one attempt, and how much of them is used."""

    def __init__(self, seconds: float, *, monotonic: Callable[[], float]) -> None:
        """The seconds begin now."""
        self._monotonic = monotonic
        self._end = monotonic() + seconds
        self._is_answered = False
        self._read = 0

    @property
    def has_read(self) -> bool:
        """Whether anything was read at all."""
        return self._read > 0

    def left(self, seconds: float | None) -> float:
        """Seconds for the next step, of those that it would take; `TimeoutError` when there are none."""
        left = self._end - self._monotonic()
        if left <= 0:
            raise TimeoutError
        return left if seconds is None else min(left, seconds)

    def note_read(self, size: int) -> None:
        """Count bytes that came; `HeadError` when they are too many to come before an answer."""
        self._read += size
        if not self._is_answered and self._read > LARGEST_HEAD:
            raise HeadError

    def note_answer(self) -> None:
        """The body comes now."""
        self._is_answered = True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Limits what this thread does on the network."""
        _here.allowance = self
        try:
            yield
        finally:
            # Threads of a pool are used again: the next request must not find the limits of this one.
            _here.allowance = None


class _Here(local):
    allowance: Allowance | None = None


_here = _Here()


def allowance_here() -> Allowance | None:
    """The limits of what this thread asks for now."""
    return _here.allowance
