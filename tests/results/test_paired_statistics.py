"""Statistics of two sides against published values and definitions."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.report import Interval
from prompt_contracts.results.paired_statistics import (
    detectable_difference,
    holm,
    mcnemar,
    paired_difference,
    ratio_interval,
)
from prompt_contracts.results.statistics import clustered_error

rates = st.sampled_from([0.0, 0.25, 0.5, 1.0])
pairs = st.lists(st.tuples(rates, rates, st.integers(0, 4)), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("worse", "better", "p"),
    [(8, 2, 0.109375), (2, 0, 0.5), (0, 0, 1.0), (3, 3, 1.0), (6, 0, 0.03125), (5, 0, 0.0625), (5_000, 5_000, 1.0)],
)
def test_mcnemar_equals_published_values(worse: int, better: int, p: float) -> None:
    assert mcnemar(worse, better) == mcnemar(better, worse) == p


@given(worse=st.integers(0, 9), better=st.integers(0, 9))
def test_mcnemar_counts_the_ways_in_which_coins_can_fall(worse: int, better: int) -> None:
    changes = worse + better
    as_far = sum(math.comb(changes, heads) for heads in range(changes + 1) if heads <= min(worse, better))

    assert mcnemar(worse, better) == float(min(Fraction(1), Fraction(2 * as_far, 2**changes)))


def test_thousands_of_changes_have_a_p_value_too() -> None:
    assert 0 < mcnemar(600, 400) < 1e-9
    assert mcnemar(20_000, 0) == 0.0


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([], ()),
        ([0.03], (0.03,)),
        ([0.01, 0.04, 0.03], (0.03, 0.06, 0.06)),
        ([0.5, 0.6], (1.0, 1.0)),
        ([0.02, 0.02, 0.02], (0.06, 0.06, 0.06)),
    ],
)
def test_holm_of_known_values(p_values: list[float], adjusted: tuple[float, ...]) -> None:
    assert holm(p_values) == pytest.approx(adjusted)


@given(p_values=st.lists(st.floats(0, 1), max_size=8))
def test_a_correction_makes_no_claim_stronger_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)

    assert all(before <= after <= 1 for before, after in zip(p_values, adjusted, strict=True))
    for (one, after_one), (two, after_two) in product(zip(p_values, adjusted, strict=True), repeat=2):
        assert one > two or after_one <= after_two


def test_a_difference_has_the_clustered_error() -> None:
    values = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0]
    clusters = "aaabbbccdd"

    found = paired_difference(values, clusters)

    assert found is not None
    assert found.value == 0.6
    assert found.error == clustered_error(values, clusters) == pytest.approx(0.237206, abs=1e-6)
    assert found.interval.low == pytest.approx(0.6 - 1.959964 * 0.237206, abs=1e-5)
    assert found.interval.high == 1.0


def test_clusters_that_seem_to_know_better_by_chance_make_nothing_surer() -> None:
    # One cell better and one worse in each case: the clustered error is 0, and eight cells are not that sure.
    found = paired_difference([1.0, -1.0] * 4, "aabbccdd")

    assert found is not None
    assert found.error == pytest.approx(math.sqrt(8 / 7 / 8))


@pytest.mark.parametrize(
    ("values", "clusters", "half"),
    [
        ([0.0] * 4, "abcd", 1 - 0.05 ** (1 / 4)),
        ([0.0] * 4, "aabb", 1 - 0.05 ** (1 / 2)),
        # One case alone: its cells count each by itself, for lack of anything better.
        ([0.0] * 4, "aaaa", 1 - 0.05 ** (1 / 4)),
        ([0.0], "a", 0.95),
    ],
)
def test_no_change_at_all_leaves_a_doubt(values: list[float], clusters: str, half: float) -> None:
    found = paired_difference(values, clusters)

    assert found is not None
    assert (found.value, found.error) == (0.0, 0.0)
    assert (found.interval.low, found.interval.high) == pytest.approx((-half, half))


def test_all_worse_is_at_the_end_of_the_scale_and_has_a_width() -> None:
    found = paired_difference([-1.0] * 10, "abcdefghij")

    assert found is not None
    assert found.interval.low == -1.0
    assert found.interval.high == pytest.approx(-(0.05 ** (1 / 10)))


def test_one_case_alone_has_the_error_of_its_cells() -> None:
    values = [1.0, 0.0, 0.0, -1.0, 1.0, 0.0]

    found = paired_difference(values, "aaaaaa")

    assert found is not None
    assert found.error == clustered_error(values, range(6))


def test_no_pair_has_no_difference() -> None:
    assert paired_difference([], []) is None


@given(pairs=pairs)
def test_swapping_the_sides_negates_the_difference(pairs: list[tuple[float, float, int]]) -> None:
    clusters = [cluster for *_, cluster in pairs]
    one = paired_difference([after - before for before, after, _ in pairs], clusters)
    two = paired_difference([before - after for before, after, _ in pairs], clusters)

    assert one is not None
    assert two is not None
    assert (one.value, one.interval.low, one.interval.high, one.error) == pytest.approx(
        (-two.value, -two.interval.high, -two.interval.low, two.error), abs=1e-12
    )
    assert -1 <= one.interval.low <= one.value <= one.interval.high <= 1
    assert one.interval.low < one.interval.high


@given(pairs=pairs, data=st.data())
def test_the_order_of_the_pairs_changes_nothing(pairs: list[tuple[float, float, int]], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(pairs))

    one, two = (
        paired_difference([after - before for before, after, _ in each], [cluster for *_, cluster in each])
        for each in (pairs, shuffled)
    )

    assert one is not None
    assert two is not None
    assert (one.value, one.error) == pytest.approx((two.value, two.error), abs=1e-12)


@pytest.mark.parametrize(
    ("error", "pairs", "difference"),
    [
        (0.0, 24, 0.25),
        (0.032124, 400, 0.09),
        (0.1, 400, 0.280159),
        (0.0, 6, 1.0),
        # No test could say anything, however large the difference.
        (0.0, 5, None),
        (0.0, 0, None),
        (0.5, 8, None),
    ],
)
def test_the_smallest_difference_that_can_be_shown(error: float, pairs: int, difference: float | None) -> None:
    expected = None if difference is None else pytest.approx(difference, abs=1e-4)

    assert detectable_difference(error, pairs) == expected


def named(values: list[tuple[float, float]]) -> dict[tuple[str, ...], tuple[float, float]]:
    return {("cases/a.yaml", f"case-{number}"): value for number, value in enumerate(values)}


def test_a_ratio_that_is_the_same_everywhere_is_sure() -> None:
    assert ratio_interval(named([(1.0, 2.0), (3.0, 6.0), (2.0, 4.0)])) == Interval(low=2.0, high=2.0)


def test_a_ratio_has_the_same_interval_every_time_and_holds_what_was_seen() -> None:
    sums = named([(1.0, 1.0), (1.0, 2.0), (1.0, 3.0), (1.0, 1.5), (1.0, 2.5)])

    found = ratio_interval(sums)

    assert found == ratio_interval(dict(reversed(sums.items())))
    assert found is not None
    assert 1.0 < found.low < 2.0 < found.high < 3.0


@given(values=st.lists(st.tuples(st.floats(0.1, 100), st.floats(0.1, 100)), min_size=2, max_size=6))
def test_the_ratio_of_swapped_sides_is_the_inverse(values: list[tuple[float, float]]) -> None:
    one = ratio_interval(named(values))
    two = ratio_interval(named([(other, base) for base, other in values]))

    assert one is not None
    assert two is not None
    assert (one.low, one.high) == pytest.approx((1 / two.high, 1 / two.low))


def test_one_case_says_nothing_of_how_a_ratio_varies() -> None:
    assert ratio_interval(named([(1.0, 2.0)])) is None
    assert ratio_interval({}) is None


def test_nothing_to_divide_by_has_no_end() -> None:
    assert ratio_interval(named([(0.0, 1.0), (0.0, 2.0)])) is None
    # Free but for one case in three: many resamples hold it not at all.
    assert ratio_interval(named([(0.0, 1.0), (0.0, 1.0), (1.0, 1.0)])) is None
