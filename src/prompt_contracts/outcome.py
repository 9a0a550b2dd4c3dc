"""What came of one trial: an answer or an error, and what it took. Judged elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from prompt_contracts.completion import Completion
from prompt_contracts.interaction import Interaction
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One trial's outcome: exactly one of `completion` and `error` is there."""

    trial: int
    completion: Completion | None = None
    error: ProviderError | None = None
    interactions: tuple[Interaction, ...] = ()
    usage: Usage
    """Summed over the trial's requests."""
    cost: Decimal | None
    """US dollars over the trial's requests; None when one of them is unknown."""
    latency: float | None
    """Seconds over the trial's requests, as measured when they were asked; None when unknown."""
    attempts: int | None = None
    """Sends over the trial's requests; None when unknown."""
