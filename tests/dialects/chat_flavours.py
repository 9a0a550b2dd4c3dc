"""Chat answers and the ways in which servers stream them, for property tests: one answer, many streams."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from hypothesis import strategies as st

Body = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Flavour:
    """How one server streams."""

    line_end: str
    space: str
    comments: bool
    """A comment line before each event."""
    keys: Literal["index", "id", "whole"]
    """What tells the fragments of calls apart; `whole` sends each call in one piece and without an index."""
    later_ids: Literal["absent", "empty", "repeated"]
    repeats: bool
    """Role and function names stand in each chunk."""
    nulls: bool
    """What a chunk does not bring is null instead of absent."""
    usage: Literal["last chunk", "each chunk", "x_groq", "with the end"]
    opening: bool
    """A first chunk without choices, id and model, as Azure sends it."""
    finish: Literal["own chunk", "last piece"]
    done: bool
    blank: bool
    """The last event ends in a blank line."""
    piece: int
    """Characters in a piece."""
    ascii: bool


flavours = st.builds(
    Flavour,
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    space=st.sampled_from(["", " "]),
    comments=st.booleans(),
    keys=st.sampled_from(["index", "id", "whole"]),
    later_ids=st.sampled_from(["absent", "empty", "repeated"]),
    repeats=st.booleans(),
    nulls=st.booleans(),
    usage=st.sampled_from(["last chunk", "each chunk", "x_groq", "with the end"]),
    opening=st.booleans(),
    finish=st.sampled_from(["own chunk", "last piece"]),
    done=st.booleans(),
    blank=st.booleans(),
    piece=st.integers(1, 9),
    ascii=st.booleans(),
)

_words = st.text(min_size=1, max_size=12)
_arguments = st.just("") | st.text(max_size=20) | st.dictionaries(_words, st.integers(), max_size=3).map(json.dumps)
_calls = st.lists(
    st.fixed_dictionaries({"id": _words, "function": st.fixed_dictionaries({"name": _words, "arguments": _arguments})}),
    max_size=3,
    unique_by=lambda call: str(call["id"]),
)
_messages = st.fixed_dictionaries(
    {"content": st.none() | st.text(max_size=30)},
    optional={
        "refusal": st.none() | st.text(max_size=12),
        "reasoning": st.text(max_size=12),
        "reasoning_content": st.text(max_size=12),
        "tool_calls": _calls,
    },
)
_counts = st.integers(0, 10**6)
_usages = st.fixed_dictionaries(
    {"prompt_tokens": _counts, "completion_tokens": _counts, "total_tokens": _counts},
    optional={
        "prompt_tokens_details": st.none() | st.fixed_dictionaries({"cached_tokens": _counts}),
        "completion_tokens_details": st.none() | st.fixed_dictionaries({"reasoning_tokens": _counts}),
        "cost": st.floats(0, 10),
    },
)
answers: st.SearchStrategy[Body] = st.fixed_dictionaries(
    {
        "id": _words,
        "model": _words,
        "choices": st.lists(
            st.fixed_dictionaries(
                {"message": _messages, "finish_reason": st.sampled_from(["stop", "length", "tool_calls", "eos"])}
            ),
            min_size=1,
            max_size=3,
        ),
        "usage": _usages,
    }
)


def render(answer: Body, flavour: Flavour) -> bytes:
    """The answer as a stream of this flavour."""
    chunks = list(_chunks(answer, flavour))
    data = [json.dumps(chunk, ensure_ascii=flavour.ascii) for chunk in chunks]
    if flavour.done:
        data.append("[DONE]")
    end = flavour.line_end
    comment = f": PROCESSING{end}{end}" if flavour.comments else ""
    body = "".join(f"{comment}data:{flavour.space}{item}{end}{end}" for item in data)
    return (body if flavour.blank else body.removesuffix(end).removesuffix(end)).encode()


def _chunks(answer: Body, flavour: Flavour) -> Iterator[Body]:
    top = {"id": answer["id"], "object": "chat.completion.chunk", "model": answer["model"], "obfuscation": "x7"}
    if flavour.opening:
        yield {"id": "", "model": "", "choices": [], "prompt_filter_results": []}
    streams = [_entries(index, choice, flavour) for index, choice in enumerate(answer["choices"])]
    while streams:  # the choices take turns
        for stream in list(streams):
            entry = next(stream, None)
            if entry is None:
                streams.remove(stream)
                continue
            yield {**top, "choices": [entry], **_usage(answer, flavour, is_end=bool(entry["finish_reason"]))}
    if flavour.usage == "last chunk":
        yield {**top, "choices": [], "usage": answer["usage"]}


def _usage(answer: Body, flavour: Flavour, *, is_end: bool) -> Body:
    if flavour.usage == "each chunk":
        return {"usage": answer["usage"] if is_end else {"prompt_tokens": 1}}
    if is_end and flavour.usage == "x_groq":
        return {"x_groq": {"usage": answer["usage"]}}
    if is_end and flavour.usage == "with the end":
        return {"usage": answer["usage"]}
    return {"usage": None} if flavour.nulls else {}


def _entries(index: int, choice: Body, flavour: Flavour) -> Iterator[Body]:
    deltas = list(_deltas(choice["message"], flavour))
    if flavour.repeats:
        deltas = [{"role": "assistant", **delta} for delta in deltas]
    if flavour.finish == "own chunk":
        deltas.append({})
    for number, delta in enumerate(deltas, 1):
        finish = choice["finish_reason"] if number == len(deltas) else None
        yield {"index": index, "delta": delta, "finish_reason": finish, "logprobs": None}


def _deltas(message: Body, flavour: Flavour) -> Iterator[Body]:
    yield {"role": "assistant", "content": "" if message["content"] is not None else None}
    for name in ("reasoning", "reasoning_content", "content", "refusal"):
        for piece in _pieces(message.get(name) or "", flavour.piece):
            others = {"content": None, "refusal": None} if flavour.nulls else {}
            yield {**others, name: piece}
    for number, call in enumerate(message.get("tool_calls") or ()):
        yield from _call_deltas(number, call, flavour)


def _call_deltas(number: int, call: Body, flavour: Flavour) -> Iterator[Body]:
    if flavour.keys == "whole":
        yield {"tool_calls": [call]}
        return
    key = {"index": number} if flavour.keys == "index" else {}
    name = {"name": call["function"]["name"]}
    yield {"tool_calls": [{**key, "id": call["id"], "type": "function", "function": {**name, "arguments": ""}}]}
    ids = {"absent": {}, "empty": {"id": ""}, "repeated": {"id": call["id"]}}[flavour.later_ids]
    for piece in _pieces(call["function"]["arguments"], flavour.piece):
        yield {"tool_calls": [{**key, **ids, "function": {**(name if flavour.repeats else {}), "arguments": piece}}]}


def _pieces(text: str, size: int) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]
