"""A streamed answer is the unstreamed one, and a stream that ends early is no answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Completion, ToolCall
from prompt_contracts.dialects.chat import read_chat
from prompt_contracts.dialects.event_stream import EventReader, read_events
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError
from tests.dialects.chat_flavours import Body, Flavour, answers, flavours, render

STREAM = (("content-type", "text/event-stream; charset=utf-8"),)


def read(body: bytes, *, choices: int = 1) -> Completion | ProviderError:
    return read_chat(ApiResponse(status=200, headers=STREAM, body=body), choices=choices)


def stream(*chunks: Any, done: bool = True) -> bytes:
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return "".join([*lines, "data: [DONE]\n\n"] if done else lines).encode()


def delta(finish_reason: str | None = None, /, **fields: Json) -> Body:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish_reason}]}


def completion(*chunks: Any, done: bool = True) -> Completion:
    found = read(stream(*chunks, done=done))
    assert isinstance(found, Completion)
    return found


def failure(body: bytes) -> ProviderError:
    found = read(body)
    assert isinstance(found, ProviderError)
    return found


def calls(*fragments: list[Json]) -> tuple[ToolCall, ...]:
    found = completion(*(delta(tool_calls=fragment) for fragment in fragments), delta("tool_calls"))
    return found.choices[0].tool_calls


@given(answer=answers, flavour=flavours)
def test_every_flavour_of_stream_folds_into_the_unstreamed_answer(answer: Body, flavour: Flavour) -> None:
    whole = read_chat(ApiResponse(status=200, body=json.dumps(answer).encode()))

    assert isinstance(whole, Completion)
    assert read(render(answer, flavour)) == whole


@given(answer=answers, flavour=flavours, data=st.data())
def test_where_the_bytes_are_split_changes_no_answer(answer: Body, flavour: Flavour, data: st.DataObject) -> None:
    body = render(answer, flavour)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    reader = EventReader()

    events = [
        event
        for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)
        for event in reader.feed(body[start:end])
    ]

    assert (*events, *reader.close()) == read_events(body)
    again = "".join(f"data: {event.data}\n\n" for event in read_events(body)).encode()
    assert read(again) == read(body)


@given(answer=answers, flavour=flavours, data=st.data())
def test_a_stream_that_is_cut_is_never_a_shorter_answer(answer: Body, flavour: Flavour, data: st.DataObject) -> None:
    body = render(answer, flavour)
    whole = read(body)
    assert isinstance(whole, Completion)

    found = read(body[: data.draw(st.integers(0, len(body)))], choices=len(whole.choices))

    if isinstance(found, Completion):
        assert found.choices == whole.choices
    else:
        assert found.kind == "stream_interrupted"


def test_a_fragment_without_an_index_belongs_to_the_call_before_it() -> None:
    found = calls(
        [{"id": "a", "function": {"name": "f", "arguments": '{"x"'}}],
        [{"function": {"arguments": ": 1}"}}],
        [{"id": "b", "function": {"name": "g", "arguments": "{"}}],
        [{"function": {"arguments": "}"}}],
    )

    assert found == (
        ToolCall(id="a", name="f", arguments='{"x": 1}'),
        ToolCall(id="b", name="g", arguments="{}"),
    )


def test_whole_calls_under_one_index_are_calls_of_their_own() -> None:
    found = calls(
        [{"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x": 1}'}}],
        [{"index": 0, "id": "b", "function": {"name": "f", "arguments": '{"x": 2}'}}],
    )

    assert [(call.id, call.arguments) for call in found] == [("a", '{"x": 1}'), ("b", '{"x": 2}')]


def test_whole_calls_with_neither_index_nor_id_are_calls_of_their_own() -> None:
    found = calls(
        [{"function": {"name": "f", "arguments": {"x": 1}}}],
        [{"function": {"name": "f", "arguments": {"x": 2}}}],
    )

    assert [call.parsed_arguments() for call in found] == [{"x": 1}, {"x": 2}]


def test_calls_are_in_the_order_of_their_indexes() -> None:
    found = calls(
        [{"index": 1, "id": "b", "function": {"name": "g", "arguments": "{}"}}],
        [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}],
    )

    assert [call.name for call in found] == ["f", "g"]


def test_a_legacy_function_call_comes_in_pieces() -> None:
    found = completion(
        delta(function_call={"name": "f", "arguments": '{"x"'}),
        delta(function_call={"arguments": ": 1}"}),
        delta("function_call"),
    )

    assert found.choices[0].tool_calls == (ToolCall(name="f", arguments='{"x": 1}'),)
    assert found.choices[0].finish_reason == "tool_calls"


def test_a_call_that_comes_in_both_forms_is_one_call() -> None:
    """As llama-cpp-python 0.3.36 writes it, with the name and the id in every chunk."""
    pieces = ['{"x"', ": ", "1", "}"]

    found = completion(
        delta(function_call=None, tool_calls=None),
        *(
            delta(
                function_call={"name": "f", "arguments": piece},
                tool_calls=[{"index": 0, "id": "call__0_f", "function": {"name": "f", "arguments": piece}}],
            )
            for piece in pieces
        ),
        delta("tool_calls", function_call=None, tool_calls=None),
    )

    assert found.choices[0].tool_calls == (ToolCall(id="call__0_f", name="f", arguments='{"x": 1}'),)


def test_thinking_parts_are_reasoning_and_the_texts_after_them_are_text() -> None:
    found = completion(
        delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "two "}]}]),
        delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "and two"}]}]),
        delta(content="fo"),
        delta("stop", content=[{"type": "text", "text": "ur"}]),
    )

    assert (found.choices[0].text, found.choices[0].reasoning) == ("four", "two and two")


def test_a_finish_reason_that_never_comes_is_unknown_once_the_stream_says_done() -> None:
    found = completion(delta(content="hello"), delta())

    assert (found.choices[0].text, found.choices[0].finish_reason) == ("hello", None)


def test_the_last_usage_counts() -> None:
    found = completion(
        {**delta(content="a"), "usage": {"prompt_tokens": 1}}, {**delta("stop"), "usage": {"prompt_tokens": 5}}
    )

    assert found.usage.prompt_tokens == 5


def test_a_stream_without_done_is_an_answer_once_each_choice_has_ended() -> None:
    assert completion(delta(content="a"), delta("stop"), done=False).choices[0].text == "a"


def test_events_after_done_are_not_read() -> None:
    assert isinstance(read(stream(delta("stop", content="a")) + b"data: <html>\n\n"), Completion)


def test_a_filtered_choice_may_come_without_a_delta() -> None:
    found = completion({"choices": [{"index": 0, "finish_reason": "content_filter"}]})

    assert found.choices[0].finish_reason == "content_filter"


def test_a_json_answer_to_a_streamed_request_is_read_as_json() -> None:
    body = b'{"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]}'

    assert isinstance(read(body), Completion)


@pytest.mark.parametrize(
    ("event", "kind", "code"),
    [
        ('data: {"error": {"message": "slow down", "code": 429}}', "rate_limit", "429"),
        ('data: {"error": {"message": "m", "code": "rate_limit_exceeded"}}', "rate_limit", "rate_limit_exceeded"),
        ('data: {"error": {"message": "m", "code": 502}, "choices": [{"finish_reason": "error"}]}', "server", "502"),
        ('data: {"error": "the context length of 4096 is too small"}', "context_length", None),
        ('event: error\ndata: {"error": {"message": "Reached context length of 4096 tokens"}}', "context_length", None),
        ("event: error\ndata: the model was unloaded", "unknown", None),
        ('event: error\ndata: {"message": "m", "type": "server_error"}', "server", None),
        ('data: {"object": "error", "message": "m", "code": 500}', "server", "500"),
        ('data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]}', "server", None),
        (
            'data: {"choices": [{"delta": {}, "finish_reason": "error", "error": {"code": 429, "message": "m"}}]}',
            "rate_limit",
            "429",
        ),
    ],
)
def test_an_error_in_the_middle_of_a_stream_is_an_error(event: str, kind: str, code: str | None) -> None:
    error = failure(stream(delta(content="Once upon"), done=False) + f"{event}\n\n".encode())

    assert (error.kind, error.code, error.status) == (kind, code, 200)
    assert error.body is not None
    assert "Once upon" in error.body


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "0 events with 0 characters"),
        (b": OPENROUTER PROCESSING\n\n", "0 events with 0 characters"),
        (stream(delta(content="Once"), delta(content=" upon"), done=False), "2 events with 9 characters"),
        (stream(delta(content="O"), done=False) + b'data: {"choices": [{"ind', "1 event with 1 character"),
        (stream(delta("stop", content="O"), done=False) + b'data: {"usage": {"pro', "last event is cut off"),
        (stream(delta("stop", content="O"), done=False) + b"data: [DO", "last event is cut off"),
        (stream(delta("stop"), {"choices": [{"index": 1, "delta": {"content": "b"}}]}, done=False), "2 events"),
        (stream({"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}]}, done=False), "1 event"),
    ],
)
def test_a_stream_that_ends_early_says_how_much_had_come(body: bytes, words: str) -> None:
    error = failure(body)

    assert error.kind == "stream_interrupted"
    assert words in error.message


def test_a_choice_that_was_asked_for_and_has_not_come_is_missing() -> None:
    body = stream(delta("stop", content="a"), done=False)

    assert isinstance(read(body, choices=1), Completion)
    assert isinstance(read(body, choices=2), ProviderError)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"data: {]\n\n" + stream(delta("stop")), "event 1 of the stream is not JSON"),
        (stream(delta(content="a"), done=False) + b"data: oops\n\n", "event 2 of the stream is not JSON"),
        (stream(5), "not a JSON object"),
        (stream(), "no choices"),
        (b"<html>502</html>", "a page"),
        (stream({"choices": "x"}), "choices in a shape"),
        (stream({"choices": [1]}), "choices in a shape"),
        (stream({"choices": [{"delta": 5}]}), "delta that is not an object"),
        (stream(delta("stop", tool_calls=["f"])), "tool calls in a shape"),
        (stream(delta("stop", tool_calls=[{"index": 0, "function": {"arguments": "{}"}}])), "tool calls in a shape"),
        (stream(delta("stop", function_call="f")), "function call in a shape"),
        (stream(delta("stop", content=5)), "neither text nor parts"),
        (stream({"choices": [{"index": 0, "finish_reason": "stop"}]}), "without a message"),
    ],
)
def test_a_stream_that_makes_no_sense_is_malformed(body: bytes, words: str) -> None:
    error = failure(body)

    assert error.kind == "malformed_response"
    assert words in error.message


def test_many_thousand_tiny_chunks_are_one_answer() -> None:
    fragment: Json = [{"index": 0, "function": {"arguments": "1"}}]
    start: Json = [{"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}]
    body = stream(delta(tool_calls=start), *[delta(content="x", tool_calls=fragment)] * 50_000, delta("tool_calls"))

    found = read(body)

    assert isinstance(found, Completion)
    assert len(found.choices[0].text) == 50_000
    assert len(found.choices[0].tool_calls[0].arguments) == 50_000


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
entries = json_values | st.fixed_dictionaries(
    {},
    optional={
        "index": json_values,
        "delta": json_values
        | st.fixed_dictionaries(
            {},
            optional={
                "content": json_values,
                "reasoning": json_values,
                "function_call": json_values,
                "tool_calls": json_values
                | st.lists(
                    st.fixed_dictionaries(
                        {},
                        optional={
                            "index": json_values,
                            "id": json_values,
                            "function": json_values
                            | st.fixed_dictionaries({"name": json_values, "arguments": json_values}),
                        },
                    ),
                    max_size=3,
                ),
            },
        ),
        "finish_reason": json_values | st.just("stop"),
        "error": json_values,
    },
)
chunks = json_values | st.fixed_dictionaries(
    {"choices": json_values | st.lists(entries, max_size=3)},
    optional={"usage": json_values, "x_groq": json_values, "id": json_values, "error": json_values},
)


@given(found=st.lists(chunks, max_size=5), done=st.booleans())
def test_no_shape_of_chunk_crashes_the_reader(found: list[Any], done: bool) -> None:
    answer = read(stream(*found, done=done))

    assert isinstance(answer, (Completion, ProviderError))
    if isinstance(answer, Completion):
        assert Completion.from_json(json.loads(json.dumps(answer.to_json()))) == answer


@given(body=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: f"data: {text}\n\n".encode()))
def test_no_bytes_crash_the_reader(body: bytes) -> None:
    assert isinstance(read(body), (Completion, ProviderError))


@pytest.mark.parametrize(
    "deep", [b"[" * 100_000, b'{"error":' * 50_000, b'{"choices":[{"delta":{"content":' + b"[" * 990]
)
def test_depth_does_not_crash_the_reader(deep: bytes) -> None:
    assert isinstance(read(b"data: " + deep + b"\n\ndata: [DONE]\n\n"), ProviderError)


def test_a_character_whose_halves_come_in_two_chunks_is_one_character() -> None:
    found = completion(delta(content="a\ud83d"), delta(content="\ude00b"), delta("stop"))

    assert found.choices[0].text == "a\U0001f600b"


def test_half_a_character_alone_stays_as_it_is() -> None:
    assert completion(delta(content="a\ud83d"), delta("stop")).choices[0].text == "a\ud83d"
