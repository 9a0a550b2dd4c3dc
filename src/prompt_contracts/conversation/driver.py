"""One answer of a model: drives a dialect's step over the transport, and prices every attempt at it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from prompt_contracts.changed_fields import replace
from prompt_contracts.completion import Completion
from prompt_contracts.data_class import dataclass
from prompt_contracts.dialects.dialogue import Pause, Step
from prompt_contracts.dialects.error_response import classify
from prompt_contracts.fault import FaultPlan
from prompt_contracts.interaction import ApiRequest, Interaction
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.providers.pricing import known_cost, table_cost
from prompt_contracts.target import Target
from prompt_contracts.transport.cell_transport import CellTransport
from prompt_contracts.transport.redaction import stored_url
from prompt_contracts.trial import Trial
from prompt_contracts.usage import Cost

_ASKED = "asked: "
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of asking once."""

    answer: Completion | ProviderError
    interactions: tuple[Interaction, ...]
    """Every attempt at every request, in order, each with its cost."""
    recovered: ProviderError | None = None
    """The last error that a retry got over."""


class Driver:
    """Asks for one trial, and counts its requests."""

    def __init__(self, trial: Trial, transport: CellTransport, *, price_source: str) -> None:
        """`price_source` names the file that declares the user's prices."""
        self._trial = trial
        self._transport = transport
        self._price_source = price_source
        self._requests = 0

    def drive(self, step: Step, *, fault: FaultPlan | None) -> Answered:
        """Run a step to its end.

        A failing provider is an answer. `RecordingError` and `UsageError` are raised where none can be had.
        """
        finals: list[Interaction] = []
        try:
            wanted = next(step)
            while True:
                if isinstance(wanted, Pause):
                    self._transport.pause(wanted.seconds)
                    wanted = step.send(None)
                    continue
                final = self._send(wanted, fault)
                finals.append(final)
                # A dialogue reads responses only: where none came, there is nothing that it could go on with.
                if final.response is None:
                    step.close()
                    failure = final.failure or ProviderError(kind="unknown", message="no answer came")
                    return self._priced(failure, finals)
                wanted = step.send(final.response)
        except StopIteration as stop:
            answer = stop.value
            if isinstance(answer, ProviderError) and finals:
                answer = with_address(answer, finals[-1].request)
            return self._priced(answer, finals)

    def _send(self, request: ApiRequest, fault: FaultPlan | None) -> Interaction:
        self._requests += 1
        return self._transport.send(
            request,
            trial=self._trial.number,
            timeout=self._trial.cell.case.timeout,
            number=self._requests,
            fault=fault,
        )

    def _priced(self, answer: Completion | ProviderError, finals: Sequence[Interaction]) -> Answered:
        attempts: list[Interaction] = []
        recovered: ProviderError | None = None
        for final in finals:
            is_last = final is finals[-1]
            # Of several requests only the last brings an answer; polling a run of an assistant generates nothing.
            cost = answer_cost(answer, final, self._trial.cell.target, self._price_source) if is_last else FREE
            self._transport.note_cost(final, cost)
            attempts += [_with_cost(each, attempt_cost(each)) for each in final.earlier]
            attempts.append(_with_cost(final, cost))
            if is_last and final.given_up is not None and isinstance(answer, ProviderError):
                answer = replace(answer, message=f"{answer.message} (not sent again: it {final.given_up})")
            if final.earlier and not (is_last and isinstance(answer, ProviderError)):
                recovered = error_of(final.earlier[-1])
        return Answered(answer=answer, interactions=tuple(attempts), recovered=recovered)


def error_of(interaction: Interaction) -> ProviderError | None:
    """What went wrong with one attempt; None when nothing did."""
    if interaction.response is None:
        return interaction.failure
    error = classify(interaction.response)
    return None if error is None else with_address(error, interaction.request)


def with_address(error: ProviderError, request: ApiRequest) -> ProviderError:
    """The error, a 404 with the address that was asked: often it is that which is not found."""
    if error.status != _NOT_FOUND or _ASKED in error.message:
        return error
    return replace(error, message=f"{error.message} ({_ASKED}{request.method} {stored_url(request.url)})")


def _with_cost(interaction: Interaction, cost: Cost | None) -> Interaction:
    """The interaction by itself, at this cost."""
    if not interaction.earlier and _reads_alike(interaction.recorded.cost, cost):
        return interaction
    return replace(interaction, earlier=(), recorded=replace(interaction.recorded, cost=cost))


def _reads_alike(one: Cost | None, other: Cost | None) -> bool:
    if one is None or other is None:
        return one is other
    # 0.10 is 0.1, and a report writes both as they are.
    return one == other and str(one.usd) == str(other.usd)


FREE = Cost(usd=Decimal(0), source="no answer of a model")
"""Of requests that generate nothing by themselves, such as polling."""

_REFUSED = Cost(usd=Decimal(0), source="refused request")
_UNSENT = Cost(usd=Decimal(0), source="request that reached nobody")
_INJECTED = Cost(usd=Decimal(0), source="injected fault")


def answer_cost(
    answer: Completion | ProviderError, interaction: Interaction, target: Target, source: str
) -> Cost | None:
    """The cost of the request that brought an answer; None is unknown. `source` names who declares prices."""
    if isinstance(answer, ProviderError):
        return attempt_cost(interaction)
    known = known_cost(target, answer.usage, charged=answer.charged, source=source)
    if known is not None:
        return known
    # As it was when it was paid: a replay must not change with the table of today.
    if interaction.is_replayed:
        return interaction.recorded.cost
    at = interaction.recorded.at
    return (
        None
        if at is None
        else table_cost(target, answer.usage, at=datetime.fromisoformat(at), service_tier=answer.service_tier)
    )


def attempt_cost(interaction: Interaction) -> Cost | None:
    """The cost of an attempt that brought no answer.

    What the server refused, or never got, generated nothing, so nothing is billed; after any other failure nobody
    knows what was generated before it.
    """
    if interaction.is_injected:
        # A fault that damages an answer leaves the true one to be billed below it.
        return _INJECTED if interaction.recorded.at is None else interaction.recorded.cost
    if interaction.is_unsent:
        return _UNSENT
    status = None if interaction.response is None else interaction.response.status
    return _REFUSED if status is not None and 400 <= status < 500 else None
