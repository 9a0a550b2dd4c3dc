"""Pairing at the smallest cost."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.patterns.pairing import cheapest_pairing


@st.composite
def cost_tables(draw: st.DrawFn, *, rows: int = 5, columns: int = 5) -> list[list[int]]:
    width = draw(st.integers(1, columns))
    row = st.lists(st.integers(0, 9) | st.integers(0, 10**30), min_size=width, max_size=width)
    return draw(st.lists(row, min_size=1, max_size=rows))


def smallest_sum(costs: list[list[int]]) -> int:
    if len(costs) > len(costs[0]):
        costs = [list(column) for column in zip(*costs, strict=True)]
    choices = itertools.permutations(range(len(costs[0])), len(costs))
    return min(sum(costs[row][column] for row, column in enumerate(choice)) for choice in choices)


@given(cost_tables())
def test_the_sum_is_the_smallest_that_trying_everything_finds(costs: list[list[int]]) -> None:
    pairs = cheapest_pairing(costs)

    assert sum(costs[pair.row][pair.column] for pair in pairs) == smallest_sum(costs)


@given(cost_tables(rows=2, columns=40))
def test_many_columns_for_few_rows_change_nothing(costs: list[list[int]]) -> None:
    pairs = cheapest_pairing(costs)

    assert sum(costs[pair.row][pair.column] for pair in pairs) == smallest_sum(costs)


@given(cost_tables(rows=8, columns=8))
def test_nothing_is_paired_twice_and_the_shorter_side_is_paired_whole(costs: list[list[int]]) -> None:
    pairs = cheapest_pairing(costs)

    assert len(pairs) == min(len(costs), len(costs[0]))
    assert len({pair.row for pair in pairs}) == len({pair.column for pair in pairs}) == len(pairs)


def test_fifty_by_fifty_finds_the_only_free_pairing() -> None:
    size = 50
    costs = [[0 if (row * 7 + 3) % size == column else 1 for column in range(size)] for row in range(size)]

    pairs = cheapest_pairing(costs)

    assert all(costs[pair.row][pair.column] == 0 for pair in pairs)


def test_nothing_to_pair_is_no_pair() -> None:
    assert cheapest_pairing([]) == cheapest_pairing([[], []]) == ()
