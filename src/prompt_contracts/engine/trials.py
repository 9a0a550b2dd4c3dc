"""All trials of one cell: asked in turn, stopped when settled, saved when there is something worth keeping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prompt_contracts.engine.conversation import run_trial
from prompt_contracts.engine.judge import is_undeclared_error, judge_trial
from prompt_contracts.engine.references import References
from prompt_contracts.errors import RecordingError, RecordingUnreadable, UsageError
from prompt_contracts.outcome import Outcome
from prompt_contracts.results.requirement import settled_verdict
from prompt_contracts.transport.exchange import CellTransport
from prompt_contracts.trial import Cell, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What came of asking a cell's trials."""

    outcomes: tuple[Outcome, ...]
    """Of the trials that were asked; what they cost was spent, whatever else went wrong."""
    error: RecordingError | UsageError | None = None
    """Why no verdict can be had: no answer to judge, or a recording that may not be kept."""


def run_trials(
    cell: Cell, transport: CellTransport, *, price_source: str, is_recording: bool, references: References
) -> Exchange:
    """Ask a cell's trials and save what was recorded.

    An undeclared provider error keeps the old recording: a failing provider is no fixture.
    """
    outcomes: list[Outcome] = []
    error: RecordingError | UsageError | None = None
    try:
        for number in range(1, cell.case.trials + 1):
            outcomes.append(run_trial(Trial(cell=cell, number=number), transport, price_source=price_source))
            if cell.case.stop_early and _is_settled(cell, outcomes, references):
                break
        if is_recording and not is_in_error(cell, outcomes):
            _save(cell, transport, outcomes)
    except (RecordingError, UsageError) as found:
        error = found
    return Exchange(outcomes=tuple(outcomes), error=error)


def is_in_error(cell: Cell, outcomes: Sequence[Outcome]) -> bool:
    """Whether so many trials ended in undeclared errors that there is no verdict on the model."""
    errors = sum(is_undeclared_error(cell, outcome) for outcome in outcomes)
    return errors > cell.case.require.errors or errors == len(outcomes)


def _is_settled(cell: Cell, outcomes: Sequence[Outcome], references: References) -> bool:
    verdicts = [judge_trial(cell, outcome, references=references).verdict for outcome in outcomes]
    return settled_verdict(cell.case.require, verdicts, planned=cell.case.trials) is not None


def _save(cell: Cell, transport: CellTransport, outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if any(interaction.failure is not None for interaction in outcome.interactions):
            kind = "an error" if outcome.error is None else f"{outcome.error.kind} error"
            raise RecordingUnreadable(
                f"trial {outcome.trial} ended in a {kind} without any response, which no recording can hold: "
                "nothing was written",
                cassette=cell.cassette,
                help="run this case with --pc-live, or make the provider answer and record again",
            )
    transport.save()
