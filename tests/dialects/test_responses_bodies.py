"""What is sent over the Responses API: bodies, items, and the answers that go back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.dialects.dialogue import Dialogue
from prompt_contracts.dialects.responses import ResponsesDialogue
from prompt_contracts.interaction import ApiRequest, ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message, Tool
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.target import Target
from prompt_contracts.usage import Usage
from tests.dialects.responses_generation import CHAT, MESSAGES, NATIVE, OUTPUT, SHARED, TOOLS, parameters
from tests.openapi import SKIP_REASON, find_openapi, violations

TARGET = Target(provider="house", model="m", base_url="http://localhost:9/v1")
USER = Message(role="user", content="Hi")

REASONING: dict[str, Json] = {"type": "reasoning", "id": "rs_1", "summary": []}
ENCRYPTED: dict[str, Json] = {**REASONING, "encrypted_content": "gAAAA"}
CALL: dict[str, Json] = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "f",
    "arguments": "{}",
    "status": "completed",
}
SAID: dict[str, Json] = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Hello", "annotations": []}],
}
RESULT = Message(role="tool", content="12 degrees", fields={"tool_call_id": "call_1"})


def ask(dialogue: Dialogue, request: ModelRequest) -> tuple[ApiRequest, Any]:
    """The request that a dialogue yields, and the running step."""
    step = dialogue.ask(request)
    sent = next(step)
    assert isinstance(sent, ApiRequest)
    return sent, step


def body_of(*messages: Message, dialogue: Dialogue | None = None, **fields: Any) -> dict[str, Json]:
    request = ModelRequest(endpoint="responses", messages=messages or (USER,), **fields)
    sent, _ = ask(dialogue or ResponsesDialogue(TARGET), request)
    assert isinstance(sent.body, dict)
    return sent.body


def items_of(*messages: Message, **fields: Any) -> list[Json]:
    return cast("list[Json]", body_of(*messages, **fields)["input"])


def answer(dialogue: Dialogue, output: list[Json], *messages: Message) -> Message:
    """The message that stands for an answer, after the dialogue was told it."""
    _, step = ask(dialogue, ModelRequest(endpoint="responses", messages=messages or (USER,)))
    body = {"object": "response", "id": "resp_1", "status": "completed", "output": output}
    with pytest.raises(StopIteration) as stopped:
        step.send(ApiResponse(status=200, body=json.dumps(body).encode()))
    completion = stopped.value.value
    assert isinstance(completion, Completion)
    return dialogue.message(completion)


def ids_in(message: Message) -> list[Json]:
    return [call["id"] for call in cast("list[dict[str, Json]]", message.fields["tool_calls"])]


def call_ids_of(items: list[Json]) -> list[Json]:
    return [item["call_id"] for item in cast("list[dict[str, Json]]", items)]


def test_a_request_holds_what_was_asked_and_nothing_else() -> None:
    request = ModelRequest(endpoint="responses", messages=(USER,), parameters={"temperature": 0})

    sent, _ = ask(ResponsesDialogue(TARGET), request)

    assert (sent.method, sent.url) == ("POST", "http://localhost:9/v1/responses")
    assert sent.body == {
        "model": "m",
        "input": [{"type": "message", "role": "user", "content": "Hi"}],
        "temperature": 0,
    }


def test_parameters_go_out_by_their_responses_names() -> None:
    body = body_of(parameters={"max_completion_tokens": 50, "reasoning_effort": "low"})

    assert body["max_output_tokens"] == 50
    assert body["reasoning"] == {"effort": "low"}
    assert "max_completion_tokens" not in body


def test_a_parameter_without_a_counterpart_goes_out_as_written_and_is_never_dropped_in_silence() -> None:
    assert body_of(parameters={"seed": 7})["seed"] == 7


def test_extra_body_goes_over_everything() -> None:
    body = body_of(parameters={"store": True}, extra_body={"store": False, "provider": {"sort": "price"}})

    assert body["store"] is False
    assert body["provider"] == {"sort": "price"}


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ({"name": "f"}, {"parameters": None, "strict": False}),
        (
            {"name": "f", "strict": True, "parameters": {"type": "object"}},
            {"parameters": {"type": "object"}, "strict": True},
        ),
        ({"name": "f", "strict": None, "description": "d"}, {"parameters": None, "strict": False, "description": "d"}),
    ],
)
def test_a_tool_is_flat_and_has_every_required_key(function: dict[str, Json], expected: dict[str, Json]) -> None:
    body = body_of(tools=(Tool(name="f", definition={"type": "function", "function": function}),))

    assert body["tools"] == [{"type": "function", "name": "f", **expected}]


def test_tools_of_the_api_itself_stand_beside_those_of_the_case() -> None:
    tool = Tool(name="f", definition={"type": "function", "function": {"name": "f"}})

    tools = body_of(tools=(tool,), parameters={"tools": [{"type": "web_search"}]})["tools"]

    assert [entry["type"] for entry in cast("list[dict[str, Json]]", tools)] == ["function", "web_search"]


def test_an_answer_goes_back_as_the_items_that_came() -> None:
    dialogue = ResponsesDialogue(TARGET)
    output: list[Json] = [REASONING, CALL]

    message = answer(dialogue, output)

    items = items_of(USER, message, RESULT, dialogue=dialogue)
    assert items[1:3] == output
    assert items[3] == {"type": "function_call_output", "call_id": "call_1", "output": "12 degrees"}


def test_an_equal_copy_of_an_answer_goes_back_as_the_items_too() -> None:
    dialogue = ResponsesDialogue(TARGET)
    message = answer(dialogue, [REASONING, CALL])

    copy = Message(role=message.role, content=message.content, fields=dict(message.fields))

    assert items_of(USER, copy, RESULT, dialogue=dialogue)[1:3] == [REASONING, CALL]


def test_each_of_two_equal_answers_goes_back_as_its_own_items() -> None:
    dialogue = ResponsesDialogue(TARGET)
    first = answer(dialogue, [{**SAID, "id": "msg_1"}])
    second = answer(dialogue, [{**SAID, "id": "msg_2"}])

    items = cast("list[dict[str, Json]]", items_of(first, USER, second, dialogue=dialogue))

    assert [item.get("id") for item in items] == ["msg_1", None, "msg_2"]


def test_the_message_of_an_answer_is_the_same_each_time() -> None:
    dialogue = ResponsesDialogue(TARGET)
    completion = Completion(choices=(Choice(text="Hello"),), usage=Usage())

    assert dialogue.message(completion) == Message(role="assistant", content="Hello")
    message = answer(dialogue, [SAID])
    assert message == Message(role="assistant", content="Hello")


def test_a_message_of_calls_is_in_the_form_of_chat() -> None:
    call = ToolCall(id="call_1", name="f", arguments="{}")
    completion = Completion(choices=(Choice(tool_calls=(call,)),), usage=Usage())

    message = ResponsesDialogue(TARGET).message(completion)

    written: Json = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert message == Message(role="assistant", fields={"tool_calls": [written]})


def test_a_call_without_an_id_gets_one_that_its_item_has_too() -> None:
    dialogue = ResponsesDialogue(TARGET)
    bare: list[Json] = [{"type": "function_call", "name": name, "arguments": "{}"} for name in ("f", "g")]

    message = answer(dialogue, bare)

    assert ids_in(message) == ["call_1", "call_2"]
    assert call_ids_of(items_of(message, dialogue=dialogue)) == ["call_1", "call_2"]


def test_calls_that_share_an_id_get_ids_of_their_own() -> None:
    dialogue = ResponsesDialogue(TARGET)

    message = answer(dialogue, [{**CALL, "call_id": call_id} for call_id in ("call_1", "call_1", "call_2")])

    assert ids_in(message) == ["call_1", "call_3", "call_2"]
    assert call_ids_of(items_of(message, dialogue=dialogue)) == ["call_1", "call_3", "call_2"]


@pytest.mark.parametrize("broken", ["", "{", "[]", "NaN", '{"a": NaN}', None])
def test_arguments_that_are_no_object_go_back_as_an_empty_one(broken: Json) -> None:
    dialogue = ResponsesDialogue(TARGET)

    message = answer(dialogue, [{**CALL, "arguments": broken}])

    assert items_of(message, dialogue=dialogue) == [{**CALL, "arguments": "{}"}]
    assert json.dumps(message.fields["tool_calls"]).count('"arguments": "{}"') == 1


def test_arguments_go_back_letter_by_letter() -> None:
    dialogue = ResponsesDialogue(TARGET)
    written = '{ "a" :1.0}'

    message = answer(dialogue, [{**CALL, "arguments": written}])

    assert items_of(message, dialogue=dialogue) == [{**CALL, "arguments": written}]


def test_a_refusal_is_what_was_said() -> None:
    content: list[Json] = [{"type": "refusal", "refusal": "I will not."}]

    message = answer(ResponsesDialogue(TARGET), [{**SAID, "content": content}])

    assert message == Message(role="assistant", content="I will not.")


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ([ENCRYPTED, CALL], [ENCRYPTED, CALL]),
        ([REASONING, CALL], [{key: value for key, value in CALL.items() if key != "id"}]),
        ([CALL], [CALL]),
    ],
)
def test_an_answer_that_is_not_stored_goes_back_without_reasoning_that_the_server_cannot_know(
    output: list[Json], expected: list[Json]
) -> None:
    dialogue = ResponsesDialogue(TARGET)
    message = answer(dialogue, output)

    items = items_of(message, dialogue=dialogue, parameters={"store": False})

    assert items == expected


def test_with_a_previous_response_the_messages_are_sent_and_in_a_tool_loop_all_of_them_again() -> None:
    dialogue = ResponsesDialogue(TARGET)
    given: Mapping[str, Json] = {"previous_response_id": "resp_0"}
    first = items_of(USER, dialogue=dialogue, parameters=given)

    message = answer(dialogue, [CALL])
    body = body_of(USER, message, RESULT, dialogue=dialogue, parameters=given)

    assert body["previous_response_id"] == "resp_0"
    assert cast("list[Json]", body["input"])[:2] == [*first, CALL]


def test_a_conversation_that_the_server_keeps_is_sent_only_what_is_new() -> None:
    dialogue = ResponsesDialogue(TARGET)
    message = answer(dialogue, [CALL])

    items = items_of(USER, message, RESULT, dialogue=dialogue, parameters={"conversation": "conv_1"})

    assert items == [{"type": "function_call_output", "call_id": "call_1", "output": "12 degrees"}]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({**SAID, "phase": None}, SAID),
        (
            {**SAID, "content": [{"type": "output_text", "text": "Hello", "annotations": None, "logprobs": None}]},
            SAID,
        ),
        (
            {key: value for key, value in SAID.items() if key != "id"},
            {"type": "message", "role": "assistant", "content": "Hello"},
        ),
        ({**REASONING, "status": None, "content": None, "summary": None}, REASONING),
        ({**CALL, "status": None}, {key: value for key, value in CALL.items() if key != "status"}),
        ({"type": "web_search_call", "id": "ws_1", "x": None}, {"type": "web_search_call", "id": "ws_1", "x": None}),
    ],
)
def test_what_a_request_may_not_hold_is_taken_from_an_item_that_goes_back(item: Json, expected: Json) -> None:
    dialogue = ResponsesDialogue(TARGET)

    assert items_of(answer(dialogue, [item]), dialogue=dialogue) == [expected]


def test_an_error_is_no_answer_that_goes_back() -> None:
    dialogue = ResponsesDialogue(TARGET)
    _, step = ask(dialogue, ModelRequest(endpoint="responses", messages=(USER,)))

    with pytest.raises(StopIteration) as stopped:
        step.send(ApiResponse(status=500, body=b"oops"))

    assert isinstance(stopped.value.value, ProviderError)


@pytest.mark.skipif(find_openapi() is None, reason=SKIP_REASON)
@given(st.data())
def test_every_body_is_valid_by_the_official_schema(data: st.DataObject) -> None:
    chat_names = data.draw(st.booleans())
    given_parameters = data.draw(parameters(SHARED, CHAT if chat_names else NATIVE))

    body = body_of(*data.draw(MESSAGES), tools=data.draw(TOOLS), parameters=given_parameters)

    assert violations("responses", body) == []


@pytest.mark.skipif(find_openapi() is None, reason=SKIP_REASON)
@given(OUTPUT, st.booleans())
def test_an_answer_of_any_items_goes_back_as_valid_input(output: list[Json], is_stored: bool) -> None:
    dialogue = ResponsesDialogue(TARGET)
    message = answer(dialogue, output)

    body = body_of(USER, message, USER, dialogue=dialogue, parameters={"store": is_stored})

    assert violations("responses", body) == []


@given(OUTPUT)
def test_stored_items_go_back_in_number_and_order(output: list[Json]) -> None:
    dialogue = ResponsesDialogue(TARGET)
    message = answer(dialogue, output)

    items = items_of(message, dialogue=dialogue)

    def kind(item: Json) -> Json:
        assert isinstance(item, dict)
        return item["type"]

    assert [kind(item) for item in items] == [kind(item) for item in output]
