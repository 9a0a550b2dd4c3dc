"""A response object of the Responses API -> a completion, or the error that it is. Pure; streams are not read here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.dialects.errors import error_in_body, read_error, read_error_body, unreadable
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json, show
from prompt_contracts.provider_error import ErrorKind, ProviderError
from prompt_contracts.usage import Usage

_LARGEST_COUNT = 10**12
"""More tokens than this in one answer is damage, and damage is unknown."""

_UNFINISHED: Mapping[str, str] = MappingProxyType(
    {
        "cancelled": "the response was cancelled before it was complete",
        "queued": "the response is only queued: there is no answer yet",
        "in_progress": "the response is still in progress: there is no whole answer yet",
    }
)
"""Statuses without an answer -> what to say of them."""

_FAILURES: Mapping[str, ErrorKind] = MappingProxyType(
    {
        "bio_policy": "content_filter",
        "data_residency_mismatch": "permission",
        "empty_image_file": "invalid_request",
        "failed_to_download_image": "invalid_request",
        "image_content_policy_violation": "content_filter",
        "image_file_not_found": "invalid_request",
        "image_file_too_large": "invalid_request",
        "image_parse_error": "invalid_request",
        "image_too_large": "invalid_request",
        "image_too_small": "invalid_request",
        "invalid_base64_image": "invalid_request",
        "invalid_image": "invalid_request",
        "invalid_image_format": "invalid_request",
        "invalid_image_mode": "invalid_request",
        "invalid_image_url": "invalid_request",
        "server_error": "server",
        "unsupported_image_media_type": "invalid_request",
        "vector_store_timeout": "timeout",
    }
)
"""Codes of failed responses that no HTTP status explains, because it is 200 (OpenAPI document 2.3.0)."""

_INCOMPLETE: Mapping[str, str] = MappingProxyType({"max_output_tokens": "length"})


def parse_answer(response: ApiResponse) -> dict[str, Json] | ProviderError:
    """The response object that a JSON body holds, or the error it carries at whatever status."""
    if not 200 <= response.status < 300:
        return read_error(response)
    try:
        body: Json = json.loads(response.body)
    except (ValueError, RecursionError):
        return malformed(response, "the answer is not JSON")
    return check_answer(body, response)


def check_answer(body: Json, response: ApiResponse) -> dict[str, Json] | ProviderError:
    """A parsed body as a response object that `completion_of` can read, or the error it carries.

    `response` is what brought it: the whole of it, or one of its events.
    """
    if not isinstance(body, dict):
        return malformed(response, "the answer is not a JSON object")
    if error_in_body(body):
        return read_failure(body, response)
    status, kind, output = body.get("status"), body.get("object"), body.get("output")
    if kind not in ("response", None):
        return malformed(response, f"the answer is no response object: its 'object' is {show(kind, limit=60)}")
    if status == "failed":
        return unreadable(response, kind="server", message="the response failed, and the server does not say why")
    if isinstance(status, str) and status in _UNFINISHED:
        return replace(unreadable(response, kind="run_failed", message=_UNFINISHED[status]), code=status)
    if not isinstance(output, list):
        return malformed(response, "the answer has no output")
    # A damaged item must not read as one that says nothing: "no call" and "no text" can be what a case asks for.
    damage = next(filter(None, map(_damage, output)), None)
    return body if damage is None else malformed(response, f"the answer has {damage}")


def malformed(response: ApiResponse, reason: str) -> ProviderError:
    """The error of an answer that cannot be read, with its beginning."""
    excerpt = response.body[:400].decode("utf-8", "replace")[:200]
    shown = f"{reason}: {excerpt!r}" if excerpt else f"{reason}: it is empty"
    return unreadable(response, kind="malformed_response", message=shown)


def read_failure(body: Json, response: ApiResponse) -> ProviderError:
    """The error of a failed response object, or of an event that tells of one; `response` brought it."""
    found = read_error_body(body, response)
    kind = _FAILURES.get(found.code or "")
    return found if kind is None else replace(found, kind=kind)


def completion_of(answer: Mapping[str, Json]) -> Completion:
    """What a response object says, which `check_answer` has passed. Items of unknown types are no part of it."""
    return Completion(
        choices=(_choice(answer),),
        usage=_usage(answer.get("usage")),
        model=_text(answer.get("model")),
        id=_text(answer.get("id")),
        charged=_charged(answer.get("usage")),
        service_tier=_text(answer.get("service_tier")),
    )


def _damage(item: Json) -> str | None:
    """What makes an item of the output unreadable, or None."""
    if not isinstance(item, dict):
        return "an output item that is not an object"
    content = item.get("content")
    match item.get("type"):
        case "function_call":
            return _call_damage(item)
        case "message" if not isinstance(content, (str, list, type(None))):
            return "a message whose content is neither text nor parts"
        case "message" if isinstance(content, list) and not all(map(_is_readable, content)):
            return "a content part in a shape that nobody knows"
    return None


def _call_damage(item: Mapping[str, Json]) -> str | None:
    if not isinstance(item.get("name"), str):
        return "a function call without a name"
    try:
        _arguments(item)
    except RecursionError:  # arguments can be nested just as deep as Python can read but not write
        return "arguments of a call that are nested too deeply"
    return None


def _is_readable(part: Json) -> bool:
    if not isinstance(part, dict):
        return False
    key = {"output_text": "text", "refusal": "refusal"}.get(str(part.get("type")))
    return key is None or isinstance(part.get(key), (str, type(None)))


def _choice(answer: Mapping[str, Json]) -> Choice:
    output = answer.get("output")
    items = [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []
    messages = [item for item in items if item.get("type") == "message"]
    refusals = [text for item in messages for text in _texts(item.get("content"), "refusal")]
    calls = tuple(_call(item) for item in items if item.get("type") == "function_call")
    reasoning = "\n\n".join(text for item in items if item.get("type") == "reasoning" for text in _thoughts(item))
    raw = _raw_finish_reason(answer)
    return Choice(
        text="".join(text for item in messages for text in _texts(item.get("content"), "output_text")),
        tool_calls=calls,
        refusal="".join(refusals) if refusals else None,
        reasoning=reasoning or None,
        finish_reason=_finish_reason(raw, has_calls=bool(calls)),
        raw_finish_reason=raw,
    )


def _texts(content: Json, kind: str) -> Iterator[str]:
    """The texts of the parts of one type. A bare text in place of the parts is an answer's text."""
    if isinstance(content, str) and kind == "output_text":
        yield content
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and part.get("type") == kind:
            text = part.get("refusal" if kind == "refusal" else "text")
            if isinstance(text, str):
                yield text


def _thoughts(item: Mapping[str, Json]) -> Iterator[str]:
    for key, kind in (("summary", "summary_text"), ("content", "reasoning_text")):
        yield from filter(None, _texts(item.get(key), kind))


def _call(item: Mapping[str, Json]) -> ToolCall:
    call_id = _text(item.get("call_id")) or _text(item.get("id"))
    return ToolCall(id=call_id, name=_text(item.get("name")) or "", arguments=_arguments(item))


def _arguments(item: Mapping[str, Json]) -> str:
    """The arguments as text; some servers send an object where the others send its text."""
    arguments = item.get("arguments")
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _raw_finish_reason(answer: Mapping[str, Json]) -> str | None:
    status, details = _text(answer.get("status")), answer.get("incomplete_details")
    reason = _text(details.get("reason")) if isinstance(details, dict) else None
    return reason or status if status == "incomplete" else status


def _finish_reason(raw: str | None, *, has_calls: bool) -> str | None:
    if raw in ("completed", None) and has_calls:
        return "tool_calls"
    if raw is None:
        return None
    return "stop" if raw == "completed" else _INCOMPLETE.get(raw, raw)


def _usage(usage: Json) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    prompt, completion = _count(usage, "input_tokens"), _count(usage, "output_tokens")
    total = _count(usage, "total_tokens")
    if total is None and prompt is not None and completion is not None:
        total = prompt + completion
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=total,
        cached_tokens=_count(usage.get("input_tokens_details"), "cached_tokens"),
        reasoning_tokens=_count(usage.get("output_tokens_details"), "reasoning_tokens"),
    )


def _count(counts: Json, name: str) -> int | None:
    value = counts.get(name) if isinstance(counts, dict) else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None


def _charged(usage: Json) -> Decimal | None:
    """OpenRouter's `usage.cost`, in US dollars."""
    cost = usage.get("cost") if isinstance(usage, dict) else None
    if isinstance(cost, bool) or not isinstance(cost, (int, float)):
        return None
    amount = Decimal(repr(cost))
    return amount if amount.is_finite() and amount >= 0 else None


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None
