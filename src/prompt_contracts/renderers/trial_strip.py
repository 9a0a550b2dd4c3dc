"""The trials of a cell at a glance, and what came of them, equal answers told once."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from prompt_contracts.renderers.conversation import answer_in_short
from prompt_contracts.trial_group import TrialGroup, group_trials
from prompt_contracts.verdict import CaseResult, TrialResult, VerdictWord

_SIGNS: dict[VerdictWord, str] = {"passed": ".", "failed": "F", "error": "E"}
"""As pytest's own."""
_MOST_SIGNS = 60
_MOST_GROUPS = 6
_MOST_NUMBERS = 6


def trial_strip(trials: Sequence[TrialResult]) -> str:
    """`..F.F....`: a sign for each trial, in their order; of very many the first ones."""
    strip = "".join(_SIGNS[trial.verdict] for trial in trials[:_MOST_SIGNS])
    return strip if len(trials) <= _MOST_SIGNS else f"{strip}…"


def trial_count(result: CaseResult) -> str:
    """`8 of 10 trials passed, 1 in error; required: 9 of the trials`."""
    verdicts = [trial.verdict for trial in result.trials]
    parts = [f"{verdicts.count('passed')} of {len(verdicts)} trials passed"]
    if errors := verdicts.count("error"):
        parts.append(f"{errors} in error")
    return f"{', '.join(parts)}; required: {result.requirement}"


def trial_lines(result: CaseResult, *, shown: TrialResult | None = None, width: int) -> Iterator[str]:
    """The strip, the count, and a line for each group of equal trials; `shown` is the one that is told in full."""
    start, told = f"  trials     {trial_strip(result.trials)}", trial_count(result)
    if len(start) + 2 + len(told) <= width:
        yield f"{start}  {told}"
    else:
        yield start
        yield from (f"             {line}" for line in textwrap.wrap(told, max(20, width - 13)))
    groups = group_trials(result.trials)
    for group in groups[:_MOST_GROUPS]:
        yield _group_line(group, shown, width)
    if len(groups) > _MOST_GROUPS:
        left = sum(len(group.trials) for group in groups[_MOST_GROUPS:])
        yield f"    and {left} more trials with {len(groups) - _MOST_GROUPS} other answers"


def _group_line(group: TrialGroup, shown: TrialResult | None, width: int) -> str:
    start = f"    {len(group.trials):>3} × {group.verdict:<6}  "
    numbers = [str(trial.trial) for trial in group.trials]
    named = ", ".join(numbers[:_MOST_NUMBERS]) + (", …" if len(numbers) > _MOST_NUMBERS else "")
    end = f"  (trial{'s' if len(numbers) > 1 else ''} {named})"
    if shown is not None and any(trial is shown for trial in group.trials):
        end = f"  (trial {shown.trial} is shown below)"
    return start + answer_in_short(group.shown, limit=max(20, width - len(start) - len(end))) + end
