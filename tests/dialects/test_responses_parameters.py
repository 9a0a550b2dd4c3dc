"""Chat Completions parameters by their Responses names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.dialects.responses_parameters import RESPONSES_ONLY, translate
from prompt_contracts.json_value import Json
from tests.dialects.responses_generation import CHAT, JSON, NATIVE, REFUSED, SHARED, parameters
from tests.openapi import SKIP_REASON, find_openapi, property_names

LOGPROBS = "message.output_text.logprobs"
SCHEMA: dict[str, Json] = {"type": "object", "properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"max_completion_tokens": 50}, {"max_output_tokens": 50}),
        ({"max_tokens": 50}, {"max_output_tokens": 50}),
        ({"max_tokens": 50, "max_completion_tokens": 60}, {"max_output_tokens": 60}),
        ({"max_completion_tokens": 60, "max_tokens": 50}, {"max_output_tokens": 60}),
        ({"max_completion_tokens": None, "max_tokens": 50}, {"max_output_tokens": 50}),
        ({"max_tokens": None}, {}),
        ({"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}),
        (
            {"reasoning_effort": "low", "reasoning": {"summary": "auto"}},
            {"reasoning": {"summary": "auto", "effort": "low"}},
        ),
        ({"reasoning_effort": "low", "reasoning": None}, {"reasoning": {"effort": "low"}}),
        ({"verbosity": "high"}, {"text": {"verbosity": "high"}}),
        ({"response_format": {"type": "text"}}, {"text": {"format": {"type": "text"}}}),
        ({"response_format": {"type": "json_object"}}, {"text": {"format": {"type": "json_object"}}}),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "a", "schema": SCHEMA, "strict": True, "description": "d"},
                }
            },
            {
                "text": {
                    "format": {"type": "json_schema", "name": "a", "schema": SCHEMA, "strict": True, "description": "d"}
                }
            },
        ),
        (
            {"response_format": {"type": "json_object"}, "verbosity": "low"},
            {"text": {"format": {"type": "json_object"}, "verbosity": "low"}},
        ),
        (
            {"response_format": {"type": "json_object"}, "text": {"verbosity": "low"}},
            {"text": {"verbosity": "low", "format": {"type": "json_object"}}},
        ),
        ({"response_format": None, "verbosity": None, "reasoning_effort": None}, {}),
        ({"tool_choice": "required"}, {"tool_choice": "required"}),
        (
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            {"tool_choice": {"type": "function", "name": "f"}},
        ),
        (
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]},
                }
            },
            {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]}},
        ),
        (
            {"tool_choice": {"type": "custom", "custom": {"name": "c"}}},
            {"tool_choice": {"type": "custom", "name": "c"}},
        ),
        ({"tool_choice": {"type": "file_search"}}, {"tool_choice": {"type": "file_search"}}),
        ({"logprobs": True, "top_logprobs": 2}, {"include": [LOGPROBS], "top_logprobs": 2}),
        ({"logprobs": True, "include": ["a"]}, {"include": ["a", LOGPROBS]}),
        ({"logprobs": True, "include": [LOGPROBS]}, {"include": [LOGPROBS]}),
        ({"logprobs": False}, {}),
        ({"stream": True, "stream_options": {"include_usage": True}}, {"stream": True}),
        (
            {"stream_options": {"include_usage": True, "include_obfuscation": False}},
            {"stream_options": {"include_obfuscation": False}},
        ),
        ({"modalities": ["text"]}, {}),
        ({"n": 1}, {}),
        ({"n": None, "seed": None, "stop": None}, {}),
        ({"background": False}, {"background": False}),
    ],
)
def test_a_parameter_is_written_by_its_responses_name(written: dict[str, Json], expected: dict[str, Json]) -> None:
    translated = translate(written)

    assert translated.parameters == expected
    assert translated.refused == ()


@pytest.mark.parametrize(
    "written",
    [
        {"temperature": 0},
        {"top_p": 0.5},
        {"parallel_tool_calls": False},
        {"user": "u"},
        {"safety_identifier": "s"},
        {"prompt_cache_key": "k"},
        {"store": False},
        {"metadata": {"a": "b"}},
        {"service_tier": "flex"},
        {"max_output_tokens": 99},
        {"reasoning": {"effort": "low", "summary": "auto"}},
        {"text": {"format": {"type": "json_schema", "name": "a", "schema": SCHEMA}}},
        {"include": ["reasoning.encrypted_content"]},
        {"instructions": "Be kind."},
        {"previous_response_id": "resp_1"},
        {"conversation": "conv_1"},
        {"truncation": "auto"},
        {"max_tool_calls": 2},
        {"prompt": {"id": "p"}},
        {"who_knows": [1]},
    ],
)
def test_what_has_its_responses_name_or_one_that_nobody_knows_passes(written: dict[str, Json]) -> None:
    assert translate(written).parameters == written


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("seed", 7, "endpoint: chat"),
        ("stop", ["x"], "endpoint: chat"),
        ("n", 2, "trials"),
        ("n", True, "trials"),
        ("frequency_penalty", 0.5, "endpoint: chat"),
        ("presence_penalty", 0, "endpoint: chat"),
        ("logit_bias", {"1": 2}, "endpoint: chat"),
        ("prediction", {"type": "content", "content": "x"}, "endpoint: chat"),
        ("audio", {"voice": "alloy", "format": "mp3"}, "text only"),
        ("modalities", ["text", "audio"], "endpoint: chat"),
        ("functions", [{"name": "f"}], "tools"),
        ("function_call", "auto", "tool_choice"),
        ("web_search_options", {}, "searches with a tool"),
        ("background", True, "background"),
        ("input", "Hi", "messages"),
        ("messages", [], "messages"),
        ("logprobs", 3, LOGPROBS),
    ],
)
def test_what_responses_cannot_be_given_is_refused_by_name(name: str, value: Json, advice: str) -> None:
    translated = translate({name: value, "temperature": 0})

    (refusal,) = translated.refused
    assert refusal.part == name
    assert advice in (refusal.help or "")
    assert refusal.message
    assert translated.parameters == {"temperature": 0}


@pytest.mark.parametrize(
    ("chat", "native", "place"),
    [
        ({"max_tokens": 50}, {"max_output_tokens": 60}, "max_output_tokens"),
        ({"max_completion_tokens": 50}, {"max_output_tokens": 60}, "max_output_tokens"),
        ({"reasoning_effort": "low"}, {"reasoning": {"effort": "high"}}, "reasoning.effort"),
        ({"verbosity": "low"}, {"text": {"verbosity": "high"}}, "text.verbosity"),
        ({"response_format": {"type": "text"}}, {"text": {"format": {"type": "text"}}}, "text.format"),
        ({"response_format": {"type": "text"}}, {"text": "plain"}, "text.format"),
    ],
)
def test_two_names_of_one_thing_are_refused(chat: dict[str, Json], native: dict[str, Json], place: str) -> None:
    for written in ({**chat, **native}, {**native, **chat}):
        translated = translate(written)

        (refusal,) = translated.refused
        assert [refusal.part] == list(chat)
        assert refusal.help == f"keep '{place}', its name in Responses"
        assert translated.parameters == native


@given(parameters(SHARED, CHAT, NATIVE, REFUSED))
def test_translating_twice_is_translating_once(written: dict[str, Json]) -> None:
    once = translate(written)

    twice = translate(once.parameters)

    assert twice.parameters == once.parameters
    assert twice.refused == ()


@given(parameters(SHARED, NATIVE))
def test_responses_names_stay_as_they_are(written: dict[str, Json]) -> None:
    native = {key: value for key, value in written.items() if key not in ("tool_choice", "stream_options")}

    assert translate(native).parameters == native


@given(parameters(SHARED, CHAT, NATIVE, REFUSED))
def test_a_refusal_names_what_was_written(written: dict[str, Json]) -> None:
    refused = [refusal.part for refusal in translate(written).refused]

    assert set(refused) <= set(written)
    assert len(set(refused)) == len(refused)


@given(parameters(CHAT, REFUSED))
def test_every_refused_parameter_is_refused_whatever_stands_beside_it(written: dict[str, Json]) -> None:
    expected = {key for key in written if key in REFUSED and not (key == "n" and written["n"] == 1)}

    assert {refusal.part for refusal in translate(written).refused} == expected


@given(
    st.dictionaries(
        st.sampled_from(sorted({*SHARED, *CHAT, *NATIVE, *REFUSED, "input", "functions", "tools"})) | st.text(), JSON
    )
)
def test_no_value_whatever_is_too_odd_to_translate(written: dict[str, Json]) -> None:
    translated = translate(written)

    assert {refusal.part for refusal in translated.refused} <= set(written)


@pytest.mark.skipif(find_openapi() is None, reason=SKIP_REASON)
def test_the_names_of_responses_alone_are_those_of_the_official_schema() -> None:
    chat, responses = property_names("CreateChatCompletionRequest"), property_names("CreateResponse")

    assert responses - chat == RESPONSES_ONLY


@pytest.mark.skipif(find_openapi() is None, reason=SKIP_REASON)
def test_every_official_chat_parameter_is_translated_dropped_or_refused() -> None:
    responses = property_names("CreateResponse")

    for name in property_names("CreateChatCompletionRequest"):
        values: list[Json] = [True, 3, "x", {"type": "x"}]
        for value in values:
            assert set(translate({name: value}).parameters) <= responses, name
