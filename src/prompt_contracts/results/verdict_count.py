"""Verdicts -> how many there are of each word."""

from __future__ import annotations

from collections.abc import Sequence

from prompt_contracts.report import Count
from prompt_contracts.verdict import VerdictWord


def count_verdicts(verdicts: Sequence[VerdictWord]) -> Count:
    """How many of cells, or of trials, ended how."""
    return Count(passed=verdicts.count("passed"), failed=verdicts.count("failed"), errors=verdicts.count("error"))
