"""One trial: drives a dialect over a transport and prices what came back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.chat import chat
from prompt_contracts.interaction import Interaction
from prompt_contracts.outcome import Outcome
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.providers.pricing import known_cost, table_cost
from prompt_contracts.transport.exchange import CellTransport
from prompt_contracts.trial import Trial
from prompt_contracts.usage import Cost, Usage, total_cost


def run_trial(trial: Trial, transport: CellTransport, *, price_source: str) -> Outcome:
    """Ask the trial's request and read the answer.

    A failing provider is an `Outcome` with an error. Raises `RecordingError` and `UsageError` when no answer
    can be had. `price_source` names the file that declares the user's prices.
    """
    cell = trial.cell
    dialogue = chat(cell.case, cell.target, trial=trial.number)
    interactions: list[Interaction] = []
    answer: Completion | ProviderError
    request = next(dialogue)
    while True:
        interaction = transport.send(request, trial=trial.number, timeout=cell.case.timeout)
        interactions.append(interaction)
        if interaction.response is None:
            answer = interaction.failure or ProviderError(kind="unknown", message="no response")
            break
        try:
            request = dialogue.send(interaction.response)
        except StopIteration as stop:
            answer = stop.value
            break
    last = interactions[-1]
    cost = _cost(trial, answer, last, price_source)
    transport.note_cost(last, cost)
    interactions[-1] = replace(last, recorded=replace(last.recorded, cost=cost))
    return _outcome(trial, answer, interactions)


def _cost(trial: Trial, answer: Completion | ProviderError, interaction: Interaction, source: str) -> Cost | None:
    if isinstance(answer, ProviderError):
        # A request that the server refused generated nothing, so nothing is billed; after any other
        # failure nobody knows what was generated before it.
        is_refused = answer.status is not None and 400 <= answer.status < 500
        return Cost(usd=Decimal(0), source="refused request") if is_refused else None
    target, usage = trial.cell.target, answer.usage
    known = known_cost(target, usage, charged=answer.charged, source=source)
    if known is not None:
        return known
    if interaction.is_replayed:
        return interaction.recorded.cost
    at = interaction.recorded.at
    return None if at is None else table_cost(target, usage, at=datetime.fromisoformat(at))


def _outcome(trial: Trial, answer: Completion | ProviderError, interactions: list[Interaction]) -> Outcome:
    latencies = [interaction.recorded.latency for interaction in interactions]
    attempts = [interaction.recorded.attempts for interaction in interactions]
    completion = None if isinstance(answer, ProviderError) else answer
    return Outcome(
        trial=trial.number,
        completion=completion,
        error=answer if isinstance(answer, ProviderError) else None,
        interactions=tuple(interactions),
        usage=Usage() if completion is None else completion.usage,
        cost=total_cost(interaction.recorded.cost for interaction in interactions),
        latency=_sum(latencies),
        attempts=None if (total := _sum(attempts)) is None else int(total),
    )


def _sum(values: list[float | None] | list[int | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
