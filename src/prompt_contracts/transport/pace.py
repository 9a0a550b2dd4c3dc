"""How fast one provider may be asked: what is on its way, what the provider said of waiting, what its minute holds.

Decides and counts, and nothing else: it reads no clock and never waits. Not thread-safe.
"""

from __future__ import annotations

from collections import deque

from prompt_contracts.data_class import dataclass
from prompt_contracts.settings import ProviderRates

_MINUTE = 60.0
_NO_GROWTH = 10.0
"""Seconds after a failure of the server in which no more is asked of it than before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What the end of a request says of the next ones."""

    is_answered: bool = False
    is_throttled: bool = False
    """Whether there were too many requests: HTTP 429, but for a quota that is spent."""
    is_failing: bool = False
    """Whether the server failed: HTTP 5xx."""
    hold: float | None = None
    """Seconds for which the provider asks everybody to wait."""
    is_unsent: bool = False
    """Whether it reached nobody: it counts for nothing."""
    tokens: int | None = None
    """Tokens that it took; None is unknown, and leaves what was expected."""


@dataclass(slots=True, eq=False)
class Ticket:
    """One request on its way."""

    epoch: int
    """How often the limit had been lowered when it was sent."""
    sent: float
    tokens: int


class Pace:
    """The pace of one provider."""

    def __init__(self, ceiling: int, *, rates: ProviderRates | None = None) -> None:
        """`ceiling` is the most that may be on their way at once."""
        self._ceiling = ceiling
        self._rates = rates or ProviderRates()
        self._limit = float(ceiling)
        self._epoch = 0
        self._held_until = float("-inf")
        self._no_growth_until = float("-inf")
        self._minute: deque[Ticket] = deque()
        self.in_flight = 0
        self.throttled = 0

    @property
    def limit(self) -> int:
        """How many may be on their way now, at least one."""
        return int(self._limit)

    @property
    def counts_tokens(self) -> bool:
        """Whether tokens are of interest."""
        return self._rates.tokens_per_minute is not None

    def tighten(self, rates: ProviderRates) -> None:
        """Take the lower ones of these ceilings and its own."""
        self._rates = self._rates.lower(rates)

    def delay(self, tokens: int, *, now: float) -> float | None:
        """Seconds until a request that may take so many tokens may be sent; None: not before another one has ended."""
        if self.in_flight >= self.limit:
            return None
        return self.pause(tokens, now=now)

    def pause(self, tokens: int, *, now: float) -> float:
        """The same, as if nothing were on its way."""
        while self._minute and self._minute[0].sent <= now - _MINUTE:
            self._minute.popleft()
        return max(self._held_until - now, self._requests_delay(now), self._tokens_delay(tokens, now), 0.0)

    def cause(self, tokens: int, *, now: float) -> str | None:
        """Why there is a pause, in words; None where there is none, or where the provider had too many requests."""
        requests, of_tokens = self._requests_delay(now), self._tokens_delay(tokens, now)
        held = self._held_until - now
        if max(held, requests, of_tokens) <= 0:
            return None
        if held >= max(requests, of_tokens):
            return None if self.throttled else "as it asked"
        return "requests per minute" if requests >= of_tokens else "tokens per minute"

    def start(self, tokens: int, *, now: float) -> Ticket:
        """A request is sent, for which `delay` was 0."""
        ticket = Ticket(self._epoch, now, tokens)
        self.in_flight += 1
        if self._rates.are_set:
            self._minute.append(ticket)
        return ticket

    def finish(self, ticket: Ticket, reaction: Reaction, *, now: float) -> None:
        """It has ended."""
        self.in_flight -= 1
        if reaction.is_unsent and ticket in self._minute:
            self._minute.remove(ticket)
        if reaction.tokens is not None:
            ticket.tokens = reaction.tokens
        if reaction.hold is not None:
            self._held_until = max(self._held_until, now + reaction.hold)
        if reaction.is_failing:
            self._no_growth_until = now + _NO_GROWTH
        if reaction.is_throttled:
            self.throttled += 1
        # What was sent before the limit was lowered says nothing of the lowered one: one shrink for each burst.
        if ticket.epoch != self._epoch:
            return
        if reaction.is_throttled:
            self._epoch += 1
            self._limit = max(1.0, self._limit / 2)
        elif reaction.is_answered and now >= self._no_growth_until:
            # One more after as many answers as may be on their way.
            self._limit = min(float(self._ceiling), self._limit + 1 / self._limit)

    def _requests_delay(self, now: float) -> float:
        most = self._rates.requests_per_minute
        if most is None or len(self._minute) < most:
            return 0.0
        return self._minute[len(self._minute) - most].sent + _MINUTE - now

    def _tokens_delay(self, tokens: int, now: float) -> float:
        most = self._rates.tokens_per_minute
        if most is None:
            return 0.0
        excess = sum(ticket.tokens for ticket in self._minute) + tokens - most
        delay = 0.0
        # A request that alone is more than a minute holds is sent when nothing else counts.
        for ticket in self._minute:
            if excess <= 0:
                break
            excess -= ticket.tokens
            delay = ticket.sent + _MINUTE - now
        return delay
