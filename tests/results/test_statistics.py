"""Intervals and percentiles against published values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.results.statistics import percentile, wilson


@pytest.mark.parametrize(
    ("passed", "trials", "low", "high"),
    [
        (9, 10, 0.59585, 0.982124),
        (10, 10, 0.722467, 1.0),
        (45, 50, 0.786398, 0.956524),
        (347, 400, 0.830754, 0.897255),
    ],
)
def test_wilson_intervals_equal_published_values(passed: int, trials: int, low: float, high: float) -> None:
    found = wilson(passed, trials)

    assert found.low == pytest.approx(low, abs=1e-5)
    assert found.high == pytest.approx(high, abs=1e-5)


@given(trials=st.integers(min_value=1, max_value=2000), data=st.data())
def test_an_interval_holds_the_observed_rate(trials: int, data: st.DataObject) -> None:
    passed = data.draw(st.integers(min_value=0, max_value=trials))

    found = wilson(passed, trials)

    assert 0 <= found.low <= passed / trials <= found.high <= 1


@given(trials=st.integers(min_value=1, max_value=500))
def test_a_perfect_score_of_more_trials_says_more(trials: int) -> None:
    assert wilson(trials + 1, trials + 1).low > wilson(trials, trials).low


@pytest.mark.parametrize(("share", "value"), [(0.5, 2.0), (0.95, 4.0), (0.0, 1.0), (1.0, 4.0)])
def test_a_percentile_is_one_of_the_values(share: float, value: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], share) == value


def test_nothing_has_no_percentile() -> None:
    assert percentile([], 0.5) is None
