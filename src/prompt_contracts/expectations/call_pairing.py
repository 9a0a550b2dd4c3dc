"""Whether calls can be given to expected calls, one to one but for `$times`: every way counts, none is guessed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from prompt_contracts.expectations.assignment import covers
from prompt_contracts.expectations.truth import Truth

MOST_WAYS = 512
"""How many ways to read several `$times` with gaps (1 or 3, but not 2) are tried."""
TOO_MANY_WAYS = f"more than {MOST_WAYS} ways to read '$times' with gaps"

Truths = Sequence[Sequence[Truth]]
"""`truths[entry][call]`: whether the call is one that the entry describes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """How many calls one entry wants."""

    counts: frozenset[int]
    """The numbers of calls that are right."""
    is_exact: bool
    """Whether it says how often, so that a matching call too many is wrong even where others are allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place for one call."""

    entry: int
    is_needed: bool


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Every entry held against every call."""

    truths: Truths
    demands: Sequence[Demand]
    calls: int
    allows_unlisted: bool

    def fits(self, *, messages: Sequence[Sequence[int]] | None = None) -> Truth:
        """Whether some way gives every entry its calls and every call its place.

        With `messages`, each given as the indexes of its calls, entries must also follow them in their order.
        """
        return Truth(self._bound(0, messages), self._bound(1, messages))

    def _bound(self, side: int, messages: Sequence[Sequence[int]] | None) -> int:
        """The least (0) or the most (1) that may be true: of all ways, the one whose weakest part is strongest."""
        for level in (2, 1):
            reading = self._reading(side, level)
            if reading.is_kept(messages):
                return level
        return 2 if side == 1 and not self.reads_all_ways else 0

    @cached_property
    def reads_all_ways(self) -> bool:
        """Whether there are few enough ways to try them all."""
        return math.prod(len(list(_runs(demand.counts, self.calls))) for demand in self.demands) <= MOST_WAYS

    def _reading(self, side: int, level: int) -> _Reading:
        fits = [[truth[side] >= level for truth in row] for row in self.truths]
        exact = [row for row, demand in zip(self.truths, self.demands, strict=True) if demand.is_exact]
        can_leave = [
            self.allows_unlisted and all(row[call].opposite[side] >= level for row in exact)
            for call in range(self.calls)
        ]
        return _Reading(fits=fits, can_leave=can_leave, demands=self.demands, calls=self.calls)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A comparison in which every pair either fits or does not."""

    fits: Sequence[Sequence[bool]]
    can_leave: Sequence[bool]
    """Which calls may be left without a place."""
    demands: Sequence[Demand]
    calls: int

    def is_kept(self, messages: Sequence[Sequence[int]] | None) -> bool:
        ways = slots_of(self.demands, [sum(row) for row in self.fits], self.calls)
        if messages is None:
            return any(self._is_filled(slots, range(self.calls)) for slots in ways)
        return any(self._follows(slots, messages or [()]) for slots in ways)

    def _is_filled(self, slots: Sequence[Slot], calls: Sequence[int]) -> bool:
        return covers(
            [[self.fits[slot.entry][call] for call in calls] for slot in slots],
            rows=[row for row, slot in enumerate(slots) if slot.is_needed],
            columns=[column for column, call in enumerate(calls) if not self.can_leave[call]],
        )

    def _follows(self, slots: Sequence[Slot], messages: Sequence[Sequence[int]]) -> bool:
        reached = {0}
        for calls in messages:
            reached = {end for start in reached for end in self._ends(slots, start, calls)}
        return len(slots) in reached

    def _ends(self, slots: Sequence[Slot], start: int, calls: Sequence[int]) -> Iterator[int]:
        """Up to which slot those from `start` on can be filled by the calls of one message."""
        needed = 0
        for end in range(start, len(slots) + 1):
            needed += end > start and slots[end - 1].is_needed
            if needed > len(calls):
                return
            if self._is_filled(slots[start:end], calls):
                yield end


def slots_of(demands: Sequence[Demand], fitting: Sequence[int], calls: int) -> Iterator[tuple[Slot, ...]]:
    """The places for calls, for every run of numbers that the entries' counts hold, up to `MOST_WAYS` of them.

    `fitting` says how many calls may match each entry: no more places are of use, but one to show the closest call.
    """
    runs = [list(_runs(demand.counts, calls)) for demand in demands]
    for way in itertools.islice(itertools.product(*runs), MOST_WAYS):
        yield tuple(
            Slot(entry=entry, is_needed=number < low)
            for entry, (low, high) in enumerate(way)
            for number in range(min(high, max(low, fitting[entry], 1)))
        )


def _runs(counts: frozenset[int], most: int) -> Iterator[tuple[int, int]]:
    """The runs of consecutive numbers up to `most` that are right, as lowest and highest.

    Where none is right, more are wanted than there can be.
    """
    right = sorted(number for number in counts if number <= most)
    starts = [number for number in right if number - 1 not in counts]
    ends = [number for number in right if number + 1 > most or number + 1 not in counts]
    yield from zip(starts, ends, strict=True) if right else [(most + 1, most + 1)]
