"""Of many rows, those that together hold the most different values. The same ones for the same rows and seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from heapq import heapify, heappop, heappush

from prompt_contracts.engine.properties.scripts import scripts_of
from prompt_contracts.json_value import Json, canonical, json_type

Features = frozenset[Hashable]


def chosen_rows(
    rows: Sequence[Mapping[str, Json]], *, count: int, seed: int, besides: Sequence[Mapping[str, Json]] = ()
) -> list[Mapping[str, Json]]:
    """At most so many of the rows, in their order; what the rows `besides` hold already counts less."""
    held = Counter[Hashable]()
    for row in besides:
        held.update(features(row))
    brought = [features(row) for row in rows]
    order = list(range(len(rows)))
    # Of rows that bring as much any may be taken, and not always the first: those hypothesis makes small.
    random.Random(seed).shuffle(order)  # noqa: S311 - nothing secret
    waiting = [(-_gain(brought[index], held), place, index) for place, index in enumerate(order)]
    heapify(waiting)
    chosen = list[int]()
    while waiting and len(chosen) < count:
        gain, place, index = heappop(waiting)
        # What a row brings only ever gets less: the first that still brings what it did brings the most.
        now = -_gain(brought[index], held)
        if now > gain:
            heappush(waiting, (now, place, index))
            continue
        chosen.append(index)
        held.update(brought[index])
    return [rows[index] for index in sorted(chosen)]


def features(row: Mapping[str, Json]) -> Features:
    """What can be different in a row: the value of each variable, and of what kind it is."""
    values = frozenset(("value", name, canonical(value)) for name, value in row.items())
    return values | {("kind", name, _kind(value)) for name, value in row.items()}


def _kind(value: Json) -> Hashable:
    if isinstance(value, str):
        return scripts_of(value) or len(value).bit_length()
    if isinstance(value, (list, dict)):
        return json_type(value), len(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return json_type(value), value < 0, len(str(value))
    return canonical(value)


def _gain(brought: Features, held: Counter[Hashable]) -> float:
    # What is there once already brings less, and what is there twice hardly anything.
    return sum(0.125 ** held[each] for each in brought)
