"""What an answer over Chat Completions is read as."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Completion, ToolCall
from prompt_contracts.dialects.chat import read_chat
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError


def answer(body: Json, *, status: int = 200) -> Completion | ProviderError:
    return read_chat(ApiResponse(status=status, body=json.dumps(body).encode()))


def completion(message: dict[str, Json], **fields: Json) -> Completion:
    found = answer({"choices": [{"message": message, "finish_reason": "stop", **fields}]})
    assert isinstance(found, Completion)
    return found


@pytest.mark.parametrize("content", [None, ""])
def test_a_null_content_is_empty_text(content: str | None) -> None:
    assert completion({"content": content}).choices[0].text == ""


def test_text_stands_beside_tool_calls() -> None:
    call: Json = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}

    choice = completion({"content": "Let me look.", "tool_calls": [call]}).choices[0]

    assert choice.text == "Let me look."
    assert choice.tool_calls == (ToolCall(id="1", name="f", arguments="{}"),)


@pytest.mark.parametrize(
    ("arguments", "parsed"),
    [('{"a": 1}', {"a": 1}), ({"a": 1}, {"a": 1}), ("", {}), (None, {}), ('{"a":', None), ("[1]", None)],
)
def test_arguments_come_in_every_form(arguments: Json, parsed: Json) -> None:
    call: Json = {"function": {"name": "f", "arguments": arguments}}

    (found,) = completion({"content": None, "tool_calls": [call]}).choices[0].tool_calls

    assert found.parsed_arguments() == parsed


def test_a_legacy_function_call_is_a_tool_call() -> None:
    choice = completion({"content": None, "function_call": {"name": "f", "arguments": "{}"}}).choices[0]

    assert [call.name for call in choice.tool_calls] == ["f"]


def test_a_call_that_is_written_in_both_forms_is_one_call() -> None:
    function: Json = {"name": "f", "arguments": '{"a": 1}'}
    other: Json = {"name": "g", "arguments": "{}"}

    both = completion({"tool_calls": [{"id": "c", "function": function}], "function_call": function})
    two = completion({"tool_calls": [{"id": "c", "function": function}], "function_call": other})

    spaced = completion(
        {"tool_calls": [{"id": "c", "function": function}], "function_call": {"name": "f", "arguments": '{ "a":1.0}'}}
    )

    assert [call.id for call in both.choices[0].tool_calls] == ["c"]
    assert [call.id for call in spaced.choices[0].tool_calls] == ["c"]
    assert [call.name for call in two.choices[0].tool_calls] == ["f", "g"]


@pytest.mark.parametrize("key", ["reasoning", "reasoning_content"])
def test_reasoning_is_kept_apart_from_the_text(key: str) -> None:
    choice = completion({"content": "4", key: "two and two"}).choices[0]

    assert (choice.text, choice.reasoning) == ("4", "two and two")


def test_thinking_parts_are_reasoning_and_text_parts_are_text() -> None:
    content: Json = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "4"},
    ]

    choice = completion({"content": content}).choices[0]

    assert (choice.text, choice.reasoning) == ("4", "hm")


def test_a_refusal_is_not_text() -> None:
    choice = completion({"content": None, "refusal": "I cannot."}).choices[0]

    assert (choice.text, choice.refusal) == ("", "I cannot.")


def test_a_refusal_among_the_parts_of_the_content_is_a_refusal() -> None:
    parts: list[Json] = [{"type": "text", "text": "ok"}, {"type": "refusal", "refusal": "I can"}]
    more: list[Json] = [{"type": "refusal", "refusal": "not."}]

    choice = completion({"content": [*parts, {"type": "refusal", "refusal": "not."}]}).choices[0]
    deltas = [{"choices": [{"index": 0, "delta": {"content": content}}]} for content in (parts, more)]
    ended: Json = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    events = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in (*deltas, ended)) + "data: [DONE]\n\n"
    headers = (("content-type", "text/event-stream"),)
    streamed = read_chat(ApiResponse(status=200, headers=headers, body=events.encode()))

    assert (choice.text, choice.refusal) == ("ok", "I cannot.")
    assert isinstance(streamed, Completion)
    assert streamed.choices[0].refusal == "I cannot."


@pytest.mark.parametrize(
    ("raw", "normal"), [("stop", "stop"), ("eos", "stop"), ("model_length", "length"), ("weird", "weird")]
)
def test_finish_reasons_are_normalised_and_the_raw_one_is_kept(raw: str, normal: str) -> None:
    choice = completion({"content": "x"}, finish_reason=raw).choices[0]

    assert (choice.finish_reason, choice.raw_finish_reason) == (normal, raw)


def test_every_choice_is_read() -> None:
    found = answer({"choices": [{"message": {"content": "a"}}, {"message": {"content": "b"}}]})

    assert isinstance(found, Completion)
    assert [choice.text for choice in found.choices] == ["a", "b"]


def test_usage_with_cached_and_reasoning_tokens() -> None:
    usage: Json = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }

    found = answer({"choices": [{"message": {"content": "x"}}], "usage": usage})

    assert isinstance(found, Completion)
    assert found.usage.to_json() == {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 15,
        "cached_tokens": 4,
        "reasoning_tokens": 3,
    }


@pytest.mark.parametrize(
    "usage",
    [None, {}, {"prompt_tokens": None}, {"prompt_tokens": True}, {"prompt_tokens": -1}, {"prompt_tokens": 10**30}],
)
def test_missing_usage_is_unknown_and_not_zero(usage: Json) -> None:
    found = answer({"choices": [{"message": {"content": "x"}}], "usage": usage})

    assert isinstance(found, Completion)
    assert found.usage.prompt_tokens is None


def test_what_the_provider_charged_is_kept_to_the_last_digit() -> None:
    found = answer({"choices": [{"message": {"content": "x"}}], "usage": {"cost": 0.00001345}})

    assert isinstance(found, Completion)
    assert found.charged == Decimal("0.00001345")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"<html>502</html>", "not JSON"),
        (b'{"choices": [{"mess', "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "no choices"),
        (b'{"choices": []}', "no choices"),
        (b'{"choices": [null]}', "not an object"),
        (b'{"choices": [{"message": {"content": "x"}}, 1]}', "not an object"),
        (b'{"choices": [{"finish_reason": "stop"}]}', "without a message"),
        (b'{"choices": [{"delta": {"content": "x"}}]}', "without a message"),
        (b'{"choices": [{"message": {"content": null, "tool_calls": ["f"]}}]}', "tool calls in a shape"),
        (b'{"choices": [{"message": {"content": null, "tool_calls": {"name": "f"}}}]}', "tool calls in a shape"),
        (b'{"choices": [{"message": {"tool_calls": [{"function": {"arguments": "{}"}}]}}]}', "tool calls in a shape"),
        (b'{"choices": [{"message": {"content": null, "function_call": "f"}}]}', "function call in a shape"),
        (b'{"choices": [{"message": {"content": 5}}]}', "neither text nor parts"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe\xfd", "not JSON"),
    ],
)
def test_an_answer_that_is_none_is_a_malformed_response(body: bytes, words: str) -> None:
    found = read_chat(ApiResponse(status=200, body=body))

    assert isinstance(found, ProviderError)
    assert found.kind == "malformed_response"
    assert words in found.message


def test_a_filtered_choice_may_come_without_a_message() -> None:
    found = answer({"choices": [{"finish_reason": "content_filter"}]})

    assert isinstance(found, Completion)
    assert found.choices[0].finish_reason == "content_filter"


def test_together_counts_cached_tokens_beside_the_totals() -> None:
    found = answer({"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": 9, "cached_tokens": 4}})

    assert isinstance(found, Completion)
    assert found.usage.cached_tokens == 4


def test_an_error_inside_status_200_is_an_error() -> None:
    found = answer({"error": {"code": 429, "message": "slow down"}, "choices": None})

    assert isinstance(found, ProviderError)
    assert (found.kind, found.status) == ("rate_limit", 200)


def test_choices_that_are_null_are_no_answer() -> None:
    found = answer({"id": "gen-1", "choices": None})

    assert isinstance(found, ProviderError)
    assert found.kind == "malformed_response"
    assert found.body == '{"id": "gen-1", "choices": null}'


def test_a_redirect_is_no_answer() -> None:
    found = read_chat(ApiResponse(status=307, headers=(("location", "https://b/v1"),), body=b'{"choices": []}'))

    assert isinstance(found, ProviderError)
    assert found.status == 307


@pytest.mark.parametrize("name", ["refusal", "reasoning"])
def test_an_empty_text_stands_for_none(name: str) -> None:
    choice = completion({"content": "x", name: ""}).choices[0]

    assert (choice.refusal, choice.reasoning) == (None, None)


def test_a_choice_that_broke_off_tells_why() -> None:
    error: Json = {"code": 429, "message": "upstream is busy"}

    found = answer({"choices": [{"message": {"content": "ha"}, "finish_reason": "error", "error": error}]})

    assert isinstance(found, ProviderError)
    assert (found.kind, found.message) == ("rate_limit", "upstream is busy")


def test_a_choice_that_ended_in_error_is_an_error() -> None:
    found = answer({"choices": [{"message": {"content": "ha"}, "finish_reason": "error"}]})

    assert isinstance(found, ProviderError)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(message=json_values, usage=json_values, entry=json_values)
def test_no_shape_of_answer_crashes_the_reader(message: Any, usage: Any, entry: Any) -> None:
    found = answer({"choices": [{"message": message, "finish_reason": entry}, entry], "usage": usage})

    assert isinstance(found, (Completion, ProviderError))


@given(
    tool_calls=json_values,
    content=json_values,
    reasoning=json_values,
)
def test_no_shape_of_message_crashes_the_reader(tool_calls: Any, content: Any, reasoning: Any) -> None:
    message = {
        "tool_calls": tool_calls,
        "content": content,
        "reasoning": reasoning,
        "function_call": reasoning,
    }

    found = answer({"choices": [{"message": message}]})

    assert isinstance(found, (Completion, ProviderError))
    if isinstance(found, Completion):
        assert Completion.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_refusal_in_a_shape_that_nobody_knows_is_no_answer() -> None:
    found = answer({"choices": [{"message": {"content": [{"type": "refusal", "refusal": ["no"]}]}}]})

    assert isinstance(found, ProviderError)
    assert (found.kind, "a refusal without a text" in found.message) == ("malformed_response", True)


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_key_given_twice_with_different_values_hides_nothing(is_streamed: bool) -> None:
    said = '{"content": "BAD", "content": "fine"}'
    choice = f'{{"index": 0, "{"delta" if is_streamed else "message"}": {said}, "finish_reason": "stop"}}'
    text = f'{{"choices": [{choice}]}}'
    headers = (("content-type", "text/event-stream"),) if is_streamed else ()

    def read(body: str) -> Completion | ProviderError:
        whole = f"data: {body}\n\ndata: [DONE]\n\n" if is_streamed else body
        return read_chat(ApiResponse(status=200, headers=headers, body=whole.encode()))

    found, harmless = read(text), read(text.replace("BAD", "fine"))

    assert isinstance(found, ProviderError)
    assert (found.kind, "'content' stands in it twice" in found.message.replace('"', "'")) == (
        "malformed_response",
        True,
    )
    assert isinstance(harmless, Completion)
