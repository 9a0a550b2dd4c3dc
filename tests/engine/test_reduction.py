"""The search for the fewest pieces: counts of questions, from fixed seeds; no model is asked."""

from __future__ import annotations

import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.simulated_reductions import (
    LEVELS,
    Piece,
    delta_debugged,
    planted,
    removed_at_random,
    searched,
    searched_with_repeats,
)

SEEDS = 200


@pytest.mark.parametrize(("size", "middle", "most"), [(2, 24, 27), (5, 60, 60)])
def test_a_cause_among_a_hundred_pieces_is_found_in_few_questions(size: int, middle: int, most: int) -> None:
    counts = []
    for seed in range(SEEDS):
        cause = planted(random.Random(seed), size)
        left, asked = searched(LEVELS, lambda kept, cause=cause: cause <= kept)  # type: ignore[misc]
        assert left == cause
        counts.append(len(asked))

    assert median(counts) <= middle
    assert max(counts) <= most


@pytest.mark.parametrize(("size", "times"), [(2, 1.5), (5, 2.5)])
def test_the_plain_algorithm_and_chance_take_more(size: int, times: float) -> None:
    """What the benchmark holds it against finds the same, or it would prove nothing."""
    ours, plain, by_chance = list[int](), list[int](), 0
    for seed in range(20):
        cause = planted(random.Random(seed), size)
        result, different = delta_debugged(cause.issubset)
        assert result.left == cause
        assert different <= result.asks
        plain.append(different)
        ours.append(len(searched(LEVELS, cause.issubset)[1]))
        by_chance += removed_at_random(cause.issubset, random.Random(seed), asks=ours[-1]).left == cause

    assert median(plain) >= times * median(ours)
    assert by_chance < 20


@pytest.mark.parametrize(("needed", "middle"), [(2, 30), (5, 60), (10, 90), (20, 140)])
def test_what_must_stay_of_one_level_is_found_in_few_questions(needed: int, middle: int) -> None:
    level: list[Piece] = [("sentence", number) for number in range(100)]
    counts = []
    for seed in range(SEEDS):
        cause = frozenset(random.Random(seed).sample(level, needed))
        counts.append(len(searched([level], lambda kept, cause=cause: cause <= kept)[1]))  # type: ignore[misc]

    assert median(counts) <= middle


@pytest.mark.parametrize(
    ("rate", "other", "middle"), [(1.0, 0.0, 85), (0.9, 0.1, 120), (0.8, 0.05, 150), (0.6, 0.05, 235)]
)
def test_the_exact_cause_is_found_of_a_model_that_differs_from_itself(rate: float, other: float, middle: int) -> None:
    runs = [searched_with_repeats(seed, size=2, rate=rate, other=other) for seed in range(SEEDS)]

    assert sum(is_exact for _, is_exact in runs) >= 0.97 * SEEDS
    assert median(each.asks for each, _ in runs) <= middle


@given(
    st.lists(st.integers(0, 7), min_size=1, max_size=3),
    st.frozensets(st.frozensets(st.integers(0, 20), max_size=6), max_size=8),
)
def test_whatever_says_yes_none_of_what_is_left_can_go(sizes: list[int], causes: frozenset[frozenset[int]]) -> None:
    levels = [[(str(level), number) for number in range(size)] for level, size in enumerate(sizes)]
    flat = [piece for level in levels for piece in level]

    def says_yes(kept: frozenset[Piece]) -> bool:
        held = {flat.index(piece) for piece in kept}
        return kept == frozenset(flat) or any(cause <= held for cause in causes)

    left, asked = searched(levels, says_yes)

    assert says_yes(left)
    assert not any(says_yes(left - {piece}) for piece in left)
    assert len(asked) == len(set(asked))
    assert frozenset(flat) not in asked
