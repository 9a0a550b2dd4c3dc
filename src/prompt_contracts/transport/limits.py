"""The layer that holds a request back until its provider may be asked; what a provider is asked, for all cells at once.

Waiting here is no part of an attempt: neither of its latency nor of its timeout. What an answer means is told by the
dialect.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from threading import Condition, Event, Lock

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import RunStopped
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.provider_status import ProviderStatus
from prompt_contracts.settings import ProviderRates
from prompt_contracts.target import Target
from prompt_contracts.transport.pace import Pace, Reaction, Ticket
from prompt_contracts.transport.rate_headers import exhausted_for
from prompt_contracts.transport.sender import Sender, Sending

DEFAULT_CONCURRENCY = 8
_LOOK_AGAIN = 1.0
"""Seconds: on Windows no Ctrl-C ends a wait that has no end of its own."""
_SHORTEST = 0.001
"""Seconds of a wait, so that a clock moves on whatever it rounds."""


def _wait(condition: Condition, seconds: float | None) -> None:
    condition.wait(_LOOK_AGAIN if seconds is None else seconds)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    condition: Condition
    tokens: int


class Gate:
    """Lets requests through to one provider, in the order in which they came. Thread-safe."""

    def __init__(
        self,
        provider: str,
        pace: Pace,
        *,
        stopped: Event,
        monotonic: Callable[[], float],
        wait: Callable[[Condition, float | None], None],
    ) -> None:
        """Made by `Limits.gate`."""
        self._provider = provider
        self._pace = pace
        self._stopped = stopped
        self._monotonic = monotonic
        self._wait = wait
        self._lock = Lock()
        self._queue: deque[_Waiter] = deque()
        self.was_asked = False

    @property
    def counts_tokens(self) -> bool:
        """Whether tokens are of interest."""
        return self._pace.counts_tokens

    def tighten(self, rates: ProviderRates) -> None:
        """Take the lower ones of these ceilings and its own."""
        with self._lock:
            self._pace.tighten(rates)

    def enter(self, tokens: int) -> Ticket:
        """Wait until a request may be sent that may take so many tokens; `RunStopped` when it may not any more."""
        with self._lock:
            self.was_asked = True
            if not self._queue and not self._stopped.is_set():
                now = self._monotonic()
                if self._pace.delay(tokens, now=now) == 0:
                    return self._pace.start(tokens, now=now)
            waiter = _Waiter(Condition(self._lock), tokens)
            self._queue.append(waiter)
            try:
                while True:
                    if self._stopped.is_set():
                        raise RunStopped
                    now = self._monotonic()
                    # Only the first one looks at the clock, and wakes the next: a crowd would wake for one place.
                    delay = self._pace.delay(tokens, now=now) if self._queue[0] is waiter else None
                    if delay == 0:
                        return self._pace.start(tokens, now=now)
                    self._wait(waiter.condition, None if delay is None else max(delay, _SHORTEST))
            finally:
                self._queue.remove(waiter)
                self._wake_first()

    def leave(self, ticket: Ticket, reaction: Reaction) -> None:
        """The request has ended."""
        with self._lock:
            self._pace.finish(ticket, reaction, now=self._monotonic())
            self._wake_first()

    def wake(self) -> None:
        """Let every waiter see that the run was stopped."""
        with self._lock:
            for waiter in self._queue:
                waiter.condition.notify()

    def status(self) -> ProviderStatus:
        """What is going on now."""
        with self._lock:
            tokens = self._queue[0].tokens if self._queue else 0
            now = self._monotonic()
            pause = self._pace.pause(tokens, now=now)
            return ProviderStatus(
                provider=self._provider,
                in_flight=self._pace.in_flight,
                limit=self._pace.limit,
                waiting=pause or None,
                cause=self._pace.cause(tokens, now=now),
                throttled=self._pace.throttled,
            )

    def _wake_first(self) -> None:
        # Where all places are taken, it is woken when one gets free.
        if self._queue and self._pace.in_flight < self._pace.limit:
            self._queue[0].condition.notify()


class Limits:
    """The limits of all providers, for everything that one process sends. Thread-safe."""

    def __init__(
        self,
        concurrency: int = DEFAULT_CONCURRENCY,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[Condition, float | None], None] = _wait,
    ) -> None:
        """`concurrency` is the most requests that are on their way to one provider at once."""
        self._concurrency = concurrency
        self._monotonic = monotonic
        self._wait = wait
        self._stopped = Event()
        self._lock = Lock()
        self._gates: dict[tuple[str, str | None], Gate] = {}

    def gate(self, target: Target, rates: ProviderRates | None) -> Gate:
        """The gate of a target's provider at its address, the same one for all who ask there."""
        key = (target.provider, target.base_url)
        with self._lock:
            if key not in self._gates:
                pace = Pace(self._concurrency)
                self._gates[key] = Gate(
                    target.provider, pace, stopped=self._stopped, monotonic=self._monotonic, wait=self._wait
                )
            gate = self._gates[key]
        if rates is not None and rates.are_set:
            gate.tighten(rates)
        return gate

    def stop(self) -> None:
        """Send nothing any more: whoever waits or comes from now on gets `RunStopped`."""
        self._stopped.set()
        with self._lock:
            gates = tuple(self._gates.values())
        for gate in gates:
            gate.wake()

    def sleep(self, seconds: float) -> None:
        """Wait between two attempts; `RunStopped` as soon as the run is stopped."""
        if self._stopped.wait(seconds):
            raise RunStopped

    def status(self) -> tuple[ProviderStatus, ...]:
        """What is going on with each provider that was asked, in the order in which they were."""
        with self._lock:
            gates = tuple(self._gates.values())
        return tuple(gate.status() for gate in gates if gate.was_asked)


@dataclass(frozen=True, slots=True)
class Throttle:
    """What the limits of a run need to know to be put over the network."""

    limits: Limits
    rates: Mapping[str, ProviderRates]
    """The ceilings of providers that have some, by their names."""
    longest_hold: float
    """Seconds for which all wait where a provider asks for it; where it asks for more, nobody waits."""
    classify: Callable[[ApiResponse], ProviderError | None]
    answer_tokens: Callable[[str, ApiResponse], int | None]
    """How many tokens an answer from an address took; None is unknown."""

    def over(self, inner: Sender, target: Target) -> LimitSender:
        """The layer over what sends to a target."""
        gate = self.limits.gate(target, self.rates.get(target.provider))
        return LimitSender(inner=inner, gate=gate, throttle=self)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSender:
    """Asks the layer below when the provider's gate lets it."""

    inner: Sender
    gate: Gate
    throttle: Throttle

    def send(self, request: ApiRequest, *, sending: Sending) -> Interaction:
        """One exchange; `RunStopped` instead of it when the run was stopped."""
        ticket = self.gate.enter(_expected_tokens(request) if self.gate.counts_tokens else 0)
        reaction = Reaction()
        try:
            interaction = self.inner.send(request, sending=sending)
            reaction = self._reaction(request, interaction)
        finally:
            self.gate.leave(ticket, reaction)
        return interaction

    def _reaction(self, request: ApiRequest, interaction: Interaction) -> Reaction:
        response = interaction.response
        if response is None:
            return Reaction(is_unsent=interaction.is_unsent)
        if response.status < 400:
            tokens = self.throttle.answer_tokens(request.url, response) if self.gate.counts_tokens else None
            return Reaction(is_answered=True, hold=self._hold(exhausted_for(response)), tokens=tokens)
        tokens = _size(request) if self.gate.counts_tokens else None  # refused: nothing was generated
        if response.status != 429 and response.status < 500:
            return Reaction(tokens=tokens)
        error = self.throttle.classify(response)
        # Waiting brings no money: other cells may ask for what costs nothing, or hear the same at once.
        if error is not None and error.kind == "quota":
            return Reaction(tokens=tokens)
        asked = None if error is None else error.retry_after
        return Reaction(
            is_throttled=response.status == 429,
            is_failing=response.status >= 500,
            hold=self._hold(exhausted_for(response) if asked is None else asked),
            tokens=tokens,
        )

    def _hold(self, seconds: float | None) -> float | None:
        return None if seconds is None or seconds > self.throttle.longest_hold else seconds


_MOST_TOKENS = ("max_completion_tokens", "max_tokens", "max_output_tokens")


def _expected_tokens(request: ApiRequest) -> int:
    """Tokens that a request may take: about a quarter of its characters, and as many as it lets the answer have."""
    body = request.body if isinstance(request.body, Mapping) else {}
    given = (body.get(name) for name in _MOST_TOKENS)
    most = next((value for value in given if isinstance(value, int) and value > 0), 0)
    return _size(request) + most


def _size(request: ApiRequest) -> int:
    return 0 if request.body is None else len(json.dumps(request.body, ensure_ascii=False)) // 4
