"""A chat completion, as parsed JSON -> `Completion`, or the error it carries. Streams are folded before this."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.dialects.errors import error_in_body, read_error_body, unreadable
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.usage import Usage

_FINISH_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "eos": "stop",  # Together
        "model_length": "length",  # Mistral
        "function_call": "tool_calls",  # OpenAI before tools
    }
)

_LARGEST_COUNT = 10**12
"""More tokens than this in one answer is damage, and damage is unknown."""


def read_answer(body: Json, response: ApiResponse) -> Completion | ProviderError:
    """What the JSON that `response` brought says; `malformed_response` where it is no chat completion."""
    if not isinstance(body, dict):
        return malformed(response, "the answer is not a JSON object")
    # A provider that had begun to answer reports its error inside status 200: look for it before the choices.
    if error_in_body(body):
        return read_error_body(body, response)
    entries = body.get("choices")
    if not isinstance(entries, list) or not entries:
        return malformed(response, "the answer has no choices")
    choices = [entry for entry in entries if isinstance(entry, dict)]
    broken_off = next((entry for entry in choices if entry.get("finish_reason") == "error"), None)
    if broken_off is not None:
        return _broken_off(broken_off, response)
    # A damaged choice must not read as one that says nothing: "no call" and "no text" can be what a case asks for.
    damage = (
        "a choice that is not an object"
        if len(choices) < len(entries)
        else next(filter(None, map(_damage, choices)), None)
    )
    if damage is not None:
        return malformed(response, f"the answer has {damage}")
    usage = _usage_fields(body)
    return Completion(
        choices=tuple(map(_choice, choices)),
        usage=_usage(usage),
        model=_text(body.get("model")),
        id=_text(body.get("id")),
        charged=_charged(usage),
        service_tier=_text(body.get("service_tier")),
    )


def malformed(response: ApiResponse, reason: str) -> ProviderError:
    """The error of an answer that is no chat completion, with the start of it."""
    excerpt = response.body[:800].decode("utf-8", "replace")[:200]
    shown = f"{reason}: {excerpt!r}" if excerpt else f"{reason}: it is empty"
    return unreadable(response, kind="malformed_response", message=shown)


def _broken_off(entry: Mapping[str, Json], response: ApiResponse) -> ProviderError:
    error = entry.get("error")
    if isinstance(error, dict) and error:  # OpenRouter
        return read_error_body({"error": error}, response)
    return unreadable(response, kind="server", message="the provider broke off the answer (finish reason 'error')")


def _damage(entry: Mapping[str, Json]) -> str | None:
    """What makes a choice unreadable, or None. A filtered choice may come without a message (Azure)."""
    message = entry.get("message")
    if message is None and entry.get("finish_reason") == "content_filter":
        return None
    if not isinstance(message, dict):
        return "a choice without a message"
    calls = message.get("tool_calls")
    if calls is not None and not (isinstance(calls, list) and all(map(_is_call, calls))):
        return "tool calls in a shape that nobody knows"
    legacy = message.get("function_call")
    if legacy is not None and not isinstance(legacy, dict):
        return "a function call in a shape that nobody knows"
    if not isinstance(message.get("content"), (str, list, type(None))):
        return "a content that is neither text nor parts"
    return None


def _is_call(call: Json) -> bool:
    function = call.get("function") if isinstance(call, dict) else None
    return isinstance(function, dict) and isinstance(function.get("name"), str)


def _choice(entry: Mapping[str, Json]) -> Choice:
    message = entry.get("message")
    if not isinstance(message, dict):
        message = {}
    raw = _text(entry.get("finish_reason"))
    content = message.get("content")
    return Choice(
        text=content if isinstance(content, str) else _parts(content, "text"),
        tool_calls=_tool_calls(message),
        refusal=_text(message.get("refusal")),
        reasoning=_text(message.get("reasoning_content"))
        or _text(message.get("reasoning"))
        or _parts(content, "thinking")
        or None,
        finish_reason=None if raw is None else _FINISH_REASONS.get(raw, raw),
        raw_finish_reason=raw,
    )


def _parts(content: Json, kind: str) -> str:
    """The joined text of the content parts of one type; Mistral nests thinking in parts of parts."""
    if not isinstance(content, list):
        return ""
    texts = [part.get(kind) for part in content if isinstance(part, dict) and part.get("type") == kind]
    return "".join(text if isinstance(text, str) else _parts(text, "text") for text in texts)


def _tool_calls(message: Mapping[str, Json]) -> tuple[ToolCall, ...]:
    calls = message.get("tool_calls")
    found = [_tool_call(call) for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        found.append(_tool_call({"function": legacy}))
    return tuple(found)


def _tool_call(call: Mapping[str, Json]) -> ToolCall:
    function = call.get("function")
    if not isinstance(function, dict):
        function = {}
    return ToolCall(
        id=_text(call.get("id")),
        name=_text(function.get("name")) or "",
        arguments=arguments_text(function.get("arguments")),
    )


def arguments_text(arguments: Json) -> str:
    """The arguments as text: Mistral may send an object where the others send its text, and null is empty."""
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _usage_fields(body: Mapping[str, Json]) -> Mapping[str, Json]:
    for place in (body, body.get("x_groq")):  # Groq's streams
        usage = place.get("usage") if isinstance(place, dict) else None
        if isinstance(usage, dict):
            return usage
    return {}


def _usage(usage: Mapping[str, Json]) -> Usage:
    prompt, completion = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    total = _count(usage, "total_tokens")
    if total is None and prompt is not None and completion is not None:
        total = prompt + completion
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=total,
        cached_tokens=_first_count(
            _count(usage.get("prompt_tokens_details"), "cached_tokens"),
            _count(usage, "cached_tokens"),  # Together
        ),
        reasoning_tokens=_count(usage.get("completion_tokens_details"), "reasoning_tokens"),
    )


def _count(counts: Json | Mapping[str, Json], name: str) -> int | None:
    value = counts.get(name) if isinstance(counts, Mapping) else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None


def _first_count(*counts: int | None) -> int | None:
    return next((count for count in counts if count is not None), None)


def _charged(usage: Mapping[str, Json]) -> Decimal | None:
    """OpenRouter's `usage.cost`, in US dollars."""
    cost = usage.get("cost")
    if isinstance(cost, bool) or not isinstance(cost, (int, float)):
        return None
    amount = Decimal(repr(cost))
    return amount if amount.is_finite() and amount >= 0 else None


def _text(value: Json) -> str | None:
    """A text that says something: servers write both null and an empty text for what is not there."""
    return value if isinstance(value, str) and value else None
