"""Our statistics beside those of scipy and statsmodels: `make test-statistics`, in an environment that has them.

Not named as a test: `make test` neither has these packages nor skips what would need them.
"""

from __future__ import annotations

import math

import pytest
import scipy.stats
import statsmodels.api
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import normal_power
from statsmodels.stats.proportion import proportion_confint

from prompt_contracts.case import Requirement
from prompt_contracts.results.paired_statistics import (
    detectable_difference,
    holm,
    mcnemar,
    paired_difference,
    ratio_interval,
)
from prompt_contracts.results.requirement import Tally, cell_verdict
from prompt_contracts.results.statistics import all_pass_bound, clustered_error, pass_all_k, pass_at_k, wilson

levels = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    trials = draw(st.integers(1, 2_000))
    return draw(st.integers(0, trials)), trials


@given(count=counts(), confidence=levels)
def test_wilson(count: tuple[int, int], confidence: float) -> None:
    passed, trials = count

    found = wilson(passed, trials, confidence=confidence)

    low, high = proportion_confint(passed, trials, alpha=1 - confidence, method="wilson")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)
    interval = scipy.stats.binomtest(passed, trials).proportion_ci(confidence, method="wilson")
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-12)


@given(count=counts(), confidence=levels, rate=st.floats(0.01, 0.999))
def test_a_requirement_with_a_confidence(count: tuple[int, int], confidence: float, rate: float) -> None:
    passed, trials = count
    low, _ = proportion_confint(passed, trials, alpha=1 - confidence, method="wilson")
    if abs(low - rate) < 1e-6:
        return

    verdict = cell_verdict(Requirement(rate=rate, confidence=confidence), Tally(passed=passed, failed=trials - passed))

    assert verdict == ("passed" if low >= rate else "failed")


@given(count=counts(), data=st.data())
def test_pass_at_k(count: tuple[int, int], data: st.DataObject) -> None:
    passed, trials = count
    k = data.draw(st.integers(1, trials))
    drawn = scipy.stats.hypergeom(trials, passed, k)

    assert pass_at_k(passed, trials, k) == pytest.approx(drawn.sf(0), rel=1e-8, abs=1e-12)
    assert pass_all_k(passed, trials, k) == pytest.approx(drawn.pmf(k), rel=1e-8, abs=1e-12)


@given(trials=st.integers(1, 5_000), confidence=levels)
def test_all_pass_bound(trials: int, confidence: float) -> None:
    found = scipy.stats.binomtest(trials, trials, alternative="greater").proportion_ci(confidence, method="exact")

    assert all_pass_bound(trials, confidence=confidence) == pytest.approx(found.low, abs=1e-9)


@given(marked=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6)), min_size=2, max_size=40))
def test_clustered_error(marked: list[tuple[int, int]]) -> None:
    values, clusters = [float(value) for value, _ in marked], [cluster for _, cluster in marked]
    if len(set(values)) < 2 or len(set(clusters)) < 2:
        return
    count = len(values)

    found = clustered_error(values, clusters)

    # statsmodels takes each value's own square from the clusters, too, and divides it by n where s^2 has n - 1.
    fit = statsmodels.api.OLS(values, [1.0] * count).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}
    )
    mean = math.fsum(values) / count
    squares = math.fsum((value - mean) ** 2 for value in values)
    variance = fit.bse[0] ** 2 + squares / (count * count * (count - 1))
    assert found == pytest.approx(math.sqrt(variance), abs=1e-9)


@given(values=st.lists(st.floats(-100, 100), min_size=2, max_size=40))
def test_standard_error(values: list[float]) -> None:
    assert clustered_error(values, range(len(values))) == pytest.approx(scipy.stats.sem(values), abs=1e-9)


@given(worse=st.integers(0, 2_000), better=st.integers(0, 2_000))
def test_mcnemar(worse: int, better: int) -> None:
    found = mcnemar(worse, better)

    assert found == pytest.approx(statsmodels_mcnemar([[7, worse], [better, 7]], exact=True).pvalue, rel=1e-9)
    if worse + better:
        assert found == pytest.approx(scipy.stats.binomtest(worse, worse + better).pvalue, rel=1e-9)


@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_holm(p_values: list[float]) -> None:
    _, adjusted, _, _ = multipletests(p_values, method="holm")

    assert holm(p_values) == pytest.approx(list(adjusted), abs=1e-12)


@given(marked=st.lists(st.tuples(st.sampled_from([-1.0, -0.5, 0.0, 1.0]), st.integers(0, 6)), min_size=3, max_size=40))
def test_a_paired_difference(marked: list[tuple[float, int]]) -> None:
    values, clusters = [value for value, _ in marked], [cluster for _, cluster in marked]
    if len(set(values)) < 2:
        return
    alone = scipy.stats.sem(values)
    together = clustered_error(values, clusters) if len(set(clusters)) > 1 else 0.0

    found = paired_difference(values, clusters)

    assert found is not None
    assert found.error == pytest.approx(max(alone, together or 0.0), abs=1e-12)
    low, high = scipy.stats.norm.interval(0.95, loc=math.fsum(values) / len(values), scale=found.error)
    assert (found.interval.low, found.interval.high) == pytest.approx((max(low, -1), min(high, 1)), abs=1e-9)


@given(error=st.floats(0.001, 0.2), pairs=st.integers(100, 1_000))
def test_what_can_be_shown_is_shown_with_a_power_of_80_percent(error: float, pairs: int) -> None:
    found = detectable_difference(error, pairs)

    if found is not None and found > 6 / pairs:
        assert normal_power(found / error, 1, 0.05) == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize("seed", range(8))
def test_the_bootstrap_of_a_ratio(seed: int) -> None:
    random = scipy.stats.gamma(2.0)
    base = random.rvs(30, random_state=seed) + 0.1
    other = base * (0.5 + random.rvs(30, random_state=seed + 100) / 4)
    expected = scipy.stats.bootstrap(
        (base, other),
        lambda one, two, axis: two.sum(axis=axis) / one.sum(axis=axis),
        paired=True,
        method="percentile",
        n_resamples=20_000,
        rng=seed,
    ).confidence_interval

    sums = zip(map(float, base), map(float, other), strict=True)
    found = ratio_interval({(str(number),): pair for number, pair in enumerate(sums)})

    # 1,000 resamples against 20,000: chance alone moves an end by some hundredths of the interval.
    assert found is not None
    width = expected.high - expected.low
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.12 * width)
