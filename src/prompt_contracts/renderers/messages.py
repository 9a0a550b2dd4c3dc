"""A conversation for a person: who said what, on one line each. Long ones lose their middle, and say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prompt_contracts.message import Message
from prompt_contracts.renderers.inert_text import shortened

_TEXT_LIMIT = 400
_MOST_MESSAGES = 24


def message_lines(messages: Sequence[Message]) -> Iterator[str]:
    """A line for each message, and for each call in it."""
    half = _MOST_MESSAGES // 2
    hidden = len(messages) - _MOST_MESSAGES
    for message in messages if hidden <= 0 else messages[:half]:
        yield from _lines(message)
    if hidden > 0:
        yield f"    … {hidden} more messages …"
        for message in messages[-half:]:
            yield from _lines(message)


def _lines(message: Message) -> Iterator[str]:
    calls = message.fields.get("tool_calls")
    if message.text or not calls:
        yield f"    {shortened(message.role, 20):<9} {shortened(message.text, _TEXT_LIMIT)}{_media(message)}"
    for call in calls if isinstance(calls, list) else []:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            name, arguments = str(function.get("name")), str(function.get("arguments"))
            yield f"    {'calls':<9} {shortened(name, 80)}({shortened(arguments, _TEXT_LIMIT)})"


def _media(message: Message) -> str:
    """The parts that are no text, by their type: an image is not for a terminal."""
    parts = message.content if isinstance(message.content, list) else []
    kinds = [str(part.get("type")) for part in parts if isinstance(part, dict) and part.get("type") != "text"]
    return f" [{shortened(', '.join(kinds), 60)}]" if kinds else ""
