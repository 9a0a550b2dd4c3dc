"""What holds for every request that is adapted, whatever is in it and whoever is asked."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.json_value import Json
from prompt_contracts.message import Message
from prompt_contracts.model_request import ModelRequest
from prompt_contracts.providers.adaptation import RULES, adapt
from prompt_contracts.providers.catalog import CATALOG
from prompt_contracts.providers.endpoints import choose_endpoint
from prompt_contracts.target import Target
from tests.providers.requests_of_cases import HELLO, WEATHER, request, target
from tests.providers.rich_case import FOLDER, PROVIDERS, RICH, adapted_for

NAMES = sorted(
    {rule.parameter.partition(".")[0] for rule in RULES if not rule.parameter.startswith(("messages", "tools", "*"))}
    | {"temperature", "top_p", "reasoning_effort", "response_format", "stream", "modalities", "audio", "random_seed"}
)

scalar = st.sampled_from([None, True, False, 0, 1, 2, 0.5, 1.0, "", "a"])
anything = st.one_of(
    scalar, st.lists(scalar, max_size=5), st.dictionaries(st.sampled_from(["a", "include_usage", "effort"]), scalar)
)
likely = st.one_of(
    anything,
    st.sampled_from(["auto", "required", "none", "low", "minimal", "max", "END"]),
    st.just({"include_usage": True}),
    st.just({"effort": "none"}),
)
parameters = st.dictionaries(st.sampled_from([*NAMES, "unheard_of"]), likely, max_size=8)
calls = st.lists(st.fixed_dictionaries({"id": anything, "function": anything}), max_size=2)
fields = st.fixed_dictionaries(
    {}, optional={"name": anything, "tool_calls": calls, "tool_call_id": anything, "x": anything}
)
messages = st.builds(
    Message,
    role=st.sampled_from(["developer", "system", "user", "assistant", "tool", "else"]),
    content=st.one_of(st.none(), st.text(max_size=3), st.lists(anything, max_size=2)),
    fields=fields,
)
requests = st.builds(
    ModelRequest,
    endpoint=st.sampled_from(["chat", "responses", "assistants"]),
    messages=st.lists(messages, max_size=4).map(tuple),
    tools=st.sampled_from([(), (WEATHER,)]),
    parameters=parameters,
    extra_body=st.dictionaries(st.sampled_from(["stream_options", "reasoning_effort", "tools"]), anything, max_size=1),
)
models = st.sampled_from(
    ["m", "gpt-5", "gpt-5.5", "gpt-5.6-sol", "gpt-4o", "o3", "o1-mini", "openai/gpt-5-mini", "gpt-6"]
)
targets = st.builds(
    lambda provider, model, version: target(f"{provider}:{model}", version=version),
    st.sampled_from(PROVIDERS),
    models,
    st.sampled_from([None, "2024-02-01", "2024-10-21"]),
)


@given(requests, targets)
def test_adapting_twice_is_adapting_once(written: ModelRequest, asked: Target) -> None:
    once = adapt(written, asked).request

    assert adapt(once, asked).request == once


@given(requests, targets)
def test_what_was_written_is_never_changed(written: ModelRequest, asked: Target) -> None:
    before = copy.deepcopy(written)

    adapt(written, asked)

    assert written == before


def renamed(asked: Target, endpoint: str) -> set[str]:
    return {
        rule.parameter
        for rule in RULES
        if rule.provider == asked.rules and rule.endpoint == endpoint and rule.action == "rename"
    }


@given(requests, targets)
def test_no_parameter_is_lost_without_a_word(written: ModelRequest, asked: Target) -> None:
    adapted = adapt(written, asked)

    told = {notice.part.partition(".")[0] for notice in adapted.findings}
    lost = {name for name, value in written.parameters.items() if value is not None} - set(adapted.request.parameters)
    assert lost <= told | renamed(asked, written.endpoint)


@given(requests, targets)
def test_nothing_is_sent_that_nobody_wrote_but_the_question_for_the_usage(written: ModelRequest, asked: Target) -> None:
    adapted = adapt(written, asked)

    new = {rule.to for rule in RULES if rule.action == "rename"}
    assert set(adapted.request.parameters) - set(written.parameters) - new <= {"stream_options"}


@given(requests, targets)
def test_what_is_in_error_stays_as_written(written: ModelRequest, asked: Target) -> None:
    adapted = adapt(written, asked)

    for notice in adapted.findings:
        name = notice.part.partition(".")[0]
        if notice.severity == "error" and name != "messages":
            assert name in adapted.request.parameters


@given(requests, targets)
def test_extra_body_and_the_number_of_messages_and_tools_stay(written: ModelRequest, asked: Target) -> None:
    adapted = adapt(written, asked).request

    assert adapted.extra_body == written.extra_body
    assert len(adapted.messages) == len(written.messages)
    assert len(adapted.tools) == len(written.tools)


@given(requests, targets)
def test_every_notice_can_be_acted_on(written: ModelRequest, asked: Target) -> None:
    for notice in adapt(written, asked).findings:
        assert asked.id in notice.message or asked.provider in notice.message
        assert notice.help


@given(parameters, st.sampled_from(["chat", "assistants"]))
def test_a_compatible_server_is_sent_everything(given_parameters: Mapping[str, Json], endpoint: str) -> None:
    written = replace(request(), parameters=given_parameters)

    adapted = adapt(written, target("house:m", rules="compatible"))

    assert adapted.request is written
    assert adapted.findings == ()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_plain_request_is_the_very_same_object(provider: str) -> None:
    written = request(temperature=0.5, max_tokens=10, tool_choice="auto", n=1, tools=(WEATHER,))

    adapted = adapt(written, target(f"{provider}:some-model"))

    assert adapted.request is written
    assert adapted.findings == ()


def test_a_request_to_assistants_is_left_alone() -> None:
    written = request(endpoint="assistants", n=2, tool_choice="required")

    assert adapt(written, target("ollama:m")).request is written


@given(requests, targets, st.sampled_from(["auto", "chat", "responses", "assistants"]))
def test_an_endpoint_is_chosen_for_every_request(written: ModelRequest, asked: Target, wanted: str) -> None:
    choice = choose_endpoint(wanted, written, asked)  # type: ignore[arg-type]

    assert wanted in ("auto", choice.endpoint)
    assert choice.reason is None or choice.endpoint == "responses"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_rich_case_is_adapted_as_expected(provider: str) -> None:
    expected = json.loads((FOLDER / f"{provider}.json").read_text("utf-8"))

    assert adapted_for(provider) == expected, "python -m tests.providers.rich_case writes the files anew"


def test_every_expectation_file_belongs_to_a_provider() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {*CATALOG, "compatible"}


def test_the_rich_case_is_rich() -> None:
    ruled = {rule.parameter.partition(".")[0] for rule in RULES if rule.endpoint == "chat" and rule.provider in CATALOG}

    left_out = {"messages", "tools", "*", "stream_options", "max_output_tokens", "reasoning", "text"}
    assert ruled - left_out - {"prompt_cache_options", "prompt_cache_retention"} <= set(RICH.parameters)
    assert HELLO[0].content == RICH.messages[1].content
