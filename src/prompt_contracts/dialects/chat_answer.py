"""A chat completion, as parsed JSON -> `Completion`, or the error it carries. Streams are folded before this."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.dialects.answer_body import (
    TokenNames,
    arguments_text,
    malformed,
    read_charge,
    read_usage,
    said_text,
)
from prompt_contracts.dialects.error_response import error_in_body, read_error_body, unreadable
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json, equal
from prompt_contracts.provider_error import ProviderError

_FINISH_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "eos": "stop",  # Together
        "model_length": "length",  # Mistral
        "function_call": "tool_calls",  # OpenAI before tools
    }
)

_TOKENS = TokenNames(
    prompt="prompt_tokens",
    completion="completion_tokens",
    prompt_details=("prompt_tokens_details", ""),  # Together has no details
    completion_details="completion_tokens_details",
)


def read_answer(body: Json, response: ApiResponse) -> Completion | ProviderError:
    """What the JSON that `response` brought says; `malformed_response` where it is no chat completion."""
    if not isinstance(body, dict):
        return malformed(response, "the answer is not a JSON object")
    # A provider that had begun to answer reports its error inside status 200: look for it before the choices.
    if error_in_body(body):
        return read_error_body(body, response)
    entries = body.get("choices")
    # OpenRouter sends null, with and without an error beside it (its documentation of errors).
    if not isinstance(entries, list) or not entries:
        return malformed(response, "the answer has no choices")
    choices = [entry for entry in entries if isinstance(entry, dict)]
    broken_off = [entry for entry in choices if entry.get("finish_reason") == "error"]
    if broken_off:
        return _broken_off(broken_off[0], response)
    # A damaged choice must not read as one that says nothing: "no call" and "no text" can be what a case asks for.
    if len(choices) < len(entries):
        return malformed(response, "the answer has a choice that is not an object")
    for choice in choices:
        if (damage := _damage(choice)) is not None:
            return malformed(response, f"the answer has {damage}")
    usage = _usage_fields(body)
    return Completion(
        choices=tuple(map(_choice, choices)),
        usage=read_usage(usage, _TOKENS),
        model=said_text(body.get("model")),
        id=said_text(body.get("id")),
        charged=read_charge(usage),
        service_tier=said_text(body.get("service_tier")),
    )


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
    content = message.get("content")
    if not isinstance(content, (str, list, type(None))):
        return "a content that is neither text nor parts"
    if isinstance(content, list) and any(map(_is_mute_refusal, content)):
        return "a refusal without a text"
    return None


def _is_mute_refusal(part: Json) -> bool:
    return isinstance(part, dict) and part.get("type") == "refusal" and not isinstance(part.get("refusal"), str)


def _is_call(call: Json) -> bool:
    function = call.get("function") if isinstance(call, dict) else None
    return isinstance(function, dict) and isinstance(function.get("name"), str)


def _choice(entry: Mapping[str, Json]) -> Choice:
    message = entry.get("message")
    if not isinstance(message, dict):
        message = {}
    raw = said_text(entry.get("finish_reason"))
    content = message.get("content")
    # A list with Mistral's reasoning models (recorded answers), null beside tool calls.
    parts = content if isinstance(content, list) else None
    return Choice(
        text=content if isinstance(content, str) else _parts(content, "text"),
        tool_calls=_tool_calls(message),
        refusal=said_text(message.get("refusal")) or (None if parts is None else _parts(parts, "refusal") or None),
        # DeepSeek and older vLLM; Groq, Ollama and newer vLLM; Mistral (all from recorded answers).
        reasoning=said_text(message.get("reasoning_content"))
        or said_text(message.get("reasoning"))
        or (None if parts is None else _parts(parts, "thinking") or None),
        # Words that nobody knows pass as they are: Ollama hands its internal ones on.
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
        call = _tool_call({"function": legacy})
        # Servers that know both forms write one call in both.
        if not any(known.name == call.name and _is_same(known, call) for known in found):
            found.append(call)
    return tuple(found)


def _is_same(one: ToolCall, other: ToolCall) -> bool:
    if one.arguments == other.arguments:
        return True
    known = one.parsed_arguments()
    return isinstance(known, dict) and equal(known, other.parsed_arguments())


def _tool_call(call: Mapping[str, Json]) -> ToolCall:
    function = call.get("function")
    if not isinstance(function, dict):
        function = {}
    return ToolCall(
        id=said_text(call.get("id")),
        name=said_text(function.get("name")) or "",
        arguments=arguments_text(function.get("arguments")),
    )


def _usage_fields(body: Mapping[str, Json]) -> Mapping[str, Json]:
    for place in (body, body.get("x_groq")):  # Groq's streams
        usage = place.get("usage") if isinstance(place, dict) else None
        if isinstance(usage, dict):
            return usage
    return {}
