"""Messages and tools as a case offers them, in OpenAI's own shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation."""

    role: str
    content: str | list[Json] | None = None
    """Text, a list of OpenAI content parts, or None beside tool calls."""
    fields: Mapping[str, Json] = field(default_factory=dict)
    """The other OpenAI fields as written: `name`, `tool_calls`, `tool_call_id`."""

    def to_json(self) -> dict[str, Json]:
        """The message as it goes over the wire; content is left out where it was not written."""
        content: dict[str, Json] = {} if self.content is None and self.fields else {"content": self.content}
        return {"role": self.role, **content, **self.fields}

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Message:
        """A message from its OpenAI form."""
        fields = {key: value for key, value in data.items() if key not in ("role", "content")}
        content = data.get("content")
        if content is not None and not isinstance(content, (str, list)):
            raise TypeError("content is text, a list of parts, or null")
        return cls(role=str(data["role"]), content=content, fields=fields)

    @property
    def text(self) -> str:
        """What a person reads: the text, the text parts joined, or empty."""
        if isinstance(self.content, list):
            parts = (part.get("text") for part in self.content if isinstance(part, dict))
            return "\n".join(part for part in parts if isinstance(part, str))
        return self.content or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function tool that is offered to the model."""

    name: str
    definition: Mapping[str, Json]
    """The whole OpenAI tool: `{"type": "function", "function": {"name": ...}}`."""

    @property
    def parameters(self) -> Json:
        """The JSON Schema of the arguments, or None when the tool declares none."""
        function = self.definition.get("function")
        return function.get("parameters") if isinstance(function, dict) else None
