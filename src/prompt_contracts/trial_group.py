"""Trials of one cell that came out alike: the same verdict, for the same reason, after the same answer."""

from __future__ import annotations

from collections.abc import Sequence

from prompt_contracts.completion import Completion
from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import canonical_text
from prompt_contracts.verdict import TrialResult, VerdictWord


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialGroup:
    """One or more trials that differ in nothing that an answer says."""

    trials: tuple[TrialResult, ...]
    """In the order of their numbers; the first one stands for all."""

    @property
    def verdict(self) -> VerdictWord:
        """Of each of them."""
        return self.trials[0].verdict

    @property
    def shown(self) -> TrialResult:
        """The one that stands for all."""
        return self.trials[0]


def group_trials(trials: Sequence[TrialResult]) -> tuple[TrialGroup, ...]:
    """The trials in groups of equal ones: those that failed first, then errors, then those that passed; the larger
    group first, and of equally large ones the one that came first.
    """
    groups: dict[object, list[TrialResult]] = {}
    for trial in trials:
        groups.setdefault(_likeness(trial), []).append(trial)
    made = [TrialGroup(trials=tuple(group)) for group in groups.values()]
    return tuple(sorted(made, key=lambda group: (_ORDER.index(group.verdict), -len(group.trials))))


_ORDER: tuple[VerdictWord, ...] = ("failed", "error", "passed")


def _likeness(trial: TrialResult) -> object:
    error = trial.error and (trial.error.kind, trial.error.status, trial.error.code, trial.error.message)
    # Not what came: a latency is never the same twice.
    reasons = tuple((failure.code, failure.path) for failure in trial.failures)
    answers = tuple(_said(answer) for answer in (*trial.earlier, trial.completion) if answer is not None)
    return (trial.verdict, reasons, answers, error)


def _said(answer: Completion) -> object:
    """What an answer says, without the ids that no two answers share and the spaces that mean nothing in JSON."""
    return tuple(
        (
            _canonical(choice.text),
            choice.refusal,
            tuple((call.name, _canonical(call.arguments)) for call in choice.tool_calls),
        )
        for choice in answer.choices
    )


def _canonical(text: str) -> str:
    return (canonical_text(text) if text[:1] in ("{", "[") else None) or text
