"""Which endpoints a request goes to, and what is said about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from prompt_contracts.model_request import Endpoint
from prompt_contracts.providers.adaptation import adapt
from prompt_contracts.providers.endpoints import UNDOCUMENTED_RESPONSES, choose_endpoint
from tests.providers.requests_of_cases import WEATHER, request, target

TOOLS = (WEATHER,)


@pytest.mark.parametrize(
    "model",
    ["openai:gpt-4o", "openai:gpt-5", "openai:o3", "openai:gpt-5.5", "azure:prod", "groq:m", "house:m", "openai:gpt-6"],
)
def test_a_plain_request_goes_to_chat_completions(model: str) -> None:
    choice = choose_endpoint("auto", request(), target(model))

    assert (choice.endpoint, choice.reason, choice.findings) == ("chat", None, ())


@pytest.mark.parametrize("model", ["openai:o1-pro", "openai:gpt-5-pro", "openai:gpt-5-codex", "azure:gpt-5.4-pro"])
def test_a_model_that_is_served_only_there_is_asked_by_responses(model: str) -> None:
    choice = choose_endpoint("auto", request(), target(model))

    assert choice.endpoint == "responses"
    assert choice.reason == f"{model} is served only there"


@pytest.mark.parametrize(
    ("model", "effort", "endpoint"),
    [
        ("gpt-5", None, "chat"),
        ("gpt-5", "high", "chat"),
        ("gpt-5.1", "high", "chat"),
        ("gpt-5.2", "high", "chat"),
        ("gpt-5.4", None, "chat"),
        ("gpt-5.4", "none", "chat"),
        ("gpt-5.4", "low", "responses"),
        ("gpt-5.5", None, "responses"),
        ("gpt-5.5", "low", "responses"),
        ("gpt-5.5", "none", "chat"),
        ("gpt-5.6-luna", None, "responses"),
        ("gpt-5.6-luna", "none", "chat"),
    ],
)
def test_tools_with_reasoning_decide(model: str, effort: str | None, endpoint: Endpoint) -> None:
    written = request(tools=TOOLS) if effort is None else request(tools=TOOLS, reasoning_effort=effort)

    choice = choose_endpoint("auto", written, target(f"openai:{model}"))

    assert choice.endpoint == endpoint
    assert (choice.reason is not None) == (endpoint == "responses")


def test_the_reason_is_told_in_words() -> None:
    choice = choose_endpoint("auto", request(tools=TOOLS), target("azure:prod", known_as="openai:gpt-5.5"))

    assert choice.reason == "azure:prod (that is openai:gpt-5.5) takes tools together with reasoning only there"


def test_tools_in_the_extra_body_count() -> None:
    written = replace(request(), extra_body={"tools": [dict(WEATHER.definition)]})

    assert choose_endpoint("auto", written, target("openai:gpt-5.5")).endpoint == "responses"


def test_an_effort_that_only_responses_takes_decides() -> None:
    model = target("openai:gpt-5.6-sol")
    written = request(reasoning_effort="max")

    assert choose_endpoint("auto", written, model).reason == "openai:gpt-5.6-sol takes the effort 'max' only there"
    assert choose_endpoint("auto", request(reasoning_effort="xhigh"), model).endpoint == "chat"


def test_what_auto_chooses_for_an_effort_is_adapted_without_a_word() -> None:
    model = target("openai:gpt-5.6-sol")
    written = request(reasoning_effort="max")

    choice = choose_endpoint("auto", written, model)

    assert adapt(replace(written, endpoint=choice.endpoint), model).findings == ()


@pytest.mark.parametrize(
    ("model", "help_text"),
    [
        ("gpt-5-pro", "write endpoint: responses, or endpoint: auto"),
        ("gpt-5.5", "write endpoint: responses, or endpoint: auto, or reasoning_effort: none"),
    ],
)
def test_chat_is_kept_where_it_is_written_and_the_refusal_is_told(model: str, help_text: str) -> None:
    choice = choose_endpoint("chat", request(tools=TOOLS), target(f"openai:{model}"))

    assert choice.endpoint == "chat"
    (notice,) = choice.findings
    assert (notice.severity, notice.part, notice.help) == ("error", "endpoint", help_text)


def test_the_refusal_can_be_read_aloud() -> None:
    (notice,) = choose_endpoint("chat", request(tools=TOOLS), target("openai:gpt-5.5")).findings

    assert notice.message == (
        "Chat Completions refuses this request: openai:gpt-5.5 takes tools together with reasoning only on the"
        " Responses API"
    )


def test_chat_that_works_is_not_spoken_of() -> None:
    assert choose_endpoint("chat", request(tools=TOOLS), target("openai:gpt-4o")).findings == ()
    assert choose_endpoint("chat", request(tools=TOOLS), target("house:gpt-5.5")).findings == ()


@pytest.mark.parametrize("provider", UNDOCUMENTED_RESPONSES)
def test_responses_where_nobody_documents_it_is_a_warning(provider: str) -> None:
    choice = choose_endpoint("responses", request(), target(f"{provider}:m"))

    assert choice.endpoint == "responses"
    assert [(notice.severity, notice.part) for notice in choice.findings] == [("warning", "endpoint")]


@pytest.mark.parametrize("provider", ["openai", "azure", "vllm", "ollama", "lmstudio", "localai", "groq", "openrouter"])
def test_responses_where_it_is_documented_is_not_spoken_of(provider: str) -> None:
    choice = choose_endpoint("responses", request(), target(f"{provider}:m"))

    assert (choice.endpoint, choice.findings) == ("responses", ())


@pytest.mark.parametrize("model", ["openai:gpt-4o", "house:m"])
def test_assistants_are_a_warning_that_points_to_responses(model: str) -> None:
    choice = choose_endpoint("assistants", request(), target(model))

    assert choice.endpoint == "assistants"
    (notice,) = choice.findings
    assert notice.severity == "warning"
    assert "26 August 2026" in notice.message
    assert "endpoint: responses" in (notice.help or "")
