"""What two responses to one request have in common when they mean the same, and what sets them apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from prompt_contracts.dialects.answer_meaning import answer_meaning
from prompt_contracts.interaction import ApiResponse, Meaning

CHAT, RESPONSES = "https://api.example/v1/chat/completions", "https://api.example/v1/responses"
JSON, STREAM = (("content-type", "application/json"),), (("content-type", "text/event-stream"),)


def meaning(url: str, body: Any, *, status: int = 200) -> Meaning:
    if isinstance(body, str):
        return answer_meaning(url, ApiResponse(status=status, headers=STREAM, body=body.encode()))
    return answer_meaning(url, ApiResponse(status=status, headers=JSON, body=json.dumps(body).encode()))


def chat(**more: Any) -> dict[str, Any]:
    call = {"id": "call_a", "type": "function", "function": {"name": "get", "arguments": '{"city":"Oslo"}'}}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "small",
        "system_fingerprint": "fp_1",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Hi", "tool_calls": [call]}, "finish_reason": "x"}
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "queue_time": 0.5},
        "timings": {"prompt_ms": 1.5},
        **more,
    }


def changed(path: str, value: Any) -> dict[str, Any]:
    body: Any = chat()
    *way, last = path.split("/")
    place = body
    for part in way:
        place = place[int(part) if part.isdigit() else part]
    place[int(last) if last.isdigit() else last] = value
    found: dict[str, Any] = body
    return found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", "chatcmpl-2"),
        ("created", 2),
        ("system_fingerprint", "fp_2"),
        ("timings", {"prompt_ms": 99.1}),
        ("x_groq", {"id": "req_1", "seed": 7}),
        ("time_info", {"queue_time": 0.1}),
        ("usage/queue_time", 0.9),
        ("usage/total_tokens_per_sec", 12.5),
        ("usage/time_to_first_token", 0.25),
        ("choices/0/seed", 123456),
        ("choices/0/message/tool_calls/0/id", "call_b"),
    ],
)
def test_what_every_answer_has_anew_means_nothing(path: str, value: Any) -> None:
    assert meaning(CHAT, changed(path, value)).text == meaning(CHAT, chat()).text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("choices/0/message/content", "hi"),
        ("choices/0/message/content", "Hi "),
        ("choices/0/message/content", None),
        ("choices/0/finish_reason", "stop"),
        ("choices/0/message/refusal", "no"),
        ("choices/0/message/tool_calls/0/function/name", "put"),
        ("choices/0/message/tool_calls/0/function/arguments", '{"city": "Oslo"}'),
        ("choices/0/logprobs", {"content": [{"token": "Hi", "logprob": -0.25}]}),
        ("usage/completion_tokens", 3),
        ("usage/prompt_tokens_details", {"cached_tokens": 2}),
        ("model", "small-2"),
        ("service_tier", "flex"),
        ("provider", "Elsewhere"),
        ("citations", ["https://example.org"]),
    ],
)
def test_everything_else_counts_to_the_last_space(path: str, value: Any) -> None:
    assert meaning(CHAT, changed(path, value)).text != meaning(CHAT, chat()).text


def test_the_order_of_calls_counts_and_so_does_which_id_stands_where() -> None:
    one, two = ({"id": f"c{n}", "function": {"name": name, "arguments": "{}"}} for n, name in ((1, "a"), (2, "b")))
    first, second, renamed = (
        meaning(CHAT, changed("choices/0/message/tool_calls", calls))
        for calls in ([one, two], [two, one], [{**one, "id": "c8"}, {**two, "id": "c9"}])
    )

    assert first.text != second.text
    assert first.text == renamed.text
    assert (first.ids, renamed.ids) == (("c1", "c2", "chatcmpl-1"), ("c8", "c9", "chatcmpl-1"))


def stream(
    *texts: str, id_: str = "c-1", end: str = "stop", usage: Mapping[str, int] | None = None, **more: Any
) -> str:
    chunks: list[Any] = [
        {"id": id_, "created": 1, "choices": [{"index": 0, "delta": {"content": text}, **more}]} for text in texts
    ]
    chunks.append({"id": id_, "choices": [{"index": 0, "delta": {}, "finish_reason": end}]})
    chunks.append({"id": id_, "choices": [], "usage": usage or {"prompt_tokens": 3, "completion_tokens": 2}})
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"


def test_a_stream_that_is_cut_otherwise_means_the_same() -> None:
    whole = meaning(CHAT, stream("Hello"))

    assert meaning(CHAT, stream("He", "llo", id_="c-2")) == Meaning(text=whole.text, ids=("c-2",))
    assert meaning(CHAT, stream("He", "llo", obfuscation="x")).text != ""


@pytest.mark.parametrize(
    "other",
    [
        stream("Hello "),
        stream("Hello", end="length"),
        stream("Hello", usage={"prompt_tokens": 3, "completion_tokens": 3}),
        stream("Hello", logprobs={"content": [{"token": "Hello", "logprob": -0.5}]}),
        stream("Hello")[:-40],
        stream("Hello").replace("[DONE]", '{"error": {"message": "no"}}'),
    ],
)
def test_a_stream_with_another_word_end_or_count_does_not(other: str) -> None:
    assert meaning(CHAT, other).text != meaning(CHAT, stream("Hello")).text


def responses(**more: Any) -> dict[str, Any]:
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get", "arguments": "{}"}
    said = {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "output": [said, call],
        "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
        **more,
    }


def responses_stream(body: dict[str, Any], *deltas: str) -> str:
    events: list[Any] = [{"type": "response.created", "response": {"id": body["id"]}}]
    events += [{"type": "response.output_text.delta", "output_index": 0, "delta": text} for text in deltas]
    events.append({"type": "response.completed", "response": body})
    return "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events)


def test_responses_mean_the_same_under_other_ids_and_times() -> None:
    again = json.loads(json.dumps(responses(created_at=9, completed_at=10)).replace("_1", "_2"))
    same, other = meaning(RESPONSES, responses()), meaning(RESPONSES, again)

    assert same.text == other.text
    assert set(other.ids) == {"resp_2", "msg_2", "fc_2", "call_2"}
    assert [name.replace("2", "1") for name in other.ids] == list(same.ids)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.update(status="incomplete"),
        lambda body: body["output"].reverse(),
        lambda body: body["output"][0]["content"][0].update(text="Hi."),
        lambda body: body["usage"].update(output_tokens=4),
        lambda body: body["output"].insert(0, {"type": "reasoning", "id": "rs_1", "encrypted_content": "xyz"}),
    ],
)
def test_other_responses_do_not(spoil: Callable[[Any], Any]) -> None:
    body = responses()
    spoil(body)

    assert meaning(RESPONSES, body).text != meaning(RESPONSES, responses()).text


def test_streamed_responses_mean_the_same_however_they_are_cut() -> None:
    one = meaning(RESPONSES, responses_stream(responses(), "Hi"))
    other = meaning(RESPONSES, responses_stream(responses(id="resp_9"), "H", "i"))

    assert one.text == other.text
    assert one.text != meaning(RESPONSES, responses_stream(responses(status="incomplete"), "Hi")).text


@pytest.mark.parametrize("url", [CHAT, "https://api.example/v1/embeddings"])
def test_of_an_error_and_of_what_nobody_knows_every_byte_counts(url: str) -> None:
    body = {"id": "1", "error": {"message": "no", "request_id": "req_1"}}
    status = 400 if url == CHAT else 200

    assert meaning(url, body, status=status) == meaning(url, dict(body), status=status)
    assert meaning(url, body, status=status).text != meaning(url, {**body, "id": "2"}, status=status).text


def test_a_body_that_says_a_thing_twice_is_taken_as_it_is() -> None:
    twice = b'{"choices": [], "model": "a", "model": "b"}'

    assert answer_meaning(CHAT, ApiResponse(status=200, headers=JSON, body=twice)).text == twice.decode()
