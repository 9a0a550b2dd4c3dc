"""Calls held against expected calls, one to one but for `$times`: whether every call can be given to one, and
else which is shown beside which. Every way counts; none is guessed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import cached_property

from prompt_contracts.data_class import dataclass
from prompt_contracts.mismatch import Mismatch
from prompt_contracts.patterns.pairing import cheapest_pairing, covers, largest_pairing
from prompt_contracts.truth import FALSE, TRUE, Truth

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


ONE = Demand(counts=frozenset({1}), is_exact=False)
_ONE = (ONE,)
UP_TO_ONE = Demand(counts=frozenset({0, 1}), is_exact=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSlot:
    """A place for one call."""

    entry: int
    is_needed: bool


@dataclass(frozen=True, kw_only=True)
class CallComparison:
    """Every entry held against every call."""

    truths: Truths
    demands: Sequence[Demand]
    calls: int
    allows_unlisted: bool

    def fits(self, *, messages: Sequence[Sequence[int]] | None = None) -> Truth:
        """Whether some way gives every entry its calls and every call its place.

        With `messages`, each given as the indexes of its calls, entries must also follow them in their order.
        """
        if messages is None and self.calls == 1 and tuple(self.demands) == _ONE:
            return self.truths[0][0]  # most cases are of one call, and there is one way to give it its place
        if messages is None and not self.allows_unlisted and all(demand == ONE for demand in self.demands):
            plain = self._plain_truth()
            if plain is not None:
                return plain
        return Truth(self._bound(0, messages), self._bound(1, messages))

    def _plain_truth(self) -> Truth | None:
        """Of entries for one call each, what is told without pairing: most wrong calls fit nowhere at all."""
        if self.calls != len(self.demands):
            return FALSE
        lines = (*self.truths, *zip(*self.truths, strict=True))
        if any(all(truth.most == 0 for truth in line) for line in lines):
            return FALSE
        return TRUE if all(row[at].least == 2 for at, row in enumerate(self.truths)) else None

    def _bound(self, side: int, messages: Sequence[Sequence[int]] | None) -> int:
        """The least (0) or the most (1) that may be true: of all ways, the one whose weakest part is strongest."""
        for level in (2, 1):
            reading = self._reading(side, level)
            if reading.is_kept(messages):
                return level
        # Among the ways that were not tried there may be a right one.
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

    def _is_filled(self, slots: Sequence[CallSlot], calls: Sequence[int]) -> bool:
        return covers(
            [[self.fits[slot.entry][call] for call in calls] for slot in slots],
            rows=[row for row, slot in enumerate(slots) if slot.is_needed],
            columns=[column for column, call in enumerate(calls) if not self.can_leave[call]],
        )

    def _follows(self, slots: Sequence[CallSlot], messages: Sequence[Sequence[int]]) -> bool:
        # Message by message: the calls of one message are parallel, and never in an order among themselves.
        reached = {0}
        for calls in messages:
            reached = {end for start in reached for end in self._ends(slots, start, calls)}
        return len(slots) in reached

    def _ends(self, slots: Sequence[CallSlot], start: int, calls: Sequence[int]) -> Iterator[int]:
        """Up to which slot those from `start` on can be filled by the calls of one message."""
        needed = 0
        for end in range(start, len(slots) + 1):
            needed += end > start and slots[end - 1].is_needed
            if needed > len(calls):
                return
            if self._is_filled(slots[start:end], calls):
                yield end


def slots_of(demands: Sequence[Demand], fitting: Sequence[int], calls: int) -> Iterator[tuple[CallSlot, ...]]:
    """The places for calls, for every run of numbers that the entries' counts hold, up to `MOST_WAYS` of them.

    `fitting` says how many calls may match each entry: no more places are of use, but one to show the closest call.
    """
    runs = [list(_runs(demand.counts, calls)) for demand in demands]
    for way in itertools.islice(itertools.product(*runs), MOST_WAYS):
        yield tuple(
            CallSlot(entry=entry, is_needed=number < low)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Which call was given to which entry."""

    given: tuple[tuple[int, int], ...]
    """Entry and call, for every call that was given a place."""
    unfilled: tuple[int, ...]
    """Entries, once for each call that they lack."""


@dataclass(frozen=True, kw_only=True)
class Closeness:
    """How far every call is from every entry."""

    truths: Truths
    mismatches: Sequence[Sequence[tuple[Mismatch, ...]]]
    """`mismatches[entry][call]`, empty where the two match."""
    demands: Sequence[Demand]
    can_leave: Sequence[bool]
    """Which calls may be left without a place."""
    allows_unlisted: bool

    def closest(self) -> Pairing:
        """The cheapest way, whatever the order of the calls."""
        fitting = [sum(1 for truth in row if not truth.is_refuted) for row in self.truths]
        ways = (self._pair(slots) for slots in slots_of(self.demands, fitting, len(self.can_leave)))
        return min(ways, key=lambda way: way[0])[1]

    def _pair(self, slots: Sequence[CallSlot]) -> tuple[int, Pairing]:
        weights = self._weights()
        calls = range(len(self.can_leave))
        leaving = [0 if can_leave else weights.left for can_leave in self.can_leave]
        if not slots:
            return sum(leaving), Pairing(given=(), unfilled=())
        # Each row is a place for a call. Leaving a call out costs; so the cost of leaving it is taken off
        # every pair that it is in, and a column of its own stands for each place that stays empty.
        # Added to all, since the method wants costs that are not negative.
        most = 2 * weights.misfit
        empty = weights.left if self.allows_unlisted else weights.wrong
        table = [
            [most + self._cost(slot, call, weights) - leaving[call] for call in calls]
            + [most + empty * slot.is_needed] * len(slots)
            for slot in slots
        ]
        pairs = cheapest_pairing(table)
        given = tuple((slots[pair.row].entry, pair.column) for pair in pairs if pair.column < len(calls))
        empties = (slots[pair.row] for pair in pairs if pair.column >= len(calls))
        cost = sum(table[pair.row][pair.column] - most for pair in pairs) + sum(leaving)
        return cost, Pairing(given=given, unfilled=tuple(slot.entry for slot in empties if slot.is_needed))

    def _cost(self, slot: CallSlot, call: int, weights: _Weights) -> int:
        found = self.mismatches[slot.entry][call]
        order = abs(slot.entry - call)
        if not found:
            return order
        is_other = any(one.reason == "name" for one in found)
        # A place that may stay empty shows no call of another tool.
        if is_other and not slot.is_needed:
            return weights.misfit
        wrong = weights.wrong if self.truths[slot.entry][call].is_refuted else weights.unsure
        return wrong + is_other * weights.name + len(found) * weights.place + order

    def _weights(self) -> _Weights:
        longest = max((len(found) for row in self.mismatches for found in row), default=0)
        return _Weights.of(len(self.mismatches) + len(self.can_leave) + 1, longest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weights:
    """What counts more than any number of what comes before it."""

    place: int
    """One differing place."""
    name: int
    """Another tool."""
    unsure: int
    """A pair that may match or not."""
    wrong: int
    """A pair that does not match, or a place that stays empty."""
    left: int
    """A call without a place, where none may be: dearer than a pair that does not match."""
    misfit: int
    """A pair that says nothing."""

    @classmethod
    def of(cls, size: int, longest: int) -> _Weights:
        place = size * size + 1
        name = place * (size * longest + 1)
        unsure = name * (size + 1)
        wrong = unsure * (size + 1)
        return cls(place=place, name=name, unsure=unsure, wrong=wrong, left=wrong + unsure * size, misfit=wrong * 4)


def rough_pairing(truths: Truths, demands: Sequence[Demand], names: Sequence[str], called: Sequence[str]) -> Pairing:
    """For very many calls: as many matching pairs as there can be, the rest by name in their order.

    `names` are the entries' tools, `called` the calls'.
    """
    fitting = [sum(1 for truth in row if truth.is_certain) for row in truths]
    slots = next(slots_of(demands, fitting, len(called)))
    exact = largest_pairing([[truth.is_certain for truth in truths[slot.entry]] for slot in slots])
    taken = set(exact.values())
    left: dict[str, Iterator[int]] = {
        name: iter([at for at, other in enumerate(called) if other == name and at not in taken]) for name in set(names)
    }
    given, unfilled = [(slots[row].entry, column) for row, column in exact.items()], []
    for row, slot in enumerate(slots):
        if row not in exact and slot.is_needed:
            call = next(left[names[slot.entry]], None)
            if call is None:
                unfilled.append(slot.entry)
            else:
                given.append((slot.entry, call))
    return Pairing(given=tuple(sorted(given)), unfilled=tuple(unfilled))
