"""What an attempt cost: priced by what it used, nothing where nothing was generated, else unknown."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from prompt_contracts.completion import Completion
from prompt_contracts.interaction import Interaction
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.providers.pricing import known_cost, table_cost
from prompt_contracts.target import Target
from prompt_contracts.usage import Cost

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
