"""Real chat traffic, recorded by public projects, as our reader and our dialect see it.

The expectations were read off the files by eye and with plain yaml and json, never with our own code.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Choice, Completion
from prompt_contracts.dialects.chat import read_chat
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.transport.cassette_file import Entry, read_entries
from tests.real_cassettes import find_real_cassettes

Calls = tuple[tuple[str, dict[str, Json]], ...]
Tokens = tuple[int | None, int | None, int | None, int | None]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as it stands in a file."""

    starts: str = ""
    """How the text begins; empty where there is none."""
    calls: Calls = ()
    finish: str
    tokens: Tokens
    """Prompt, completion, cached, reasoning."""
    refusal: str | None = None
    """How the refusal begins."""
    choices: int = 1


@dataclass(frozen=True, kw_only=True)
class Refused:
    """An error as it stands in a file."""

    kind: str
    status: int
    code: str


GREETING = Answer(starts="I now can give a great", finish="stop", tokens=(153, 13, 0, 0))

PLAIN: dict[str, tuple[Answer | Refused, ...]] = {
    "azure/chat/crewAI__agents-TestAzureNativeToolCalling.test_azure_agent_with_native_tool_calling.yaml": (
        Answer(calls=(("calculator", {"expression": "15 * 8"}),), finish="tool_calls", tokens=(208, 219, 0, 192)),
        Answer(starts="120", finish="stop", tokens=(284, 203, 0, 192)),
    ),
    "azure/chat/dd-trace-py__azure_openai-azure_openai_chat_completion_score.yaml": (
        Answer(starts='{"score_eval": 8}', finish="stop", tokens=(20, 10, None, None)),
    ),
    "azure/chat/openllmetry__test_azure-test_chat_content_filtering.yaml": (
        Answer(finish="content_filter", tokens=(15, 19, None, None)),
        Answer(starts="Why did the developer bring", finish="stop", tokens=(16, 24, 0, 0)),
        Answer(starts="Why did the developer break", finish="stop", tokens=(16, 19, 0, 0)),
        Answer(starts="Why did the developer bring", finish="stop", tokens=(16, 21, 0, 0)),
    ),
    "groq/chat/pydantic-ai__test_groq-test_tool_use_failed_error.yaml": (
        Refused(kind="tool_use_failed", status=400, code="tool_use_failed"),
        Answer(calls=(("get_something_by_name", {"name": "test"}),), finish="tool_calls", tokens=(301, 52, None, 22)),
        Answer(starts="The first call failed", finish="stop", tokens=(336, 96, 256, 59)),
    ),
    "mistral/chat/openllmetry__test_chat-test_mistralai_chat_legacy.yaml": (
        Answer(starts="Here's a light-hearted", finish="stop", tokens=(11, 96, None, None)),
    ),
    "openai/chat/crewAI__telemetry-test_crew_execution_span_assigned_on_kickoff.yaml": (GREETING,) * 8,
    "openai/chat/crewAI__test_llm_call_when_stop_is_unsupported_when_additional_drop_params_is_provided.yaml": (
        Refused(kind="unsupported_parameter", status=400, code="unsupported_parameter"),
        Answer(starts="The capital of France", finish="stop", tokens=(14, 148, 0, 128)),
    ),
    "openai/chat/dd-trace-py__completion_reasoning.yaml": (
        Answer(starts="Hello! How can I", finish="stop", tokens=(12, 30, 0, 15)),
    ),
    "openai/chat/mirascope__openai_gpt_4o_completions-sync.yaml": (
        Answer(refusal="I'm very sorry", finish="stop", tokens=(64, 13, 0, 0)),
    ),
    "openai/chat/mirascope__test_caching_multi_turn_conversation-openai_gpt_4o_completions.yaml": (
        Answer(starts="This protocol is indeed", finish="stop", tokens=(3652, 137, 0, 0)),
        Answer(starts='Ah, "I see what', finish="stop", tokens=(3806, 76, 3072, 0)),
        Answer(starts='"It’s a trap!"', finish="stop", tokens=(3897, 75, 3840, 0)),
    ),
    "openai/chat/openinference__test_instrumentor-test_openai_generator_llm_span_has_expected_attributes.yaml": (
        Answer(starts="Argentina", finish="stop", tokens=(22, 1, None, None)),
    ),
    "openai/chat/openinference__test_instrumentor-test_openai_tool_span_instrumentation_v5.yaml": (
        Answer(calls=(("get_weather", {"city": "Paris"}),), finish="tool_calls", tokens=(43, 14, 0, 0)),
        Answer(starts="The weather in Paris", finish="stop", tokens=(70, 8, 0, 0)),
    ),
    "openai/chat/openinference__test_instrumentor-test_tool_call_with_function.yaml": (
        Answer(
            calls=(("multiply", {"a": 3, "b": 12}), ("add", {"a": 11, "b": 49})),
            finish="tool_calls",
            tokens=(87, 50, 0, 0),
        ),
    ),
    "openai/chat/openinference__test_instrumentor-test_tool_calling_llm_span_has_expected_attributes.yaml": (
        Answer(
            calls=(("get_current_weather", {"location": "Berlin"}),),
            finish="tool_calls",
            tokens=(63, 15, None, None),
        ),
    ),
    "openai/chat/openllmetry__test_prompt_management-test_prompt_management_with_response_format.yaml": (
        Answer(starts='{"joke":"Why did the pirate', finish="stop", tokens=(52, 36, 0, 0)),
    ),
    "openai/chat/opentelemetry-python-contrib__test_async_chat_completion_404.yaml": (
        Refused(kind="not_found", status=404, code="model_not_found"),
    ),
    "openai/chat/opentelemetry-python-contrib__test_async_chat_completion_multiple_choices.yaml": (
        Answer(starts="This is a test.", finish="stop", tokens=(12, 10, 0, 0), choices=2),
    ),
    # Together writes the cached count beside the totals, not in `prompt_tokens_details`.
    "together/chat/openinference__test_instrumentor-test_trace_config_hide_inputs.yaml": (
        Answer(starts="Confidential", finish="stop", tokens=(45, 3, 0, None)),
    ),
    "vllm/chat/openllmetry__test_llms-test_trace_propagation_async-ChatOpenAI-.yaml": (
        Answer(starts="<|im_end|>", finish="length", tokens=(57, 20, None, None)),
    ),
}

STREAMS: dict[str, tuple[Answer | Refused, ...]] = {
    "azure/chat/crewAI__llms-TestAzureToolCallStreaming.test_azure_streaming_emits_tool_call_events.yaml": (
        Answer(
            calls=(("get_current_temperature", {"city": "San Francisco"}),),
            finish="tool_calls",
            tokens=(66, 17, 0, 0),
        ),
    ),
    "deepseek/chat/openllmetry__test_streaming_with_api_usage-test_streaming_with_api_usage_capture.yaml": (
        Answer(starts="Sure! Here's a techy joke", finish="stop", tokens=(12, 89, 0, None)),
    ),
    # Groq writes the usage of a stream into `x_groq`.
    "groq/chat/openinference__test_token_counts-TestTokenCounts.test_groq.yaml": (
        Answer(starts="Hello! It's nice to meet you.", finish="stop", tokens=(12, 26, None, None)),
    ),
    "groq/chat/openllmetry__test_chat_tracing-test_chat_streaming_legacy.yaml": (
        Answer(starts="A joke about OpenTelemetry!", finish="stop", tokens=(18, 73, None, None)),
    ),
    "mistral/chat/magentic__test_mistral_chat_model-test_mistral_chat_model_complete"
    "-Return-True-output_types1-bool-.yaml": (
        Answer(calls=(("return_bool", {"value": True}),), finish="tool_calls", tokens=(65, 19, None, None)),
    ),
    "ollama/chat/magentic__test_openai_chat_model_ollama-test_openai_chat_model_complete_ollama"
    "-Return-True.-output_types1-bool-.yaml": (
        Answer(calls=(("return_bool", {"value": True}),), finish="stop", tokens=(None, None, None, None)),
    ),
    # This recorder wrote down the wrong content type: application/json.
    "openai/chat/dd-trace-py__v1-chat_completion_streamed.yaml": (
        Answer(starts="The Los Angeles Dodgers won", finish="stop", tokens=(None, None, None, None)),
    ),
    "openai/chat/magentic__test_litellm_chat_model-test_litellm_chat_model_complete_openai"
    "-Return-True-output_types1-bool-.yaml": (
        Answer(calls=(("return_bool", {"value": True}),), finish="stop", tokens=(None, None, None, None)),
    ),
    "openai/chat/magentic__test_openai_chat_model-test_openai_chat_model_verbosity.yaml": (
        Answer(starts="3", finish="stop", tokens=(12, 74, 0, 64)),
    ),
    "openai/chat/mirascope__openai_gpt_4o_completions-stream-ce8912.yaml": (
        Answer(starts="Here is a list of all 50 U.S. states", finish="length", tokens=(14, 50, 0, 0)),
    ),
    "openai/chat/mirascope__openai_gpt_4o_completions-stream.yaml": (
        Answer(starts='{\n  "title": "THE NAME OF THE WIND"', finish="stop", tokens=(278, 46, 0, 0)),
    ),
    "openai/chat/mirascope__test_authentication_error_stream-openai_gpt_4o_completions.yaml": (
        Refused(kind="auth", status=401, code="invalid_api_key"),
    ),
    "openrouter/chat/magentic__test_openrouter_chat_model-test_openrouter_chat_model_complete"
    "_raises_tool_schema_parse_error.yaml": (
        Answer(calls=(("return_test", {"value": 42}),), finish="tool_calls", tokens=(172, 7, 0, 0)),
    ),
}
EXPECTED = PLAIN | STREAMS

FILES = {"/".join(path.parts[-3:]): path for path in find_real_cassettes()}
pytestmark = pytest.mark.skipif(
    not FILES, reason="no real recordings here: set PROMPT_CONTRACTS_REAL_CASSETTES to their folder"
)


def _is_streamed(interaction: dict[str, Any]) -> bool | None:
    """By the request's address and its `stream`, read without our own code; None where it is no chat completion."""
    request = interaction["request"]
    if not request["uri"].partition("?")[0].endswith("/chat/completions"):
        return None
    body = request.get("body", request.get("parsed_body"))
    if isinstance(body, (str, bytes)):
        body = json.loads(body)
    return isinstance(body, dict) and body.get("stream") is True


def _chat_files(*, streamed: bool) -> Iterator[str]:
    for name, path in FILES.items():
        document = yaml.safe_load(path.read_text("utf-8"))
        kinds = {_is_streamed(interaction) for interaction in document["interactions"]}
        assert len(kinds) == 1, f"{name} mixes kinds of requests: its table needs numbers"
        if kinds == {streamed}:
            yield name


def _read(entry: Entry) -> Completion | ProviderError:
    headers = tuple((name.lower(), value) for name, value in entry.headers)
    return read_chat(ApiResponse(status=entry.status, headers=headers, body=entry.body))


def _entries(path: Path) -> tuple[Entry, ...]:
    return read_entries(path.read_text("utf-8"))


def test_every_file_of_chat_is_in_its_table() -> None:
    assert sorted(_chat_files(streamed=False)) == sorted(PLAIN)
    assert sorted(_chat_files(streamed=True)) == sorted(STREAMS)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_interaction_of_a_file_is_in_the_table(name: str) -> None:
    assert len(_entries(FILES[name])) == len(EXPECTED[name])


CASES = [
    pytest.param(name, index, expected, id=f"{name.partition('/')[0]}-{name[-40:-5]}-{index}")
    for name, entries in EXPECTED.items()
    for index, expected in enumerate(entries)
]


@pytest.mark.parametrize(("name", "index", "expected"), CASES)
def test_a_real_answer_is_read_as_it_stands(name: str, index: int, expected: Answer | Refused) -> None:
    found = _read(_entries(FILES[name])[index])

    if isinstance(expected, Refused):
        assert isinstance(found, ProviderError)
        assert (found.kind, found.status, found.code) == (expected.kind, expected.status, expected.code)
        return
    assert isinstance(found, Completion)
    usage = found.usage
    tokens = (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, usage.reasoning_tokens)
    assert tokens == expected.tokens
    assert len(found.choices) == expected.choices
    for choice in found.choices:
        _check(choice, expected)


def _check(choice: Choice, expected: Answer) -> None:
    assert tuple((call.name, call.parsed_arguments()) for call in choice.tool_calls) == expected.calls
    assert choice.finish_reason == expected.finish
    assert (choice.refusal is None) == (expected.refusal is None)
    assert (choice.refusal or "").startswith(expected.refusal or "")
    assert choice.text.startswith(expected.starts)
    assert bool(choice.text) == bool(expected.starts)


def _streamed_answers() -> Iterator[Entry]:
    for name, expected in STREAMS.items():
        if isinstance(expected[0], Answer):
            yield from _entries(FILES[name])


@given(data=st.data())
def test_a_real_stream_that_is_cut_is_never_a_shorter_answer(data: st.DataObject) -> None:
    entry = data.draw(st.sampled_from(list(_streamed_answers())))
    whole = _read(entry)
    assert isinstance(whole, Completion)

    # Some recorders kept no content type: the first field is then all by which a stream is known.
    end = data.draw(st.integers(len(b"data:"), len(entry.body)))
    found = _read(replace(entry, body=entry.body[:end]))

    if isinstance(found, Completion):
        assert found.choices == whole.choices
    else:
        assert found.kind == "stream_interrupted"
