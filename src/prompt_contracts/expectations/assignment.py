"""Whether rows and columns can be paired one to one. Counts no cost and knows nothing of what it pairs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from prompt_contracts.expectations.time_limit import tick

Fits = Sequence[Sequence[bool]]
"""`fits[row][column]`; all rows are equally long."""


def largest_pairing(fits: Fits) -> dict[int, int]:
    """Row -> column of as many fitting pairs as there can be."""
    row_of: dict[int, int] = {}
    columns = _columns(fits)
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
