"""How often an application asked again by itself after errors, and how long it took. Reads no clock."""

from __future__ import annotations

from collections.abc import Iterable

from prompt_contracts.data_class import dataclass

LONG_SECONDS = 2.0
"""From so many seconds on they are told, whatever came of them: somebody waits for them in every replay."""


@dataclass(slots=True, kw_only=True)
class Asking:
    """One attempt at one request; attempts at the same request share its number."""

    number: int
    attempt: int
    since: float
    """When the first attempt arrived, in seconds of some clock."""
    at: float
    """When this one did."""
    has_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRetries:
    """The requests of one turn that an application sent again after errors."""

    requests: int
    """Every attempt counted, the first ones too."""
    seconds: float

    @property
    def is_long(self) -> bool:
        """Whether people should know, though all went well."""
        return self.seconds >= LONG_SECONDS

    def __str__(self) -> str:
        seconds = round(self.seconds, 1 if self.seconds >= 1 else 2)
        return f"the application's own retries: {self.requests} requests within {seconds:g} s"


def own_retries(askings: Iterable[Asking], *, until: float | None = None) -> OwnRetries | None:
    """The retries among the last attempts at some requests, None without any.

    `until` is when the application was stopped: it may have been waiting for its next attempt.
    """
    again = [asking for asking in askings if asking.attempt > 1]
    if not again:
        return None
    end = max(asking.at for asking in again) if until is None else until
    return OwnRetries(
        requests=sum(asking.attempt for asking in again), seconds=end - min(asking.since for asking in again)
    )
