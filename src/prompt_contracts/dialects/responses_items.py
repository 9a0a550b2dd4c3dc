"""Messages and tools -> input items and flat tools of the Responses API; items of an answer -> items to send back.

Knows the shape of items only: which of them make up a request is decided elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from prompt_contracts.finding import Finding, clause_of
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message, Tool


def refused_in(messages: Sequence[Message]) -> tuple[Finding, ...]:
    """What stands in messages and has no counterpart in Responses; each is named like `messages[0].name`.

    It is sent as it is, for the server to refuse.
    """
    return tuple(
        Finding(
            code="PC130",
            clause=clause_of(f"messages[{index}].{what}"),
            message=f"message {index + 1}: {reason}",
            help=advice,
        )
        for index, message in enumerate(messages)
        for what, (reason, advice) in _REFUSED.items()
        if message.role == what or message.fields.get(what) is not None or what in _part_types(message)
    )


_ANSWER_FIELDS = ("tool_calls", "refusal")
"""Fields of an assistant's message that become items and parts of their own."""

_REFUSED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "audio": ("'audio' of a message does not exist in Responses", "write 'endpoint: chat'"),
        "function": ("the role 'function' does not exist in Responses", "write the role 'tool' with 'tool_call_id'"),
        "function_call": ("'function_call' of a message does not exist in Responses", "write 'tool_calls'"),
        "input_audio": ("Responses takes no audio", "write 'endpoint: chat'"),
        "name": ("'name' of a message does not exist in Responses", "write the name into the text"),
    }
)
"""Fields, roles and types of parts -> why they are refused, and what to write."""


def _part_types(message: Message) -> set[Json]:
    parts = message.content if isinstance(message.content, list) else []
    kinds = (part.get("type") for part in parts if isinstance(part, dict))
    return {kind for kind in kinds if isinstance(kind, str)}


def flat_tool(tool: Tool) -> dict[str, Json]:
    """A function tool in the form of Responses, whose required keys are all there.

    `strict` is false where it is not written: that is its default in Chat Completions, and not in Responses.
    """
    function = tool.definition.get("function")
    if not isinstance(function, dict):
        return dict(tool.definition)
    rest = {key: value for key, value in tool.definition.items() if key != "function"}
    # OpenAPI document 2.3.0: name, parameters and strict are required, of which the last two may be null.
    flat = {"parameters": None, **rest, **function}
    return {**flat, "type": "function", "strict": function.get("strict") or False}


def input_items(message: Message) -> list[Json]:
    """The items that one message becomes: text first, then its calls. What nobody knows passes as it is."""
    if message.role == "tool":
        return [_call_output(message)]
    is_answer = message.role == "assistant"
    rest = {key: value for key, value in message.fields.items() if not (is_answer and key in _ANSWER_FIELDS)}
    content = _content(message)
    calls = message.fields.get("tool_calls") if is_answer else None
    called = [_call(call) for call in calls] if isinstance(calls, list) else []
    # An empty message beside the calls would be one that the model never wrote.
    if content is None and called:
        return called
    # The type is optional for OpenAI; llama.cpp takes an assistant's message only with it.
    return [{"type": "message", "role": message.role, "content": content or "", **rest}, *called]


def _content(message: Message) -> str | list[Json] | None:
    """The content of a message's own item; None when it has nothing to say beside its calls."""
    refusal = message.fields.get("refusal")
    if message.role != "assistant":
        return _parts(message.content) if isinstance(message.content, list) else message.content or ""
    if isinstance(refusal, str) and not isinstance(message.content, list):
        return "\n".join(filter(None, (message.content, refusal)))
    if isinstance(refusal, str) and isinstance(message.content, list):
        return _answer_parts([*message.content, {"type": "refusal", "refusal": refusal}])
    if isinstance(message.content, list):
        return _answer_parts(message.content) or None
    return message.content or None


def _answer_parts(parts: list[Json]) -> str | list[Json]:
    """The content of an assistant's message: one text where it is text alone.

    A list of output parts belongs to a message with an id and a status, and one that a person wrote has neither: a
    refusal is what was said, too.
    """
    parts = [_refusal_as_text(part) for part in parts]
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    if len(texts) == len(parts) and all(isinstance(text, str) for text in texts):
        return "".join(str(text) for text in texts)
    return [_answer_part(part) for part in parts]


def _refusal_as_text(part: Json) -> Json:
    if isinstance(part, dict) and part.get("type") == "refusal" and isinstance(part.get("refusal"), str):
        return {"type": "text", "text": part["refusal"]}
    return part


def _answer_part(part: Json) -> Json:
    if isinstance(part, dict) and part.get("type") == "text":
        # Required in a part of an answer that goes back (OpenAPI document 2.3.0).
        return {"annotations": [], **part, "type": "output_text"}
    return part


def _parts(parts: list[Json]) -> list[Json]:
    return [_part(part) for part in parts]


def _part(part: Json) -> Json:
    if not isinstance(part, dict):
        return part
    kind = part.get("type")
    rest = {key: value for key, value in part.items() if key not in ("type", kind)}
    match kind:
        case "text":
            return {**part, "type": "input_text"}
        case "image_url":
            image = part.get("image_url")
            fields = dict(image) if isinstance(image, dict) else {"url": image}
            # The detail is required here; auto is what Chat Completions takes when it is not written.
            return {"type": "input_image", "image_url": fields.pop("url", None), "detail": "auto", **fields, **rest}
        case "file":
            file = part.get("file")
            return {"type": "input_file", **(file if isinstance(file, dict) else {"file": file}), **rest}
        case _:
            return part


def _call(call: Json) -> Json:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(call, dict) or not isinstance(function, dict):
        return call
    arguments = function.get("arguments", "")
    return {
        "type": "function_call",
        "call_id": call.get("id"),
        "name": function.get("name"),
        "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False),
    }


def _call_output(message: Message) -> Json:
    rest = {key: value for key, value in message.fields.items() if key != "tool_call_id"}
    output = _parts(message.content) if isinstance(message.content, list) else message.content or ""
    return {"type": "function_call_output", "call_id": message.fields.get("tool_call_id"), "output": output, **rest}


def items_to_resend(output: Sequence[Json], *, is_stored: bool) -> list[Json]:
    """The items of an answer in the form in which they go back: unchanged, but for what a request may not hold.

    An answer that is not stored is unknown to the server: its reasoning goes back only where it came encrypted.
    """
    lost = {index for index, item in enumerate(output) if not is_stored and _is_bare_reasoning(item)}
    return [
        _resent(item, has_lost_reasoning=bool(lost))
        for index, item in enumerate(output)
        if index not in lost and not _is_nameless_reasoning(item)
    ]


def _is_bare_reasoning(item: Json) -> bool:
    return isinstance(item, dict) and item.get("type") == "reasoning" and not item.get("encrypted_content")


def _is_nameless_reasoning(item: Json) -> bool:
    return isinstance(item, dict) and item.get("type") == "reasoning" and not isinstance(item.get("id"), str)


def _resent(item: Json, *, has_lost_reasoning: bool) -> Json:
    if not isinstance(item, dict):
        return item
    # Servers write null where the request's schema has the key left out; no required key may be null.
    known = {key: value for key, value in item.items() if value is not None}
    match item.get("type"):
        case "message":
            return _resent_message(known)
        case "reasoning":
            # Required in a reasoning item that goes back (OpenAPI document 2.3.0).
            return {"summary": [], **known}
        case "function_call":
            # With its id the server would look for the reasoning that belongs to it.
            rest = {key: value for key, value in known.items() if key != "id" or not has_lost_reasoning}
            return {**rest, "arguments": sendable_arguments(item.get("arguments"))}
        case _:
            return item


def sendable_arguments(arguments: Json) -> str:
    """The arguments of a call of an answer, for the next request: `{}` where they are no JSON object.

    Several servers refuse a conversation with broken ones, and the result of the call tells the model what was wrong.
    """
    if isinstance(arguments, dict):
        return json.dumps(arguments, ensure_ascii=False)
    try:
        # NaN and Infinity are no JSON, though Python reads them.
        parsed = json.loads(arguments, parse_constant=_refuse) if isinstance(arguments, str) else None
    except (ValueError, RecursionError):
        parsed = None
    return arguments if isinstance(arguments, str) and isinstance(parsed, dict) else "{}"


def _refuse(name: str) -> Json:
    raise ValueError(name)


def _resent_message(item: Mapping[str, Json]) -> Json:
    content = item.get("content")
    if isinstance(content, list) and "id" in item and "status" in item:
        return {**item, "content": [_resent_part(part) for part in content]}
    parts: list[Json] = content if isinstance(content, list) else [{"type": "output_text", "text": content or ""}]
    # What has no id goes back as a message that a person might have written.
    return {"type": "message", "role": "assistant", "content": _answer_parts([_written_part(part) for part in parts])}


def _written_part(part: Json) -> Json:
    return {**part, "type": "text"} if isinstance(part, dict) and part.get("type") == "output_text" else part


def _resent_part(part: Json) -> Json:
    if not isinstance(part, dict) or part.get("type") != "output_text":
        return part
    return {"annotations": [], **{key: value for key, value in part.items() if value is not None}}
