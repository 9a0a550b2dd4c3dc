"""The layer that sends a failed request again: after which failures, how often, after which wait.

Tenacity does the counting and waiting, and is imported when a first attempt has failed. What an answer means
is told by the dialect; nothing is read here but headers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import RecordingMissing
from prompt_contracts.fault import RetryPolicy
from prompt_contracts.interaction import ApiRequest, ApiResponse, Interaction
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.transport.sender import Sender, Sending
from prompt_contracts.wait import Wait, seconds_text

RETRIED_KINDS = frozenset({"timeout", "connection", "rate_limit", "server", "overloaded"})

LONGEST_WAIT = 30.0
"""Seconds of one wait, unless a case says how long its waits may be."""
# The three numbers of the official client (openai-python 3.52, `_constants.py` and `_base_client.py`).
_FIRST_WAIT = 0.5
_LONGEST_BACKOFF = 8.0
_JITTER = 0.25
"""The share of a wait that chance may take away, so that clients do not come back all at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRules:
    """How often one request may be sent, and how long it may wait in between."""

    attempts: int = 3
    """Sends at most, the first one included."""
    max_wait: float = 60.0
    """Seconds of all waits together."""
    longest_wait: float = LONGEST_WAIT
    """Seconds of one wait."""
    kinds: tuple[str, ...] | None = None
    """The kinds of error that are sent again; None is all that can be."""

    @classmethod
    def of(cls, policy: RetryPolicy, *, max_retries: int, max_wait: float) -> RetryRules:
        """A case's rules, with the run's values where the case has none of its own."""
        return cls(
            attempts=max(policy.attempts or max_retries + 1, 1),
            max_wait=max_wait if policy.max_wait is None else policy.max_wait,
            longest_wait=LONGEST_WAIT if policy.max_wait is None else policy.max_wait,
            kinds=policy.kinds,
        )

    def allow(self, error: ProviderError, response: ApiResponse | None) -> bool:
        """Whether a failure may be sent again at all, whatever was tried before."""
        # OpenAI answers 429 to a spent quota and to a rate limit alike; its own client sends both again.
        if error.kind == "quota" or (self.kinds is not None and error.kind not in self.kinds):
            return False
        if response is None:
            return error.kind in RETRIED_KINDS
        if response.is_event_stream and response.status < 300:
            return False  # part of an answer was generated: it has a price, and may have had effects
        # The server's word goes before its status, as in the official client.
        match (response.header("x-should-retry") or "").strip().lower():
            case "true":
                return True
            case "false":
                return False
            case _:
                return response.is_sent_again or (response.status < 400 and error.kind in RETRIED_KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrySetting:
    """What the retries of all cells of a run share."""

    max_retries: int
    """How often a request is sent again, where its case says nothing else."""
    max_wait: float
    """Seconds of all waits of one request together, where its case says nothing else."""
    classify: Callable[[ApiResponse], ProviderError | None]
    """The error that a response carries, None when it is an answer."""
    sleep: Callable[[float], None]
    random: Callable[[], float]
    """From 0 to 1."""
    on_wait: Callable[[Wait], None] | None
    """Told of every wait that takes time, before it begins."""


class RetrySender:
    """Asks the layer below, again where the rules allow it. Thread-safe if the layer below is."""

    def __init__(self, inner: Sender, setting: RetrySetting, *, policy: RetryPolicy, provider: str) -> None:
        """`policy` is the case's own; `provider` is for the lines about waits."""
        self._inner = inner
        self._policy = policy
        self.setting = setting
        self.provider = provider

    def send(self, request: ApiRequest, *, sending: Sending) -> Interaction:
        """The last attempt's interaction, those before it in its `earlier`."""
        first = self._inner.send(request, sending=sending)
        error = self.error_of(first)
        if error is None:
            return first
        rules = self.rules
        if rules.attempts < 2 or not rules.allow(error, first.response):
            return first
        return _Attempts(self, rules, request, sending, first).result()

    @property
    def rules(self) -> RetryRules:
        """The case's rules; worked out where something has failed, which few requests do."""
        return RetryRules.of(self._policy, max_retries=self.setting.max_retries, max_wait=self.setting.max_wait)

    def send_again(self, request: ApiRequest, *, sending: Sending) -> Interaction:
        """One more attempt, and no other after it."""
        return self._inner.send(request, sending=sending)

    def error_of(self, interaction: Interaction) -> ProviderError | None:
        """What went wrong in an exchange; None when it brought an answer."""
        response = interaction.response
        if response is None:
            return interaction.failure
        if response.status < 400 and b"error" not in response.body:
            return None  # spares the reading of every good answer: an error has that word in all its forms
        return self.setting.classify(response)


class _Attempts:
    """All attempts at one request whose first one failed."""

    def __init__(
        self, sender: RetrySender, rules: RetryRules, request: ApiRequest, sending: Sending, first: Interaction
    ) -> None:
        self._sender = sender
        self._rules = rules
        self._request = request
        self._sending = sending
        self._made = [first]
        self._is_first = True
        self._is_over = False
        self._waited = 0.0
        self._given_up: str | None = None

    def result(self) -> Interaction:
        """The last attempt, after as many as it took."""
        from tenacity import Retrying, retry_if_result, stop_after_attempt

        retrying = Retrying(
            sleep=self._sleep,
            wait=lambda _: self._wait(),
            stop=stop_after_attempt(self._rules.attempts),
            retry=retry_if_result(self._is_to_be_sent_again),
            retry_error_callback=lambda _: None,
        )
        retrying(self._attempt)
        *before, last = self._made
        # A recorded answer may bring attempts of its own, which got no response when it was recorded.
        earlier = [each for made in before for each in (*made.earlier, replace(made, earlier=()))]
        return replace(last, earlier=(*earlier, *last.earlier), waited=self._waited, given_up=self._given_up)

    def _attempt(self) -> Interaction:
        if self._is_first:
            self._is_first = False
            return self._made[0]
        try:
            sending = replace(self._sending, attempt=self._sending.attempt + len(self._made))
            self._made.append(self._sender.send_again(self._request, sending=sending))
        except RecordingMissing:
            # Below an attempt that a fault made up, a missing recording is what it looks like.
            if not self._made[-1].is_replayed:
                raise
            self._is_over = True  # when it was recorded, that attempt was the last one
        return self._made[-1]

    def _is_to_be_sent_again(self, interaction: Interaction) -> bool:
        error = self._sender.error_of(interaction)
        if self._is_over or error is None or not self._rules.allow(error, interaction.response):
            return False
        is_last = len(self._made) >= self._rules.attempts
        self._given_up = None if is_last else self._refusal(error.retry_after)
        return self._given_up is None

    def _refusal(self, asked: float | None) -> str | None:
        rules = self._rules
        if asked is None:
            return None
        if asked > rules.max_wait - self._waited:
            spent = f" in all, of which {seconds_text(self._waited)} s are spent" if self._waited else ""
            most = f"{seconds_text(rules.max_wait)} s that may be waited{spent}"
            return f"asks to wait {seconds_text(asked)} s, more than the {most}"
        if asked > rules.longest_wait:
            return (
                f"asks to wait {seconds_text(asked)} s, more than the {seconds_text(rules.longest_wait)} s of one wait"
            )
        return None

    def _wait(self) -> float:
        """Seconds before the next attempt: what the provider asks for, else twice as long as the last time."""
        error = self._sender.error_of(self._made[-1])
        asked = None if error is None else error.retry_after
        if asked is None:
            # The exponent has an end: `attempts` may be large, and a float overflows at 2 ** 1024.
            doubled = min(_FIRST_WAIT * 2 ** min(len(self._made) - 1, 10), _LONGEST_BACKOFF)
            asked = doubled * (1 - _JITTER * self._sender.setting.random())
        return max(0.0, min(asked, self._rules.longest_wait, self._rules.max_wait - self._waited))

    def _sleep(self, seconds: float) -> None:
        self._waited += seconds
        last = self._made[-1]
        if last.is_replayed or last.is_injected or seconds <= 0:
            return
        setting = self._sender.setting
        if setting.on_wait is not None:
            setting.on_wait(self._told(last, seconds))
        setting.sleep(seconds)

    def _told(self, last: Interaction, seconds: float) -> Wait:
        error = self._sender.error_of(last)
        status = "" if last.response is None else f"{last.response.status} "
        return Wait(
            provider=self._sender.provider,
            seconds=seconds,
            reason=f"{status}{'unknown' if error is None else error.kind}",
            attempt=len(self._made) + 1,
            attempts=self._rules.attempts,
        )
