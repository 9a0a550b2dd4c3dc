"""A run that asks for the outputs of tools, and the one submission that answers it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from prompt_contracts.completion import Completion, ToolCall
from prompt_contracts.dialects.assistants import AssistantsDialogue
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.usage import Usage
from tests.assistants_driver import Driver, running_driver
from tests.assistants_server import Script, reply

USER = Message(role="user", content="Will it rain in Oslo and Lima?")
CALLS = (("call_1", "get_weather", '{"city": "Oslo"}'), ("call_2", "get_weather", '{"city": "Lima"}'))
SCRIPT = Script(statuses=["queued", "requires_action", "in_progress", "completed"], calls=[CALLS])


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with running_driver() as found:
        yield found


@pytest.fixture(params=[False, True], ids=["plain", "stream"])
def stream(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def asking(*messages: Message, stream: bool = False) -> ModelRequest:
    parameters = {"stream": True} if stream else {}
    return ModelRequest(endpoint="assistants", messages=messages, parameters=parameters)


def output(call_id: str, content: str) -> Message:
    return Message(role="tool", content=content, fields={"tool_call_id": call_id})


def asked_for_calls(driver: Driver, dialogue: AssistantsDialogue, *, stream: bool) -> Completion:
    return driver.drive(dialogue.ask(asking(USER, stream=stream))).completion


def test_a_run_that_requires_action_answers_with_its_calls(driver: Driver, stream: bool) -> None:
    driver.serve(SCRIPT)

    completion = asked_for_calls(driver, AssistantsDialogue(driver.target), stream=stream)

    choice = completion.choices[0]
    assert choice.tool_calls == tuple(ToolCall(id=id_, name=name, arguments=text) for id_, name, text in CALLS)
    assert (choice.finish_reason, choice.raw_finish_reason, choice.text) == ("tool_calls", "requires_action", "")
    assert completion.usage == Usage()


def test_all_outputs_go_in_one_submission_and_the_run_goes_on(driver: Driver, stream: bool) -> None:
    service = driver.serve(SCRIPT)
    dialogue = AssistantsDialogue(driver.target)
    first = asked_for_calls(driver, dialogue, stream=stream)
    before = len(service.received)

    later = (USER, dialogue.message(first), output("call_2", "dry"), output("call_1", "rain"))
    driven = driver.drive(dialogue.ask(asking(*later, stream=stream)))

    assert driven.completion.choices[0].text == "It will rain."
    assert driven.completion.id == first.id
    submitted = service.received[before]
    assert submitted.line == f"POST /threads/thread_2/runs/{first.id}/submit_tool_outputs"
    assert submitted.body["tool_outputs"] == [
        {"tool_call_id": "call_2", "output": "dry"},
        {"tool_call_id": "call_1", "output": "rain"},
    ]
    assert submitted.body.get("stream", False) is stream
    assert [received.line for received in service.received[before:] if "submit" in received.line] == [submitted.line]


def test_a_run_may_ask_again_after_an_answer(driver: Driver, stream: bool) -> None:
    again = (("call_3", "get_wind", "{}"),)
    statuses = ["requires_action", "queued", "requires_action", "completed"]
    driver.serve(Script(statuses=statuses, calls=[CALLS[:1], again]))
    dialogue = AssistantsDialogue(driver.target)
    first = asked_for_calls(driver, dialogue, stream=stream)

    messages = [USER, dialogue.message(first), output("call_1", "rain")]
    second = driver.drive(dialogue.ask(asking(*messages, stream=stream))).completion
    messages += [dialogue.message(second), output("call_3", "calm")]
    third = driver.drive(dialogue.ask(asking(*messages, stream=stream))).completion

    assert [call.name for call in second.choices[0].tool_calls] == ["get_wind"]
    assert third.choices[0].text == "It will rain."


def test_calls_without_an_answer_are_left_to_the_server_which_refuses(driver: Driver, stream: bool) -> None:
    driver.serve(SCRIPT)
    dialogue = AssistantsDialogue(driver.target)
    first = asked_for_calls(driver, dialogue, stream=stream)

    driven = driver.drive(dialogue.ask(asking(USER, dialogue.message(first), output("call_1", "rain"), stream=stream)))

    assert (driven.error.kind, driven.error.status) == ("invalid_request", 400)
    assert "call_2" in driven.error.message


def test_an_answer_to_a_call_that_nobody_made_is_refused(driver: Driver) -> None:
    driver.serve(Script(statuses=["requires_action"], calls=[CALLS[:1]]))
    dialogue = AssistantsDialogue(driver.target)
    first = asked_for_calls(driver, dialogue, stream=False)

    driven = driver.drive(dialogue.ask(asking(USER, dialogue.message(first), output("call_9", "rain"))))

    assert driven.error.kind == "invalid_request"


def test_asked_again_without_outputs_the_run_is_looked_at_again(driver: Driver) -> None:
    service = driver.serve(SCRIPT)
    dialogue = AssistantsDialogue(driver.target)
    first = asked_for_calls(driver, dialogue, stream=False)
    before = len(service.received)

    second = driver.drive(dialogue.ask(asking(USER, dialogue.message(first)))).completion

    assert second.choices == first.choices
    assert [received.method for received in service.received[before:]] == ["GET"]


def test_a_user_message_behind_the_outputs_is_asked_when_the_run_has_ended(driver: Driver) -> None:
    service = driver.serve(SCRIPT, Script(writes=["Bring a coat."]))
    dialogue = AssistantsDialogue(driver.target)
    first = asked_for_calls(driver, dialogue, stream=False)

    outputs = (output("call_1", "rain"), output("call_2", "dry"))
    later = (USER, dialogue.message(first), *outputs, Message(role="user", content="What do I wear?"))
    driven = driver.drive(dialogue.ask(asking(*later)))

    assert driven.completion.choices[0].text == "Bring a coat."
    assert [message["content"][0]["text"]["value"] for message in service.messages["thread_2"]] == [
        "Will it rain in Oslo and Lima?",
        "It will rain.",
        "What do I wear?",
        "Bring a coat.",
    ]


def test_a_user_message_instead_of_outputs_is_left_to_the_server_which_refuses(driver: Driver) -> None:
    driver.serve(SCRIPT)
    dialogue = AssistantsDialogue(driver.target)
    first = asked_for_calls(driver, dialogue, stream=False)

    driven = driver.drive(dialogue.ask(asking(USER, dialogue.message(first), USER)))

    assert driven.error.kind == "invalid_request"
    assert "while a run" in driven.error.message


def test_an_output_that_no_run_waited_for_is_not_given_to_a_later_run(driver: Driver) -> None:
    service = driver.serve(Script(statuses=["requires_action", "completed"], calls=[CALLS[:1]]))
    dialogue = AssistantsDialogue(driver.target)
    history = (output("call_0", "old"), USER)
    first = driver.drive(dialogue.ask(asking(*history))).completion
    before = len(service.received)

    driven = driver.drive(dialogue.ask(asking(*history, dialogue.message(first), output("call_1", "rain"))))

    assert driven.completion.choices[0].text == "It will rain."
    assert service.received[before].body["tool_outputs"] == [{"tool_call_id": "call_1", "output": "rain"}]


def test_text_parts_of_an_output_are_sent_as_text(driver: Driver) -> None:
    service = driver.serve(Script(statuses=["requires_action", "completed"], calls=[CALLS[:1]]))
    dialogue = AssistantsDialogue(driver.target)
    first = asked_for_calls(driver, dialogue, stream=False)
    before = len(service.received)
    parts = Message(role="tool", content=[{"type": "text", "text": "rain"}], fields={"tool_call_id": "call_1"})

    driver.drive(dialogue.ask(asking(USER, dialogue.message(first), parts)))

    assert service.received[before].body["tool_outputs"] == [{"tool_call_id": "call_1", "output": "rain"}]


def test_the_message_of_an_answer_with_calls_has_them_in_openais_form(driver: Driver) -> None:
    driver.serve(SCRIPT)
    dialogue = AssistantsDialogue(driver.target)

    message = dialogue.message(asked_for_calls(driver, dialogue, stream=False))

    assert message.to_json() == {
        "role": "assistant",
        "tool_calls": [
            {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}
            for id_, name, arguments in CALLS
        ],
    }


def test_arguments_that_come_as_an_object_are_kept_as_their_text(driver: Driver) -> None:
    service = driver.serve(Script())
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}}
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [call]}}
    shown = {"id": "run_1", "object": "thread.run", "status": "requires_action", "required_action": action}
    service.overrides["POST /threads/*/runs"] = reply(shown)

    completion = asked_for_calls(driver, AssistantsDialogue(driver.target), stream=False)

    assert json.loads(completion.choices[0].tool_calls[0].arguments) == {"a": 1}
