"""Truth of a contract that is partly unknown: an interval over false, undecided, true. Knows no contract."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Verdict = Literal["passed", "failed", "error"]


class Truth(NamedTuple):
    """What is known at least and at most; 0 is false, 1 undecided, 2 true."""

    least: int
    most: int


TRUE = Truth(2, 2)
FALSE = Truth(0, 0)
UNDECIDED = Truth(1, 1)
LIMIT = Truth(0, 2)
"""A limit of our own was met: with more time or room it may be anything."""


def known(*, is_true: bool) -> Truth:
    """The truth of what somebody looked at."""
    return TRUE if is_true else FALSE


def every(truths: Iterable[Truth]) -> Truth:
    """Kleene's and; true of none."""
    least = most = TRUE.most
    for one in truths:
        least, most = min(least, one.least), min(most, one.most)
        if most == FALSE.most:
            break  # nothing that follows makes it any truer
    return Truth(least, most)


def some(truths: Iterable[Truth]) -> Truth:
    """Kleene's or; false of none."""
    return opposite(every(map(opposite, truths)))


def opposite(truth: Truth) -> Truth:
    """Kleene's not."""
    return Truth(2 - truth.most, 2 - truth.least)


def verdict_of(truth: Truth) -> Verdict:
    """What is undecided about the answer is failed; what only a limit of our own left open is an error."""
    if truth.most < TRUE.most:
        return "failed"
    return "passed" if truth.least == TRUE.least else "error"
