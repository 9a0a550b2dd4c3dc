"""Which requests an Assistants dialogue sends, in which order, over HTTP to a server that follows a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from prompt_contracts.dialects.assistants import AssistantsDialogue
from prompt_contracts.dialects.dialogue import Dialogue
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message, Tool
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.target import Target
from tests.assistants_driver import Driver, running_driver
from tests.assistants_server import Script, refuse

SYSTEM = Message(role="system", content="You are a travel assistant.")
USER = Message(role="user", content="Will it rain in Oslo?")
WEATHER = Tool(name="get_weather", definition={"type": "function", "function": {"name": "get_weather"}})


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with running_driver() as found:
        yield found


def asking(*messages: Message, **fields: Any) -> ModelRequest:
    return ModelRequest(endpoint="assistants", messages=messages or (USER,), **fields)


def test_the_dialogue_is_one_that_a_driver_takes() -> None:
    dialogue: Dialogue = AssistantsDialogue(Target(provider="house", model="m", base_url=None))

    assert dialogue.ask(asking()) is not None


def test_an_answer_takes_an_assistant_a_thread_a_run_looks_at_it_and_a_list_of_what_it_wrote(driver: Driver) -> None:
    service = driver.serve(Script())

    driven = driver.drive(AssistantsDialogue(driver.target).ask(asking(SYSTEM, USER)))

    assert driven.completion.choices[0].text == "It will rain."
    assert [received.line for received in service.received] == [
        "POST /assistants",
        "POST /threads",
        "POST /threads/thread_2/runs",
        "GET /threads/thread_2/runs/run_4",
        "GET /threads/thread_2/runs/run_4",
        "GET /threads/thread_2/messages",
    ]


def test_a_created_assistant_has_the_model_the_system_messages_and_the_tools(driver: Driver) -> None:
    service = driver.serve(Script())
    request = asking(SYSTEM, USER, tools=(WEATHER,), assistant={"name": "Guide", "tools": [{"type": "file_search"}]})

    driver.drive(AssistantsDialogue(driver.target).ask(request))

    assert service.received[0].body == {
        "model": "gpt-4o-mini",
        "name": "Guide",
        "instructions": "You are a travel assistant.",
        "tools": [{"type": "file_search"}, {"type": "function", "function": {"name": "get_weather"}}],
    }
    assert service.received[2].body == {"assistant_id": "asst_1"}


def test_an_assistant_that_writes_its_instructions_keeps_them_and_the_run_brings_the_system_messages(
    driver: Driver,
) -> None:
    service = driver.serve(Script())
    developer = Message(role="developer", content="Be brief.")

    request = asking(SYSTEM, developer, USER, assistant={"instructions": "Speak Norwegian."})
    driver.drive(AssistantsDialogue(driver.target).ask(request))

    assert service.received[0].body == {"model": "gpt-4o-mini", "instructions": "Speak Norwegian."}
    assert service.received[2].body["additional_instructions"] == "You are a travel assistant.\n\nBe brief."


def test_a_retrieved_assistant_keeps_its_model_and_the_run_brings_tools_and_instructions(driver: Driver) -> None:
    service = driver.serve(Script())
    service.assistants["asst/0 a"] = {"id": "asst/0 a", "object": "assistant"}

    request = asking(SYSTEM, USER, tools=(WEATHER,), assistant={"id": "asst/0 a"})
    driven = driver.drive(AssistantsDialogue(driver.target).ask(request))

    assert driven.completion.choices[0].text == "It will rain."
    assert service.received[0].line == "GET /assistants/asst%2F0%20a"
    assert service.received[2].body == {
        "assistant_id": "asst/0 a",
        "additional_instructions": "You are a travel assistant.",
        "tools": [{"type": "function", "function": {"name": "get_weather"}}],
    }


def test_tools_that_the_run_writes_come_with_those_of_the_case(driver: Driver) -> None:
    service = driver.serve(Script())

    request = asking(USER, tools=(WEATHER,), assistant={"run": {"tools": [{"type": "file_search"}]}})
    driver.drive(AssistantsDialogue(driver.target).ask(request))

    offered = [{"type": "file_search"}, {"type": "function", "function": {"name": "get_weather"}}]
    assert service.received[2].body["tools"] == offered


def test_parameters_go_to_the_run_what_it_writes_wins_and_provider_keys_win_over_all(driver: Driver) -> None:
    service = driver.serve(Script())
    request = asking(
        parameters={"temperature": 0, "max_tokens": 300, "metadata": {"team": "a"}, "top_p": 0.5, "seed": 1},
        assistant={"run": {"top_p": 0.9, "max_prompt_tokens": 1000, "truncation_strategy": {"type": "auto"}}},
        extra_body={"temperature": 1},
    )

    driver.drive(AssistantsDialogue(driver.target).ask(request))

    assert service.received[2].body == {
        "assistant_id": "asst_1",
        "temperature": 1,
        "max_completion_tokens": 300,
        "metadata": {"team": "a"},
        "top_p": 0.9,
        "max_prompt_tokens": 1000,
        "truncation_strategy": {"type": "auto"},
    }


def test_of_two_token_limits_the_newer_name_wins(driver: Driver) -> None:
    service = driver.serve(Script())

    request = asking(parameters={"max_completion_tokens": 400, "max_tokens": 300})
    driver.drive(AssistantsDialogue(driver.target).ask(request))

    assert service.received[2].body == {"assistant_id": "asst_1", "max_completion_tokens": 400}


def test_a_created_thread_has_the_messages_it_writes_and_then_those_of_the_case(driver: Driver) -> None:
    service = driver.serve(Script())
    said = Message(role="assistant", content="Hello!")
    parts = Message(role="user", content=[{"type": "text", "text": "Rain?"}], fields={"metadata": {"a": "b"}})
    thread: dict[str, Json] = {"metadata": {"k": "v"}, "messages": [{"role": "user", "content": "Hi"}]}

    driver.drive(AssistantsDialogue(driver.target).ask(asking(said, parts, assistant={"thread": thread})))

    assert service.received[1].body == {
        "metadata": {"k": "v"},
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello!"},
            {"role": "user", "content": [{"type": "text", "text": "Rain?"}], "metadata": {"a": "b"}},
        ],
    }


def test_each_message_is_added_to_a_given_thread_and_only_what_the_run_wrote_is_the_answer(driver: Driver) -> None:
    service = driver.serve(Script(writes=["New."]))
    service.add_thread("thread_0", {"role": "user", "content": "Old?"}, {"role": "assistant", "content": "Old."})

    request = asking(USER, Message(role="user", content="Or snow?"), assistant={"thread": {"id": "thread_0"}})
    driven = driver.drive(AssistantsDialogue(driver.target).ask(request))

    assert driven.completion.choices[0].text == "New."
    assert [received.line for received in service.received][1:4] == [
        "POST /threads/thread_0/messages",
        "POST /threads/thread_0/messages",
        "POST /threads/thread_0/runs",
    ]


def test_a_retrieved_run_is_followed_and_no_message_is_sent(driver: Driver) -> None:
    service = driver.serve()
    service.add_thread("thread_0", {"role": "user", "content": "Rain?"})
    service.add_run("thread_0", "run_0", Script(statuses=["in_progress", "completed"]))

    assistant: dict[str, Json] = {"thread": {"id": "thread_0"}, "run": {"id": "run_0"}}
    driven = driver.drive(AssistantsDialogue(driver.target).ask(asking(assistant=assistant)))

    assert driven.completion.choices[0].text == "It will rain."
    assert [received.line for received in service.received] == [
        "GET /threads/thread_0/runs/run_0",
        "GET /threads/thread_0/runs/run_0",
        "GET /threads/thread_0/messages",
    ]


def test_after_a_retrieved_run_the_next_turn_starts_a_run_with_the_same_assistant(driver: Driver) -> None:
    service = driver.serve(Script(writes=["Second."]))
    service.add_thread("thread_0")
    service.add_run("thread_0", "run_0", Script())
    assistant: dict[str, Json] = {"thread": {"id": "thread_0"}, "run": {"id": "run_0"}}
    dialogue = AssistantsDialogue(driver.target)
    first = driver.drive(dialogue.ask(asking(assistant=assistant))).completion

    later = (USER, dialogue.message(first), Message(role="user", content="And tomorrow?"))
    driven = driver.drive(dialogue.ask(asking(*later, assistant=assistant)))

    assert driven.completion.choices[0].text == "Second."
    assert service.received[-4].body["assistant_id"] == "asst_0"


def test_a_run_without_its_thread_is_an_error_before_anything_is_sent(driver: Driver) -> None:
    driven = driver.drive(AssistantsDialogue(driver.target).ask(asking(assistant={"run": {"id": "run_0"}})))

    assert driven.error.kind == "invalid_request"
    assert driven.requests == []


def test_a_later_turn_adds_its_message_to_the_same_thread_and_starts_a_new_run(driver: Driver) -> None:
    service = driver.serve(Script(writes=["First."]), Script(writes=["Second."]))
    dialogue = AssistantsDialogue(driver.target)
    first = driver.drive(dialogue.ask(asking(SYSTEM, USER))).completion
    before = len(service.received)

    later = (SYSTEM, USER, dialogue.message(first), Message(role="user", content="And tomorrow?"))
    second = driver.drive(dialogue.ask(asking(*later))).completion

    assert (first.choices[0].text, second.choices[0].text) == ("First.", "Second.")
    sent = [(received.line, received.body) for received in service.received[before : before + 2]]
    assert sent == [
        ("POST /threads/thread_2/messages", {"role": "user", "content": "And tomorrow?"}),
        ("POST /threads/thread_2/runs", {"assistant_id": "asst_1"}),
    ]


def test_a_system_message_of_a_later_turn_comes_with_its_run(driver: Driver) -> None:
    service = driver.serve(Script(), Script())
    dialogue = AssistantsDialogue(driver.target)
    first = driver.drive(dialogue.ask(asking(SYSTEM, USER))).completion
    before = len(service.received)

    later = (SYSTEM, USER, dialogue.message(first), Message(role="system", content="Be brief."), USER)
    driver.drive(dialogue.ask(asking(*later)))

    assert service.received[before + 1].body["additional_instructions"] == "Be brief."


def test_tools_that_change_from_turn_to_turn_come_with_the_run(driver: Driver) -> None:
    service = driver.serve(Script(), Script())
    dialogue = AssistantsDialogue(driver.target)
    first = driver.drive(dialogue.ask(asking(USER, tools=(WEATHER,)))).completion
    before = len(service.received)

    driver.drive(dialogue.ask(asking(USER, dialogue.message(first), USER)))

    assert service.received[before + 1].body == {"assistant_id": "asst_1", "tools": []}


def test_after_a_failed_turn_the_next_one_goes_on_with_what_is_there(driver: Driver) -> None:
    service = driver.serve(Script(statuses=["failed"]), Script(writes=["Fine."]))
    dialogue = AssistantsDialogue(driver.target)
    assert driver.drive(dialogue.ask(asking())).error.kind == "run_failed"
    before = len(service.received)

    driven = driver.drive(dialogue.ask(asking(USER, Message(role="user", content="Again?"))))

    assert driven.completion.choices[0].text == "Fine."
    assert service.received[before].body == {"role": "user", "content": "Again?"}


def test_a_turn_whose_thread_could_not_be_created_leaves_its_message_for_the_next(driver: Driver) -> None:
    service = driver.serve(Script())
    service.overrides["POST /threads"] = refuse(500, "down")
    dialogue = AssistantsDialogue(driver.target)
    assert driver.drive(dialogue.ask(asking(USER))).error.kind == "server"
    service.overrides.clear()
    before = len(service.received)

    driver.drive(dialogue.ask(asking(USER, Message(role="user", content="Again?"))))

    texts = [message["content"] for message in service.received[before].body["messages"]]
    assert texts == ["Will it rain in Oslo?", "Again?"]


def test_every_request_has_the_beta_header_and_the_query_of_its_target(driver: Driver) -> None:
    service = driver.serve(Script())
    target = replace(driver.target, query={"api-version": "2024-05-01-preview"})

    driver.drive(AssistantsDialogue(target).ask(asking()))

    assert {received.headers["openai-beta"] for received in service.received} == {"assistants=v2"}
    assert {received.query["api-version"] for received in service.received} == {"2024-05-01-preview"}
    assert service.received[-1].query["run_id"] == "run_4"


@pytest.mark.parametrize("path", ["POST /assistants", "POST /threads", "POST /threads/*/runs", "GET /threads/*/runs/*"])
def test_a_refused_request_ends_the_answer_with_its_error(driver: Driver, path: str) -> None:
    service = driver.serve(Script())
    service.overrides[path] = refuse(401, "Incorrect API key provided")

    driven = driver.drive(AssistantsDialogue(driver.target).ask(asking()))

    assert (driven.error.kind, driven.error.status) == ("auth", 401)


def test_an_assistant_that_is_not_there_is_an_error_of_the_provider(driver: Driver) -> None:
    driver.serve()

    driven = driver.drive(AssistantsDialogue(driver.target).ask(asking(assistant={"id": "asst_9"})))

    assert driven.error.kind == "not_found"
