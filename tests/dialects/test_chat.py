"""What is asked over Chat Completions, and how the conversation goes on after an answer."""

from __future__ import annotations

from typing import Any

import pytest

from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.dialects.chat import ChatDialogue
from prompt_contracts.interaction import ApiRequest, ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message, Tool
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target
from prompt_contracts.usage import Usage

TARGET = Target(provider="house", model="m", base_url="http://localhost:9/v1")
HI = Message(role="user", content="Hi")


def asked(target: Target = TARGET, **fields: Any) -> ApiRequest:
    """The one request that the dialogue sends."""
    sent = next(ChatDialogue(target).ask(ModelRequest(messages=(HI,), **fields)))
    assert isinstance(sent, ApiRequest)
    return sent


def said(*calls: ToolCall, **fields: Any) -> Message:
    """The message with which the conversation goes on after an answer."""
    choice = Choice(tool_calls=calls, **fields)
    return ChatDialogue(TARGET).message(Completion(choices=(choice,), usage=Usage()))


def test_a_request_holds_what_was_asked_and_nothing_else() -> None:
    request = asked(parameters={"temperature": 0})

    assert request.method == "POST"
    assert request.url == "http://localhost:9/v1/chat/completions"
    assert request.body == {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0}


def test_tools_are_sent_as_they_were_defined() -> None:
    definition: dict[str, Json] = {"type": "function", "function": {"name": "f"}}

    body = asked(tools=(Tool(name="f", definition=definition),)).body

    assert isinstance(body, dict)
    assert body["tools"] == [definition]


def test_extra_body_goes_over_everything_else() -> None:
    extra: dict[str, Json] = {"provider": {"sort": "price"}, "model": "mine", "seed": 8}

    body = asked(parameters={"seed": 7}, extra_body=extra).body

    assert body == {"messages": [{"role": "user", "content": "Hi"}], **extra}


def test_the_address_is_the_target_s_own_path_and_query() -> None:
    target = Target(
        provider="azure",
        model="m",
        base_url="https://r/openai/v1",
        chat_path="/deployments/m/chat/completions",
        query={"api-version": "2024-10-21"},
    )

    assert asked(target).url == "https://r/openai/v1/deployments/m/chat/completions?api-version=2024-10-21"


def test_the_dialogue_asks_once_and_returns_the_answer() -> None:
    dialogue = ChatDialogue(TARGET).ask(ModelRequest(messages=(HI,)))
    next(dialogue)

    with pytest.raises(StopIteration) as stop:
        dialogue.send(ApiResponse(status=200, body=b'{"choices":[{"message":{"content":"hello"}}]}'))

    assert isinstance(stop.value.value, Completion)
    assert stop.value.value.choices[0].text == "hello"


def test_a_stream_must_bring_as_many_choices_as_were_asked_for() -> None:
    dialogue = ChatDialogue(TARGET).ask(ModelRequest(messages=(HI,), parameters={"n": 2, "stream": True}))
    next(dialogue)

    chunk = b'data: {"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}]}\n\n'

    with pytest.raises(StopIteration) as stop:
        dialogue.send(ApiResponse(status=200, body=chunk))

    assert isinstance(stop.value.value, ProviderError)
    assert stop.value.value.kind == "stream_interrupted"


def test_an_answer_without_calls_goes_on_as_its_text() -> None:
    assert said(text="hello", reasoning="hm") == Message(role="assistant", content="hello")


def test_a_refusal_goes_on_as_what_was_said() -> None:
    assert said(refusal="I cannot.") == Message(role="assistant", content="I cannot.")


def test_calls_go_on_without_a_content_where_there_was_no_text() -> None:
    message = said(ToolCall(id="a", name="f", arguments='{"x": 1}'), reasoning="hm")

    assert message.to_json() == {
        "role": "assistant",
        "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}],
    }


def test_text_beside_calls_goes_on() -> None:
    assert said(ToolCall(id="a", name="f", arguments="{}"), text="Let me look.").content == "Let me look."


@pytest.mark.parametrize(
    ("ids", "sent"),
    [
        (["a", "b"], ["a", "b"]),
        ([None, None], ["call_1", "call_2"]),
        (["0", "0"], ["0", "call_1"]),
        ([None, "call_1", ""], ["call_2", "call_1", "call_3"]),
    ],
)
def test_each_call_goes_on_with_an_id_of_its_own(ids: list[str | None], sent: list[str]) -> None:
    message = said(*(ToolCall(id=name, name="f", arguments="{}") for name in ids))

    calls = message.fields["tool_calls"]
    assert isinstance(calls, list)
    assert [call["id"] for call in calls if isinstance(call, dict)] == sent


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        ('{ "x": 1 }', '{ "x": 1 }'),
        ('{"x": 1, "x": 2}', '{"x": 1, "x": 2}'),
        ("", "{}"),
        ("{", "{}"),
        ("[1]", "{}"),
        ('{"x": NaN}', "{}"),
        ("[" * 100_000, "{}"),
    ],
)
def test_arguments_that_servers_refuse_go_on_as_none(arguments: str, sent: str) -> None:
    message = said(ToolCall(id="a", name="f", arguments=arguments))

    assert message.fields["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": sent}}
    ]
