"""The trials of one cell: asked in turn or by several threads at once, each kept as soon as it is finished."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from threading import Lock

from prompt_contracts.application.host import ApplicationHost
from prompt_contracts.case import Case
from prompt_contracts.conversation.trial_run import run_trial
from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.judge import undeclared_error
from prompt_contracts.engine.run_options import options_for_the_rest
from prompt_contracts.errors import (
    RecordingError,
    RecordingMissing,
    RecordingStale,
    RecordingUnreadable,
    UsageError,
)
from prompt_contracts.interaction import Interaction, Recorded
from prompt_contracts.json_value import Json
from prompt_contracts.outcome import Outcome
from prompt_contracts.recording_outcome import RecordingOutcome
from prompt_contracts.references import References
from prompt_contracts.results.requirement import Tally, settled_verdict
from prompt_contracts.transport.cell_transport import CellTransport, Mode
from prompt_contracts.trial import Cell, Trial
from prompt_contracts.turn import Facet
from prompt_contracts.verdict import TrialResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What came of asking a cell's trials."""

    outcomes: tuple[Outcome, ...]
    """Of the trials that were asked; what they cost was spent, whatever else went wrong."""
    judged: tuple[TrialResult, ...] = ()
    """The results of the first of them, where they had to be judged to know whether to go on."""
    error: RecordingError | UsageError | None = None
    """Why no verdict can be had: no answer to judge, or a recording that may not be kept."""
    recording: RecordingOutcome | None = None
    """What became of the recording; None where the run records nothing."""
    unused: int = 0
    """How many interactions of the recording no trial replays."""

    @property
    def oldest(self) -> str | None:
        """When the oldest answer that was replayed came, or was confirmed last, in ISO 8601.

        Empty where one does not say; None where nothing was replayed.
        """
        made = (each for outcome in self.outcomes for each in outcome.interactions)
        dates = [_last_said(each.recorded) for each in made if each.is_replayed and not each.is_injected]
        return min(dates, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialSetting:
    """What the trials of all cells of a run share."""

    price_source: str
    """Name of the file that declares the user's prices."""
    mode: Mode
    references: References
    host: ApplicationHost

    @property
    def is_recording(self) -> bool:
        """Whether what is answered is kept."""
        return self.mode not in ("none", "live")


class CellTrials:
    """The trials of one cell. Thread-safe; each of them is asked once."""

    def __init__(
        self,
        cell: Cell,
        transport: CellTransport,
        setting: TrialSetting,
        *,
        judge: Callable[[Outcome], TrialResult],
        is_asked: bool = True,
    ) -> None:
        """`judge` tells the result of one, to stop early. Where `is_asked` is false, there will be no outcome."""
        self.cell = cell
        self.is_saved = False
        """Whether anything was written to the recording."""
        self._judge = judge
        self._is_asked = is_asked
        self._judged: list[TrialResult] = []
        self._tally = Tally()
        self._transport = transport
        self._setting = setting
        self._lock = Lock()
        self._left = set(self.numbers)
        self._outcomes: dict[int, Outcome] = {}
        self._errors: dict[int, RecordingError | UsageError] = {}

    @property
    def numbers(self) -> range:
        """The trials, counted from 1."""
        return range(1, self.cell.case.trials + 1)

    @property
    def is_in_turn(self) -> bool:
        """Whether a trial is asked only after those before it: they may make it needless."""
        return self.cell.case.stop_early

    def ask(self, number: int) -> None:
        """Ask one trial, and keep what was recorded of it; nothing when the cell can have no verdict any more."""
        if self._is_asked and not self._errors:
            self._ask(number)
        self._settle(number)

    def take(self, number: int, came: Outcome | RecordingError | UsageError) -> None:
        """Keep what came of a trial that somebody else ran."""
        if isinstance(came, Outcome):
            with self._lock:
                self._outcomes[number] = came
        else:
            self._note(number, came)
        self._settle(number)

    def ask_in_turn(self) -> None:
        """Ask all trials one by one, until the verdict is settled."""
        for number in self.numbers:
            self.ask(number)
            outcome = self._outcomes.get(number)
            if outcome is None or (self.is_in_turn and self._is_settled(outcome)):
                break
        self._settle(*self.numbers)

    def _is_settled(self, outcome: Outcome) -> bool:
        """Whether the cell's verdict is the same whatever the trials after this one would bring."""
        self._judged.append(self._judge(outcome))
        self._tally.add(self._judged[-1].verdict)
        # The same verdict for fewer calls. A rate must not be watched like that: a 95 % Wilson interval, looked at
        # after each of 200 trials, missed the true rate in 30 % of simulated runs.
        case = self.cell.case
        return settled_verdict(case.require, self._tally, planned=case.trials) is not None

    def exchange(self) -> Exchange:
        """What came of it; complete once every trial was asked."""
        with self._lock:
            outcomes = tuple([self._outcomes[number] for number in sorted(self._outcomes)])
            error = self._errors[min(self._errors)] if self._errors else None
        recording = self._recording(outcomes, error) if self._setting.is_recording else None
        # How far a trial gets that ends in an error may depend on how often a run sends a request again.
        is_over = len(outcomes) == self.cell.case.trials and not any(each.error or each.stop for each in outcomes)
        unused = 0 if error is not None else self._transport.untaken(is_over=is_over)
        return Exchange(outcomes=outcomes, judged=tuple(self._judged), error=error, recording=recording, unused=unused)

    def _recording(self, outcomes: Sequence[Outcome], error: RecordingError | UsageError | None) -> RecordingOutcome:
        from prompt_contracts.engine.recorded_changes import recording_outcome  # replay has no use for it

        references = self._setting.references
        undeclared = [undeclared_error(self.cell, outcome, references) for outcome in outcomes]
        errors = list(filter(None, undeclared)) if is_in_error(self.cell, outcomes, references) else []
        return recording_outcome(self._transport, outcomes, error=error, provider_errors=errors)

    def _ask(self, number: int) -> None:
        try:
            outcome = self._outcome(number)
        except (RecordingError, UsageError) as error:
            self._note(number, error)
            return
        with self._lock:
            self._outcomes[number] = outcome

    def _outcome(self, number: int) -> Outcome:
        """What came of a trial; one that its recording cannot serve is asked from the start, where the run says so."""
        while True:
            try:
                return run_trial(
                    Trial(cell=self.cell, number=number),
                    self._transport,
                    price_source=self._setting.price_source,
                    references=self._setting.references,
                    host=self._setting.host,
                )
            except (RecordingMissing, RecordingStale):
                if not self._transport.ask_anew(number):
                    raise

    def _note(self, number: int, error: RecordingError | UsageError) -> None:
        with self._lock:
            self._errors[number] = error

    def _settle(self, *numbers: int) -> None:
        """What to save now that these trials are over: what is whole, and after the last of them all of it."""
        with self._lock:
            if not self._left:
                return
            self._left.difference_update(numbers)
            is_last = not self._left
        if not self._setting.is_recording:
            return
        try:
            if is_last:
                self._keep_all()
            else:
                self._keep(*numbers)
        except (RecordingError, UsageError) as error:
            self._note(numbers[0], error)

    def _keep(self, *numbers: int) -> None:
        """Write what is good, so that a run that ends now has lost nothing that was paid for."""
        asked = {number: self._outcomes[number] for number in numbers if number in self._outcomes}
        good = {number for number in asked if number not in self._errors and self._is_fixture(asked[number])}
        if good and self._transport.save(trials=good, keeps_verdict=self._keeps_verdict):
            self.is_saved = True

    def _keep_all(self) -> None:
        """Write the whole recording.

        An undeclared provider error keeps what was recorded of its trial before: a failing provider is no fixture.
        """
        outcomes = [self._outcomes[number] for number in sorted(self._outcomes)]
        if self._errors or is_in_error(self.cell, outcomes, self._setting.references):
            self._keep(*(outcome.trial for outcome in outcomes))
            return
        for outcome in outcomes:
            self._refuse_lost(outcome)
        if self._transport.save(keeps_verdict=self._keeps_verdict):
            self.is_saved = True

    def _keeps_verdict(self, number: int, latencies: Sequence[float | None]) -> bool:
        """Whether a trial that says what it said before has the same verdict with the latencies of before."""
        case, outcome = self.cell.case, self._outcomes.get(number)
        contract = [{facet.name: facet.value} for facet in [*case.expect, *expected_of_turns(outcome)]]
        if not any(_names(each, _TIMED_KEYS) for each in contract):
            return True
        # A function of the project's own may ask for anything, and must not be called from here.
        if outcome is None or any(map(_names_code, contract)):
            return False
        other = with_latencies(outcome, latencies)
        return other is not None and self._judge(other).verdict == self._judge(outcome).verdict

    def _is_fixture(self, outcome: Outcome) -> bool:
        has_error = undeclared_error(self.cell, outcome, self._setting.references) is not None
        return not has_error and next(_lost(outcome.interactions), None) is None

    def _refuse_lost(self, outcome: Outcome) -> None:
        lost = next(_lost(outcome.interactions), None)
        if lost is not None:
            kind = "error" if lost.failure is None else f"{lost.failure.kind} error"
            is_held_back = lost.failure is not None and lost.failure.kind == "budget"
            raise RecordingUnreadable(
                f"trial {outcome.trial} met a {kind} without any response, which no recording can hold: "
                "nothing of it was written",
                cassette=self.cell.cassette,
                help=f"raise --pc-budget, and ask the rest with {options_for_the_rest(self._setting.mode)}"
                if is_held_back
                else "run this case with --pc-live, state the failure as a 'fault', or make the provider answer "
                "and record again",
            )


def _last_said(recorded: Recorded) -> str:
    """When an answer came or was confirmed; ISO 8601 in UTC, so that the texts compare as the times do."""
    return max(filter(None, (recorded.at, recorded.confirmed)), default="")


def is_in_error(cell: Cell, outcomes: Sequence[Outcome], references: References) -> bool:
    """Whether so many trials ended in undeclared errors that there is no verdict on the model."""
    errors = sum(undeclared_error(cell, outcome, references) is not None for outcome in outcomes)
    return errors > cell.case.require.errors or errors == len(outcomes)


def _lost(interactions: Sequence[Interaction]) -> Iterator[Interaction]:
    """Requests that ended without a response; one that was sent again and answered is counted with its answer."""
    for index, interaction in enumerate(interactions):
        following = interactions[index + 1] if index + 1 < len(interactions) else None
        is_sent_again = following is not None and following.request == interaction.request
        if interaction.failure is not None and not interaction.is_injected and not is_sent_again:
            yield interaction


def most_requests(case: Case) -> int:
    """How many requests a trial of a bare model makes at most, attempts at one of them counted as one."""
    answers = 1 if case.tool_results is None else case.max_turns
    return answers * max(len(case.turns), 1)


def is_asked_without_code(case: Case) -> bool:
    """Whether asking its trials starts no application and calls no function of the project."""
    return not (case.is_application or _names_code(case.tool_results))


def is_asked_by_any_thread(case: Case) -> bool:
    """Whether its trials may be asked by several threads, while other cells are asked.

    Code of the project's own may not know of threads, and an application has one process for all of them.
    """
    if not is_asked_without_code(case):
        return False
    # Stopping early takes judging, which may call the project's functions.
    return not case.stop_early or is_judged_without_code(case)


def is_judged_without_code(case: Case) -> bool:
    """Whether judging its answers surely calls no function of the project."""
    return not (case.turns or any(_names_code({facet.name: facet.value}) for facet in case.expect))


_CODE_KEYS = frozenset({"$call", "$check", "check"})


_TIMED_KEYS = frozenset({"latency", "check"})
"""Where these stand, the verdict may hang on how long something took."""


def _names_code(value: Json | Mapping[str, Json]) -> bool:
    return _names(value, _CODE_KEYS)


def _names(value: Json | Mapping[str, Json], keys: Collection[str]) -> bool:
    if isinstance(value, Mapping):
        return any(key in keys or _names(inner, keys) for key, inner in value.items())
    return isinstance(value, list) and any(_names(inner, keys) for inner in value)


def expected_of_turns(outcome: Outcome | None) -> Iterator[Facet]:
    """What the turns that were asked expect."""
    for turn in () if outcome is None else outcome.turns:
        yield from () if turn.asked is None else turn.asked.expect


def with_latencies(outcome: Outcome, latencies: Sequence[float | None]) -> Outcome | None:
    """The outcome as if its requests had taken so long; None where it cannot be told which of them is which."""
    asked = outcome.interactions
    if len(asked) != len(latencies) or any(each.is_injected or each.response is None for each in asked):
        return None
    turns: list[Outcome] = []
    at = 0
    for turn in outcome.turns:
        turns.append(replace(turn, latency=_sum(latencies[at : at + len(turn.interactions)])))
        at += len(turn.interactions)
    return replace(outcome, latency=_sum(latencies), turns=tuple(turns))


def _sum(seconds: Sequence[float | None]) -> float | None:
    known = [each for each in seconds if each is not None]
    return sum(known) if len(known) == len(seconds) else None
