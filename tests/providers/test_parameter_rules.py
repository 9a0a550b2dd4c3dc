"""Every row of the rules about parameters does what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from prompt_contracts.json_value import Json
from prompt_contracts.providers.adaptation import RULES, adapt, is_about_messages
from prompt_contracts.providers.catalog import CATALOG
from prompt_contracts.providers.rule import EVIDENCE, Rule
from tests.providers.requests_of_cases import request, target

ROWS = tuple(rule for rule in RULES if not is_about_messages(rule))

UNCONDITIONAL: Mapping[str, Json] = {
    "*": "something",
    "conversation": "conv_1",
    "logit_bias": {"50256": -100},
    "max_completion_tokens": 100,
    "max_output_tokens": 100,
    "metadata": {"team": "search"},
    "prediction": {"type": "content", "content": "a"},
    "previous_response_id": "resp_1",
    "prompt_cache_key": "a",
    "prompt_cache_options": {"mode": "explicit"},
    "prompt_cache_retention": "24h",
    "reasoning": {"effort": "low"},
    "safety_identifier": "a",
    "seed": 7,
    "service_tier": "flex",
    "store": True,
    "stream_options": {"include_usage": True},
    "text": {"verbosity": "low"},
    "top_logprobs": 3,
    "truncation": "auto",
    "user": "a",
    "verbosity": "low",
}
"""A value for every parameter that has a rule without a condition."""

EFFORTS = "is none of none, minimal, low, medium, high, max, xhigh, ultra"

CONDITIONAL: Mapping[tuple[str, str], tuple[Mapping[str, Json], Mapping[str, Json]]] = {
    ("frequency_penalty", "is not 0"): ({"frequency_penalty": 0.5}, {"frequency_penalty": 0}),
    ("presence_penalty", "is not 0"): ({"presence_penalty": 0.5}, {"presence_penalty": 0}),
    ("logprobs", "is not false"): ({"logprobs": True}, {"logprobs": False}),
    ("logprobs", "is true or false"): ({"logprobs": True}, {"logprobs": 3}),
    ("max_tokens", "beside `max_completion_tokens`"): (
        {"max_tokens": 10, "max_completion_tokens": 20},
        {"max_tokens": 10},
    ),
    ("max_completion_tokens", "is below 16"): ({"max_completion_tokens": 15}, {"max_completion_tokens": 16}),
    ("max_tokens", "is below 16"): ({"max_tokens": 15}, {"max_tokens": 16}),
    ("max_output_tokens", "is below 16"): ({"max_output_tokens": 15}, {"max_output_tokens": 16}),
    ("n", "is not 1"): ({"n": 2}, {"n": 1}),
    ("parallel_tool_calls", "is not true"): ({"parallel_tool_calls": False}, {"parallel_tool_calls": True}),
    ("reasoning_effort", EFFORTS): ({"reasoning_effort": "huge"}, {"reasoning_effort": "low"}),
    ("stop", "has more than 4 texts"): ({"stop": list("abcde")}, {"stop": list("abcd")}),
    ("stop", "is text"): ({"stop": "END"}, {"stop": ["END"]}),
    ("stream_options", "without `stream: true`"): (
        {"stream_options": {"include_usage": True}},
        {"stream": True, "stream_options": {"include_usage": True}},
    ),
    ("tool_choice", 'is "required"'): ({"tool_choice": "required"}, {"tool_choice": "none"}),
    ("tool_choice", 'is not "auto"'): ({"tool_choice": "required"}, {"tool_choice": "auto"}),
}
"""Parameter and condition -> parameters for which it holds, and for which it does not."""

REWRITTEN: Mapping[tuple[str, str], Json] = {
    ("mistral", "tool_choice"): "any",
    ("together", "logprobs"): 1,
    ("together", "stop"): ["END"],
}

ADDED = tuple(rule for rule in ROWS if rule.action == "add")


def name_of(rule: Rule) -> str:
    condition = "" if rule.when is None else f"-{rule.when.words}"
    return f"{rule.provider}-{rule.endpoint}-{rule.action}-{rule.parameter}{condition}"


def rows(*actions: str) -> pytest.MarkDecorator:
    found = [rule for rule in ROWS if rule.action in actions]
    return pytest.mark.parametrize("rule", found, ids=map(name_of, found))


def matching(rule: Rule) -> dict[str, Json]:
    """Parameters for which a rule holds."""
    if rule.when is not None:
        return dict(CONDITIONAL[rule.parameter, rule.when.words][0])
    if rule.parameter == "stream_options.include_usage":
        return {"stream": True, "stream_options": {"include_usage": True}}
    return {"unheard_of" if rule.parameter == "*" else rule.parameter: UNCONDITIONAL[rule.parameter]}


def provider_of(rule: Rule) -> str:
    return "vllm" if rule.provider == "*" else rule.provider


def sent(rule: Rule, parameters: Mapping[str, Json]) -> Mapping[str, Json]:
    written = replace(request(endpoint=rule.endpoint), parameters=parameters)
    return adapt(written, target(f"{provider_of(rule)}:m")).request.parameters


def value_of(parameter: str, parameters: Mapping[str, Json]) -> Json:
    """The value of a dotted name, null where there is none."""
    name, _, rest = parameter.partition(".")
    inner = parameters.get(name)
    if not rest:
        return inner
    return value_of(rest, inner) if isinstance(inner, dict) else None


@rows("drop")
def test_what_is_dropped_is_named_in_a_warning(rule: Rule) -> None:
    written = replace(request(endpoint=rule.endpoint), parameters=matching(rule))

    adapted = adapt(written, target(f"{provider_of(rule)}:m"))

    assert value_of(rule.parameter, adapted.request.parameters) != value_of(rule.parameter, written.parameters)
    (notice,) = [each for each in adapted.findings if each.part == rule.parameter]
    assert (notice.severity, rule.reason in notice.message, bool(notice.help)) == ("warning", True, True)


@rows("refuse")
def test_what_is_refused_stays_as_written_and_is_an_error_with_a_fix(rule: Rule) -> None:
    written = replace(request(endpoint=rule.endpoint), parameters=matching(rule))

    adapted = adapt(written, target(f"{provider_of(rule)}:m"))

    assert adapted.request is written
    (notice,) = adapted.findings
    assert (notice.severity, rule.reason in notice.message, bool(notice.help)) == ("error", True, True)
    assert notice.part in written.parameters


@rows("rename")
def test_what_has_another_name_is_sent_under_it(rule: Rule) -> None:
    written = replace(request(endpoint=rule.endpoint), parameters=matching(rule))

    adapted = adapt(written, target(f"{provider_of(rule)}:m"))

    assert adapted.request.parameters == {rule.to: UNCONDITIONAL[rule.parameter]}
    assert adapted.findings == ()


@rows("rewrite")
def test_what_has_another_spelling_is_sent_in_it(rule: Rule) -> None:
    written = replace(request(endpoint=rule.endpoint), parameters=matching(rule))

    adapted = adapt(written, target(f"{provider_of(rule)}:m"))

    assert adapted.request.parameters == {rule.parameter: REWRITTEN[rule.provider, rule.parameter]}
    assert adapted.findings == ()


@pytest.mark.parametrize("rule", ADDED, ids=map(name_of, ADDED))
def test_a_stream_is_asked_for_its_usage_where_the_provider_takes_that(rule: Rule) -> None:
    assert sent(rule, {"stream": True}) == {"stream": True, "stream_options": {"include_usage": True}}
    assert sent(rule, {"stream": False}) == {"stream": False}


@pytest.mark.parametrize("provider", ["together", "mistral", "openrouter", "compatible"])
def test_a_stream_is_not_asked_for_its_usage_elsewhere(provider: str) -> None:
    written = request(stream=True)

    assert adapt(written, target(f"{provider}:m")).request is written


CONDITIONS = tuple(rule for rule in ROWS if rule.when is not None and rule.action != "add")


@pytest.mark.parametrize("rule", CONDITIONS, ids=map(name_of, CONDITIONS))
def test_a_rule_with_a_condition_leaves_other_values_alone(rule: Rule) -> None:
    assert rule.when is not None
    others = CONDITIONAL[rule.parameter, rule.when.words][1]

    assert sent(rule, others) == others


DROPPED_OR_REFUSED = tuple(rule for rule in ROWS if rule.action in ("drop", "refuse") and rule.when is None)


@pytest.mark.parametrize("rule", DROPPED_OR_REFUSED, ids=map(name_of, DROPPED_OR_REFUSED))
def test_a_null_asks_for_nothing_and_goes_without_a_word(rule: Rule) -> None:
    parameters: dict[str, Json] = {name: None for name in matching(rule) if name != "stream"}
    written = replace(request(endpoint=rule.endpoint), parameters=parameters)

    adapted = adapt(written, target(f"{provider_of(rule)}:m"))

    assert adapted.findings == ()
    assert set(adapted.request.parameters) <= {"stream_options"}


@pytest.mark.parametrize("rule", RULES, ids=map(name_of, RULES))
def test_every_row_says_who_says_so_and_when_it_was_read(rule: Rule) -> None:
    assert rule.provider in {*CATALOG, "*"}
    assert rule.reason
    assert rule.source.text
    assert rule.source.evidence in EVIDENCE
    assert rule.source.checked >= "2026-11"
    assert (rule.action == "rename") == (rule.to is not None)
    if not is_about_messages(rule):
        assert (rule.action == "rewrite") == (rule.rewrite is not None)


# Where two parameters meet


def test_mistral_is_sent_the_newer_limit_under_the_older_name() -> None:
    adapted = adapt(request(max_tokens=10, max_completion_tokens=20), target("mistral:m"))

    assert adapted.request.parameters == {"max_tokens": 20}
    assert [notice.part for notice in adapted.findings] == ["max_tokens"]


def test_ollama_keeps_the_only_limit_that_it_knows() -> None:
    adapted = adapt(request(max_tokens=10, max_completion_tokens=20), target("ollama:m"))

    assert adapted.request.parameters == {"max_tokens": 10}


def test_a_name_of_the_provider_s_own_wins_over_openai_s() -> None:
    adapted = adapt(request(seed=1, random_seed=2), target("mistral:m"))

    assert adapted.request.parameters == {"random_seed": 2}
    assert [notice.part for notice in adapted.findings] == ["seed"]


def test_a_null_does_not_take_the_place_of_a_value() -> None:
    assert adapt(request(seed=None, random_seed=2), target("mistral:m")).request.parameters == {"random_seed": 2}


@pytest.mark.parametrize(("logprobs", "number"), [(True, 1), (False, 0)])
def test_together_s_logprobs_are_a_number(logprobs: bool, number: int) -> None:
    assert adapt(request(logprobs=logprobs), target("together:m")).request.parameters == {"logprobs": number}


def test_together_takes_the_number_of_tokens_from_top_logprobs() -> None:
    adapted = adapt(request(logprobs=True, top_logprobs=4), target("together:m"))

    assert adapted.request.parameters == {"logprobs": 4}
    assert adapted.findings == ()


def test_other_stream_options_stay_when_one_is_dropped() -> None:
    options: Json = {"include_usage": True, "include_obfuscation": False}

    adapted = adapt(request(stream=True, stream_options=options), target("openrouter:m"))

    assert adapted.request.parameters == {"stream": True, "stream_options": {"include_obfuscation": False}}


@pytest.mark.parametrize("wanted", [True, False, None])
def test_what_the_author_says_about_the_usage_of_a_stream_stays(wanted: bool | None) -> None:
    written = request(stream=True, stream_options={"include_usage": wanted})

    assert adapt(written, target("openai:m")).request is written


def test_other_stream_options_do_not_keep_the_usage_out() -> None:
    adapted = adapt(request(stream=True, stream_options={"include_obfuscation": False}), target("openai:m"))

    assert adapted.request.parameters["stream_options"] == {"include_obfuscation": False, "include_usage": True}


def test_stream_options_in_the_extra_body_are_the_author_s_word() -> None:
    written = replace(request(stream=True), extra_body={"stream_options": {"include_usage": False}})

    assert adapt(written, target("openai:m")).request is written


@pytest.mark.parametrize(("version", "is_asked"), [("2024-02-01", False), ("2024-10-21", True), (None, True)])
def test_an_old_version_of_azure_s_api_is_not_asked_for_the_usage(version: str | None, is_asked: bool) -> None:
    adapted = adapt(request(stream=True), target("azure:m", version=version))

    assert ("stream_options" in adapted.request.parameters) == is_asked


def test_a_key_that_mistral_does_not_know_may_stand_in_the_extra_body() -> None:
    written = replace(request(), extra_body={"unheard_of": 1})

    assert adapt(written, target("mistral:m")).findings == ()


def test_a_message_names_the_provider_whose_rules_a_server_of_one_s_own_has() -> None:
    (notice,) = adapt(request(n=2), target("house:m", rules="ollama")).findings

    assert notice.message == (
        "'n' is not sent to house (rules of ollama): the server ignores it without a word, and a contract that counts"
        " on it would be green for the wrong reason"
    )
    assert notice.help == 'leave it out, or for this provider alone: overrides: {"house:*": {request: {n: null}}}'
