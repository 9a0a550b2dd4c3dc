"""What the verdicts of a cell's trials amount to, when that is settled, and what can never be reached."""

from __future__ import annotations

from collections.abc import Sequence

from prompt_contracts.case import Requirement
from prompt_contracts.results.statistics import wilson
from prompt_contracts.verdict import Verdict

_ROUNDING = 1e-9
"""0.9 of 10 trials is 9, whatever binary fractions make of it."""


def cell_verdict(requirement: Requirement, verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict over all trials; trials in error are unscored and make an error when there are too many."""
    passed, failed, errors = (verdicts.count(kind) for kind in ("passed", "failed", "error"))
    if errors > requirement.errors or passed + failed == 0:
        return "error"
    return "passed" if _holds(requirement, passed, passed + failed) else "failed"


def settled_verdict(requirement: Requirement, verdicts: Sequence[Verdict], *, planned: int) -> Verdict | None:
    """The verdict that no remaining trial can change any more, or None while one can."""
    passed, failed, errors = (verdicts.count(kind) for kind in ("passed", "failed", "error"))
    remaining = planned - len(verdicts)
    if remaining == 0 or errors > requirement.errors:
        return cell_verdict(requirement, verdicts)
    if remaining <= requirement.errors - errors and passed + failed == 0:
        return None
    most = passed + failed + remaining
    if _holds(requirement, passed, most):
        return "passed"
    if not _holds(requirement, passed + remaining, most):
        return "failed"
    return None


def _holds(requirement: Requirement, passed: int, scored: int) -> bool:
    if requirement.count is not None:
        return passed >= requirement.count
    if requirement.rate is None:
        return passed == scored
    if requirement.confidence is None:
        return passed >= requirement.rate * scored - _ROUNDING
    return wilson(passed, scored, confidence=requirement.confidence).low >= requirement.rate - _ROUNDING


def unreachable_reason(requirement: Requirement, *, trials: int) -> str | None:
    """Why even a perfect run of `trials` trials cannot meet the requirement; None when it can."""
    if requirement.errors >= trials:
        return f"{requirement.errors} tolerated errors leave none of {_trials(trials)} to judge"
    if _holds(requirement, trials, trials):
        return None
    if requirement.count is not None:
        return f"{requirement.count} passes are required of {_trials(trials)}"
    return f"even {trials} of {trials} passes do not show {requirement}; {_needed(requirement)}"


def _trials(count: int) -> str:
    return "1 trial" if count == 1 else f"{count} trials"


def _needed(requirement: Requirement) -> str:
    for trials in range(1, 10_001):
        if _holds(requirement, trials, trials):
            return f"{_trials(trials)} could"
    return "no reasonable number of trials could"
