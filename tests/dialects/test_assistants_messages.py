"""Which messages of a thread are the answer of a run, and what text they come to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Completion
from prompt_contracts.dialects.assistants import AssistantsDialogue
from prompt_contracts.dialects.assistants_polling import run_completion, written_by
from prompt_contracts.dialects.assistants_run import AssistantRun
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.usage import Usage
from tests.assistants_driver import Driver, running_driver
from tests.assistants_server import Script, reply

RUN = AssistantRun(id="run_1", status="completed", usage=Usage())


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with running_driver() as found:
        yield found


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": {"value": value, "annotations": []}}


def entry(*content: dict[str, Any], role: str = "assistant", **fields: Any) -> dict[str, Any]:
    return {"role": role, "run_id": "run_1", "content": list(content), **fields}


def read(*messages: dict[str, Any]) -> Completion:
    found = run_completion(RUN, written_by(RUN, messages), ApiResponse(status=200))
    assert isinstance(found, Completion)
    return found


def test_messages_of_others_and_of_other_runs_are_no_part_of_the_answer() -> None:
    found = read(
        entry(text("question"), role="user", run_id=None),
        entry(text("history"), run_id=None),
        entry(text("old"), run_id="run_0"),
        entry(text("new")),
    )

    assert found.choices[0].text == "new"


@given(count=st.integers(min_value=0, max_value=6), newest_first=st.booleans())
def test_messages_are_in_the_order_in_which_they_were_written(count: int, newest_first: bool) -> None:
    messages = [entry(text(str(number)), created_at=1000 + number) for number in range(count)]

    found = read(*(reversed(messages) if newest_first else messages))

    assert found.choices[0].text == "\n".join(map(str, range(count)))


def test_text_parts_are_joined_and_images_passed_over() -> None:
    image = {"type": "image_file", "image_file": {"file_id": "file_1"}}

    assert read(entry(text("Before. "), image, text("After."))).choices[0].text == "Before. After."


def test_a_refusal_part_is_the_refusal_and_no_text() -> None:
    found = read(entry({"type": "refusal", "refusal": "I cannot help with that."}))

    assert (found.choices[0].text, found.choices[0].refusal) == ("", "I cannot help with that.")


@pytest.mark.parametrize(("reason", "finish"), [("content_filter", "content_filter"), ("max_tokens", "length")])
def test_an_incomplete_message_tells_why_the_answer_finished(reason: str, finish: str) -> None:
    found = read(entry(text("It"), status="incomplete", incomplete_details={"reason": reason}))

    assert (found.choices[0].finish_reason, found.choices[0].raw_finish_reason) == (finish, reason)


def test_without_any_run_ids_the_answer_is_what_stands_behind_the_last_question() -> None:
    said = [("assistant", "old"), ("user", "question"), ("assistant", "one"), ("assistant", "two")]
    messages = [{"role": role, "content": [text(value)]} for role, value in said]

    assert read(*messages).choices[0].text == "one\ntwo"


def test_messages_of_the_first_version_with_file_ids_are_read() -> None:
    assert read(entry(text("Rain."), file_ids=[], assistant_id="asst_1")).choices[0].text == "Rain."


def test_a_server_of_the_first_version_is_read_from_the_assistant_to_the_answer(driver: Driver) -> None:
    service = driver.serve()
    old: dict[str, Any] = {"created_at": 1_699_000_000, "file_ids": [], "metadata": {}}
    shown = {**old, "id": "run_1", "object": "thread.run", "status": "completed", "model": "gpt-4-1106-preview"}
    message = {**old, **entry(text("Rain.")), "id": "msg_1", "object": "thread.message"}
    service.overrides = {
        "POST /assistants": reply({**old, "id": "asst_1", "object": "assistant", "tools": []}),
        "POST /threads": reply({"id": "thread_1", "object": "thread", "created_at": 1_699_000_000, "metadata": {}}),
        "POST /threads/*/runs": reply(shown),
        "GET /threads/*/messages": reply({"object": "list", "data": [message], "has_more": False}),
    }
    request = ModelRequest(endpoint="assistants", messages=(Message(role="user", content="Hi"),))

    completion = driver.drive(AssistantsDialogue(driver.target).ask(request)).completion

    assert (completion.choices[0].text, completion.model) == ("Rain.", "gpt-4-1106-preview")
    assert completion.usage == Usage()


def test_a_run_that_wrote_nothing_has_an_empty_answer(driver: Driver) -> None:
    driver.serve(Script(writes=[]))
    request = ModelRequest(endpoint="assistants", messages=(Message(role="user", content="Hi"),))

    assert driver.drive(AssistantsDialogue(driver.target).ask(request)).completion.choices[0].text == ""


def test_all_pages_of_a_long_answer_are_read(driver: Driver) -> None:
    service = driver.serve(Script(writes=[str(number) for number in range(250)]))
    request = ModelRequest(endpoint="assistants", messages=(Message(role="user", content="Count"),))

    completion = driver.drive(AssistantsDialogue(driver.target).ask(request)).completion

    assert completion.choices[0].text.split("\n") == [str(number) for number in range(250)]
    assert sum(received.line.startswith("GET") and "messages" in received.line for received in service.received) == 3
