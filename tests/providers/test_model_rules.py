"""What is known of OpenAI's models, and that nothing is claimed of others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from prompt_contracts.json_value import Json
from prompt_contracts.message import Message
from prompt_contracts.providers.adaptation import adapt
from prompt_contracts.providers.model_rules import MODEL_FAMILIES, ModelFamily, ModelRule, family_of
from prompt_contracts.providers.rule import EVIDENCE
from tests.providers.requests_of_cases import HELLO, request, target

MODELS: Mapping[str, str] = {
    "o1-mini, o1-preview": "o1-mini-2024-09-12",
    "o1-pro, o3-pro": "o3-pro",
    "o1, o3, o3-mini, o4-mini": "o3-mini-2025-01-31",
    "gpt-5-chat-latest": "gpt-5-chat-latest",
    "gpt-5.1 to 5.3 -chat-latest": "gpt-5.2-chat-latest",
    "gpt-5-pro, gpt-5-codex": "gpt-5-pro-2025-10-06",
    "gpt-5, gpt-5-mini, gpt-5-nano": "gpt-5-mini-2025-08-07",
    "gpt-5.1-codex": "gpt-5.1-codex-max",
    "gpt-5.1": "gpt-5.1-2025-11-13",
    "gpt-5.2 to 5.5 -pro": "gpt-5.4-pro",
    "gpt-5.2, gpt-5.3": "gpt-5.2",
    "gpt-5.4": "gpt-5.4-mini",
    "gpt-5.5": "gpt-5.5",
    "gpt-5.6-sol, -terra, -luna": "gpt-5.6-terra",
    "any other gpt-5": "gpt-5.3-codex",
    "gpt-6": "gpt-6.1",
    "gpt-4o, gpt-4.1, gpt-4, gpt-3.5": "gpt-4o-mini-2024-07-18",
}
"""A model of every family."""

REFUSED: Mapping[str, Mapping[str, Json]] = {
    "max_tokens": {"max_tokens": 10},
    "temperature": {"temperature": 0},
    "top_p": {"top_p": 0.5},
    "presence_penalty": {"presence_penalty": 0.5},
    "frequency_penalty": {"frequency_penalty": -0.5},
    "logprobs": {"logprobs": True},
    "top_logprobs": {"top_logprobs": 2},
    "logit_bias": {"logit_bias": {"1": 5}},
    "prediction": {"prediction": {"type": "content", "content": "a"}},
    "audio": {"audio": {"voice": "alloy", "format": "mp3"}},
    "modalities": {"modalities": ["text", "audio"]},
    "stop": {"stop": "END"},
    "parallel_tool_calls": {"parallel_tool_calls": True},
}
"""Parameters that each rule of a family holds for."""

REASONING = [family for family in MODEL_FAMILIES if family.rules and family.reasoning != "unknown"]
ROWS = [(family, rule) for family in MODEL_FAMILIES for rule in family.rules]
SAMPLING = sorted({rule.parameter for _, rule in ROWS if rule.only_reasoning})


def refused(model: str, **parameters: Json) -> list[str]:
    """The parameters for which a request to a model is in error."""
    return [notice.part for notice in adapt(replace(request(), parameters=parameters), target(model)).findings]


def on(family: ModelFamily) -> dict[str, Json]:
    """The parameters that make a family reason."""
    return {"reasoning_effort": "low"} if family.reasoning == "on request" else {}


def test_every_family_has_its_model() -> None:
    assert {name: family_of(model).name for name, model in MODELS.items() if (family_of(model))} == {  # type: ignore[union-attr]
        family.name: family.name for family in MODEL_FAMILIES
    }


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("openai/gpt-5-mini", "gpt-5, gpt-5-mini, gpt-5-nano"),
        ("openai/gpt-5-mini:online", "gpt-5, gpt-5-mini, gpt-5-nano"),
        ("GPT-5", "gpt-5, gpt-5-mini, gpt-5-nano"),
        ("ft:gpt-4o-mini-2024-07-18:team::abc", "gpt-4o, gpt-4.1, gpt-4, gpt-3.5"),
        ("ft:o4-mini-2025-04-16:team::abc", "o1, o3, o3-mini, o4-mini"),
        ("gpt-4-0613", "gpt-4o, gpt-4.1, gpt-4, gpt-3.5"),
        ("gpt-35-turbo", "gpt-4o, gpt-4.1, gpt-4, gpt-3.5"),
        ("chatgpt-4o-latest", "gpt-4o, gpt-4.1, gpt-4, gpt-3.5"),
    ],
)
def test_a_model_is_known_with_vendor_variant_date_and_tuning(model: str, family: str) -> None:
    found = family_of(model)

    assert found is not None
    assert found.name == family


@pytest.mark.parametrize("model", ["gpt-oss-20b", "o3-deep-research", "prod-chat", "qwen3:8b", "o11", "ft:", ":", ""])
def test_of_other_names_nothing_is_claimed(model: str) -> None:
    assert family_of(model) is None


@pytest.mark.parametrize(("family", "rule"), ROWS, ids=[f"{family.name}-{rule.parameter}" for family, rule in ROWS])
def test_what_a_family_does_not_take_is_told_with_a_fix(family: ModelFamily, rule: ModelRule) -> None:
    parameters = {**on(family), **REFUSED[rule.parameter]}
    if rule.when.words.endswith("minimal"):
        parameters["reasoning_effort"] = "minimal"
    written = replace(request(), parameters=parameters)

    adapted = adapt(written, target(f"openai:{MODELS[family.name]}"))

    assert adapted.request is written
    (notice,) = adapted.findings
    assert (notice.severity, notice.part) == ("error" if rule.is_refused else "warning", rule.parameter)
    assert rule.reason in notice.message
    assert notice.help


@pytest.mark.parametrize("family", MODEL_FAMILIES, ids=lambda family: family.name)
def test_every_family_says_who_says_so(family: ModelFamily) -> None:
    assert family.source.text
    assert family.source.evidence in EVIDENCE
    assert family.source.checked >= "2026-11"


@pytest.mark.parametrize("family", REASONING, ids=lambda family: family.name)
def test_the_defaults_of_sampling_are_left_to_the_server(family: ModelFamily) -> None:
    defaults: dict[str, Json] = {"temperature": 1, "top_p": 1.0, "presence_penalty": 0, "frequency_penalty": 0.0}

    assert refused(f"openai:{MODELS[family.name]}", **on(family), **defaults, logprobs=False) == []


CALM = [family for family in MODEL_FAMILIES if "none" in (family.efforts or ())]


@pytest.mark.parametrize("family", CALM, ids=lambda family: family.name)
@pytest.mark.parametrize("parameter", SAMPLING)
def test_a_model_that_does_not_reason_takes_sampling(family: ModelFamily, parameter: str) -> None:
    assert refused(f"openai:{MODELS[family.name]}", reasoning_effort="none", **REFUSED[parameter]) == []


@pytest.mark.parametrize("family", CALM, ids=lambda family: family.name)
def test_the_limit_and_the_stop_are_refused_without_reasoning_too(family: ModelFamily) -> None:
    found = refused(f"openai:{MODELS[family.name]}", reasoning_effort="none", max_tokens=5, stop="a")

    assert found == ["max_tokens", "stop"]


@pytest.mark.parametrize("model", ["gpt-5.1", "gpt-5.2", "gpt-5.4"])
def test_a_model_that_reasons_on_request_takes_sampling_unasked(model: str) -> None:
    assert refused(f"openai:{model}", temperature=0) == []
    assert refused(f"openai:{model}", temperature=0, reasoning_effort="low") == ["temperature"]


KNOWING = [family for family in MODEL_FAMILIES if family.efforts]


@pytest.mark.parametrize("family", KNOWING, ids=lambda family: family.name)
def test_an_effort_that_a_family_knows_is_taken(family: ModelFamily) -> None:
    for effort in family.efforts or ():
        assert refused(f"openai:{MODELS[family.name]}", reasoning_effort=effort) == []


@pytest.mark.parametrize("family", KNOWING, ids=lambda family: family.name)
def test_an_effort_that_a_family_does_not_know_is_refused_with_those_it_knows(family: ModelFamily) -> None:
    adapted = adapt(request(reasoning_effort="huge"), target(f"openai:{MODELS[family.name]}"))

    (notice,) = adapted.findings
    assert (notice.severity, notice.part) == ("error", "reasoning_effort")
    assert notice.help == f"it takes {', '.join(family.efforts or ())}"


@pytest.mark.parametrize("model", ["gpt-5-pro", "gpt-5.1-codex", "gpt-5.4-pro", "gpt-5.3-codex", "gpt-6"])
def test_where_the_efforts_are_not_known_none_is_refused(model: str) -> None:
    assert refused(f"openai:{model}", reasoning_effort="huge") == []


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4.1-mini", "gpt-4-turbo", "gpt-5-chat-latest"])
def test_a_model_that_does_not_reason_refuses_an_effort(model: str) -> None:
    assert refused(f"openai:{model}", reasoning_effort="low") == ["reasoning_effort"]
    assert refused(f"openai:{model}", temperature=0, max_tokens=5, stop="a", logprobs=True) == []


def test_the_responses_names_are_read_too() -> None:
    written = request(endpoint="responses", temperature=0, reasoning={"effort": "minimal"}, max_output_tokens=20)

    notices = adapt(written, target("openai:gpt-5.5")).findings

    assert [notice.part for notice in notices] == ["temperature", "reasoning.effort"]


def test_an_effort_none_by_its_responses_name_counts() -> None:
    written = request(endpoint="responses", temperature=0, reasoning={"effort": "none"})

    assert adapt(written, target("openai:gpt-5.5")).findings == ()


def test_an_effort_in_the_extra_body_counts() -> None:
    written = replace(request(temperature=0), extra_body={"reasoning_effort": "none"})

    assert adapt(written, target("openai:gpt-5.5")).findings == ()


def test_the_highest_effort_is_taken_on_the_responses_api_only() -> None:
    model = target("openai:gpt-5.6-sol")

    assert adapt(request(endpoint="responses", reasoning_effort="max"), model).findings == ()
    (notice,) = adapt(request(reasoning_effort="max"), model).findings
    assert "only the Responses API takes 'max'" in notice.message


def test_the_fix_of_the_limit_is_told_as_the_case_would_write_it() -> None:
    (notice,) = adapt(request(max_tokens=5), target("openai:gpt-5-mini")).findings

    assert notice.message == (
        "openai:gpt-5-mini refuses 'max_tokens': a reasoning model has another limit, which counts its hidden"
        " reasoning too"
    )
    assert notice.help == "write max_completion_tokens"


def test_the_fix_of_sampling_tells_how_to_switch_reasoning_off() -> None:
    (notice,) = adapt(request(temperature=0), target("openai:gpt-5.5")).findings

    assert notice.help == "leave it out, or write reasoning_effort: none"


def test_the_older_limit_beside_the_newer_is_only_a_warning() -> None:
    adapted = adapt(request(max_tokens=5, max_completion_tokens=9), target("openai:gpt-5-mini"))

    assert adapted.request.parameters == {"max_completion_tokens": 9}
    assert [notice.severity for notice in adapted.findings] == ["warning"]


def test_two_kinds_of_instructions_are_a_warning_for_a_reasoning_model() -> None:
    messages = (Message(role="system", content="a"), Message(role="developer", content="b"), *HELLO)

    (notice,) = adapt(request(*messages), target("openai:gpt-5")).findings

    assert notice.severity == "warning"
    assert adapt(request(*messages), target("openai:gpt-4o")).findings == ()


@pytest.mark.parametrize("role", ["system", "developer"])
def test_the_first_reasoning_models_took_no_instructions(role: str) -> None:
    (notice,) = adapt(request(Message(role=role, content="a"), *HELLO), target("openai:o1-mini")).findings

    assert (notice.severity, notice.part) == ("error", f"messages.role.{role}")


# Where the rules apply


def test_a_deployment_is_known_by_its_alias() -> None:
    (notice,) = adapt(request(max_tokens=5), target("azure:prod", known_as="openai:gpt-5-mini")).findings

    assert notice.message.startswith("azure:prod (that is openai:gpt-5-mini) refuses 'max_tokens'")
    assert adapt(request(max_tokens=5), target("azure:prod")).findings == ()


def test_a_server_of_one_s_own_is_known_by_its_alias_or_by_its_rules() -> None:
    assert refused("house:gpt-5", max_tokens=5) == []
    for known in (target("house:m", known_as="openai:gpt-5"), target("house:gpt-5", rules="openai")):
        assert len(adapt(request(max_tokens=5), known).findings) == 1


@pytest.mark.parametrize("provider", ["groq", "together", "ollama", "vllm", "compatible"])
def test_the_rules_are_not_for_the_same_name_elsewhere(provider: str) -> None:
    assert refused(f"{provider}:gpt-5", max_tokens=5, temperature=0) == []


def test_openrouter_s_silence_is_put_into_words() -> None:
    written = request(temperature=0, max_tokens=5, stop="a")

    adapted = adapt(written, target("openrouter:openai/gpt-5-mini"))

    assert adapted.request.parameters == {"max_tokens": 5, "stop": "a"}
    (notice,) = adapted.findings
    assert notice.severity == "warning"
    assert "would leave it out without a word" in notice.message


@pytest.mark.parametrize("model", ["openai/gpt-4o", "openai/gpt-5.1", "openai/gpt-5.3-codex", "mistralai/gpt-5"])
def test_openrouter_is_sent_what_nobody_knows_to_be_left_out(model: str) -> None:
    written = request(temperature=0)

    assert adapt(written, target(f"openrouter:{model}")).request is written


def test_openrouter_s_own_way_to_switch_reasoning_off_counts() -> None:
    written = request(temperature=0, reasoning={"effort": "none"})

    assert adapt(written, target("openrouter:openai/gpt-5.5")).request is written
