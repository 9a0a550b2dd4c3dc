"""Wald's test, answer by answer."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.results.sequential_test import SequentialTest


def settled(answers: Iterable[bool], *, rate: float) -> tuple[bool | None, int]:
    """What the test says, and after how many answers."""
    test = SequentialTest(rate)
    for number, answer in enumerate(answers, start=1):
        found = test.note(happened=answer)
        if found is not None:
            return found, number
    return None, -1


@pytest.mark.parametrize(
    ("answers", "rate", "expected"),
    [
        ([True] * 25, 1.0, (True, 3)),
        ([False] * 25, 1.0, (False, 2)),
        ([True, False, True, True, True, True], 1.0, (True, 6)),
        ([False] * 25, 0.6, (False, 8)),
        ([True] * 25, 0.6, (True, 4)),
    ],
)
def test_answers_settle_it(answers: list[bool], rate: float, expected: tuple[bool, int]) -> None:
    assert settled(answers, rate=rate) == expected


@pytest.mark.parametrize("rate", [0.6, 0.8, 0.9, 1.0])
def test_neither_mistake_is_made_more_often_than_it_says(rate: float) -> None:
    """0.3 % each, and a little for the limit of answers; 2,000 runs from a fixed seed."""
    chance = random.Random(7)
    runs = 2000

    missed = sum(not settled((chance.random() < rate for _ in range(25)), rate=rate)[0] for _ in range(runs))
    invented = sum(bool(settled((chance.random() < 0.1 for _ in range(25)), rate=rate)[0]) for _ in range(runs))

    assert missed <= 0.01 * runs
    assert invented <= 0.01 * runs


@given(st.lists(st.booleans(), min_size=25, max_size=25), st.floats(0.11, 1.0))
def test_as_many_at_once_as_it_takes_at_least_are_no_more_than_one_by_one(answers: list[bool], rate: float) -> None:
    expected, needed = settled(answers, rate=rate)
    test, asked, found = SequentialTest(rate), 0, None

    while found is None:
        together = answers[asked : asked + test.least]
        asked += len(together)
        for answer in together:
            assert found is None
            found = test.note(happened=answer)

    assert (found, asked) == (expected, needed)


@given(st.lists(st.booleans(), min_size=25, max_size=25), st.floats(0.11, 1.0))
def test_it_ends_with_the_last_answer_at_the_latest(answers: list[bool], rate: float) -> None:
    found, number = settled(answers, rate=rate)

    assert found is not None
    assert 1 <= number <= 25


@pytest.mark.parametrize("rate", [0.0, 0.1, 1.1])
def test_rates_that_cannot_be_told_apart_are_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="above"):
        SequentialTest(rate)


def test_what_many_answers_left_open_is_known_to_be_open() -> None:
    steady, open_ = SequentialTest(1.0), SequentialTest(0.6)
    for _ in range(3):
        steady.note(happened=True)
    found = [open_.note(happened=number % 3 == 2) for number in range(25)]

    assert steady.is_settled
    assert found[-1] is True
    assert not open_.is_settled
