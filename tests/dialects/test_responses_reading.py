"""What a response object is read as."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Choice, Completion, ToolCall
from prompt_contracts.dialects.responses import read_responses
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.usage import Usage
from tests.dialects.responses_generation import ANSWERS, JSON


def read(body: Json, *, status: int = 200) -> Completion | ProviderError:
    return read_responses(ApiResponse(status=status, body=json.dumps(body).encode()))


def completion(*output: Json, **fields: Json) -> Completion:
    found = read({"object": "response", "status": "completed", "output": list(output), **fields})
    assert isinstance(found, Completion), found
    return found


def choice(*output: Json, **fields: Json) -> Choice:
    (found,) = completion(*output, **fields).choices
    return found


def error(body: Json, *, status: int = 200) -> ProviderError:
    found = read(body, status=status)
    assert isinstance(found, ProviderError), found
    return found


def said(*texts: str) -> Json:
    return {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": text} for text in texts],
    }


def call(**fields: Json) -> Json:
    return {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}", **fields}


def test_an_answer_says_text_model_id_and_usage() -> None:
    found = completion(
        said("Hello"),
        id="resp_1",
        model="gpt-5-2025-08-07",
        usage={
            "input_tokens": 9,
            "input_tokens_details": {"cached_tokens": 4},
            "output_tokens": 10,
            "output_tokens_details": {"reasoning_tokens": 6},
            "total_tokens": 19,
        },
    )

    assert found == Completion(
        id="resp_1",
        model="gpt-5-2025-08-07",
        usage=Usage(prompt_tokens=9, completion_tokens=10, total_tokens=19, cached_tokens=4, reasoning_tokens=6),
        choices=(Choice(text="Hello", finish_reason="stop", raw_finish_reason="completed"),),
    )


def test_the_texts_of_all_messages_are_joined() -> None:
    assert choice(said("Hel", "lo"), {"type": "reasoning"}, said(" world")).text == "Hello world"


def test_a_call_is_known_by_its_call_id() -> None:
    found = choice(call(arguments='{"a": 1}'))

    assert found.tool_calls == (ToolCall(id="call_1", name="f", arguments='{"a": 1}'),)
    assert (found.finish_reason, found.raw_finish_reason) == ("tool_calls", "completed")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"call_id": None}, ToolCall(id="fc_1", name="f", arguments="{}")),
        ({"call_id": None, "id": None}, ToolCall(name="f", arguments="{}")),
        ({"arguments": None}, ToolCall(id="call_1", name="f", arguments="")),
        ({"arguments": {"a": "ö"}}, ToolCall(id="call_1", name="f", arguments='{"a": "ö"}')),
        ({"arguments": "{"}, ToolCall(id="call_1", name="f", arguments="{")),
    ],
)
def test_a_call_is_read_whatever_it_lacks(fields: dict[str, Json], expected: ToolCall) -> None:
    assert choice(call(**fields)).tool_calls == (expected,)


def test_text_and_calls_stand_side_by_side_in_their_order() -> None:
    found = choice(call(name="a"), said("Wait."), call(name="b"))

    assert found.text == "Wait."
    assert [each.name for each in found.tool_calls] == ["a", "b"]


def test_a_refusal_is_no_text() -> None:
    refusal: Json = {"type": "message", "content": [{"type": "refusal", "refusal": "I will not."}]}

    found = choice(refusal)

    assert (found.text, found.refusal, found.finish_reason) == ("", "I will not.", "stop")


def test_reasoning_is_no_text() -> None:
    thought: Json = {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "First."}, {"type": "summary_text", "text": "Then."}],
        "content": [{"type": "reasoning_text", "text": "Hmm."}],
    }

    found = choice(thought, said("42"))

    assert (found.text, found.reasoning) == ("42", "First.\n\nThen.\n\nHmm.")


def test_hidden_reasoning_is_none() -> None:
    assert choice({"type": "reasoning", "id": "rs_1", "summary": []}, said("42")).reasoning is None


@pytest.mark.parametrize("kind", ["web_search_call", "mcp_call", "image_generation_call", "of_the_future", None, 3])
def test_items_that_nobody_knows_are_no_part_of_the_answer(kind: Json) -> None:
    other: Json = {"type": kind, "content": [{"type": "output_text", "text": "x"}], "name": 3}

    assert choice(other, said("42")) == choice(said("42"))


@pytest.mark.parametrize(
    ("fields", "normalised", "raw"),
    [
        ({"status": "completed"}, "stop", "completed"),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            "length",
            "max_output_tokens",
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            "content_filter",
            "content_filter",
        ),
        ({"status": "incomplete", "incomplete_details": {"reason": "bored"}}, "bored", "bored"),
        ({"status": "incomplete", "incomplete_details": None}, "incomplete", "incomplete"),
        ({"status": "odd"}, "odd", "odd"),
        ({"status": None}, None, None),
    ],
)
def test_a_status_is_a_finish_reason(fields: dict[str, Json], normalised: str | None, raw: str | None) -> None:
    found = choice(said("x"), **fields)

    assert (found.finish_reason, found.raw_finish_reason) == (normalised, raw)


def test_a_call_that_was_cut_off_ends_by_length() -> None:
    details: Json = {"reason": "max_output_tokens"}

    assert choice(call(arguments="{"), status="incomplete", incomplete_details=details).finish_reason == "length"


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (None, Usage()),
        ({}, Usage()),
        ("many", Usage()),
        ({"input_tokens": 1, "output_tokens": 2}, Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3)),
        ({"input_tokens": -1, "output_tokens": True, "total_tokens": 3.5}, Usage()),
        ({"input_tokens": 10**13, "input_tokens_details": None}, Usage()),
    ],
)
def test_usage_that_is_not_told_is_unknown(usage: Json, expected: Usage) -> None:
    assert completion(said("x"), usage=usage).usage == expected


def test_what_openrouter_charged_is_kept() -> None:
    assert completion(said("x"), usage={"cost": 0.00012}).charged == Decimal("0.00012")


def test_an_answer_of_llama_cpp_is_read() -> None:
    body: Json = {
        "completed_at": 1,
        "created_at": 1,
        "id": "resp_1",
        "model": "tiny",
        "object": "response",
        "output": [
            {
                "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": "o help"}],
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
                "type": "message",
            },
            {
                "id": "fc_1",
                "type": "function_call",
                "status": "completed",
                "arguments": '{\n"city"\n :", s"}',
                "call_id": "call_1",
                "name": "get_weather",
            },
        ],
        "status": "completed",
        "usage": {
            "input_tokens": 135,
            "output_tokens": 127,
            "total_tokens": 262,
            "input_tokens_details": {"cached_tokens": 0},
        },
    }

    found = read(body)

    assert isinstance(found, Completion)
    assert found.choices[0].text == "o help"
    assert found.choices[0].tool_calls[0].parsed_arguments() == {"city": ", s"}
    assert found.usage == Usage(prompt_tokens=135, completion_tokens=127, total_tokens=262, cached_tokens=0)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("rate_limit_exceeded", "rate_limit"),
        ("server_error", "server"),
        ("invalid_prompt", "content_filter"),
        ("image_content_policy_violation", "content_filter"),
        ("invalid_image", "invalid_request"),
        ("image_too_large", "invalid_request"),
        ("vector_store_timeout", "timeout"),
        ("context_length_exceeded", "context_length"),
        ("of_the_future", "unknown"),
    ],
)
def test_a_failed_response_is_the_error_that_it_names(code: str, kind: str) -> None:
    found = error(
        {"object": "response", "id": "r", "status": "failed", "output": [], "error": {"code": code, "message": "Why."}}
    )

    assert (found.kind, found.code, found.message, found.status) == (kind, code, "Why.", 200)
    assert found.body is not None
    assert code in found.body


def test_a_failed_response_without_a_reason_is_an_error_of_the_server() -> None:
    found = error({"object": "response", "status": "failed", "error": None, "output": [said("half")]})

    assert (found.kind, found.status) == ("server", 200)
    assert "does not say why" in found.message


@pytest.mark.parametrize("status", ["cancelled", "queued", "in_progress"])
def test_a_response_that_is_no_answer_yet_or_never_says_so(status: str) -> None:
    found = error({"object": "response", "status": status, "error": None, "output": []})

    assert (found.kind, found.code) == ("run_failed", status)
    assert status.replace("_", " ") in found.message


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            400,
            {"error": {"message": "no model", "type": "invalid_request_error", "code": "model_not_found"}},
            "not_found",
        ),
        (401, {"error": {"message": "bad key", "code": "invalid_api_key"}}, "auth"),
        (400, {"error": {"code": 400, "message": "'input' must be a string", "type": "invalid_request_error"}}, None),
        (200, {"error": {"code": "rate_limit_exceeded", "message": "slow"}}, "rate_limit"),
    ],
)
def test_an_error_is_read_at_any_status(status: int, body: Json, kind: str | None) -> None:
    assert error(body, status=status).kind == (kind or "invalid_request")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is empty"),
        (b"<html>", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"object": "response", "status": "completed"}', "no output"),
        (b'{"object": "response", "output": "Hello"}', "no output"),
        (b'{"object": "chat.completion", "choices": []}', "chat.completion"),
        (b'{"object": "response", "output": ["x"]}', "not an object"),
        (b'{"object": "response", "output": [{"type": "message", "content": 3}]}', "neither text nor parts"),
        (b'{"object": "response", "output": [{"type": "message", "content": ["x"]}]}', "content part"),
        (
            b'{"object": "response", "output": [{"type": "message", "content": [{"type": "output_text", "text": 3}]}]}',
            "content part",
        ),
        (b'{"object": "response", "output": [{"type": "function_call", "arguments": "{}"}]}', "without a name"),
    ],
)
def test_a_body_that_is_no_answer_is_malformed_and_says_why(body: bytes, reason: str) -> None:
    found = read_responses(ApiResponse(status=200, body=body))

    assert isinstance(found, ProviderError)
    assert found.kind == "malformed_response"
    assert reason in found.message
    assert found.body == body.decode()


@pytest.mark.parametrize("depth", [900, 960, 985, 990, 995, 1000, 5000, 100_000])
def test_arguments_nested_without_end_are_an_error_or_a_text(depth: int) -> None:
    nested = '{"a":' * depth + "1" + "}" * depth
    body = f'{{"object": "response", "output": [{{"type": "function_call", "name": "f", "arguments": {nested}}}]}}'

    found = read_responses(ApiResponse(status=200, body=body.encode()))

    assert isinstance(found, Completion) or found.kind == "malformed_response"


@given(ANSWERS)
def test_every_answer_is_read(answer: dict[str, Json]) -> None:
    found = read(answer)

    assert isinstance(found, Completion)
    assert Completion.from_json(found.to_json()) == found


@given(ANSWERS, st.data())
def test_a_damaged_answer_is_an_answer_or_an_error_and_never_raises(
    answer: dict[str, Json], data: st.DataObject
) -> None:
    damaged = damage(answer, data)

    assert isinstance(read(damaged), (Completion, ProviderError))


@given(st.binary() | JSON.map(lambda body: json.dumps(body).encode()), st.sampled_from([200, 299, 400, 500]))
def test_no_body_raises(body: bytes, status: int) -> None:
    assert isinstance(read_responses(ApiResponse(status=status, body=body)), (Completion, ProviderError))


def damage(value: Json, data: st.DataObject) -> Json:
    """The value with something else at one place inside it."""
    if not value or not isinstance(value, (dict, list)) or not data.draw(st.integers(0, 3)):
        return data.draw(JSON)
    if isinstance(value, dict):
        key = data.draw(st.sampled_from(list(value)))
        return {**value, key: damage(value[key], data)}
    position = data.draw(st.integers(0, len(value) - 1))
    return [*value[:position], damage(value[position], data), *value[position + 1 :]]


@pytest.mark.parametrize("kind", ["apply_patch_call", "computer_call", "custom_tool_call", "local_shell_call"])
def test_a_call_that_is_no_call_of_a_function_is_never_an_answer_without_calls(kind: str) -> None:
    found = error({"status": "completed", "output": [said("Hi"), {"type": kind, "call_id": "c", "name": "f"}]})

    assert found.kind == "malformed_response"
    assert found.message.startswith(f"the answer has an item '{kind}', and only calls of functions can be judged: ")


def test_what_the_server_carried_out_itself_is_no_part_of_the_answer() -> None:
    found = choice({"type": "web_search_call", "id": "ws_1", "status": "completed"}, said("Hi"))

    assert (found.text, found.tool_calls) == ("Hi", ())
