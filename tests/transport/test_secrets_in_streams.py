"""A key that an answer brings in pieces is never written: over events, lines, choices, calls and messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from prompt_contracts.engine.secrecy import answer_texts
from prompt_contracts.errors import SecretFound
from prompt_contracts.transport.redaction import split_secret
from tests.transport.loopback import KEY, Answer, Loopback, Workshop

PIECES = [KEY[at : at + 5] for at in range(0, len(KEY), 5)]
OTHERS = ["It ", "will ", "not ", "rain ", "in Oslo."]


def events(*datas: Any, name: str | None = None) -> bytes:
    head = "" if name is None else f"event: {name}\n"
    return "".join(f"{head}data: {data if isinstance(data, str) else json.dumps(data)}\n\n" for data in datas).encode()


def delta(index: int, **change: Any) -> dict[str, Any]:
    return {"id": f"chatcmpl-{index}", "choices": [{"index": index, "delta": change, "finish_reason": None}]}


def called(place: int, arguments: str, **more: Any) -> dict[str, Any]:
    return {"index": place, "function": {"arguments": arguments}, **more}


def end(*indexes: int) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": {}, "finish_reason": "stop"} for index in indexes]}


def interleaved(one: Any, other: Any) -> Iterator[Any]:
    for key, text in zip(PIECES, OTHERS, strict=True):
        yield one(key)
        yield other(text)


def run_piece(message: str, text: str) -> dict[str, Any]:
    part = {"index": 0, "type": "text", "text": {"value": text}}
    return {"id": message, "object": "thread.message.delta", "delta": {"content": [part]}}


def item_piece(item: int, text: str, *, kind: str = "response.output_text.delta") -> dict[str, Any]:
    return {"type": kind, "item_id": f"item_{item}", "output_index": item, "content_index": 0, "delta": text}


STREAMS: dict[str, tuple[str, bytes]] = {
    "one choice": ("/chat/completions", events(*(delta(0, content=each) for each in PIECES), end(0), "[DONE]")),
    "two choices by turns": (
        "/chat/completions",
        events(
            *interleaved(lambda key: delta(0, content=key), lambda text: delta(1, content=text)), end(0, 1), "[DONE]"
        ),
    ),
    "two choices in one event": (
        "/chat/completions",
        events(
            *(
                {
                    "choices": [*delta(1, content=text)["choices"], *delta(0, content=key)["choices"]][
                        :: 1 - 2 * (at % 2)
                    ]
                }
                for at, (key, text) in enumerate(zip(PIECES, OTHERS, strict=True))
            ),
            end(0, 1),
            "[DONE]",
        ),
    ),
    "a refusal between texts": (
        "/chat/completions",
        events(
            *interleaved(lambda key: delta(0, refusal=key), lambda text: delta(1, refusal=text)), end(0, 1), "[DONE]"
        ),
    ),
    "two calls by turns": (
        "/chat/completions",
        events(
            delta(0, tool_calls=[called(0, "", id="a"), called(1, "", id="b")]),
            *interleaved(
                lambda key: delta(0, tool_calls=[called(0, key)]), lambda text: delta(0, tool_calls=[called(1, text)])
            ),
            end(0),
            "[DONE]",
        ),
    ),
    "calls told apart by their ids": (
        "/chat/completions",
        events(
            *interleaved(
                lambda key: delta(0, tool_calls=[{"id": "a", "function": {"name": "f", "arguments": key}}]),
                lambda text: delta(0, tool_calls=[{"id": "b", "function": {"name": "g", "arguments": text}}]),
            ),
            end(0),
            "[DONE]",
        ),
    ),
    "items of a response by turns": (
        "/responses",
        events(*interleaved(lambda key: item_piece(0, key), lambda text: item_piece(1, text))),
    ),
    "arguments of a response": (
        "/responses",
        events(
            *interleaved(
                lambda key: item_piece(0, key, kind="response.function_call_arguments.delta"),
                lambda text: item_piece(1, text, kind="response.function_call_arguments.delta"),
            )
        ),
    ),
    "messages of a run by turns": (
        "/threads/t/runs",
        events(
            *interleaved(lambda key: run_piece("msg_1", key), lambda text: run_piece("msg_2", text)),
            name="thread.message.delta",
        ),
    ),
    "several data lines": ("/chat/completions", "".join(f"data: {each}\n" for each in PIECES).encode() + b"\n"),
    "several data lines within JSON": (
        "/chat/completions",
        b'data: {"choices": [{"index": 0, "delta": {"content":\ndata: "' + KEY.encode() + b'"}}]}\n\n',
    ),
    "JSON over lines, escaped": (
        "/chat/completions",
        ('data: {"a":\ndata: "' + "".join(f"\\u{ord(each):04x}" for each in KEY) + '"}\n\n').encode(),
    ),
    "bare texts": ("/chat/completions", events(*PIECES)),
    "lines that end in returns": (
        "/chat/completions",
        events(*(delta(0, content=each) for each in PIECES)).replace(b"\n", b"\r"),
    ),
    "a stream that broke off": (
        "/chat/completions",
        events(*interleaved(lambda key: delta(0, content=key), lambda text: delta(1, content=text))),
    ),
}


@pytest.mark.parametrize("stream", STREAMS)
def test_a_key_that_a_stream_brings_in_pieces_is_not_recorded(
    workshop: Workshop, server: Loopback, stream: str
) -> None:
    path, body = STREAMS[stream]
    server.answer = lambda asked: Answer(headers=(("Content-Type", "text/event-stream"),), body=body)
    cell = workshop.transport("rewrite", answer_texts=answer_texts).open(workshop.cell())
    cell.send(workshop.request(path=path), trial=1)

    with pytest.raises(SecretFound, match="the value of HOUSE_KEY stands in") as caught:
        cell.save()

    assert KEY not in str(caught.value)
    assert not list(workshop.root.rglob("*.yaml"))


NOT_SPLIT_BY_PLACE = ("calls told apart by their ids", "several data lines within JSON", "JSON over lines, escaped")


@pytest.mark.parametrize("stream", [name for name in STREAMS if name not in NOT_SPLIT_BY_PLACE])
def test_a_raw_stream_that_brings_a_key_in_pieces_is_told_from_others(workshop: Workshop, stream: str) -> None:
    body = STREAMS[stream][1].decode()
    cell = workshop.transport("live").open(workshop.cell())
    secrets = cell._recording._secrets()

    assert split_secret(body, secrets) == "HOUSE_KEY"
    assert split_secret(body.replace(PIECES[2], "calm"), secrets) is None


def test_parts_of_a_content_are_read_together(workshop: Workshop, server: Loopback) -> None:
    parts = [{"type": "text", "text": each} for each in PIECES]
    body = {"choices": [{"index": 0, "message": {"role": "assistant", "content": parts}, "finish_reason": "stop"}]}
    server.answer = lambda asked: Answer(body=json.dumps(body).encode())
    cell = workshop.transport("rewrite", answer_texts=answer_texts).open(workshop.cell())
    cell.send(workshop.request(), trial=1)

    with pytest.raises(SecretFound, match="what the response says"):
        cell.save()
