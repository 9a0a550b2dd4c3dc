"""What a model answered, the same for every API family."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from prompt_contracts.json_value import Json, NotJsonError, parse_json
from prompt_contracts.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call that the model asks for."""

    name: str
    arguments: str
    """The arguments as the model wrote them; may be empty or no JSON at all."""
    id: str | None = None

    def parsed_arguments(self) -> dict[str, Json] | None:
        """The arguments as an object, `{}` for an empty text, None when they are no JSON object."""
        if not self.arguments.strip():
            return {}
        try:
            value = parse_json(self.arguments)
        except NotJsonError:
            return None
        return value if isinstance(value, dict) else None

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back."""
        return {"id": self.id, "name": self.name, "arguments": self.arguments}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ToolCall:
        """The call that `to_json` wrote."""
        return cls(id=data["id"], name=data["name"], arguments=data["arguments"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the answers to a request; there is one unless the request asked for more."""

    text: str = ""
    """The answer's text; a null content is empty."""
    tool_calls: tuple[ToolCall, ...] = ()
    refusal: str | None = None
    reasoning: str | None = None
    """Reasoning text, which is no part of the answer; None where the provider shows none."""
    finish_reason: str | None = None
    """`stop`, `length`, `tool_calls` or `content_filter`; another provider's word as it is."""
    raw_finish_reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back."""
        return {
            "text": self.text,
            "tool_calls": [call.to_json() for call in self.tool_calls],
            "refusal": self.refusal,
            "reasoning": self.reasoning,
            "finish_reason": self.finish_reason,
            "raw_finish_reason": self.raw_finish_reason,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Choice:
        """The choice that `to_json` wrote."""
        return cls(**{**data, "tool_calls": tuple(ToolCall.from_json(call) for call in data["tool_calls"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A provider's whole answer to one request."""

    choices: tuple[Choice, ...]
    """At least one."""
    usage: Usage
    model: str | None = None
    """The model that really answered, as the provider names it."""
    id: str | None = None
    charged: Decimal | None = None
    """US dollars that the provider itself says it charged; None where it does not say."""
    service_tier: str | None = None
    """The tier that served the answer, by the provider's word; None where it does not say."""

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back."""
        return {
            "id": self.id,
            "model": self.model,
            "choices": [choice.to_json() for choice in self.choices],
            "usage": self.usage.to_json(),
            "service_tier": self.service_tier,
            "charged_usd": None if self.charged is None else format(self.charged, "f"),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Completion:
        """The completion that `to_json` wrote."""
        charged = data["charged_usd"]
        return cls(
            charged=None if charged is None else Decimal(charged),
            service_tier=data["service_tier"],
            id=data["id"],
            model=data["model"],
            choices=tuple(Choice.from_json(choice) for choice in data["choices"]),
            usage=Usage.from_json(data["usage"]),
        )
