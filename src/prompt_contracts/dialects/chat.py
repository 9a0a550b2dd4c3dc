"""Chat Completions: a case -> one request, one response -> a completion. Pure; streams are not read here."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from decimal import Decimal
from types import MappingProxyType

from prompt_contracts.case import Case
from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.dialects.errors import error_in_body, read_error
from prompt_contracts.interaction import ApiRequest, ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target
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


def chat(case: Case, target: Target, *, trial: int) -> Generator[ApiRequest, ApiResponse, Completion | ProviderError]:
    """Ask once: yields the request, is sent the response, returns what it says."""
    response = yield chat_request(case, target, trial=trial)
    return read_chat(response)


def chat_request(case: Case, target: Target, *, trial: int) -> ApiRequest:
    """The request of one trial: what the case says and nothing else.

    A `seed` is raised by one for each trial after the first, so that trials differ and still repeat.
    """
    parameters = {key: value for key, value in case.request.items() if key != "extra_body"}
    extra = case.request.get("extra_body")
    seed = parameters.get("seed")
    if isinstance(seed, int) and not isinstance(seed, bool):
        parameters["seed"] = seed + trial - 1
    body: dict[str, Json] = {
        "model": target.model,
        "messages": [message.to_json() for message in case.messages],
        **({"tools": [dict(tool.definition) for tool in case.tools]} if case.tools else {}),
        **parameters,
        **(extra if isinstance(extra, dict) else {}),
    }
    return ApiRequest(method="POST", url=target.url("/chat/completions"), body=body)


def read_chat(response: ApiResponse) -> Completion | ProviderError:
    """What a response says: a completion, or the error it carries at whatever status."""
    if response.status >= 400:
        return read_error(response)
    try:
        body: Json = json.loads(response.body)
    except (ValueError, RecursionError):
        return _malformed(response, "the answer is not JSON")
    if not isinstance(body, dict):
        return _malformed(response, "the answer is not a JSON object")
    # A provider that had begun to answer reports its error inside status 200: look for it before the choices.
    if error_in_body(body):
        return read_error(response)
    entries = body.get("choices")
    if not isinstance(entries, list) or not entries:
        return _malformed(response, "the answer has no choices")
    choices = [entry for entry in entries if isinstance(entry, dict)]
    if any(entry.get("finish_reason") == "error" for entry in choices):
        return ProviderError(kind="server", message="the provider broke off the answer", status=response.status)
    # A damaged choice must not read as one that says nothing: "no call" and "no text" can be what a case asks for.
    damage = (
        "a choice that is not an object"
        if len(choices) < len(entries)
        else next(filter(None, map(_damage, choices)), None)
    )
    if damage is not None:
        return _malformed(response, f"the answer has {damage}")
    return Completion(
        choices=tuple(map(_choice, choices)),
        usage=_usage(body.get("usage")),
        model=_text(body.get("model")),
        id=_text(body.get("id")),
        charged=_charged(body.get("usage")),
    )


def _malformed(response: ApiResponse, reason: str) -> ProviderError:
    excerpt = response.text[:200]
    shown = f"{reason}: {excerpt!r}" if excerpt else f"{reason}: it is empty"
    return ProviderError(kind="malformed_response", message=shown, status=response.status)


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
    thinking = _parts(content, "thinking")
    return Choice(
        text=content if isinstance(content, str) else _parts(content, "text"),
        tool_calls=_tool_calls(message),
        refusal=_text(message.get("refusal")),
        reasoning=_text(message.get("reasoning_content")) or _text(message.get("reasoning")) or thinking or None,
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
    arguments = function.get("arguments")
    if arguments is None:
        arguments = ""
    return ToolCall(
        id=_text(call.get("id")),
        name=_text(function.get("name")) or "",
        # Mistral may send an object where the others send its text.
        arguments=arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False),
    )


def _usage(usage: Json) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
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


def _count(counts: Json, name: str) -> int | None:
    value = counts.get(name) if isinstance(counts, dict) else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None


def _first_count(*counts: int | None) -> int | None:
    return next((count for count in counts if count is not None), None)


def _charged(usage: Json) -> Decimal | None:
    """OpenRouter's `usage.cost`, in US dollars."""
    cost = usage.get("cost") if isinstance(usage, dict) else None
    if isinstance(cost, bool) or not isinstance(cost, (int, float)):
        return None
    amount = Decimal(repr(cost))
    return amount if amount.is_finite() and amount >= 0 else None


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None
