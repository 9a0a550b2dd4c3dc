"""How a provider is being asked at this moment, for people who wait."""

from __future__ import annotations

from prompt_contracts.data_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderStatus:
    """One provider at one address."""

    provider: str
    in_flight: int
    """Requests on their way."""
    limit: int
    """How many may be on their way now; fewer than was asked for where the provider had too many."""
    waiting: float | None
    """Seconds until the next request may be sent, for the provider asked to wait or a ceiling is reached; None: now."""
    cause: str | None
    """Why it waits, or what goes wrong there, in words; None where it does not, or `throttled` says it all."""
    throttled: int
    """Answers so far that said that there were too many requests (HTTP 429)."""
