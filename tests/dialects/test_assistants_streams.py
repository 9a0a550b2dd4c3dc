"""A run that answers with a stream of events comes to the same answer as one that is polled."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.assistants import AssistantsDialogue
from prompt_contracts.dialects.assistants_run import AssistantRun
from prompt_contracts.dialects.assistants_stream import WrittenMessages, read_run_stream
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target
from tests.assistants_driver import Driven, Driver, running_driver
from tests.assistants_server import Reply, Script

USER = Message(role="user", content="Will it rain?")
HEADERS = (("content-type", "text/event-stream"),)


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with running_driver() as found:
        yield found


def asking(*, stream: bool) -> ModelRequest:
    return ModelRequest(endpoint="assistants", messages=(USER,), parameters={"stream": stream})


def drive(driver: Driver, script: Script, *, stream: bool) -> Driven:
    driver.serve(script)
    return driver.drive(AssistantsDialogue(driver.target).ask(asking(stream=stream)))


def run_object(status: str, **fields: Any) -> dict[str, Any]:
    return {"id": "run_1", "object": "thread.run", "status": status, **fields}


def delta(text: str, *, index: int = 0, message: str = "msg_1") -> dict[str, Any]:
    content = [{"index": index, "type": "text", "text": {"value": text}}]
    return {"id": message, "object": "thread.message.delta", "delta": {"content": content}}


def stream_of(*events: Any, names: Sequence[str] = ()) -> ApiResponse:
    lines = [f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n" for event in events]
    named = [f"event: {name}\n" if name else "" for name in [*names, *[""] * len(lines)]]
    text = "".join(name + line for name, line in zip(named, lines, strict=False))
    return ApiResponse(status=200, headers=HEADERS, body=text.encode())


def read(response: ApiResponse) -> Completion | ProviderError:
    """What the run comes to whose creation is answered so; later requests are not expected."""
    target = Target(provider="house", model="m", base_url="http://localhost:9/v1")
    step = AssistantsDialogue(target).ask(asking(stream=True))
    made = [b'{"id": "asst_1"}', b'{"id": "thread_1"}']
    next(step)
    try:
        for body in made:
            step.send(ApiResponse(status=200, body=body))
        step.send(response)
    except StopIteration as stop:
        answer: Completion | ProviderError = stop.value
        return answer
    raise AssertionError("another request behind the stream")


def text_of(response: ApiResponse) -> str:
    answer = read(response)
    assert isinstance(answer, Completion), answer
    return answer.choices[0].text


texts = st.text(st.characters(codec="utf-8"), max_size=12)


@given(writes=st.lists(texts, max_size=3), status=st.sampled_from(["completed", "failed", "expired", "incomplete"]))
def test_a_stream_and_polls_come_to_the_same(driver: Driver, writes: list[str], status: str) -> None:
    script = Script(statuses=["queued", "in_progress", status], writes=writes)

    streamed, polled = (drive(driver, script, stream=stream) for stream in (True, False))

    if isinstance(polled.answer, Completion):
        assert streamed.answer == polled.answer
    else:
        assert (streamed.error.kind, streamed.error.code) == (polled.error.kind, polled.error.code)
        assert (streamed.error.message, streamed.error.status) == (polled.error.message, polled.error.status)
    assert streamed.pauses == []


def test_a_streamed_run_is_asked_for_once_and_nothing_is_listed(driver: Driver) -> None:
    driven = drive(driver, Script(), stream=True)

    assert [request.method for request in driven.requests] == ["POST", "POST", "POST"]
    assert driven.requests[-1].body == {"assistant_id": "asst_1", "stream": True}


def test_a_server_that_does_not_stream_is_polled(driver: Driver) -> None:
    service = driver.serve(Script())
    service.runs.clear()
    body = json.dumps({"id": "run_9", "object": "thread.run", "status": "queued"}).encode()
    service.overrides["POST /threads/*/runs"] = Reply(body=body)
    service.add_thread("thread_0")
    service.add_run("thread_2", "run_9", Script(statuses=["completed"]))

    driven = driver.drive(AssistantsDialogue(driver.target).ask(asking(stream=True)))

    assert driven.completion.choices[0].text == "It will rain."


def test_deltas_are_enough_where_no_event_tells_the_whole_message() -> None:
    events = (delta("It will "), delta("rain."), delta("Really", message="msg_2"), run_object("completed"))

    assert text_of(stream_of(*events, "[DONE]")) == "It will rain.\nReally"


def test_parts_are_joined_by_their_index_and_not_by_when_they_came() -> None:
    events = (delta("B", index=1), delta("A", index=0), delta("b", index=1), run_object("completed"))

    assert text_of(stream_of(*events)) == "ABb"


def test_a_message_of_the_user_in_a_stream_is_no_part_of_the_answer() -> None:
    asked = {"id": "msg_0", "object": "thread.message", "status": "completed", "role": "user", "content": "Rain?"}

    assert text_of(stream_of(asked, delta("Yes."), run_object("completed"))) == "Yes."


def test_a_later_streamed_run_does_not_repeat_what_an_earlier_one_wrote(driver: Driver) -> None:
    driver.serve(Script(writes=["First."]), Script(writes=["Second."]))
    dialogue = AssistantsDialogue(driver.target)
    first = driver.drive(dialogue.ask(asking(stream=True))).completion
    later = ModelRequest(
        endpoint="assistants", messages=(USER, dialogue.message(first), USER), parameters={"stream": True}
    )

    assert driver.drive(dialogue.ask(later)).completion.choices[0].text == "Second."


def test_a_refusal_is_kept_apart_from_the_text() -> None:
    part = {"index": 0, "type": "refusal", "refusal": "I cannot"}
    refused = {"id": "msg_1", "object": "thread.message.delta", "delta": {"content": [part]}}

    answer = read(stream_of(refused, refused, run_object("completed")))

    assert isinstance(answer, Completion)
    assert (answer.choices[0].text, answer.choices[0].refusal) == ("", "I cannotI cannot")


def test_images_and_steps_and_events_of_later_versions_are_passed_over() -> None:
    image = {"index": 0, "type": "image_file", "image_file": {"file_id": "file_1"}}
    events = (
        {"object": "thread", "id": "thread_1"},
        {"object": "thread.run.step.delta", "id": "step_1", "delta": {"step_details": {"type": "tool_calls"}}},
        {"object": "thread.something.new", "content": 5},
        {"id": "msg_1", "object": "thread.message.delta", "delta": {"content": [image]}},
        delta("Look.", index=1),
        run_object("completed"),
    )

    assert text_of(stream_of(*events)) == "Look."


def test_a_stream_that_ends_behind_the_last_event_of_the_run_is_whole_without_its_end_mark() -> None:
    assert text_of(stream_of(delta("Rain."), run_object("completed"))) == "Rain."


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ((), "before it said anything of the run"),
        ((delta("It"),), "before it said anything of the run"),
        ((run_object("queued"), run_object("in_progress"), delta("It")), "while the run was in_progress"),
        ((run_object("in_progress"), "[DONE]"), "while the run was in_progress"),
        ((run_object("in_progress"), '{"object": "thread.ru'), "while the run was in_progress"),
    ],
)
def test_a_stream_that_ends_early_is_interrupted_and_never_a_shorter_answer(events: tuple[Any, ...], told: str) -> None:
    answer = read(stream_of(*events))

    assert isinstance(answer, ProviderError)
    assert answer.kind == "stream_interrupted"
    assert answer.message == f"the stream ended {told}"


def test_an_error_event_is_the_error_of_the_provider() -> None:
    told = {"error": {"message": "The server had an error", "type": "server_error", "code": "server_error"}}

    answer = read(stream_of(run_object("queued"), told, names=["thread.run.queued", "error"]))

    assert isinstance(answer, ProviderError)
    assert (answer.kind, answer.message) == ("server", "The server had an error")


@pytest.mark.parametrize(
    "event",
    [
        "not json",
        [1],
        {"object": "thread.run"},
        {"object": "thread.run", "id": 5, "status": "queued"},
        {"object": "thread.run", "id": "run_1", "status": ["queued"]},
        {"object": "thread.message", "id": None},
        {"object": "thread.message.delta", "id": "msg_1", "delta": {"content": 5}},
        {"object": "thread.message.delta", "id": "msg_1", "delta": {"content": [None]}},
        {"object": "thread.message.delta", "id": "msg_1", "delta": {"content": [{"type": "text", "text": 5}]}},
        {"object": "thread.message.delta", "id": "msg_1", "delta": {"content": [{"index": "0", "type": "text"}]}},
        {"object": "thread.message", "id": "msg_1", "role": "assistant", "status": "completed", "content": 5},
    ],
)
def test_an_event_that_nobody_can_read_makes_the_answer_malformed(event: Any) -> None:
    answer = read(stream_of(event, run_object("completed")))

    assert isinstance(answer, ProviderError)
    assert answer.kind == "malformed_response"


WHOLE = stream_of(
    run_object("queued"),
    run_object("in_progress"),
    {"id": "msg_1", "object": "thread.message", "status": "in_progress", "role": "assistant", "content": []},
    delta("Süß 🌧 "),
    delta("„ja“"),
    run_object("completed", usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}),
    "[DONE]",
    names=["thread.run.queued", "thread.run.in_progress", "", "", "", "thread.run.completed", "done"],
)


@given(end=st.integers(min_value=0, max_value=len(WHOLE.body)))
def test_a_stream_that_is_cut_anywhere_is_whole_or_interrupted(end: int) -> None:
    answer = read(ApiResponse(status=200, headers=HEADERS, body=WHOLE.body[:end]))

    if isinstance(answer, Completion):
        assert answer == read(WHOLE)
        assert b"thread.run.completed" in WHOLE.body[:end]
    else:
        assert answer.kind == "stream_interrupted"


@given(pieces=st.lists(texts, max_size=8), end=st.sampled_from(["\n", "\r\n", "\r"]), comments=st.booleans())
def test_texts_in_any_pieces_and_line_ends_come_to_one_text(pieces: list[str], end: str, comments: bool) -> None:
    body = stream_of(*map(delta, pieces), run_object("completed")).body.decode()
    lines = [": keep alive", *body.split("\n")] if comments else body.split("\n")

    response = ApiResponse(status=200, headers=HEADERS, body=end.join(lines).encode())

    assert text_of(response) == "".join(pieces)


event_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "index", "type", "text", "value", "content", "delta"]), inner)
    ),
    max_leaves=8,
)


@given(
    events=st.lists(
        st.fixed_dictionaries(
            {"object": st.sampled_from(["thread.run", "thread.message", "thread.message.delta", "error", 5])},
            optional={
                "id": st.just("x_1") | event_values,
                "status": st.sampled_from(["queued", "completed", "requires_action"]) | event_values,
                "delta": st.fixed_dictionaries({"content": st.lists(event_values, max_size=2)}) | event_values,
                "content": st.lists(event_values, max_size=2) | event_values,
                "role": event_values,
                "required_action": event_values,
            },
        )
        | event_values,
        max_size=5,
    )
)
def test_no_stream_makes_the_reader_raise(events: list[Any]) -> None:
    answer = read_run_stream(stream_of(*events), WrittenMessages())

    assert isinstance(answer, AssistantRun | ProviderError)
