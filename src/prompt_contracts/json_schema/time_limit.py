"""One time limit for all patterns of a cell together. Measures; decides nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar, Token
from typing import Protocol, TypeVar

_T = TypeVar("_T")
_Found_co = TypeVar("_Found_co", covariant=True)

DEFAULT_SECONDS = 5.0
"""How long judging the patterns of one cell may take."""


class Search(Protocol[_Found_co]):
    """A search in a text that ends in time."""

    def __call__(self, string: str, /, *, timeout: float) -> _Found_co:
        """What was found; `TimeoutError` after `timeout` seconds."""


class OutOfTimeError(Exception):
    """Judging took longer than the limit; the message names it and the slowest pattern."""


class JudgingTime:
    """One limit for all that is judged of a cell, at once or trial by trial, in one thread or in several."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.thread_time) -> None:
        self.seconds = seconds
        self.clock = clock
        self.left = seconds
        self.spent: dict[str, float] = {}
        """Pattern -> seconds that it took so far."""
        self.given_up: set[tuple[str, str]] = set()
        """Patterns and the texts on which they did not end in time."""

    def running(self) -> AbstractContextManager[None]:
        """What is judged inside uses the limit up; inside another limit, that one goes on."""
        return _Limit(self) if _LIMIT.get() is None else _GOES_ON


class _Limit(AbstractContextManager[None]):
    """A limit while something is judged in a thread."""

    __slots__ = ("_start", "_token", "clock", "ends", "given_up", "seconds", "shared", "spent")

    def __init__(self, of: JudgingTime) -> None:
        self.shared = of
        self.seconds, self.clock, self.spent, self.given_up = of.seconds, of.clock, of.spent, of.given_up

    def __enter__(self) -> None:
        # The clock is that of a thread, and another one starts elsewhere: only what is left is carried over.
        self._start = self.clock()
        self.ends = self._start + self.shared.left
        self._token: Token[_Limit | None] = _LIMIT.set(self)

    def __exit__(self, *_error: object) -> None:
        _LIMIT.reset(self._token)
        self.shared.left -= self.clock() - self._start


# No parameter: jsonschema and jsonschema-rs call back into our expressions, and hand nothing through.
_LIMIT: ContextVar[_Limit | None] = ContextVar("time limit of judging", default=None)
_GOES_ON = nullcontext()


def time_limit(seconds: float, *, clock: Callable[[], float] = time.thread_time) -> AbstractContextManager[None]:
    """Everything judged inside shares this limit; inside another limit, that one goes on.

    Only time that this thread computes counts: a busy machine is no slow pattern.
    """
    return JudgingTime(seconds, clock=clock).running() if _LIMIT.get() is None else _GOES_ON


def tick() -> None:
    """Raises `OutOfTimeError` when the time is over."""
    limit = _LIMIT.get()
    if limit is not None and limit.clock() >= limit.ends:
        raise OutOfTimeError(_words(limit))


def is_given_up(pattern: str, text: str) -> bool:
    """Whether the pattern is known not to end in time on this text: it need not be tried again to be worded."""
    limit = _LIMIT.get()
    return limit is not None and bool(limit.given_up) and (pattern, text) in limit.given_up


def give_up(pattern: str, text: str) -> None:
    """Remember that the pattern did not end in time on this text."""
    limit = _LIMIT.get()
    if limit is not None:
        limit.given_up.add((pattern, text))


def timed(pattern: str, text: str, most: float, search: Search[_T]) -> _T:
    """What a search finds in a text, its time counted for a pattern; it is told how long it may take, at most `most`.

    Raises `OutOfTimeError` when the time is over.
    """
    limit = _LIMIT.get()
    if limit is None:
        return search(text, timeout=most)
    start = limit.clock()
    left = limit.ends - start
    if left <= 0:
        raise OutOfTimeError(_words(limit))
    try:
        return search(text, timeout=min(most, left))
    finally:
        limit.spent[pattern] = limit.spent.get(pattern, 0.0) + limit.clock() - start


def _words(limit: _Limit) -> str:
    text = f"judging took longer than the limit of {limit.seconds:g} s for all patterns of a cell"
    if not limit.spent:
        return text
    slowest = max(limit.spent, key=limit.spent.__getitem__)
    shown = slowest if len(slowest) <= 80 else f"{slowest[:77]}..."
    return f"{text}; the slowest was /{shown}/ with {limit.spent[slowest]:.1f} s"
