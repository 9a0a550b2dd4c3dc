"""One trial whose application a test runs itself: the address that it is given, and what came of what it asked.

Starts nothing and judges nothing. What was asked counts as that of any application does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields

from prompt_contracts.application.endpoint import ApplicationEndpoint
from prompt_contracts.conversation.application_responder import (
    last_failure,
    other_models,
    read_interactions,
    reply_completion,
)
from prompt_contracts.conversation.trial_run import unmet_fault
from prompt_contracts.conversation.turn_record import TurnRecord
from prompt_contracts.fault import FaultPlan
from prompt_contracts.interaction import Interaction
from prompt_contracts.json_value import Json
from prompt_contracts.outcome import Outcome
from prompt_contracts.stub.lease import Answer, Lease
from prompt_contracts.transport.cell_transport import CellTransport
from prompt_contracts.trial import Trial

NO_REPLY = object()
"""Where a test says nothing of what its application replied."""


class DrivenTrial:
    """A trial in the hands of a test. Its requests may come from any thread; the rest is for one."""

    def __init__(
        self,
        trial: Trial,
        transport: CellTransport,
        *,
        lend: Callable[[Answer], Lease],
        price_source: str,
        timeout: float,
    ) -> None:
        """`lend` gives an address; `timeout` is in seconds for one attempt at the provider."""
        self.trial = trial
        self._transport = transport
        self._price_source = price_source
        self._endpoint = ApplicationEndpoint(trial.cell.target, transport, trial=trial.number, timeout=timeout)
        self._record = TurnRecord()
        self._seen = 0
        self._plan: FaultPlan | None = trial.cell.case.fault
        self._lease = lend(self._endpoint.answer)
        self._endpoint.begin_turn(self._plan)

    @property
    def base_url(self) -> str:
        """Where the application finds its provider."""
        return self._lease.base_url

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """What was asked so far; only grows."""
        return self._endpoint.interactions

    def close(self) -> None:
        """Revoke the address. A second time does nothing."""
        self._lease.close()

    def raise_problem(self) -> None:
        """Raise why nothing of this trial may be judged: a recording that cannot serve, another model, our own bug."""
        if self._endpoint.crash is not None:
            raise self._endpoint.crash
        problem = self._endpoint.problem or other_models(self.trial, self.interactions)
        if problem is not None:
            raise problem

    def outcome(self, *, reply: object = NO_REPLY) -> Outcome:
        """What came of it so far; `reply` is what the application made of it, a text or a value of JSON."""
        made = self.interactions[self._seen :]
        self._seen += len(made)
        read_interactions(made, self._record, self.trial, self._transport, price_source=self._price_source)
        record = TurnRecord(**{each.name: getattr(self._record, each.name) for each in fields(TurnRecord)})
        record.error = last_failure(self.interactions)
        if reply is not NO_REPLY:
            record.handled = True
            record.reply = reply_completion(_plain(reply), record.completions)
        record.stop = unmet_fault(self.trial.cell.case, [(self._plan, record)])
        return record.outcome(trial=self.trial.number)


def _plain(reply: object) -> Json:
    value: Json = json.loads(json.dumps(reply))
    return value
