"""What the verdicts of a cell's trials amount to, when that is settled, and what can never be reached."""

from __future__ import annotations

from collections.abc import Iterable

from prompt_contracts.case import Requirement
from prompt_contracts.data_class import dataclass
from prompt_contracts.results.statistics import wilson
from prompt_contracts.verdict import VerdictWord

_ROUNDING = 1e-9
"""0.9 of 10 trials is 9, whatever binary fractions make of it."""


@dataclass(slots=True)
class Tally:
    """How many trials of a cell ended how; one more is added without looking at the others again."""

    passed: int = 0
    failed: int = 0
    errors: int = 0

    def add(self, verdict: VerdictWord) -> None:
        """Count one more trial."""
        match verdict:
            case "passed":
                self.passed += 1
            case "failed":
                self.failed += 1
            case "error":
                self.errors += 1

    @property
    def scored(self) -> int:
        """Trials with a verdict on the model."""
        return self.passed + self.failed


def tally(verdicts: Iterable[VerdictWord]) -> Tally:
    """All of them, counted."""
    counted = Tally()
    for verdict in verdicts:
        counted.add(verdict)
    return counted


def cell_verdict(requirement: Requirement, trials: Tally) -> VerdictWord:
    """The verdict over all trials; trials in error are unscored and make an error when there are too many."""
    if trials.errors > requirement.errors or trials.scored == 0:
        return "error"
    return "passed" if _holds(requirement, trials.passed, trials.scored) else "failed"


def settled_verdict(requirement: Requirement, trials: Tally, *, planned: int) -> VerdictWord | None:
    """The verdict that no remaining trial can change any more, or None while one can."""
    remaining = planned - trials.scored - trials.errors
    if remaining == 0 or trials.errors > requirement.errors:
        return cell_verdict(requirement, trials)
    if remaining <= requirement.errors - trials.errors and trials.scored == 0:
        return None
    most = trials.scored + remaining
    if _holds(requirement, trials.passed, most):
        return "passed"
    if not _holds(requirement, trials.passed + remaining, most):
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
