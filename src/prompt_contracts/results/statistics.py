"""The few statistics that a report needs, exact and from the standard library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from prompt_contracts.report import Interval


def wilson(passed: int, trials: int, *, confidence: float = 0.95) -> Interval:
    """The two-sided Wilson score interval of a pass rate; `trials` is at least 1.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rate = passed / trials
    spread = 1 + z * z / trials
    centre = (rate + z * z / (2 * trials)) / spread
    half = z / spread * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    # Rounding must not push an end past the observed rate: 0 of n has the lower end 0.
    return Interval(low=max(0.0, min(rate, centre - half)), high=min(1.0, max(rate, centre + half)))


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile, so always one of the values; None of nothing."""
    if not values:
        return None
    rank = max(1, math.ceil(share * len(values)))
    return sorted(values)[rank - 1]
