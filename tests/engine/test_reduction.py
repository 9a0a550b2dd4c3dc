"""The search for the fewest pieces: counts of questions, from fixed seeds; no model is asked."""

from __future__ import annotations

import random
from collections.abc import Callable
from statistics import median
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.engine.reduction import smallest
from prompt_contracts.results.sequential_test import SequentialTest

Piece: TypeAlias = "tuple[str, int]"
LEVELS: list[list[Piece]] = [
    [(kind, number) for number in range(size)] for kind, size in (("message", 10), ("tool", 30), ("sentence", 60))
]
SEEDS = 200


def searched(
    levels: list[list[Piece]], says_yes: Callable[[frozenset[Piece]], bool]
) -> tuple[frozenset[Piece], list[frozenset[Piece]]]:
    """What is left, and every set that was asked about."""
    asked: list[frozenset[Piece]] = []
    search = smallest(levels)
    try:
        candidate = next(search)
        while True:
            asked.append(candidate)
            candidate = search.send(says_yes(candidate))
    except StopIteration as end:
        return end.value, asked


@pytest.mark.parametrize(("size", "middle", "most"), [(2, 24, 27), (5, 60, 60)])
def test_a_cause_among_a_hundred_pieces_is_found_in_few_questions(size: int, middle: int, most: int) -> None:
    counts = []
    for seed in range(SEEDS):
        chance = random.Random(seed)
        chosen = [chance.choice(LEVELS[1]), chance.choice(LEVELS[2])]
        cause = frozenset(chosen if size == 2 else chance.sample([each for level in LEVELS for each in level], size))
        left, asked = searched(LEVELS, lambda kept, cause=cause: cause <= kept)  # type: ignore[misc]
        assert left == cause
        counts.append(len(asked))

    assert median(counts) <= middle
    assert max(counts) <= most


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
    exact, counts = 0, []
    for seed in range(SEEDS):
        chance = random.Random(seed)
        cause = frozenset([chance.choice(LEVELS[1]), chance.choice(LEVELS[2])])
        asks = 10  # the whole prompt, whose rate is taken as known
        yes, told = rate * asks, float(asks)

        def holds(kept: frozenset[Piece], cause: frozenset[Piece] = cause, chance: random.Random = chance) -> bool:
            nonlocal asks, yes, told
            test = SequentialTest((yes + 2) / (told + 4))
            happened = []
            settled = None
            while settled is None:
                happened.append(chance.random() < (rate if cause <= kept else other))
                settled = test.note(happened=happened[-1])
            asks += len(happened)
            if settled:
                yes, told = yes + sum(happened), told + len(happened)
            return settled

        exact += searched(LEVELS, holds)[0] == cause
        counts.append(asks)

    assert exact >= 0.97 * SEEDS
    assert median(counts) <= middle


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
