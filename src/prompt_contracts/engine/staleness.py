"""Cells -> which trials of them their recordings cannot serve, and why: told by a replay, before anybody is asked."""

from __future__ import annotations

from collections.abc import Callable

from prompt_contracts.conversation.trial_run import run_trial
from prompt_contracts.engine.trials import TrialSetting, is_asked_by_any_thread
from prompt_contracts.errors import RecordingError, RecordingMissing, RecordingStale, UsageError
from prompt_contracts.forecast import Staleness
from prompt_contracts.outcome import Outcome
from prompt_contracts.results.requirement import Tally, settled_verdict
from prompt_contracts.transport.cell_transport import Transport
from prompt_contracts.trial import Cell, Trial
from prompt_contracts.verdict import TrialResult


class StalenessSurvey:
    """What of the cells of a run is stale; each of them is looked at once."""

    def __init__(
        self, transport: Transport, setting: TrialSetting, *, judge: Callable[[Cell, Outcome], TrialResult]
    ) -> None:
        """`transport` replays and asks nobody."""
        self._transport = transport
        self._setting = setting
        self._judge = judge
        self._found: dict[str, Staleness] = {}

    def of(self, cell: Cell) -> Staleness:
        """What its recording cannot serve."""
        if cell.id not in self._found:
            self._found[cell.id] = self._look(cell)
        return self._found[cell.id]

    def is_stale(self, cell: Cell) -> bool | None:
        """Whether something of the cell has to be asked; None where only its run can tell."""
        found = self.of(cell)
        return None if found.kind == "untold" else found.kind != "recorded"

    def _look(self, cell: Cell) -> Staleness:
        case = cell.case
        if not self._transport.has_recording(cell):
            return Staleness(kind="missing", path=case.path, trials=case.trials)
        # An application, and a function of the project, must not run before its turn comes, and then once.
        if not is_asked_by_any_thread(case):
            return Staleness(kind="untold", path=case.path)
        try:
            return self._replayed(cell)
        except (RecordingError, UsageError):
            return Staleness(kind="recorded", path=case.path)  # nobody can be asked; told when its turn comes

    def _replayed(self, cell: Cell) -> Staleness:
        case, transport, tally = cell.case, self._transport.open(cell), Tally()
        first: RecordingError | None = None
        asked = 0
        for number in range(1, case.trials + 1):
            try:
                outcome = run_trial(
                    Trial(cell=cell, number=number),
                    transport,
                    price_source=self._setting.price_source,
                    references=self._setting.references,
                    host=self._setting.host,
                )
            except (RecordingMissing, RecordingStale) as error:
                first, asked = first or error, asked + 1
                continue
            # With a trial that is not known yet nobody can tell where it will stop.
            if case.stop_early and first is None:
                tally.add(self._judge(cell, outcome).verdict)
                if settled_verdict(case.require, tally, planned=case.trials) is not None:
                    break
        if first is None:
            return Staleness(kind="recorded", path=case.path)
        is_stale = isinstance(first, RecordingStale)
        return Staleness(kind="stale" if is_stale else "missing", path=case.path, parts=first.parts, trials=asked)
