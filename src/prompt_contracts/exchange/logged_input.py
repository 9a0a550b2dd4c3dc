"""The `input` of the Responses API -> messages as case files write them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from prompt_contracts.json_value import Json, show

_DETAILS = ("low", "high", "auto")
_TEXTS = ("input_text", "output_text", "text")


def unread(place: str, written: Mapping[str, Json], read: Collection[str]) -> dict[str, None]:
    """Keys that say something, and that nothing is made of."""
    return {
        f"{place}.{key}": None for key, value in written.items() if key not in read and value not in (None, [], {}, "")
    }


def messages_of_input(written: Json, left: dict[str, None]) -> list[Mapping[str, Json]]:
    """The messages; `ValueError` with the reason for an item that none can be made of. `left` gets what is not read."""
    if isinstance(written, str):
        return [{"role": "user", "content": written}]
    if not isinstance(written, list):
        raise ValueError("its 'input' is neither text nor a list")  # noqa: TRY004 - a mistake in the log
    messages: list[Mapping[str, Json]] = []
    for item in written:
        if not isinstance(item, dict):
            raise ValueError(f"{show(item, limit=40)} is no item of an input")  # noqa: TRY004 - as above
        _add(item, messages, left)
    return messages


_OF_AN_ITEM: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "message": ("role", "content"),
        "function_call": ("call_id", "name", "arguments"),
        "function_call_output": ("call_id", "output"),
    }
)


def _add(item: Mapping[str, Json], messages: list[Mapping[str, Json]], left: dict[str, None]) -> None:
    kind = item.get("type", "message")
    if isinstance(kind, str) and kind in _OF_AN_ITEM:
        # Their ids and states are the provider's own, and nothing is asked by them.
        left |= unread("input", item, (*_OF_AN_ITEM[kind], "type", "id", "status"))
    match kind:
        case "message":
            messages.append({"role": item.get("role", "user"), "content": _content(item.get("content"), left)})
        case "function_call":
            call = _call(item)
            last = messages[-1] if messages else {}
            calls = last.get("tool_calls")
            if isinstance(calls, list):
                messages[-1] = {**last, "tool_calls": [*calls, call]}
            else:
                messages.append({"role": "assistant", "tool_calls": [call]})
        case "function_call_output":
            said = item.get("output")
            content = said if isinstance(said, str) else show(said, limit=10_000)
            messages.append({"role": "tool", "tool_call_id": item.get("call_id"), "content": content})
        case "reasoning":
            left["input: an item of the type reasoning"] = None  # hidden, and of one model
        case other:
            raise ValueError(f"an item of the type {show(other, limit=40)} has no counterpart in a case")


def _call(item: Mapping[str, Json]) -> dict[str, Json]:
    function: dict[str, Json] = {"name": item.get("name"), "arguments": item.get("arguments")}
    return {"id": item.get("call_id"), "type": "function", "function": function}


def _content(written: Json, left: dict[str, None]) -> Json:
    if not isinstance(written, list):
        return written
    parts = [_part(part, left) for part in written]
    texts = [part["text"] for part in parts if part.get("type") == "text"]
    return texts[0] if len(texts) == len(parts) == 1 else list[Json](parts)


def _part(part: Json, left: dict[str, None]) -> dict[str, Json]:
    kind = part.get("type") if isinstance(part, dict) else None
    if not isinstance(part, dict) or kind is None:
        raise ValueError(f"{show(part, limit=40)} is no part of a message")
    if kind in _TEXTS:
        left |= unread("input.content", part, ("type", "text"))
        return {"type": "text", "text": part.get("text")}
    if kind == "input_image" and isinstance(part.get("image_url"), str):
        # What a picture is looked at with by default needs no word.
        left |= unread(
            "input.content", part, ("type", "image_url", *(("detail",) if part.get("detail") in _DETAILS else ()))
        )
        detail = {"detail": part["detail"]} if part.get("detail") in ("low", "high") else {}
        return {"type": "image_url", "image_url": {"url": part["image_url"], **detail}}
    if kind == "refusal":
        left |= unread("input.content", part, ("type", "refusal"))
        return {"type": "refusal", "refusal": part.get("refusal")}
    raise ValueError(f"a part of the type {show(kind, limit=40)} has no counterpart in a case")
