"""What is reported before a run because the Assistants API has no place for it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.dialects.assistants_findings import assistant_findings
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message, Tool
from prompt_contracts.model_request import ModelRequest

USER = Message(role="user", content="Hi")


def notices(*messages: Message, **fields: Any) -> dict[str, str]:
    request = ModelRequest(endpoint="assistants", messages=messages or (USER,), **fields)
    return {notice.part: f"{notice.message}; {notice.help}" for notice in assistant_findings(request)}


def test_a_request_that_has_its_place_is_not_reported() -> None:
    parameters = {
        "temperature": 0,
        "top_p": 1,
        "max_tokens": 300,
        "max_completion_tokens": 300,
        "response_format": {"type": "json_object"},
        "reasoning_effort": "low",
        "metadata": {"a": "b"},
        "tool_choice": "auto",
        "parallel_tool_calls": False,
        "stream": True,
        "stream_options": {"include_usage": True},
        "n": 1,
        "seed": None,
    }
    assistant: dict[str, Json] = {
        "name": "Guide",
        "instructions": "Be brief.",
        "tools": [],
        "thread": {"metadata": {}, "messages": [], "tool_resources": {}},
        "run": {"max_prompt_tokens": 500, "additional_messages": [], "truncation_strategy": {"type": "auto"}},
        "poll": {"interval": 0.5, "timeout": 10},
    }
    tool = Tool(name="f", definition={"type": "function", "function": {"name": "f"}})

    system = Message(role="system", content="Speak Norwegian.")
    assert notices(system, USER, parameters=parameters, assistant=assistant, tools=(tool,), extra_body={"x": 1}) == {}


@pytest.mark.parametrize(
    "name", ["seed", "stop", "n", "logprobs", "frequency_penalty", "store", "service_tier", "user", "prediction"]
)
def test_a_parameter_without_a_place_is_reported_by_name(name: str) -> None:
    found = notices(parameters={name: 5, "temperature": 0})

    assert list(found) == [name]
    assert found[name].startswith(f"'{name}' has no place in the Assistants API; ")


def test_a_misspelt_parameter_is_reported_with_the_name_that_was_meant() -> None:
    assert notices(parameters={"temprature": 0})["temprature"].endswith("did you mean 'temperature'?")


@pytest.mark.parametrize(
    ("assistant", "place", "told"),
    [
        ({"nmae": "Guide"}, "assistant.nmae", "did you mean 'name'?"),
        ({"thread": {"mesages": []}}, "assistant.thread.mesages", "did you mean 'messages'?"),
        ({"run": {"stop": "x"}}, "assistant.run.stop", "is no field that the Assistants API has"),
        ({"poll": {"intervall": 1}}, "assistant.poll.intervall", "did you mean 'interval'?"),
        ({"poll": {"interval": -1}}, "assistant.poll.interval", "is not a number of seconds but -1"),
        ({"poll": {"timeout": "1s"}}, "assistant.poll.timeout", 'is not a number of seconds but "1s"'),
        ({"poll": {"timeout": True}}, "assistant.poll.timeout", "is not a number of seconds but true"),
        ({"thread": "thread_1"}, "assistant.thread", 'is not an object but "thread_1"'),
        ({"run": [1]}, "assistant.run", "is not an object but [1]"),
        ({"id": 5}, "assistant.id", "is not an id but 5"),
        ({"thread": {"id": ""}}, "assistant.thread.id", 'is not an id but ""'),
        ({"id": "asst_1", "name": "Guide"}, "assistant.name", "leave it out, or leave out 'id'"),
        ({"id": "asst_1", "instructions": "Hi"}, "assistant.instructions", "write it under 'assistant.run'"),
        ({"thread": {"id": "t", "metadata": {}}}, "assistant.thread.metadata", "the thread is there already"),
        ({"run": {"id": "run_1"}}, "assistant.run.id", "nothing says on which thread it is"),
        ({"thread": {"id": "t"}, "run": {"id": "r", "top_p": 1}}, "assistant.run.top_p", "is started already"),
    ],
)
def test_what_an_assistant_writes_in_vain_is_reported_with_its_place(
    assistant: dict[str, Json], place: str, told: str
) -> None:
    found = notices(assistant=assistant)

    assert list(found) == [place]
    assert told in found[place]


def test_parameters_of_a_run_that_is_only_retrieved_are_reported() -> None:
    assistant: dict[str, Json] = {"thread": {"id": "t"}, "run": {"id": "r"}}

    assert set(notices(parameters={"top_p": 1}, extra_body={"x": 1}, assistant=assistant)) == {"top_p", "extra_body"}


def test_instructions_of_the_run_that_replace_the_system_messages_are_reported() -> None:
    system = Message(role="system", content="Be kind.")
    run: dict[str, Json] = {"instructions": "Be brief."}

    assert list(notices(system, USER, assistant={"run": run})) == ["assistant.run.instructions"]
    assert notices(system, USER, assistant={"run": run, "id": "asst_1"}) == {}
    assert notices(USER, assistant={"run": run}) == {}


@pytest.mark.parametrize(
    ("message", "place", "told"),
    [
        (Message(role="user", content="Hi", fields={"name": "Ada"}), "messages[1].name", "'name' of messages[1]"),
        (
            Message(role="assistant", fields={"tool_calls": []}),
            "messages[1].tool_calls",
            "'tool_calls' of messages[1] has no place",
        ),
        (Message(role="tool", content="x", fields={"tool_call_id": "c"}), "messages[1]", "the role 'tool'"),
        (Message(role="user", content=[{"type": "input_audio"}]), "messages[1]", 'of the type "input_audio"'),
        (Message(role="user", content=["text"]), "messages[1]", "of the type null"),
        (Message(role="system", content=[{"type": "image_url"}]), "messages[1]", 'of the type "image_url"'),
    ],
)
def test_what_a_thread_does_not_take_is_reported_with_its_message(message: Message, place: str, told: str) -> None:
    found = notices(USER, message)

    assert list(found) == [place]
    assert told in found[place]


def test_parts_and_fields_that_a_thread_takes_are_not_reported() -> None:
    parts: list[Json] = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "https://a.no/b"}}]

    assert notices(Message(role="user", content=parts, fields={"attachments": [], "metadata": {}})) == {}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4) | st.just("id"), inner, max_size=2),
    max_leaves=5,
)


@given(
    assistant=st.dictionaries(st.sampled_from(["id", "thread", "run", "poll", "tools", "name"]), values),
    parameters=st.dictionaries(st.sampled_from(["n", "stream_options", "instructions", "top_p", "seed"]), values),
)
def test_nothing_that_an_author_writes_makes_the_check_raise(
    assistant: dict[str, Any], parameters: dict[str, Any]
) -> None:
    for notice in assistant_findings(
        ModelRequest(endpoint="assistants", messages=(USER,), assistant=assistant, parameters=parameters)
    ):
        assert notice.part
        assert notice.message
        assert notice.help
