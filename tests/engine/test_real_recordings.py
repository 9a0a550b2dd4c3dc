"""Real chat traffic, recorded by public projects, as our reader and our dialect see it.

The expectations were read off the files by eye and with plain yaml and json, never with our own code.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

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

EXPECTED: dict[str, tuple[Answer | Refused, ...]] = {
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

FILES = {"/".join(path.parts[-3:]): path for path in find_real_cassettes()}
pytestmark = pytest.mark.skipif(
    not FILES, reason="no real recordings here: set PROMPT_CONTRACTS_REAL_CASSETTES to their folder"
)


def _is_plain_chat(interaction: dict[str, Any]) -> bool:
    """By address and the request's `stream`, read without our own code."""
    request = interaction["request"]
    if not request["uri"].partition("?")[0].endswith("/chat/completions"):
        return False
    body = request.get("body", request.get("parsed_body"))
    if isinstance(body, (str, bytes)):
        body = json.loads(body)
    return not (isinstance(body, dict) and body.get("stream"))


def _plain_chat_files() -> Iterator[str]:
    for name, path in FILES.items():
        document = yaml.safe_load(path.read_text("utf-8"))
        chats = [_is_plain_chat(interaction) for interaction in document["interactions"]]
        assert all(chats) or not any(chats), f"{name} mixes kinds of requests: its table needs numbers"
        if all(chats):
            yield name


def _read(entry: Entry) -> Completion | ProviderError:
    headers = tuple((name.lower(), value) for name, value in entry.headers)
    return read_chat(ApiResponse(status=entry.status, headers=headers, body=entry.body))


def _entries(path: Path) -> tuple[Entry, ...]:
    return read_entries(path.read_text("utf-8"))


def test_every_file_of_plain_chat_is_in_the_table() -> None:
    assert sorted(_plain_chat_files()) == sorted(EXPECTED)


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
