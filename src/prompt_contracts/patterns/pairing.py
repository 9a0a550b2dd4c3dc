"""Rows and columns paired one to one: whether they can be at all, and which way costs least.

Knows nothing of what it pairs.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import field

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_schema.time_limit import tick

Fits = Sequence[Sequence[bool]]
"""`fits[row][column]`; all rows are equally long."""


def largest_pairing(fits: Fits) -> dict[int, int]:
    """Row -> column of as many fitting pairs as there can be."""
    row_of: dict[int, int] = {}
    columns = _columns(fits)
    # Augmenting paths: a greedy scan fails where a broad pattern takes the element that a narrow one needs.
    for row in range(len(fits)):
        _augment(row, columns, row_of)
    return {row: column for column, row in row_of.items()}


def covers(fits: Fits, *, rows: Iterable[int], columns: Iterable[int]) -> bool:
    """Whether fitting pairs can use each of these rows and each of these columns, and any of the others.

    Where some pairs use all the rows, and others all the columns, some use both (Mendelsohn and Dulmage).
    """
    turned = [[row[column] for row in fits] for column in range(len(fits[0]) if fits else 0)]
    wanted = tuple(columns)
    if wanted and not turned:
        return False
    return _covers(_columns(fits), rows) and _covers(_columns(turned), wanted)


def _covers(columns: Sequence[Sequence[int]], rows: Iterable[int]) -> bool:
    row_of: dict[int, int] = {}
    return all(_augment(row, columns, row_of) for row in rows)


def _columns(fits: Fits) -> list[list[int]]:
    return [[column for column, does_fit in enumerate(row) if does_fit] for row in fits]


def _augment(row: int, columns: Sequence[Sequence[int]], row_of: dict[int, int]) -> bool:
    """Give a row a column, moving others where need be; False when no way leads to a free one."""
    tick()
    before: dict[int, int] = {}  # column -> the row from which it was reached
    waiting = deque([row])
    while waiting:
        at = waiting.popleft()
        for column in columns[at]:
            if column in before:
                continue
            before[column] = at
            if column not in row_of:
                _move(column, before, row_of)
                return True
            waiting.append(row_of[column])
    return False


def _move(free: int, before: dict[int, int], row_of: dict[int, int]) -> None:
    taken = {row: column for column, row in row_of.items()}
    column: int | None = free
    while column is not None:
        row = before[column]
        row_of[column] = row
        column = taken.get(row)


# Some sixty by sixty. Two hundred that all differ make 40,000 pairs, each with words of its own.
MOST_COMPARED = 4_000
"""Pairs that are compared place by place to show the closest; beyond them only exact pairs are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One row and the column it was given."""

    row: int
    column: int


def cheapest_pairing(costs: Sequence[Sequence[int]]) -> tuple[Pair, ...]:
    """As many pairs as the shorter side allows, ordered by row, with the smallest possible sum of costs.

    `costs[row][column]` is a whole number of any size; all rows are equally long.
    """
    if not costs or not costs[0]:
        return ()
    # The method below wants a column for each row.
    if len(costs) > len(costs[0]):
        turned = cheapest_pairing(list(zip(*costs, strict=True)))
        pairs = [Pair(row=pair.column, column=pair.row) for pair in turned]
    else:
        columns = _useful_columns(costs)
        row_of = _assign([[row[column] for column in columns] for row in costs])
        pairs = [Pair(row=row, column=columns[index]) for index, row in row_of.items()]
    return tuple(sorted(pairs, key=lambda pair: pair.row))


def _useful_columns(costs: Sequence[Sequence[int]]) -> list[int]:
    # With r rows, a row never needs more than its r cheapest columns: at most r - 1 of them can be taken.
    rows, width = len(costs), len(costs[0])
    if width <= rows * rows:
        return list(range(width))
    return sorted({column for row in costs for column in heapq.nsmallest(rows, range(width), key=row.__getitem__)})


@dataclass(slots=True, kw_only=True)
class _Prices:
    """What the Hungarian method has charged so far; it keeps every reduced cost at or above zero."""

    row: list[int]
    column: list[int]


@dataclass(slots=True, kw_only=True)
class _Path:
    """The cheapest way from a free row to a free column, over rows that would have to move."""

    end: int
    length: int
    distance: dict[int, int] = field(default_factory=dict)
    """Column -> length of the way to it, for the columns that were passed."""
    before: dict[int, int | None]
    """Column -> the column passed before it; None for the first."""


def _assign(costs: Sequence[Sequence[int]]) -> dict[int, int]:
    """Column -> row, by the Hungarian method; there are no more rows than columns."""
    prices = _Prices(row=[0] * len(costs), column=[0] * len(costs[0]))
    row_of: dict[int, int] = {}
    for start in range(len(costs)):
        path = _cheapest_path(costs, start, row_of, prices)
        prices.row[start] += path.length
        for column, distance in path.distance.items():
            if column in row_of:
                prices.row[row_of[column]] += path.length - distance
            prices.column[column] -= path.length - distance
        column_to_fill: int | None = path.end
        while column_to_fill is not None:
            before = path.before[column_to_fill]
            row_of[column_to_fill] = start if before is None else row_of[before]
            column_to_fill = before
    return row_of


def _cheapest_path(costs: Sequence[Sequence[int]], start: int, row_of: dict[int, int], prices: _Prices) -> _Path:
    """Dijkstra's search over the reduced costs."""
    open_columns = set(range(len(costs[0])))
    reach: dict[int, int] = {}
    before: dict[int, int | None] = {}
    passed: dict[int, int] = {}
    row, last, length = start, None, 0
    while True:
        tick()
        for column in open_columns:
            way = length + costs[row][column] - prices.row[row] - prices.column[column]
            if column not in reach or way < reach[column]:
                reach[column], before[column] = way, last
        nearest = min(open_columns, key=reach.__getitem__)
        length = passed[nearest] = reach[nearest]
        if nearest not in row_of:
            return _Path(end=nearest, length=length, distance=passed, before=before)
        open_columns.remove(nearest)
        row, last = row_of[nearest], nearest
