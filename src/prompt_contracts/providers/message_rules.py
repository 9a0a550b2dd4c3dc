"""What providers do with parts of messages and tools, as data. Applying them belongs to `message_adaptation`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from prompt_contracts.providers.rule import Rule, RuleSource
from prompt_contracts.providers.wording import IGNORED

_MISTRAL = RuleSource(text="Mistral SDK 3.7.0", evidence="S")

MISTRAL_MESSAGE_KEYS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "system": frozenset(),
        "user": frozenset(),
        "assistant": frozenset({"tool_calls", "prefix"}),
        "tool": frozenset({"tool_call_id", "name"}),
    }
)
"""Role -> the keys that Mistral knows beside `role` and `content` (SDK 3.7.0)."""

MESSAGE_RULES = (
    Rule(
        provider="together",
        parameter="messages.role.developer",
        action="rename",
        to="messages.role.system",
        reason="its schema has no role 'developer'",
        source=RuleSource(text="Together's openapi.yaml", evidence="S"),
    ),
    Rule(
        provider="mistral",
        parameter="messages.role.developer",
        action="rename",
        to="messages.role.system",
        reason="its schema has no role 'developer'",
        source=_MISTRAL,
    ),
    Rule(
        provider="mistral",
        parameter="messages.name",
        action="refuse",
        reason="it knows a name on tool messages only and refuses unknown keys",
        help="remove it, or put the name into the text",
        source=RuleSource(text="reports of 422 extra_forbidden for a name on user messages", evidence="I"),
    ),
    Rule(
        provider="mistral",
        parameter="messages.*",
        action="refuse",
        reason="it refuses keys of messages that it does not know",
        help="remove the key",
        source=RuleSource(
            text="reports of 422 extra_forbidden, such as for a replayed reasoning_content", evidence="I"
        ),
    ),
    Rule(
        provider="mistral",
        parameter="messages.tool_call_id",
        action="rewrite",
        reason="an id has exactly nine letters and digits; call and answer get the same new one",
        source=RuleSource(text="reports of 400 invalid_function_call, code 3280", evidence="I"),
    ),
    Rule(
        provider="mistral",
        parameter="tools.function.parameters",
        action="add",
        reason="a tool without parameters is refused; the schema of no arguments is added, which means the same",
        source=_MISTRAL,
    ),
    Rule(
        provider="ollama",
        parameter="messages.name",
        action="drop",
        reason=f"outside tool messages {IGNORED}",
        help="put the name into the text",
        source=RuleSource(text="Ollama server source, openai/openai.go", evidence="S"),
    ),
    Rule(
        provider="ollama",
        parameter="messages.image_url.http",
        action="refuse",
        reason="it takes images as data only, it does not fetch them",
        help="save the image and name the file, or write a data URL",
        source=RuleSource(text="Ollama server source, openai/openai.go", evidence="S"),
    ),
)
"""Ordered as they are applied: roles before the keys that depend on them."""
