"""All trials of one cell: asked in turn, stopped when settled, saved when there is something worth keeping."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from prompt_contracts.application.host import ApplicationHost
from prompt_contracts.conversation.trial_run import run_trial
from prompt_contracts.engine.judge import undeclared_error
from prompt_contracts.errors import RecordingError, RecordingUnreadable, UsageError
from prompt_contracts.interaction import Interaction
from prompt_contracts.outcome import Outcome
from prompt_contracts.recording_outcome import RecordingOutcome
from prompt_contracts.references import References
from prompt_contracts.results.requirement import Tally, settled_verdict
from prompt_contracts.transport.cell_transport import CellTransport
from prompt_contracts.trial import Cell, Trial
from prompt_contracts.verdict import TrialResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What came of asking a cell's trials."""

    outcomes: tuple[Outcome, ...]
    """Of the trials that were asked; what they cost was spent, whatever else went wrong."""
    judged: tuple[TrialResult, ...] = ()
    """The results of the first of them, where they were judged to know when to stop: nothing is judged twice."""
    error: RecordingError | UsageError | None = None
    """Why no verdict can be had: no answer to judge, or a recording that may not be kept."""
    recording: RecordingOutcome | None = None
    """What became of the recording; None where the run records nothing."""


def run_trials(
    cell: Cell,
    transport: CellTransport,
    *,
    price_source: str,
    is_recording: bool,
    references: References,
    host: ApplicationHost,
    judge: Callable[[Outcome], TrialResult],
) -> Exchange:
    """Ask a cell's trials and save what was recorded; `judge` tells the result of one, to stop early.

    An undeclared provider error keeps the old recording: a failing provider is no fixture.
    """
    outcomes: list[Outcome] = []
    judged: list[TrialResult] = []
    trials = Tally()
    error: RecordingError | UsageError | None = None
    try:
        for number in range(1, cell.case.trials + 1):
            outcome = run_trial(
                Trial(cell=cell, number=number),
                transport,
                price_source=price_source,
                references=references,
                host=host,
            )
            outcomes.append(outcome)
            if cell.case.stop_early:
                judged.append(judge(outcome))
                trials.add(judged[-1].verdict)
                # Settled whatever the rest would bring: the same verdict for fewer calls. A rate must not be watched
                # like that: a 95 % Wilson interval, looked at after each of 200 trials, missed the true rate in 30 %
                # of simulated runs.
                if settled_verdict(cell.case.require, trials, planned=cell.case.trials) is not None:
                    break
        if is_recording and not is_in_error(cell, outcomes, references):
            # After all trials: a run that is killed half way leaves the old recording, never half of a new one.
            _save(cell, transport, outcomes)
    except (RecordingError, UsageError) as found:
        error = found
    recording = None
    if is_recording:
        undeclared = [undeclared_error(cell, outcome, references) for outcome in outcomes]
        errors = list(filter(None, undeclared))
        from prompt_contracts.engine.recorded_changes import recording_outcome  # replay has no use for it

        recording = recording_outcome(transport, outcomes, error=error, provider_errors=errors)
    return Exchange(outcomes=tuple(outcomes), judged=tuple(judged), error=error, recording=recording)


def is_in_error(cell: Cell, outcomes: Sequence[Outcome], references: References) -> bool:
    """Whether so many trials ended in undeclared errors that there is no verdict on the model."""
    errors = sum(undeclared_error(cell, outcome, references) is not None for outcome in outcomes)
    return errors > cell.case.require.errors or errors == len(outcomes)


def _save(cell: Cell, transport: CellTransport, outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        lost = next(_lost(outcome.interactions), None)
        if lost is not None:
            kind = "error" if lost.failure is None else f"{lost.failure.kind} error"
            is_held_back = lost.failure is not None and lost.failure.kind == "budget"
            raise RecordingUnreadable(
                f"trial {outcome.trial} met a {kind} without any response, which no recording can hold: "
                "nothing was written",
                cassette=cell.cassette,
                help="raise --pc-budget and record again"
                if is_held_back
                else "run this case with --pc-live, state the failure as a 'fault', or make the provider answer "
                "and record again",
            )
    transport.save()


def _lost(interactions: Sequence[Interaction]) -> Iterator[Interaction]:
    """Requests that ended without a response; one that was sent again and answered is counted with its answer."""
    for index, interaction in enumerate(interactions):
        following = interactions[index + 1] if index + 1 < len(interactions) else None
        is_sent_again = following is not None and following.request == interaction.request
        if interaction.failure is not None and not interaction.is_injected and not is_sent_again:
            yield interaction
