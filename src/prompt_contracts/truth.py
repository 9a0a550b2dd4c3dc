"""How sure it is that something holds: Kleene's three values, and what a limit of our own leaves open between them.

A truth is an interval. What nobody can tell (a text that is no JSON, an unknown cost) is exactly in the middle; what
was cut short by a limit (a slow expression, too deep nesting) could have come out anywhere. So a contract that is
`UNKNOWN` is not kept, while one that a limit left open is not judged at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Truth(NamedTuple):
    """The least and the most that may be true: 0 is false, 1 is unknown, 2 is true."""

    least: int
    most: int

    @property
    def is_certain(self) -> bool:
        """Whether it holds, beyond doubt."""
        return self.least == 2

    @property
    def is_possible(self) -> bool:
        """Whether it may hold: false for all that does not, also for what nobody can tell."""
        return self.most == 2

    @property
    def is_refuted(self) -> bool:
        """Whether it does not hold, beyond doubt: then its opposite does."""
        return self.most == 0

    @property
    def opposite(self) -> Truth:
        """The truth of the opposite."""
        return Truth(2 - self.most, 2 - self.least)


FALSE = Truth(0, 0)
UNKNOWN = Truth(1, 1)
"""Nobody can tell: neither it nor its opposite counts as held."""
TRUE = Truth(2, 2)
LIMITED = Truth(0, 2)
"""A limit of our own was reached before it was decided."""


def truth_of(holds: bool) -> Truth:  # noqa: FBT001 # it turns one boolean into a truth, and that is all
    """The truth of a plain comparison."""
    return TRUE if holds else FALSE


def all_hold(truths: Iterable[Truth]) -> Truth:
    """The truth of a conjunction; an empty one holds."""
    least = most = 2
    for low, high in truths:
        # Compared by hand: every operator of every pattern comes by here, and `min` is a call.
        least = low if low < least else least  # noqa: FURB136
        most = high if high < most else most  # noqa: FURB136
        if most == 0:
            break
    return Truth(least, most)


def one_holds(truths: Iterable[Truth]) -> Truth:
    """The truth of a disjunction; an empty one does not hold."""
    least = most = 0
    for low, high in truths:
        least = low if low > least else least  # noqa: FURB136
        most = high if high > most else most  # noqa: FURB136
        if least == 2:  # the truth of what is certain
            break
    return Truth(least, most)
