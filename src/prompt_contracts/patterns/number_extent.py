"""Intervals of numbers, exact: what bounds leave of them, and whether several of them leave nothing out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from prompt_contracts.json_value import Json
from prompt_contracts.patterns.order import number

_MOST_DIGITS = 400
"""Numbers of more are never written out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberInterval:
    """The numbers between two ends; None is no end."""

    low: Decimal | None = None
    is_low_open: bool = False
    high: Decimal | None = None
    is_high_open: bool = False
    whole: bool = False
    """Whether only whole numbers are meant."""

    def narrowed(self, other: NumberInterval | None) -> NumberInterval:
        """The numbers that are in both; None is all of them."""
        if other is None:
            return self
        narrow = self
        if other.low is not None and (
            narrow.low is None or (other.low, other.is_low_open) > (narrow.low, narrow.is_low_open)
        ):
            narrow = replace(narrow, low=other.low, is_low_open=other.is_low_open)
        if other.high is not None and (
            narrow.high is None or (other.high, not other.is_high_open) < (narrow.high, not narrow.is_high_open)
        ):
            narrow = replace(narrow, high=other.high, is_high_open=other.is_high_open)
        return replace(narrow, whole=narrow.whole or other.whole)

    @property
    def is_empty(self) -> bool:
        """Whether no number is in it."""
        if self.low is None or self.high is None:
            return False
        if self.whole and all(abs(end.adjusted()) < _MOST_DIGITS for end in (self.low, self.high)):
            first = math.floor(self.low) + 1 if self.is_low_open else math.ceil(self.low)
            last = math.ceil(self.high) - 1 if self.is_high_open else math.floor(self.high)
            return first > last
        return self.low > self.high or (self.low == self.high and (self.is_low_open or self.is_high_open))


def interval_of(operator: str, operand: Json) -> NumberInterval | None:
    """The numbers of which a bound holds; None where it is no bound on numbers."""
    if operator == "$range":
        low, high = operand if isinstance(operand, list) and len(operand) == 2 else (None, None)
        ends = number(low), number(high)
        return None if None in ends else NumberInterval(low=ends[0], high=ends[1])
    end = None if isinstance(operand, (dict, list)) else number(operand)
    if end is None:
        return None
    match operator:
        case "$gt" | "$ge":
            return NumberInterval(low=end, is_low_open=operator == "$gt")
        case "$lt" | "$le":
            return NumberInterval(high=end, is_high_open=operator == "$lt")
        case _:
            return None


def covers_all(intervals: Iterable[NumberInterval | None], *, least: int | None) -> bool:
    """Whether each number, from `least` on where there is one, is in one of the intervals."""
    known = [one for one in intervals if one is not None and not one.is_empty]
    known.sort(key=lambda one: (one.low is not None, one.low or 0, one.is_low_open))
    reached: Decimal | None = None if least is None else Decimal(least)
    # Up to there everything is covered; the end itself is, where this is not set.
    is_end_left = least is not None
    is_started = least is not None
    for one in known:
        if not is_started:
            if one.low is not None:
                return False
            is_started = True
        elif one.low is not None and reached is not None and _is_beyond(one, reached, is_end_left=is_end_left):
            return False
        if one.high is None:
            return True
        if reached is None or one.high > reached or (one.high == reached and not one.is_high_open):
            reached, is_end_left = one.high, one.is_high_open
    return False


def _is_beyond(interval: NumberInterval, reached: Decimal, *, is_end_left: bool) -> bool:
    """Whether something is left out between what is covered and an interval."""
    low = interval.low
    return low is not None and (low > reached or (low == reached and interval.is_low_open and is_end_left))
