"""What every API family offers: answers to requests, as pure generators that a driver runs. No I/O here."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol, TypeAlias

from prompt_contracts.completion import Completion
from prompt_contracts.data_class import dataclass
from prompt_contracts.interaction import ApiRequest, ApiResponse
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.provider_error import ProviderError


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The driver should wait; it costs no time when answers are replayed."""

    seconds: float


Step: TypeAlias = Generator[ApiRequest | Pause, ApiResponse | None, Completion | ProviderError]
"""Yields requests and pauses; is sent the response to a request, None after a pause; returns what came of it."""


class Dialogue(Protocol):
    """The conversation of one trial in one API family; remembers what that family keeps between answers."""

    def ask(self, request: ModelRequest) -> Step:
        """Get one answer. Calls of tools end it: their results come as messages of the next request."""
        ...

    def message(self, completion: Completion) -> Message:
        """The assistant message with which the conversation goes on after an answer."""
        ...
