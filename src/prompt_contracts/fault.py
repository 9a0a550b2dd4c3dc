"""Faults that a case injects, and how often a failing request is sent again. Data; nothing fails here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json

FaultKind = Literal["timeout", "connection", "status", "corrupt", "stream"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """What a case may write of one kind of fault. What it does is a branch of `transport/faults`."""

    words: tuple[str, ...] = ()
    """All that it may say; none: it says a number."""
    is_made_up: bool
    """Whether it takes the place of the answer, so that nobody is asked; else it damages one that comes."""
    is_of_streams: bool
    """Whether it cuts a streamed answer: the connection breaks in the middle, and no other answer can be cut."""
    takes: tuple[str, ...] = ()
    """The keys that may stand beside it and beside no other."""


FAULTS: Mapping[FaultKind, FaultRule] = MappingProxyType(
    {
        "timeout": FaultRule(words=("read", "connect"), is_made_up=True, is_of_streams=False),
        "connection": FaultRule(words=("reset", "refused"), is_made_up=True, is_of_streams=False),
        "status": FaultRule(is_made_up=True, is_of_streams=False, takes=("headers", "body")),
        "corrupt": FaultRule(words=("truncated", "html", "empty", "not_json"), is_made_up=False, is_of_streams=False),
        "stream": FaultRule(is_made_up=False, is_of_streams=True),
    }
)
"""Every kind of fault, by the key that it is written with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong with one attempt."""

    kind: FaultKind
    detail: str | int
    """One of the kind's words, the HTTP status, or the number of stream events that still arrive."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of a `status` fault; names in lower case."""
    body: Json = None
    """Of a `status` fault: JSON, or text that is sent as it is; None sends a body in OpenAI's form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """Which attempts fail, and how."""

    attempts: tuple[Fault | None, ...]
    """One entry per attempt, None for an attempt without a fault."""
    repeats: bool = False
    """True: the last entry holds for every later attempt too; False: later attempts have no fault."""
    request: int | None = None
    """The one request of the case that fails, from 1; None is every request."""

    def fault_of(self, *, request: int, attempt: int) -> Fault | None:
        """The fault of one attempt at one request, both counted from 1."""
        if not self.attempts or self.request not in (None, request):
            return None
        if attempt <= len(self.attempts):
            return self.attempts[attempt - 1]
        return self.attempts[-1] if self.repeats else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often a failing request is sent again; None takes the run's value."""

    attempts: int | None = None
    """Sends at most, the first one included."""
    max_wait: float | None = None
    """Seconds that one request may spend waiting between its attempts, all waits together."""
    kinds: tuple[str, ...] | None = None
    """Kinds of error after which it is sent again; a billing failure or a deterministic one never is."""
