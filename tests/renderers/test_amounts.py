"""Numbers for people."""

from __future__ import annotations

from decimal import Decimal

import pytest

from prompt_contracts.renderers.amounts import count, dollars, interval_text, limit_percent, percent, seconds
from prompt_contracts.report import Interval


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "?"),
        (Decimal(0), "$0"),
        (Decimal("0.0034"), "$0.0034"),
        (Decimal("0.000031"), "$0.000031"),
        (Decimal("0.5"), "$0.5000"),
        (Decimal("1234.5"), "$1,234.50"),
        (Decimal(10) ** 30, "$1,000,000,000,000,000,000,000,000,000,000.00"),
    ],
)
def test_dollars(amount: Decimal | None, text: str) -> None:
    assert dollars(amount) == text


def test_a_lower_bound_is_marked() -> None:
    assert dollars(Decimal("0.5"), is_lower_bound=True) == "≥ $0.5000"


def test_an_unknown_amount_is_no_lower_bound_of_zero() -> None:
    assert dollars(None, is_lower_bound=True) == "?"


@pytest.mark.parametrize(
    ("rate", "text"), [(1.0, "100%"), (0.999, "99.9%"), (0.9996, "99.96%"), (0.001, "0.1%"), (0.0, "0%"), (None, "–")]
)
def test_a_rate_short_of_all_never_reads_as_all(rate: float | None, text: str) -> None:
    assert percent(rate) == text


@pytest.mark.parametrize(
    ("rate", "limit", "texts"),
    [
        (0.7996, 0.8, ("79.96%", "80%")),
        (0.5, 0.8, ("50%", "80%")),
        (0.799, 0.7996, ("79.9%", "79.96%")),
        (0.79964, 0.7996, ("80%", "79.96%")),
        (0.07, 0.07, ("7%", "7%")),
        (2999 / 3000, 1.0, ("99.97%", "100%")),
        (1.0, 0.99999, ("100%", "99.999%")),
    ],
)
def test_a_rate_never_reads_as_the_limit_that_it_misses(rate: float, limit: float, texts: tuple[str, str]) -> None:
    assert (percent(rate, unlike=limit), limit_percent(limit)) == texts


def test_counts_and_durations_of_the_unknown() -> None:
    assert (count(None), seconds(None), interval_text(None)) == ("?", "?", "–")


def test_counts_durations_and_intervals() -> None:
    assert (count(5088), seconds(0.388), seconds(1.42)) == ("5,088", "388 ms", "1.42 s")
    assert interval_text(Interval(low=0.86, high=1.0)) == "86–100%"
