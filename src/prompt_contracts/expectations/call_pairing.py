"""Giving calls to expected calls: one to one but for `$times`, always the best of all ways. Words nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from prompt_contracts.expectations.expected_call import is_unsure
from prompt_contracts.expectations.facet_rule import Breach
from prompt_contracts.expectations.pairing import cheapest_pairing

MOST_WAYS = 512
"""How many ways to read several `$times` with gaps (1 or 3, but not 2) are tried."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Which call was given to which entry."""

    cost: int
    flaws: int
    """How many entries lack a call and how many calls have no place; 0 when everything fits."""
    given: tuple[tuple[int, int], ...]
    """Entry and call, for every call that was given a place."""
    unfilled: tuple[int, ...]
    """Entries, once for each call that they lack."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Every entry held against every call."""

    breaches: Sequence[Sequence[tuple[Breach, ...]]]
    """`breaches[entry][call]`, empty where the two match."""
    demands: Sequence[Demand]
    calls: int
    allows_unlisted: bool

    @cached_property
    def _weights(self) -> _Weights:
        longest = max((len(found) for row in self.breaches for found in row), default=0)
        size = len(self.breaches) + self.calls + 1
        return _Weights.of(size, longest)

    @cached_property
    def _fitting(self) -> list[int]:
        """How many calls may match each entry: no more places are of use, but one to show the closest call."""
        return [sum(1 for found in row if not found or is_unsure(found)) for row in self.breaches]

    def best(self) -> Pairing:
        """The cheapest way, whatever the order of the calls."""
        everything = range(self.calls)
        return min((self._pair(slots, everything) for slots in self._ways()), key=lambda way: way.cost)

    def is_in_order(self, messages: Sequence[Sequence[int]]) -> bool:
        """Whether everything fits when entries follow the messages, each given as the indexes of its calls."""
        return any(self._fits(slots, messages or [()]) for slots in self._ways())

    def _fits(self, slots: Sequence[Slot], messages: Sequence[Sequence[int]]) -> bool:
        reached = {0}
        for calls in messages:
            ends = range(len(slots) + 1)
            reached = {
                end
                for end in ends
                if any(start <= end and self._pair(slots[start:end], calls).flaws == 0 for start in reached)
            }
        return len(slots) in reached

    def _ways(self) -> Iterator[tuple[Slot, ...]]:
        """The places for calls, for every run of numbers that the entries' counts hold."""
        runs = [list(_runs(demand.counts, self.calls)) for demand in self.demands]
        for way in itertools.islice(itertools.product(*runs), MOST_WAYS):
            yield tuple(
                Slot(entry=entry, is_needed=number < low)
                for entry, (low, high) in enumerate(way)
                for number in range(min(high, max(low, self._fitting[entry], 1)))
            )

    def _pair(self, slots: Sequence[Slot], calls: Sequence[int]) -> Pairing:
        if not slots:
            flaws = sum(map(self._leaving, calls))
            return Pairing(cost=flaws * self._weights.left, flaws=flaws, given=(), unfilled=())
        # Each row is a place for a call. Leaving a call out costs; so the cost of leaving it is taken off
        # every pair that it is in, and a column of its own stands for each place that stays empty.
        most = 2 * self._weights.misfit
        empty = self._weights.left if self.allows_unlisted else self._weights.wrong
        saved = [self._leaving(call) * self._weights.left for call in calls]
        table = [
            [most + self._cost(slot, at, call) - saved[at] for at, call in enumerate(calls)]
            + [most + empty * slot.is_needed] * len(slots)
            for slot in slots
        ]
        pairs = cheapest_pairing(table)
        given = tuple((slots[pair.row].entry, calls[pair.column]) for pair in pairs if pair.column < len(calls))
        unfilled = tuple(
            slots[pair.row].entry for pair in pairs if pair.column >= len(calls) and slots[pair.row].is_needed
        )
        taken = {call for _, call in given}
        left = sum(self._leaving(call) for call in calls if call not in taken)
        cost = sum(table[pair.row][pair.column] - most for pair in pairs)
        misfits = sum(1 for entry, call in given if self.breaches[entry][call])
        return Pairing(
            cost=cost + sum(saved),
            flaws=misfits + len(unfilled) + left,
            given=given,
            unfilled=unfilled,
        )

    def _leaving(self, call: int) -> int:
        """1 where a call must not be left without a place, 0 where it may be."""
        if not self.allows_unlisted:
            return 1
        wanted = zip(self.breaches, self.demands, strict=True)
        return int(any(demand.is_exact and not row[call] for row, demand in wanted))

    def _cost(self, slot: Slot, at: int, call: int) -> int:
        found = self.breaches[slot.entry][call]
        weights = self._weights
        order = abs(slot.entry - at)
        if not found:
            return order
        is_other = any(one.reason == "name" for one in found)
        if is_other and not slot.is_needed:
            return weights.misfit
        wrong = weights.unsure if is_unsure(found) else weights.wrong
        return wrong + is_other * weights.name + len(found) * weights.place + order


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


def _runs(counts: frozenset[int], most: int) -> Iterator[tuple[int, int]]:
    """The runs of consecutive numbers up to `most` that are right, as lowest and highest.

    Where none is right, more are wanted than there can be.
    """
    right = sorted(number for number in counts if number <= most)
    starts = [number for number in right if number - 1 not in counts]
    ends = [number for number in right if number + 1 > most or number + 1 not in counts]
    yield from zip(starts, ends, strict=True) if right else [(most + 1, most + 1)]
