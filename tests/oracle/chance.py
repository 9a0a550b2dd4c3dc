"""Choices out of one string of bytes: hypothesis draws it at once, which is fast, and shrinks it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

SIZE = 1200


class Chance:
    """Decides by bytes; the byte 0, and what comes after the last one, takes the first and simplest way."""

    def __init__(self, drawn: bytes) -> None:
        self._left = iter(drawn)

    def number(self, most: int) -> int:
        """From 0 to this, it included."""
        return next(self._left, 0) % (most + 1)

    def pick(self, options: Sequence[T]) -> T:
        """One of these."""
        return options[self.number(len(options) - 1)]

    def once_in(self, times: int) -> bool:
        """True about once in so many times."""
        return self.number(times - 1) == times - 1

    def some_of(self, options: Sequence[T]) -> list[T]:
        """One or two of these."""
        first = self.number(len(options) - 1)
        second = self.number(len(options) - 1) if self.once_in(2) else first
        return [options[number] for number in dict.fromkeys((first, second))]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """All of these, in some order."""
        left = list(options)
        return [left.pop(self.number(len(left) - 1)) for _ in options]
