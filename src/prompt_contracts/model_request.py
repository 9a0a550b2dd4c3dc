"""What is asked of a model, before it takes the form of an API. Rendering it belongs to dialects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message, Tool

Endpoint = Literal["chat", "responses", "assistants"]
"""The families of endpoints: Chat Completions, Responses, Assistants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One request for an answer: the whole conversation so far, and how to answer it."""

    endpoint: Endpoint = "chat"
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    parameters: Mapping[str, Json] = field(default_factory=dict)
    """Every other parameter by OpenAI's name, Chat Completions names where both families have one."""
    extra_body: Mapping[str, Json] = field(default_factory=dict)
    """Keys that only the provider knows; they go into the body as they are, over everything else."""
    assistant: Mapping[str, Json] = field(default_factory=dict)
    """The `assistant` of a case as written, for the Assistants endpoints."""

    @property
    def is_stream(self) -> bool:
        """Whether the answer is asked for as a stream of events."""
        return self.parameters.get("stream") is True
