"""One time limit for all patterns of a cell together. Measures; decides nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from prompt_contracts.data_class import dataclass

_T = TypeVar("_T")

DEFAULT_SECONDS = 5.0
"""How long judging the patterns of one cell may take."""


class OutOfTimeError(Exception):
    """Judging took longer than the limit; the message names it and the slowest pattern."""


@dataclass(slots=True, kw_only=True)
class _Limit:
    seconds: float
    clock: Callable[[], float]
    ends: float
    spent: dict[str, float]
    """Pattern -> seconds that it took so far."""
    given_up: set[tuple[str, str]]
    """Patterns and the texts on which they did not end in time."""


# No parameter: jsonschema and jsonschema-rs call back into our expressions, and hand nothing through.
_LIMIT: ContextVar[_Limit | None] = ContextVar("time limit of judging", default=None)


@contextmanager
def time_limit(seconds: float, *, clock: Callable[[], float] = time.thread_time) -> Iterator[None]:
    """Everything judged inside shares this limit; inside another limit, that one goes on.

    Only time that this thread computes counts: a busy machine is no slow pattern.
    """
    if _LIMIT.get() is not None:
        yield
        return
    with JudgingTime(seconds, clock=clock).running():
        yield


class JudgingTime:
    """One limit for all that is judged of a cell, at once or trial by trial, in one thread or in several."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.thread_time) -> None:
        self._seconds = seconds
        self._clock = clock
        self._left = seconds
        self._spent: dict[str, float] = {}
        self._given_up: set[tuple[str, str]] = set()

    @contextmanager
    def running(self) -> Iterator[None]:
        """What is judged inside uses the limit up; inside another limit, that one goes on."""
        if _LIMIT.get() is not None:
            yield
            return
        # The clock is that of a thread, and another one starts elsewhere: only what is left is carried over.
        start = self._clock()
        limit = _Limit(
            seconds=self._seconds,
            clock=self._clock,
            ends=start + self._left,
            spent=self._spent,
            given_up=self._given_up,
        )
        token = _LIMIT.set(limit)
        try:
            yield
        finally:
            _LIMIT.reset(token)
            self._left -= self._clock() - start


def tick() -> None:
    """Raises `OutOfTimeError` when the time is over."""
    limit = _LIMIT.get()
    if limit is not None and limit.clock() >= limit.ends:
        raise OutOfTimeError(_words(limit))


def is_given_up(pattern: str, text: str) -> bool:
    """Whether the pattern is known not to end in time on this text: it need not be tried again to be worded."""
    limit = _LIMIT.get()
    return limit is not None and (pattern, text) in limit.given_up


def give_up(pattern: str, text: str) -> None:
    """Remember that the pattern did not end in time on this text."""
    limit = _LIMIT.get()
    if limit is not None:
        limit.given_up.add((pattern, text))


def timed(pattern: str, most: float, step: Callable[[float], _T]) -> _T:
    """What a step returns, its time counted for a pattern. The step is told how long it may take, at most `most`.

    Raises `OutOfTimeError` when the time is over.
    """
    limit = _LIMIT.get()
    if limit is None:
        return step(most)
    start = limit.clock()
    if start >= limit.ends:
        raise OutOfTimeError(_words(limit))
    try:
        return step(min(most, limit.ends - start))
    finally:
        limit.spent[pattern] = limit.spent.get(pattern, 0.0) + limit.clock() - start


def _words(limit: _Limit) -> str:
    text = f"judging took longer than the limit of {limit.seconds:g} s for all patterns of a cell"
    if not limit.spent:
        return text
    slowest = max(limit.spent, key=limit.spent.__getitem__)
    shown = slowest if len(slowest) <= 80 else f"{slowest[:77]}..."
    return f"{text}; the slowest was /{shown}/ with {limit.spent[slowest]:.1f} s"
