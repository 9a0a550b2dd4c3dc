"""What hypothesis makes of the Responses API: parameters, messages and answers. Tests nothing."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from prompt_contracts.json_value import Json
from prompt_contracts.message import Message, Tool

TEXT = st.text(max_size=20)
NAME = st.text("abcdefgh_-01", min_size=1, max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
SCHEMA = st.dictionaries(NAME, JSON, max_size=3)


def objects(required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects that have the required keys and any of the optional ones."""
    return st.fixed_dictionaries(required, optional=optional)


def tagged(kind: str, **required: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    """The required keys of an object with a type."""
    return {"type": st.just(kind), **required}


_FORMATS = (
    objects(tagged("text"))
    | objects(tagged("json_object"))
    | objects(
        tagged(
            "json_schema",
            json_schema=objects({"name": NAME, "schema": SCHEMA}, strict=st.booleans() | st.none(), description=TEXT),
        )
    )
)
_NAMED_TOOL = objects(tagged("function", function=objects({"name": NAME})))
_TOOL_CHOICES = (
    st.sampled_from(["auto", "none", "required"])
    | _NAMED_TOOL
    | objects(
        tagged(
            "allowed_tools",
            allowed_tools=objects({"mode": st.sampled_from(["auto", "required"]), "tools": st.lists(_NAMED_TOOL)}),
        )
    )
)
_EFFORTS = st.sampled_from(["none", "minimal", "low", "medium", "high", "xhigh", "max"])
_VERBOSITIES = st.sampled_from(["low", "medium", "high"])

SHARED: dict[str, st.SearchStrategy[Any]] = {
    "temperature": st.sampled_from([0, 0.5, 2]),
    "top_p": st.sampled_from([0, 0.5, 1]),
    "top_logprobs": st.integers(0, 20),
    "parallel_tool_calls": st.booleans(),
    "metadata": st.dictionaries(NAME, TEXT, max_size=2),
    "store": st.booleans(),
    "stream": st.booleans(),
    "service_tier": st.sampled_from(["auto", "default", "flex", "priority"]),
    "user": TEXT,
    "safety_identifier": TEXT,
    "prompt_cache_key": TEXT,
    "tool_choice": _TOOL_CHOICES,
    "stream_options": objects({}, include_usage=st.booleans(), include_obfuscation=st.booleans()),
}
"""Parameters of both families by one name, by the rules of Chat Completions."""

CHAT: dict[str, st.SearchStrategy[Any]] = {
    "max_tokens": st.integers(16, 99),
    "max_completion_tokens": st.integers(16, 99),
    "response_format": _FORMATS,
    "reasoning_effort": _EFFORTS,
    "verbosity": _VERBOSITIES,
    "logprobs": st.booleans(),
    "modalities": st.just(["text"]),
    "n": st.just(1),
}
"""Parameters of Chat Completions that have a counterpart, or none but do no harm."""

NATIVE: dict[str, st.SearchStrategy[Any]] = {
    "max_output_tokens": st.integers(16, 99),
    "reasoning": objects({}, effort=_EFFORTS, summary=st.sampled_from(["auto", "concise", "detailed"])),
    "text": objects({}, verbosity=_VERBOSITIES, format=objects(tagged("json_schema", name=NAME, schema=SCHEMA))),
    "include": st.lists(st.sampled_from(["reasoning.encrypted_content", "message.output_text.logprobs"]), max_size=2),
    "instructions": TEXT,
    "previous_response_id": NAME,
    "truncation": st.sampled_from(["auto", "disabled"]),
    "max_tool_calls": st.integers(1, 9),
    "prompt": objects({"id": NAME}),
    "background": st.just(False),
}
"""Parameters of Responses alone."""

REFUSED: dict[str, st.SearchStrategy[Any]] = {
    "seed": st.integers(),
    "stop": st.lists(TEXT, min_size=1, max_size=2),
    "n": st.integers(2, 9),
    "frequency_penalty": st.sampled_from([0, 1]),
    "presence_penalty": st.sampled_from([0, 1]),
    "logit_bias": st.dictionaries(NAME, st.integers(), max_size=2),
    "prediction": objects(tagged("content", content=TEXT)),
    "audio": objects({"voice": TEXT}),
    "background": st.just(True),
}
"""Parameters that no Responses request can carry."""


def parameters(*groups: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Json]]:
    """Any choice of the parameters of these groups."""
    optional = {name: strategy for group in groups for name, strategy in group.items()}
    return st.fixed_dictionaries({}, optional=optional)


TOOLS = st.lists(
    st.builds(
        lambda name, function: Tool(name=name, definition={"type": "function", "function": {"name": name, **function}}),
        NAME,
        objects({}, description=TEXT, parameters=SCHEMA, strict=st.booleans() | st.none()),
    ),
    max_size=3,
).map(tuple)

_TEXT_PART = objects(tagged("text", text=TEXT))
_PARTS = st.lists(
    _TEXT_PART
    | objects(
        tagged(
            "image_url",
            image_url=objects(
                {"url": st.just("https://example.org/a.png")}, detail=st.sampled_from(["auto", "low", "high"])
            ),
        )
    )
    | objects(tagged("file", file=objects({}, filename=NAME, file_data=TEXT, file_id=NAME))),
    min_size=1,
    max_size=3,
)
_CALLS = st.lists(
    objects(tagged("function", id=NAME, function=objects({"name": NAME, "arguments": TEXT}))), min_size=1, max_size=2
)

MESSAGES = st.lists(
    st.builds(Message, role=st.sampled_from(["system", "developer"]), content=TEXT | st.lists(_TEXT_PART, min_size=1))
    | st.builds(Message, role=st.just("user"), content=TEXT | _PARTS)
    | st.builds(Message, role=st.just("assistant"), content=TEXT | st.lists(_TEXT_PART, min_size=1, max_size=3))
    | st.builds(
        Message,
        role=st.just("assistant"),
        content=st.none() | TEXT,
        fields=st.builds(lambda calls: {"tool_calls": calls}, _CALLS),
    )
    | st.builds(
        Message,
        role=st.just("tool"),
        content=TEXT | st.lists(_TEXT_PART, min_size=1, max_size=2),
        fields=st.builds(lambda name: {"tool_call_id": name}, NAME),
    ),
    min_size=1,
    max_size=5,
).map(tuple)
"""Conversations of any kind, without regard to what may follow what."""

_STATUS = st.sampled_from(["completed", "incomplete"])
_MESSAGE_ITEM = objects(
    tagged(
        "message",
        id=NAME,
        role=st.just("assistant"),
        status=_STATUS,
        content=st.lists(
            objects(tagged("output_text", text=TEXT, annotations=st.just([])), logprobs=st.just([]))
            | objects(tagged("refusal", refusal=TEXT)),
            max_size=3,
        ),
    )
)
_CALL_ITEM = objects(
    tagged(
        "function_call",
        id=NAME,
        call_id=NAME,
        name=NAME,
        arguments=TEXT | SCHEMA.map(json.dumps),
        status=_STATUS,
    )
)
_REASONING_ITEM = objects(
    tagged("reasoning", id=NAME, summary=st.lists(objects(tagged("summary_text", text=TEXT)), max_size=2)),
    content=st.lists(objects(tagged("reasoning_text", text=TEXT)), max_size=2),
    encrypted_content=TEXT | st.none(),
)
OUTPUT = st.lists(_MESSAGE_ITEM | _CALL_ITEM | _REASONING_ITEM, max_size=4)

_USAGE = objects(
    {"input_tokens": st.integers(0, 99), "output_tokens": st.integers(0, 99), "total_tokens": st.integers(0, 198)},
    input_tokens_details=objects({"cached_tokens": st.integers(0, 9)}),
    output_tokens_details=objects({"reasoning_tokens": st.integers(0, 9)}),
)
ANSWERS = st.builds(
    lambda fields, ending: {"object": "response", **fields, **ending},
    objects({"id": NAME, "model": NAME, "output": OUTPUT, "usage": _USAGE | st.none(), "error": st.none()}),
    st.just({"status": "completed", "incomplete_details": None})
    | st.sampled_from(["max_output_tokens", "content_filter"]).map(
        lambda reason: {"status": "incomplete", "incomplete_details": {"reason": reason}}
    ),
)
"""Response objects that hold an answer."""


def rendered(
    answer: dict[str, Any], *, ends_with: str = "output", has_places: bool = True, line_end: str = "\n"
) -> bytes:
    """A response object as the stream of events that would tell it.

    `ends_with`: the last event holds the `output`; only `items` were told whole; or only `pieces`, and no item
    was ever whole. Without places, events name items by id alone, as llama.cpp's do.
    """
    events: list[tuple[str, dict[str, Any]]] = [("response.created", {"response": _running(answer)})]
    for number, item in enumerate(answer["output"]):
        given = {"item_id": item["id"], **({"output_index": number} if has_places else {})}
        place = {"output_index": number} if has_places else {}
        events.append(("response.output_item.added", {**place, "item": _empty(item)}))
        events += [(kind, {**given, **event}) for kind, event in _pieces(item)]
        if ends_with != "pieces":
            events.append(("response.output_item.done", {**place, "item": item}))
    final = answer if ends_with == "output" else {key: value for key, value in answer.items() if key != "output"}
    events.append((f"response.{answer['status']}", {"response": final}))
    return b"".join(_lines(kind, event, line_end) for kind, event in events)


def _lines(kind: str, event: dict[str, Any], line_end: str) -> bytes:
    data = json.dumps({"type": kind, **event}, ensure_ascii=False)
    return f"event: {kind}{line_end}data: {data}{line_end}{line_end}".encode()


def _running(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}


def _empty(item: dict[str, Any]) -> dict[str, Any]:
    blank: dict[str, Any] = {"content": [], "summary": [], "arguments": "", "status": "in_progress"}
    return {key: blank.get(key, value) for key, value in item.items()}


def _pieces(item: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for number, part in enumerate(item.get("content") or []):
        key = "refusal" if part["type"] == "refusal" else "text"
        found += [
            (f"response.{part['type']}.delta", {"content_index": number, "delta": one}) for one in _cut(part[key])
        ]
        found.append((f"response.{part['type']}.done", {"content_index": number, key: part[key]}))
    for number, part in enumerate(item.get("summary") or []):
        kind = "response.reasoning_summary_text.delta"
        found += [(kind, {"summary_index": number, "delta": one}) for one in _cut(part["text"])]
    if item["type"] == "function_call":
        found += [("response.function_call_arguments.delta", {"delta": one}) for one in _cut(item["arguments"])]
    return found


def _cut(text: str) -> list[str]:
    return [text[:3], *text[3:]]


def with_own_ids(answer: dict[str, Any]) -> dict[str, Any]:
    """The same answer, no two items of which share an id."""
    items = [{**item, "id": f"{item['type']}_{number}"} for number, item in enumerate(answer["output"])]
    return {**answer, "output": items}
