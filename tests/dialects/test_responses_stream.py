"""Streams of the Responses API, assembled into the answer that would have come unstreamed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Completion, ToolCall
from prompt_contracts.dialects.event_stream import Event, EventReader
from prompt_contracts.dialects.responses import ResponsesDialogue, read_responses
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target
from prompt_contracts.usage import Usage
from tests.dialects.responses_generation import ANSWERS, JSON, rendered, with_own_ids

HEADERS = (("content-type", "text/event-stream; charset=utf-8"),)

Events = list[tuple[str, dict[str, Any]]]

CREATED = ("response.created", {"response": {"id": "resp_1", "object": "response", "status": "in_progress"}})
ITEM = {"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []}
COMPLETED = (
    "response.completed",
    {"response": {"id": "resp_1", "object": "response", "status": "completed", "model": "m", "output": []}},
)


def stream(events: Events) -> bytes:
    lines = (f"event: {kind}\ndata: {json.dumps({'type': kind, **event})}\n\n" for kind, event in events)
    return "".join(lines).encode()


def read(body: bytes) -> Completion | ProviderError:
    return read_responses(ApiResponse(status=200, headers=HEADERS, body=body))


def completion(*events: tuple[str, dict[str, Any]]) -> Completion:
    found = read(stream(list(events)))
    assert isinstance(found, Completion), found
    return found


def error(*events: tuple[str, dict[str, Any]]) -> ProviderError:
    found = read(stream(list(events)))
    assert isinstance(found, ProviderError), found
    return found


def text(delta: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    return "response.output_text.delta", {"item_id": "msg_1", "delta": delta, **fields}


def test_the_last_event_says_all() -> None:
    output = [{"type": "message", "content": [{"type": "output_text", "text": "Hello"}]}]
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    final = {"id": "resp_1", "object": "response", "status": "completed", "output": output, "usage": usage}

    found = completion(CREATED, text("something else"), ("response.completed", {"response": final}))

    assert found.choices[0].text == "Hello"
    assert found.choices[0].finish_reason == "stop"
    assert found.usage == Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3)


def test_an_answer_without_output_is_built_from_its_whole_items() -> None:
    done = {**ITEM, "content": [{"type": "output_text", "text": "Hello"}]}

    found = completion(
        CREATED,
        ("response.output_item.added", {"output_index": 0, "item": ITEM}),
        text("Hel", output_index=0, content_index=0),
        ("response.output_item.done", {"output_index": 0, "item": done}),
        COMPLETED,
    )

    assert found.choices[0].text == "Hello"
    assert (found.id, found.model) == ("resp_1", "m")


def test_an_answer_without_items_is_built_from_its_pieces() -> None:
    found = completion(CREATED, text("Hel"), text("lo"), text("!", content_index=1), COMPLETED)

    assert found.choices[0].text == "Hello!"


def test_pieces_that_name_their_item_by_its_id_find_the_one_that_had_a_place() -> None:
    added = ("response.output_item.added", {"output_index": 0, "item": ITEM})

    assert completion(CREATED, added, text("Hi"), COMPLETED).choices[0].text == "Hi"
    done = ("response.output_item.done", {"output_index": 0, "item": {**ITEM, "content": "Hi"}})
    assert completion(CREATED, added, text("Hi"), done, COMPLETED).choices[0].text == "Hi"


def test_the_whole_text_of_a_part_wins_over_its_pieces() -> None:
    whole = ("response.output_text.done", {"item_id": "msg_1", "text": "Hello"})

    assert completion(CREATED, text("Hel"), whole, COMPLETED).choices[0].text == "Hello"


def test_calls_are_built_from_pieces_of_their_arguments_in_the_order_of_their_places() -> None:
    def arguments(place: int, delta: str) -> tuple[str, dict[str, Any]]:
        return "response.function_call_arguments.delta", {"output_index": place, "delta": delta}

    def added(place: int, name: str) -> tuple[str, dict[str, Any]]:
        item = {"type": "function_call", "id": f"fc_{name}", "call_id": f"call_{name}", "name": name, "arguments": ""}
        return "response.output_item.added", {"output_index": place, "item": item}

    found = completion(
        CREATED, added(1, "b"), added(0, "a"), arguments(1, "{"), arguments(0, "[]"), arguments(1, "}"), COMPLETED
    )

    assert found.choices[0].tool_calls == (
        ToolCall(id="call_a", name="a", arguments="[]"),
        ToolCall(id="call_b", name="b", arguments="{}"),
    )
    assert found.choices[0].finish_reason == "tool_calls"


def test_reasoning_and_refusals_are_built_from_pieces_too() -> None:
    def piece(kind: str, item: str, delta: str, **fields: Any) -> tuple[str, dict[str, Any]]:
        return f"response.{kind}.delta", {"item_id": item, "delta": delta, **fields}

    (found,) = completion(
        CREATED,
        piece("reasoning_summary_text", "rs_1", "Let me", summary_index=0),
        piece("reasoning_summary_text", "rs_1", " see.", summary_index=0),
        piece("reasoning_text", "rs_1", "Hmm.", content_index=0),
        piece("refusal", "msg_1", "I will ", content_index=0),
        piece("refusal", "msg_1", "not.", content_index=0),
        COMPLETED,
    ).choices

    assert (found.text, found.refusal, found.reasoning) == ("", "I will not.", "Let me see.\n\nHmm.")


def test_a_last_event_says_its_status_by_its_name_alone() -> None:
    found = completion(CREATED, text("Hel"), ("response.incomplete", {"response": {}}))

    assert (found.id, found.choices[0].raw_finish_reason) == ("resp_1", "incomplete")


def test_an_incomplete_answer_ends_by_length() -> None:
    final = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": []}

    found = completion(CREATED, text("Hel"), ("response.incomplete", {"response": final}))

    assert (found.choices[0].text, found.choices[0].finish_reason) == ("Hel", "length")


@pytest.mark.parametrize(
    ("last", "kind", "message"),
    [
        (
            ("error", {"code": "rate_limit_exceeded", "message": "Slow down.", "param": None}),
            "rate_limit",
            "Slow down.",
        ),
        (("error", {"error": {"code": "server_error", "message": "Oops."}}), "server", "Oops."),
        (("error", {"error": "it fell over"}), "unknown", "it fell over"),
        (
            (
                "response.failed",
                {"response": {"status": "failed", "error": {"code": "server_error", "message": "Oops."}, "output": []}},
            ),
            "server",
            "Oops.",
        ),
        (("response.failed", {"response": {}}), "server", "the response failed, and the server does not say why"),
    ],
)
def test_an_error_in_the_stream_is_the_error(last: tuple[str, dict[str, Any]], kind: str, message: str) -> None:
    found = error(CREATED, text("Hel"), last)

    assert (found.kind, found.message, found.status) == (kind, message, 200)
    assert found.body is not None


@pytest.mark.parametrize(
    "body",
    [
        b'data: {"type": "error", "code": "rate_limit_exceeded", "message": "Slow down."}\n\n',
        b'data: {"error": {"code": "rate_limit_exceeded", "message": "Slow down."}}\n\n',
        b'event: error\ndata: {"code": "rate_limit_exceeded", "message": "Slow down."}\n\n',
    ],
)
def test_an_error_is_known_by_its_type_its_name_or_its_form(body: bytes) -> None:
    found = read(body)

    assert isinstance(found, ProviderError)
    assert (found.kind, found.message) == ("rate_limit", "Slow down.")


def test_an_error_that_is_no_json_is_its_own_message() -> None:
    found = read(b"event: error\ndata: out of memory\n\n")

    assert isinstance(found, ProviderError)
    assert found.message == "out of memory"


@pytest.mark.parametrize(
    ("events", "came"),
    [
        ([], "before its first event"),
        ([CREATED], "after 1 event"),
        ([CREATED, text("Hel"), text("lo")], "after 3 events"),
    ],
)
def test_a_stream_that_ends_early_is_an_error_that_counts_its_events(events: Events, came: str) -> None:
    found = read(stream(events))

    assert isinstance(found, ProviderError)
    assert found.kind == "stream_interrupted"
    assert came in found.message


def test_the_end_mark_of_chat_is_no_end() -> None:
    found = read(stream([CREATED, text("Hel")]) + b"data: [DONE]\n\n")

    assert isinstance(found, ProviderError)
    assert found.kind == "stream_interrupted"


def test_the_end_mark_of_chat_after_the_end_is_harmless() -> None:
    done = stream([CREATED, text("Hel"), COMPLETED])

    assert read(done + b"data: [DONE]\n\n") == read(done)


def test_an_event_that_is_no_json_is_malformed() -> None:
    found = read(stream([CREATED]) + b"data: {oops\n\n" + stream([COMPLETED]))

    assert isinstance(found, ProviderError)
    assert (found.kind, found.message) == ("malformed_response", "event 2 of the stream is not a JSON object: '{oops'")


def test_a_stream_that_breaks_off_inside_an_event_counts_the_whole_ones() -> None:
    body = stream([CREATED, text("Hel")])

    found = read(body[:-20])

    assert isinstance(found, ProviderError)
    assert found.kind == "stream_interrupted"
    assert "after 1 event," in found.message


def test_signs_of_life_are_passed_over() -> None:
    body = stream([CREATED]) + b": still there\n\ndata:\n\n" + stream([text("Hi"), COMPLETED])

    found = read(body)

    assert isinstance(found, Completion)
    assert found.choices[0].text == "Hi"


def test_events_that_nobody_knows_are_passed_over() -> None:
    other = ("response.of_the_future.delta", {"delta": "x", "item_id": "msg_1"})

    assert completion(CREATED, other, text("Hi"), other, COMPLETED).choices[0].text == "Hi"


def test_a_call_in_a_stream_that_never_got_a_name_is_malformed() -> None:
    found = error(CREATED, ("response.function_call_arguments.delta", {"item_id": "fc_1", "delta": "{"}), COMPLETED)

    assert found.kind == "malformed_response"


def test_an_error_status_is_read_as_an_error_even_of_a_stream() -> None:
    found = read_responses(ApiResponse(status=429, headers=HEADERS, body=b'{"error": {"code": "rate_limit_exceeded"}}'))

    assert isinstance(found, ProviderError)
    assert (found.kind, found.status) == ("rate_limit", 429)


def test_an_answer_that_was_asked_for_as_a_stream_and_came_whole_is_read() -> None:
    body: Json = {"object": "response", "status": "completed", "output": []}

    assert isinstance(read(json.dumps(body).encode()), Completion)


def test_the_items_of_a_streamed_answer_go_back_in_the_next_request() -> None:
    dialogue = ResponsesDialogue(Target(provider="house", model="m", base_url=None))
    user = Message(role="user", content="Hi")
    thought = {"type": "reasoning", "id": "rs_1", "summary": []}
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"}
    body = rendered({"id": "resp_1", "status": "completed", "output": [thought, call]}, ends_with="items")

    step = dialogue.ask(ModelRequest(endpoint="responses", messages=(user,), parameters={"stream": True}))
    next(step)
    with pytest.raises(StopIteration) as stopped:
        step.send(ApiResponse(status=200, headers=HEADERS, body=body))
    message = dialogue.message(stopped.value.value)
    sent: Any = next(dialogue.ask(ModelRequest(endpoint="responses", messages=(user, message))))

    assert sent.body["input"][1:] == [thought, call]


@given(
    ANSWERS.map(with_own_ids),
    st.sampled_from(["output", "items", "pieces"]),
    st.booleans(),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_a_streamed_answer_is_the_unstreamed_one(
    answer: dict[str, Any], ends_with: str, has_places: bool, line_end: str
) -> None:
    body = rendered(answer, ends_with=ends_with, has_places=has_places, line_end=line_end)

    assert read(body) == read_responses(ApiResponse(status=200, body=json.dumps(answer).encode()))


@given(ANSWERS.map(with_own_ids), st.data())
def test_a_stream_that_is_cut_anywhere_before_its_last_event_is_never_a_shorter_answer(
    answer: dict[str, Any], data: st.DataObject
) -> None:
    body = rendered(answer)
    # Without the blank lines behind it the last event is whole all the same.
    length = data.draw(st.integers(0, len(body) - 3))

    found = read(body[:length])

    assert isinstance(found, ProviderError)
    assert found.kind == "stream_interrupted"


@given(ANSWERS.map(with_own_ids), st.data())
def test_where_the_bytes_were_split_makes_no_difference(answer: dict[str, Any], data: st.DataObject) -> None:
    body = rendered(answer)
    reader, rest = EventReader(), body
    events: list[Event] = []
    while rest:
        size = data.draw(st.integers(1, 40))
        events += reader.feed(rest[:size])
        rest = rest[size:]
    events += reader.close()

    again = "".join(f"event: {event.name}\ndata: {event.data}\n\n" for event in events).encode()

    assert read(again) == read(body)


@given(st.binary())
def test_no_bytes_raise(body: bytes) -> None:
    assert isinstance(read(body), (Completion, ProviderError))


KINDS = st.sampled_from(
    [
        "response.created",
        "response.output_item.added",
        "response.output_item.done",
        "response.output_text.delta",
        "response.output_text.done",
        "response.refusal.delta",
        "response.reasoning_text.delta",
        "response.reasoning_summary_text.delta",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.completed",
        "response.failed",
        "error",
    ]
)
KEYS = st.sampled_from(
    ["item", "item_id", "output_index", "content_index", "delta", "text", "name", "response", "type", "code"]
)


@given(st.lists(st.tuples(KINDS, st.dictionaries(KEYS, JSON)), max_size=6), st.booleans())
def test_no_events_however_odd_raise(events: Events, has_end: bool) -> None:
    body = stream([*events, *([COMPLETED] if has_end else [])])

    assert isinstance(read(body), (Completion, ProviderError))


def test_a_character_whose_halves_come_in_two_events_is_one_character() -> None:
    added = ("response.output_item.added", {"output_index": 0, "item": ITEM})

    found = completion(CREATED, added, text("\ud83d", output_index=0), text("\ude00", output_index=0), COMPLETED)

    assert found.choices[0].text == "\U0001f600"
