"""The statistics of two sides that were asked the same: exact where that can be, and from the standard library."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from random import Random
from statistics import NormalDist

from prompt_contracts.data_class import dataclass
from prompt_contracts.report import Interval
from prompt_contracts.results.statistics import clustered_error, standard_error

_SEED = 20_261_122
"""The same for every comparison: who compares the same twice reads the same twice."""
_RESAMPLES = 1_000
_CUT = 25
"""The resamples left out at either end: 95 % stay."""
_Z_95 = NormalDist().inv_cdf(0.975)
_Z_POWER_80 = NormalDist().inv_cdf(0.8)
FEWEST_CHANGES = 6
"""Fewer cells that changed, all of them for the worse, never give the exact McNemar test a p below 0.05."""


def mcnemar(worse: int, better: int) -> float:
    """The exact two-sided p-value of so many changes in two directions; 1 of no change.

    `min(1, 2 * sum of C(n, i) / 2^n for i up to the smaller count)`. Q. McNemar, "Note on the Sampling Error of the
    Difference Between Correlated Proportions or Percentages", 1947.
    """
    changes = worse + better
    if not changes:
        return 1.0
    term = tail = 1
    for number in range(1, min(worse, better) + 1):
        term = term * (changes - number + 1) // number
        tail += term
    return min(1.0, tail / (1 << (changes - 1)))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Each p-value after correction for all of them: the chance of any wrong claim stays what it was for one.

    S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979.
    """
    ordered = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [1.0] * len(p_values)
    reached = 0.0
    for rank, index in enumerate(ordered):
        reached = max(reached, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = reached
    return tuple(adjusted)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDifference:
    """The mean of the differences within pairs, and how sure it is."""

    value: float
    interval: Interval
    """95 %, from -1 to 1, and never without a width."""
    error: float
    """The standard error; 0 where all differences are equal."""


def paired_difference(differences: Sequence[float], clusters: Sequence[Hashable]) -> PairedDifference | None:
    """Of rates, so each difference is from -1 to 1; None of no pair.

    The error is that of the clusters, and at least that of pairs that have nothing in common: few clusters make the
    former small by chance. Of one cluster alone nobody can tell, and its pairs count as if they had nothing in common.
    Where all differences are equal the interval reaches as far as so many clusters without an exception leave open:
    `1 - 0.05^(1/n)`, the exact bound of C. J. Clopper and E. S. Pearson (1934).
    """
    if not differences:
        return None
    known = set(clusters)
    units = len(known) if len(known) > 1 else len(differences)
    value = math.fsum(differences) / len(differences)
    alone = standard_error(differences) or 0.0
    error = max(alone, clustered_error(differences, clusters) or 0.0) if len(known) > 1 else alone
    half = _Z_95 * error or 1 - math.pow(0.05, 1 / units)
    interval = Interval(low=max(-1.0, value - half), high=min(1.0, value + half))
    return PairedDifference(value=value, interval=interval, error=error)


def detectable_difference(error: float, pairs: int) -> float | None:
    """The smallest difference that could have been shown, at 5 % and with a power of 80 %; None where there is none.

    At least `2.8016 * error`, and at least as many pairs as McNemar's test needs to say anything.
    """
    if pairs < FEWEST_CHANGES:
        return None
    found = max((_Z_95 + _Z_POWER_80) * error, FEWEST_CHANGES / pairs)
    return found if found <= 1 else None


def ratio_interval(sums: Mapping[tuple[str, ...], tuple[float, float]]) -> Interval | None:
    """The 95 % interval of `sum of the second / sum of the first` over clusters: a percentile bootstrap, fixed seed.

    None of fewer than two clusters, and where too many resamples have nothing to divide by.
    B. Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979.
    """
    if len(sums) < 2:
        return None
    # By name: neither the order of the pairs nor which side is the first may change what is drawn.
    ordered = [sums[cluster] for cluster in sorted(sums)]
    first, second = [one for one, _ in ordered], [other for _, other in ordered]
    random = Random(_SEED)  # noqa: S311 - a resample is no secret
    places = range(len(ordered))
    ratios: list[float] = []
    for _ in range(_RESAMPLES):
        drawn = random.choices(places, k=len(places))
        below = sum(map(first.__getitem__, drawn))
        ratios.append(sum(map(second.__getitem__, drawn)) / below if below else math.inf)
    ratios.sort()
    low, high = ratios[_CUT - 1], ratios[-_CUT]
    return Interval(low=low, high=high) if math.isfinite(high) else None
