"""A response object of the Responses API -> a completion, or the error that it is. Pure; streams are not read here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.dialects.answer_body import (
    TokenNames,
    arguments_text,
    malformed,
    parse_body,
    read_charge,
    read_usage,
    said_text,
)
from prompt_contracts.dialects.error_response import error_in_body, read_error_body, unreadable
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json, show
from prompt_contracts.provider_error import ErrorKind, ProviderError

_TOKENS = TokenNames(
    prompt="input_tokens",
    completion="output_tokens",
    prompt_details=("input_tokens_details",),
    completion_details="output_tokens_details",
)

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

_OTHER_CALLS = ("apply_patch_call", "computer_call", "custom_tool_call", "local_shell_call")
"""Calls that whoever asked must carry out, and that are no calls of functions."""

_INCOMPLETE: Mapping[str, str] = MappingProxyType({"max_output_tokens": "length"})


def parse_answer(response: ApiResponse) -> dict[str, Json] | ProviderError:
    """The response object that a JSON body holds, or the error it carries at whatever status."""
    body = parse_body(response)
    if isinstance(body, ProviderError):
        return body
    return check_answer(body, response)


def check_answer(body: Json, response: ApiResponse) -> dict[str, Json] | ProviderError:
    """A parsed body as a response object that `completion_of` can read, or the error it carries.

    `response` is what brought it: the whole of it, or one of its events.
    """
    if not isinstance(body, dict):
        return malformed(response, "the answer is not a JSON object")
    if error_in_body(body):
        return response_failure(body, response)
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


def response_failure(body: Json, response: ApiResponse) -> ProviderError:
    """The error of a failed response object, or of an event that tells of one; `response` brought it."""
    found = read_error_body(body, response)
    # By a table of their own: `server_error` inside status 200 says more than it does beside a 400.
    kind = _FAILURES.get(found.code or "")
    return found if kind is None else replace(found, kind=kind)


def response_completion(answer: Mapping[str, Json]) -> Completion:
    """What a response object says, which `check_answer` has passed. Items of unknown types are no part of it."""
    return Completion(
        choices=(_choice(answer),),
        usage=read_usage(answer.get("usage"), _TOKENS),
        model=said_text(answer.get("model")),
        id=said_text(answer.get("id")),
        charged=read_charge(answer.get("usage")),
        service_tier=said_text(answer.get("service_tier")),
    )


def _damage(item: Json) -> str | None:
    """What makes an item of the output unreadable, or None."""
    if not isinstance(item, dict):
        return "an output item that is not an object"
    content = item.get("content")
    match item.get("type"):
        case "function_call":
            return _call_damage(item)
        case str(kind) if kind in _OTHER_CALLS:
            return f"an item '{kind}', and only calls of functions can be judged"
        case "message" if not isinstance(content, (str, list, type(None))):
            return "a message whose content is neither text nor parts"
        case "message" if isinstance(content, list) and not all(map(_is_readable, content)):
            return "a content part in a shape that nobody knows"
    return None


def _call_damage(item: Mapping[str, Json]) -> str | None:
    if not isinstance(item.get("name"), str):
        return "a function call without a name"
    try:
        arguments_text(item.get("arguments"))
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
    # Two ids: the outputs of tools name the first; `id` is the item's own.
    call_id = said_text(item.get("call_id")) or said_text(item.get("id"))
    return ToolCall(id=call_id, name=said_text(item.get("name")) or "", arguments=arguments_text(item.get("arguments")))


def _raw_finish_reason(answer: Mapping[str, Json]) -> str | None:
    status, details = said_text(answer.get("status")), answer.get("incomplete_details")
    reason = said_text(details.get("reason")) if isinstance(details, dict) else None
    return reason or status if status == "incomplete" else status


def _finish_reason(raw: str | None, *, has_calls: bool) -> str | None:
    # Responses has no finish reason: calls are read off the output.
    if raw in ("completed", None) and has_calls:
        return "tool_calls"
    if raw is None:
        return None
    return "stop" if raw == "completed" else _INCOMPLETE.get(raw, raw)
