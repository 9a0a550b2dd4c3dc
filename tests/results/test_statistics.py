"""Intervals and percentiles against published values."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.results.statistics import (
    all_pass_bound,
    clustered_error,
    design_effect,
    is_lower,
    pass_all_k,
    pass_at_k,
    percentile,
    standard_error,
    wilson,
)


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


@pytest.mark.parametrize(
    ("one", "other", "is_so"),
    [((48, 80), (56, 70), True), ((3, 10), (9, 10), True), ((2, 7), (6, 7), True), ((0, 29), (5, 56), False)],
)
def test_a_rate_is_lower_where_the_published_interval_of_the_difference_is_above_zero(
    one: tuple[int, int], other: tuple[int, int], is_so: bool
) -> None:
    """R. Newcombe's examples: 0.0524 to 0.3339, 0.1705 to 0.8090, 0.0582 to 0.8062 and -0.0381 to 0.1926."""
    assert is_lower(one, other) is is_so
    assert not is_lower(other, one)


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


def by_counting(outcomes: list[bool], k: int) -> tuple[Fraction, Fraction]:
    """The shares of all choices of k outcomes in which any, and all, passed."""
    choices = list(itertools.combinations(outcomes, k))
    return Fraction(sum(map(any, choices)), len(choices)), Fraction(sum(map(all, choices)), len(choices))


@given(outcomes=st.lists(st.booleans(), min_size=1, max_size=9), data=st.data())
def test_pass_at_k_is_what_counting_all_choices_gives(outcomes: list[bool], data: st.DataObject) -> None:
    k = data.draw(st.integers(min_value=1, max_value=len(outcomes)))

    found = pass_at_k(sum(outcomes), len(outcomes), k), pass_all_k(sum(outcomes), len(outcomes), k)

    assert found == tuple(map(float, by_counting(outcomes, k)))


@pytest.mark.parametrize(
    ("passed", "trials", "k", "at_least_one", "every"),
    [
        (9, 10, 1, 0.9, 0.9),
        (9, 10, 10, 1.0, 0.0),
        (3, 5, 2, 9 / 10, 3 / 10),
        (0, 5, 2, 0.0, 0.0),
        (5, 5, 5, 1.0, 1.0),
        (3, 5, 6, None, None),
        (0, 0, 1, None, None),
        (3, 5, 0, None, None),
    ],
)
def test_pass_at_k_of_known_counts(
    passed: int, trials: int, k: int, at_least_one: float | None, every: float | None
) -> None:
    assert (pass_at_k(passed, trials, k), pass_all_k(passed, trials, k)) == (at_least_one, every)


def test_pass_at_k_of_thousands_of_trials_is_still_a_share() -> None:
    assert pass_at_k(5_000, 10_000, 1) == 0.5
    assert 0 < (pass_all_k(9_999, 10_000, 5_000) or 0) == 0.5


@pytest.mark.parametrize(("trials", "rate"), [(59, 0.95), (29, 0.9)])
def test_so_many_passes_without_a_failure_show_a_rate(trials: int, rate: float) -> None:
    assert all_pass_bound(trials) >= rate > all_pass_bound(trials - 1)
    assert math.isclose(all_pass_bound(trials) ** trials, 0.05)


SCORES = [1, 1, 1, 0, 0, 0, 1, 1, 0, 1]
CLUSTERS = "aaabbbccdd"


def test_a_clustered_error_equals_the_published_value() -> None:
    assert standard_error(SCORES) == pytest.approx(0.163299, abs=1e-6)
    assert clustered_error(SCORES, CLUSTERS) == pytest.approx(0.237206, abs=1e-6)
    assert design_effect(SCORES, CLUSTERS) == pytest.approx((0.237206 / 0.163299) ** 2, abs=1e-4)


def exact_variance(values: list[int], clusters: list[int]) -> Fraction:
    """The definition, pair by pair, in fractions."""
    count = len(values)
    mean = Fraction(sum(values), count)
    own = sum(((value - mean) ** 2 for value in values), Fraction(0)) / (count - 1) / count
    pairs = sum(
        (values[i] - mean) * (values[j] - mean)
        for i in range(count)
        for j in range(count)
        if i != j and clusters[i] == clusters[j]
    )
    return own + Fraction(pairs) / (count * count)


@given(marked=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=2, max_size=12))
def test_a_clustered_error_is_what_its_definition_gives(marked: list[tuple[int, int]]) -> None:
    values, clusters = [value for value, _ in marked], [cluster for _, cluster in marked]

    found = clustered_error(values, clusters)

    assert found is not None
    assert found**2 == pytest.approx(float(max(Fraction(0), exact_variance(values, clusters))), abs=1e-12)


@given(values=st.lists(st.integers(0, 1), min_size=2, max_size=20))
def test_clusters_of_one_value_each_change_nothing(values: list[int]) -> None:
    assert clustered_error(values, list(range(len(values)))) == standard_error(values)
    assert design_effect(values, list(range(len(values)))) in (None, pytest.approx(1.0))


def test_what_nobody_can_tell_is_none() -> None:
    assert standard_error([1.0]) is None
    assert clustered_error([], "") is None
    assert design_effect([1, 1], "ab") is None
