"""Sets of numbers, exact: what bounds leave of them, and whether that is none or all."""

from __future__ import annotations

import math
from decimal import Decimal

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json
from prompt_contracts.patterns.order import number

# A double has 309 digits before its point at most: all bounds that people write are below this.
_MOST_DIGITS = 400
"""Numbers of more are never written out."""

# Cuts and not ends: `[1, 2)` and `[2, 3]` then touch, and `> 2` with `<= 2` is empty without a special case.
_Cut = tuple[Decimal, int]
"""Just before a number, or (1) just after it."""

_START: _Cut = (Decimal("-Infinity"), 0)
_END: _Cut = (Decimal("Infinity"), 0)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A set of numbers, as intervals that lie apart, in their order."""

    intervals: tuple[tuple[_Cut, _Cut], ...]

    def both(self, other: Numbers) -> Numbers:
        """The numbers that are in both."""
        pairs = ((max(a[0], b[0]), min(a[1], b[1])) for a in self.intervals for b in other.intervals)
        return Numbers(tuple(sorted(pair for pair in pairs if pair[0] < pair[1])))

    @property
    def others(self) -> Numbers:
        """The numbers that are not in it."""
        cuts = [_START, *(cut for interval in self.intervals for cut in interval), _END]
        pairs = zip(cuts[::2], cuts[1::2], strict=True)
        return Numbers(tuple((low, high) for low, high in pairs if low < high))

    @property
    def whole(self) -> Numbers:
        """The whole numbers in it; of those too long to be written out, some others beside them."""
        return Numbers(tuple(pair for pair in map(_to_whole, self.intervals) if pair[0] < pair[1]))

    @property
    def is_empty(self) -> bool:
        """Whether no number is in it."""
        return not self.intervals

    def is_only(self, wanted: int) -> bool:
        """Whether one number is in it, and no other."""
        return self.intervals == ((_before(Decimal(wanted)), _after(Decimal(wanted))),)


def _before(end: Decimal) -> _Cut:
    return (end, 0)


def _after(end: Decimal) -> _Cut:
    return (end, 1)


def _to_whole(interval: tuple[_Cut, _Cut]) -> tuple[_Cut, _Cut]:
    (low, is_after), (high, is_up_to) = interval
    if _is_short(low):
        low, is_after = Decimal(math.floor(low) + 1 if is_after else math.ceil(low)), 0
    if _is_short(high):
        high, is_up_to = Decimal(math.floor(high) if is_up_to else math.ceil(high) - 1), 1
    return (low, is_after), (high, is_up_to)


def _is_short(end: Decimal) -> bool:
    return end.is_finite() and abs(end.adjusted()) < _MOST_DIGITS


ALL = Numbers(((_START, _END),))


def numbers_from(least: int | None) -> Numbers:
    """All numbers from one on; None is all of them."""
    return ALL if least is None else Numbers(((_before(Decimal(least)), _END),))


def numbers_of(operator: str, operand: Json) -> Numbers | None:
    """The numbers of which an operator on numbers holds, `$eq` and the bounds; None for any other."""
    if operator == "$range":
        low, high = operand if isinstance(operand, list) and len(operand) == 2 else (None, None)
        start, end = numbers_of("$ge", low), numbers_of("$le", high)
        return None if start is None or end is None else start.both(end)
    end_ = None if isinstance(operand, (dict, list)) else number(operand)
    if end_ is None:
        return None
    match operator:
        case "$eq":
            return Numbers(((_before(end_), _after(end_)),))
        case "$gt":
            return Numbers(((_after(end_), _END),))
        case "$ge":
            return Numbers(((_before(end_), _END),))
        case "$lt":
            return Numbers(((_START, _before(end_)),))
        case "$le":
            return Numbers(((_START, _after(end_)),))
        case _:
            return None
