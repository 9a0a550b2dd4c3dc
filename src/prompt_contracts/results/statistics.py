"""The few statistics that a report needs, exact and from the standard library."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from statistics import NormalDist

from prompt_contracts.report import Interval


def wilson(passed: float, trials: float, *, confidence: float = 0.95) -> Interval:
    """The two-sided Wilson score interval of a pass rate; `trials` is above 0, and may be an effective number.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rate = passed / trials
    spread = 1 + z * z / trials
    centre = (rate + z * z / (2 * trials)) / spread
    half = z / spread * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    # Rounding must not push an end past the observed rate: 0 of n has the lower end 0.
    return Interval(low=max(0.0, min(rate, centre - half)), high=min(1.0, max(rate, centre + half)))


def is_lower(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether a rate, as successes and trials, is lower than another one by more than luck would make it (95 %).

    R. Newcombe, "Interval Estimation for the Difference between Independent Proportions", 1998, method 10.
    """
    low, high = one[0] / one[1], other[0] / other[1]
    return high - low > math.hypot(high - wilson(*other).low, wilson(*one).high - low)


def clustered_wilson(values: Sequence[float], clusters: Sequence[Hashable]) -> tuple[Interval, float] | None:
    """The Wilson interval, 95 %, of the mean of zeros and ones that come in clusters, and the design effect behind it.

    The number of values is divided by their design effect: so the interval is defined where all values are equal, too.
    An effect below 1, and one that is unknown since nothing varies, counts as 1. None of no value.
    """
    if not values:
        return None
    # One trial of each case, or nothing that varies: as most suites are, and known to be 1 without any sums.
    is_plain = len(set(clusters)) == len(values) or len(set(values)) == 1
    effect = 1.0 if is_plain else max(1.0, design_effect(values, clusters) or 1.0)
    return wilson(math.fsum(values) / effect, len(values) / effect), effect


def pass_at_k(passed: int, trials: int, k: int) -> float | None:
    """The chance that at least one of `k` trials passes; None for `k` above the number of trials.

    `1 - C(n-c, k) / C(n, k)` for c passes of n, which is unbiased where `1 - (1 - c/n)^k` is not.
    M. Chen and others, "Evaluating Large Language Models Trained on Code", 2021.
    """
    if not 1 <= k <= trials:
        return None
    return (math.comb(trials, k) - math.comb(trials - passed, k)) / math.comb(trials, k)


def pass_all_k(passed: int, trials: int, k: int) -> float | None:
    """The chance that all of `k` trials pass, also written pass^k; None for `k` above the number of trials.

    `C(c, k) / C(n, k)` for c passes of n, which is unbiased where `(c/n)^k` is not.
    S. Yao and others, "tau-bench: A Benchmark for Tool-Agent-User Interaction in Real-World Domains", 2024.
    """
    if not 1 <= k <= trials:
        return None
    return math.comb(passed, k) / math.comb(trials, k)


def all_pass_bound(trials: int, *, confidence: float = 0.95) -> float:
    """The rate that a run of `trials` passes and no failure shows at a confidence: the lower one-sided bound.

    `(1 - confidence)^(1/n)`, the exact bound of C. J. Clopper and E. S. Pearson (1934) where all pass; `trials` is at
    least 1.
    """
    return math.pow(1 - confidence, 1 / trials)


def standard_error(values: Sequence[float]) -> float | None:
    """The standard error of the mean of values that have nothing to do with each other; None of fewer than two.

    `s / sqrt(n)`, s with n - 1 in its denominator.
    """
    return clustered_error(values, range(len(values)))


def clustered_error(values: Sequence[float], clusters: Sequence[Hashable]) -> float | None:
    """The standard error of the mean where values of one cluster have something in common, such as trials of a case.

    `SE^2 = s^2/n + (1/n^2) * sum over clusters of the sum over i != j of (x_i - m)(x_j - m)`, s with n - 1 in its
    denominator, and 0 where that is negative. None of fewer than two values.
    E. Miller, "Adding Error Bars to Evals: A Statistical Approach to Language Model Evaluations", 2024.
    """
    variance = _clustered_variance(values, clusters)
    return None if variance is None else math.sqrt(max(0.0, variance))


def design_effect(values: Sequence[float], clusters: Sequence[Hashable]) -> float | None:
    """How many times the variance of the mean is what it would be without clusters; None where that is 0 or unknown.

    `SE_clustered^2 / SE^2`; n values in clusters tell as much as n divided by it. L. Kish, "Survey Sampling", 1965.
    """
    clustered, alone = clustered_error(values, clusters), standard_error(values)
    if clustered is None or not alone:
        return None
    return (clustered / alone) ** 2


def _clustered_variance(values: Sequence[float], clusters: Sequence[Hashable]) -> float | None:
    count = len(values)
    if count < 2:
        return None
    mean = math.fsum(values) / count
    inside: dict[Hashable, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        inside.setdefault(cluster, []).append(value - mean)
    squares = math.fsum((value - mean) ** 2 for value in values)
    # The pairs of a cluster without those of a value with itself.
    pairs = math.fsum(math.fsum(own) ** 2 - math.fsum(one * one for one in own) for own in inside.values())
    return squares / (count - 1) / count + pairs / (count * count)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile, so always one of the values; None of nothing."""
    if not values:
        return None
    rank = max(1, math.ceil(share * len(values)))
    return sorted(values)[rank - 1]
