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
from statsmodels.stats.proportion import proportion_confint

from prompt_contracts.case import Requirement
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
