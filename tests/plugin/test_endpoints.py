"""Families of endpoints: what is asked where, and how a run says so."""

from __future__ import annotations

import json

import pytest

from tests.plugin.project import Project
from tests.transport.loopback import Answer, Asked

CASE = """
version: 1
models: [openai:{model}]
tools: {{get_weather: {{name: get_weather, parameters: {{type: object, properties: {{city: {{type: string}}}}}}}}}}
cases:
  - name: picks_weather
    user: Will it rain in Oslo?
    tools: [get_weather]
    {more}
    expect: {{tool_calls: [get_weather: {{city: Oslo}}]}}
"""
CALL = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "get_weather",
    "arguments": '{"city": "Oslo"}',
}


def respond(asked: Asked) -> Answer:
    """A Responses object that calls the tool; nothing else is served."""
    if not asked.path.endswith("/responses"):
        return Answer(status=404, body=b'{"error": {"message": "no such path"}}')
    body = {"object": "response", "id": "resp_1", "status": "completed", "model": "m", "output": [CALL]}
    return Answer(body=json.dumps(body).encode())


@pytest.fixture
def openai(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that asks OpenAI, whose address leads to the server."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    monkeypatch.setenv("OPENAI_BASE_URL", project.server.base_url)
    project.answer(respond)
    return project


def test_a_model_that_needs_responses_for_tools_is_asked_there_and_the_run_says_so(openai: Project) -> None:
    openai.write(weather=CASE.format(model="gpt-5.5", more="request: {max_completion_tokens: 100}"))

    result = openai.run("--pc-record=rewrite")
    replayed = openai.run("-v")

    result.assert_outcomes(passed=1)
    replayed.stdout.fnmatch_lines(["asked over responses: openai:gpt-5.5, 1 cell (*only there)"])
    body = json.loads(openai.server.asked[0].body)
    assert body["max_output_tokens"] == 100
    assert [tool["name"] for tool in body["tools"]] == ["get_weather"]


def test_what_has_no_counterpart_there_is_refused_by_name(openai: Project) -> None:
    openai.write(weather=CASE.format(model="gpt-5.5", more="request: {seed: 7}"))

    result = openai.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "cases/weather.yaml:*PC130 'seed' has no counterpart on the Responses endpoint, *: openai:gpt-5.5 takes *",
            "help: leave it out",
        ]
    )


def test_names_of_responses_are_refused_on_chat(openai: Project) -> None:
    openai.write(weather=CASE.format(model="gpt-4.1", more="request: {max_output_tokens: 100}"))

    result = openai.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*PC130 openai refuses 'max_output_tokens': it is a name of the Responses API*",
            "help: write max_completion_tokens, or endpoint: responses",
        ]
    )
    result.stdout.no_fnmatch_line("*belongs to the Responses API*")


def test_a_name_of_responses_without_a_counterpart_is_refused_on_chat(openai: Project) -> None:
    openai.write(weather=CASE.format(model="gpt-4.1", more="request: {previous_response_id: resp_1}"))

    result = openai.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*PC130 'previous_response_id' belongs to the Responses API", "help: write endpoint: responses*"]
    )


def test_that_a_family_is_closed_is_told_once_for_all_turns(openai: Project) -> None:
    turns = "    turns: [{user: a, expect: {text: x}}, {user: b, expect: {text: x}}]\n"
    openai.write(weather="version: 1\nmodels: [openai:gpt-4o]\ncases:\n  - name: a\n    endpoint: assistants\n" + turns)

    result = openai.run("--pc-strict")

    assert result.stdout.str().count("help: write endpoint: responses") == 1
    result.stdout.no_fnmatch_line("*turn 1: OpenAI closed*")


def test_a_parameter_that_the_model_refuses_stops_the_case_unless_the_refusal_is_expected(openai: Project) -> None:
    openai.write(weather=CASE.format(model="gpt-5-mini", more="request: {max_tokens: 100}"))
    refused = openai.run()
    expected = "request: {max_tokens: 100}\n    expect: {error: {kind: unsupported_parameter}}\n"
    openai.write(weather=CASE.format(model="gpt-5-mini", more=expected).rpartition("    expect:")[0])
    error = {"message": "Unsupported parameter: 'max_tokens'", "code": "unsupported_parameter", "param": "max_tokens"}
    openai.answer(Answer(status=400, body=json.dumps({"error": error}).encode()))

    openai.run("--pc-record=rewrite").assert_outcomes(passed=1)

    refused.assert_outcomes(failed=1)
    refused.stdout.fnmatch_lines(["*PC130 *'max_tokens'*", "help: *max_completion_tokens*"])
    assert json.loads(openai.server.asked[0].body)["max_tokens"] == 100


def test_what_is_sent_as_written_is_not_said_to_be_left_out(openai: Project) -> None:
    expected = (
        "request: {max_tokens: 5, max_completion_tokens: 7}\n    expect: {error: {kind: unsupported_parameter}}\n"
    )
    openai.write(weather=CASE.format(model="gpt-5-mini", more=expected).rpartition("    expect:")[0])
    error = {"message": "Unsupported parameter: 'max_tokens'", "code": "unsupported_parameter", "param": "max_tokens"}
    openai.answer(Answer(status=400, body=json.dumps({"error": error}).encode()))

    result = openai.run("--pc-record=rewrite", "--pc-strict")

    result.assert_outcomes(passed=1)
    assert json.loads(openai.server.asked[0].body)["max_tokens"] == 5


def test_an_answer_that_never_came_says_its_status_as_the_code(openai: Project) -> None:
    openai.write(weather=CASE.format(model="gpt-4.1", more="endpoint: responses"))
    openai.answer(Answer(body=b'{"object": "response", "status": "cancelled", "output": []}'))

    result = openai.run("--pc-live")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["cases/*run_failed (HTTP 200, code cancelled): the response was cancelled *"])
