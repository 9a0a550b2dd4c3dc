"""Which call is shown beside which expected call when they do not fit: what differs least. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prompt_contracts.expectations.assignment import largest_pairing
from prompt_contracts.expectations.call_pairing import Demand, Slot, Truths, slots_of
from prompt_contracts.expectations.facet_rule import Breach
from prompt_contracts.expectations.pairing import cheapest_pairing


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
    breaches: Sequence[Sequence[tuple[Breach, ...]]]
    """`breaches[entry][call]`, empty where the two match."""
    demands: Sequence[Demand]
    can_leave: Sequence[bool]
    """Which calls may be left without a place."""
    allows_unlisted: bool

    def closest(self) -> Pairing:
        """The cheapest way, whatever the order of the calls."""
        fitting = [sum(1 for truth in row if not truth.is_refuted) for row in self.truths]
        ways = (self._pair(slots) for slots in slots_of(self.demands, fitting, len(self.can_leave)))
        return min(ways, key=lambda way: way[0])[1]

    def _pair(self, slots: Sequence[Slot]) -> tuple[int, Pairing]:
        weights = self._weights()
        calls = range(len(self.can_leave))
        leaving = [0 if can_leave else weights.left for can_leave in self.can_leave]
        if not slots:
            return sum(leaving), Pairing(given=(), unfilled=())
        # Each row is a place for a call. Leaving a call out costs; so the cost of leaving it is taken off
        # every pair that it is in, and a column of its own stands for each place that stays empty.
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

    def _cost(self, slot: Slot, call: int, weights: _Weights) -> int:
        found = self.breaches[slot.entry][call]
        order = abs(slot.entry - call)
        if not found:
            return order
        is_other = any(one.reason == "name" for one in found)
        if is_other and not slot.is_needed:
            return weights.misfit
        wrong = weights.wrong if self.truths[slot.entry][call].is_refuted else weights.unsure
        return wrong + is_other * weights.name + len(found) * weights.place + order

    def _weights(self) -> _Weights:
        longest = max((len(found) for row in self.breaches for found in row), default=0)
        return _Weights.of(len(self.breaches) + len(self.can_leave) + 1, longest)


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
