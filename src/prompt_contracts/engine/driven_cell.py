"""A cell whose trials a test runs itself: an address for each, what came of it, and the recording of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from prompt_contracts.changed_fields import replace
from prompt_contracts.conversation.driven_trial import DrivenTrial
from prompt_contracts.engine.trials import CellTrials, Exchange, TrialSetting
from prompt_contracts.errors import RecordingError, UsageError
from prompt_contracts.outcome import Outcome
from prompt_contracts.transport.cell_transport import CellTransport
from prompt_contracts.trial import Cell, Trial
from prompt_contracts.verdict import TrialResult

TrialEnd = Outcome | RecordingError | UsageError
"""What came of a trial, or why nothing of it may be judged."""


class DrivenCell:
    """The trials of a cell in the hands of a test."""

    def __init__(
        self,
        cell: Cell,
        transport: CellTransport,
        setting: TrialSetting,
        *,
        timeout: float,
        judge: Callable[[Cell, Outcome], TrialResult],
    ) -> None:
        """`timeout` is in seconds for one attempt at the provider."""
        self.cell = cell
        self._transport = transport
        self._setting = setting
        self._timeout = timeout
        self._judge = judge

    def open(self, number: int) -> DrivenTrial:
        """An address for one trial, which is to be closed."""
        return DrivenTrial(
            Trial(cell=self.cell, number=number),
            self._transport,
            lend=self._setting.host.lend_address,
            price_source=self._setting.price_source,
            timeout=self._timeout,
        )

    def judge(self, contract: Cell, outcome: Outcome) -> TrialResult:
        """The result of one trial, as its contract was stated."""
        return self._judge(contract, outcome)

    def exchange(self, contract: Cell, ended: Mapping[int, TrialEnd], judged: Sequence[TrialResult]) -> Exchange:
        """What came of all trials; saves what is to be kept."""
        whole = replace(contract, case=replace(contract.case, trials=len(ended)))
        trials = CellTrials(whole, self._transport, self._setting, judge=lambda one: self._judge(whole, one))
        for number, came in ended.items():
            trials.take(number, came)
        return replace(trials.exchange(), judged=tuple(judged))
