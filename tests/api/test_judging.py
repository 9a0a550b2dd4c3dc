"""`judge` and `assert_contract`: answers that somebody has, held against a contract stated in Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import openai.types.chat
import openai.types.responses
import pytest

from prompt_contracts import (
    CaseError,
    Completion,
    NoVerdict,
    any_of,
    assert_contract,
    checked_by,
    contains,
    judge,
    optional,
    partial,
)
from prompt_contracts.completion import Choice
from prompt_contracts.errors import UsageError
from prompt_contracts.usage import Usage
from tests.cli.replies import body

CALL = body(calls=(("get_weather", {"city": "Oslo"}),))
WEATHER = {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"enum": ["Oslo", "Lima"]}}}}
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "model": "m",
    "output": [
        {"type": "function_call", "id": "f", "call_id": "c", "name": "get_weather", "arguments": '{"city": "Oslo"}'},
    ],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
}
CHAT_OBJECT = openai.types.chat.ChatCompletion.model_validate({**CALL, "created": 1})
RESPONSE_OBJECT = openai.types.responses.Response.model_validate(RESPONSE)


class IsPositive:
    """As those of dirty-equals."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (int, float)) and other > 0

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "IsPositive()"


@pytest.mark.parametrize(
    "answer", [CALL, CHAT_OBJECT, RESPONSE, RESPONSE_OBJECT], ids=["dict", "chat", "response", "R"]
)
def test_an_answer_is_taken_in_every_form_that_a_person_has(answer: Any) -> None:
    assert judge(answer, {"tool_calls": [{"get_weather": {"city": "Oslo"}}]})

    broken = judge(answer, {"tool_calls": [{"get_weather": {"city": "Lima"}}]})

    assert (broken.word, [failure.path for failure in broken.failures]) == ("failed", ["tool_calls[0].arguments.city"])
    assert not broken


def test_a_completion_and_a_bare_text_are_answers() -> None:
    said = Completion(choices=(Choice(text="Rain."),), usage=Usage())

    assert judge(said, {"text": "Rain."})
    assert judge("Rain.", {"text": "Rain."})


def test_a_failing_provider_is_no_broken_contract() -> None:
    refused = {"error": {"message": "slow down", "code": "rate_limit_exceeded", "type": "requests"}}

    verdict = judge(refused, {"text": "Rain."})

    assert verdict.word == "error"
    assert verdict.error is not None
    assert (verdict.error.kind, verdict.error.status) == ("rate_limit", None)
    assert judge(refused, {"error": {"kind": "rate_limit"}})
    with pytest.raises(NoVerdict, match="rate_limit: slow down"):
        assert_contract(refused, {"text": "Rain."})


def test_what_is_no_answer_is_refused() -> None:
    for nothing in (5, {"delta": {}}, {"a": 1}, object()):
        with pytest.raises(UsageError, match="is no answer"):
            judge(nothing, {"text": "a"})  # type: ignore[arg-type] # what is tested


def test_the_text_of_the_failure_is_that_of_a_cell() -> None:
    with pytest.raises(AssertionError) as raised:
        assert_contract(CALL, {"tool_calls": "some", "text": contains("rain")})

    head, *rest = str(raised.value).splitlines()
    assert head.startswith("tests/api/test_judging.py:")
    assert head.endswith('  text: expected a text containing "rain", got ""')
    assert any("call    get_weather" in line for line in rest)
    assert not any("again" in line or "record" in line for line in rest)


def test_a_failure_stands_at_the_line_of_its_own_clause() -> None:
    verdict = judge(
        '{"city": "Rome", "days": 3}',
        {
            "json": {
                "city": any_of("Oslo", "Lima"),
                "days": 4,
            }
        },
    )

    city, days = (failure.location for failure in verdict.failures)
    source = Path(__file__).read_text("utf-8").splitlines()
    assert '"city": any_of("Oslo", "Lima")' in source[city.line - 1]
    assert '"days": 4' in source[days.line - 1]


def test_a_typing_mistake_is_an_error_with_its_place_and_a_suggestion() -> None:
    with pytest.raises(CaseError) as raised:
        judge("x", {"txt": "a", "json": {"$contans": "b"}})

    text = str(raised.value)
    assert "PC101 unknown facet 'txt'" in text
    assert "help: did you mean 'text'?" in text
    assert "PC101 unknown operator '$contans'" in text
    assert 'judge("x", {"txt": "a"' in text


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ({}, "empty 'expect'"),
        ({"text": {1: "a"}}, "a key must be a text, not int"),
        ({"json": {"a": {1, 2}}}, "set is no value of JSON"),
        ({"json": float("nan")}, "nan is no number of JSON"),
        ({"json": object()}, "object is no value of JSON"),
        ({"text": len}, "a function is no pattern"),
        ({"text": any_of()}, "any_of"),
        ({"tool_calls": [{"get_wether": {}}]}, "did you mean 'get_weather'?"),
    ],
)
def test_what_is_no_contract_is_refused(expect: Any, words: str) -> None:
    with pytest.raises(CaseError) as raised:
        judge(CALL, expect, tools=[WEATHER])

    assert words in str(raised.value)


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)

    with pytest.raises(CaseError, match="nested more than"):
        judge("x", {"json": endless})


def test_an_object_with_an_equality_of_its_own_stands_for_a_literal() -> None:
    answer = '{"id": 7, "items": [{"price": 3}, {"price": -1}]}'
    expect = {"json": {"id": IsPositive(), "items": [{"price": IsPositive()}, {"price": IsPositive()}]}}

    verdict = judge(answer, expect)

    (failure,) = verdict.failures
    assert (failure.path, failure.expected, failure.got) == ("json/items/1/price", "IsPositive()", "-1")


def test_functions_judge_values_and_outcomes() -> None:
    def is_short(outcome: Any) -> str | None:
        return None if len(outcome.completion.choices[0].text) < 9 else "too long"

    assert judge("rain", {"text": checked_by(str.islower), "check": is_short})

    verdict = judge("a very long answer", {"check": [is_short]})

    (failure,) = verdict.failures
    assert failure.message == "too long"
    assert "is_short" in failure.expected


def test_optional_and_partial_are_object_patterns() -> None:
    contract = {"json": partial({"city": "Oslo"}) | optional({"days": IsPositive()})}

    assert judge('{"city": "Oslo", "more": 1}', contract)
    assert judge('{"city": "Oslo", "days": 2}', contract)
    assert not judge('{"city": "Oslo", "days": -2}', contract)


def test_tools_and_the_request_are_what_facets_speak_of() -> None:
    schema = {"type": "object", "required": ["city"]}
    request = {
        "model": "gpt-5-mini",
        "messages": [{"role": "user", "content": "Where?"}],
        "tools": [{"type": "function", "function": WEATHER}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "where", "schema": schema}},
    }
    assert judge('{"city": "Oslo"}', {"json": {"$schema": "request"}}, request=request)
    assert judge(CALL, {"arguments_valid": True}, request=request)
    assert not judge(body(calls=(("get_weather", {"city": "Rome"}),)), {"arguments_valid": True}, tools=[WEATHER])

    verdict = judge("{}", {"json": {"$schema": "request"}}, request=request)

    assert "Where?" in verdict.text


def test_a_contract_that_is_surely_not_meant_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="PC"):
        judge("fine", {"text": {"$not": {"$contains": "bad"}}})


def test_no_object_outlives_its_judgement() -> None:
    from prompt_contracts.api.judging import _root_of, _run_of

    judge('{"a": 1}', {"json": {"a": IsPositive()}})

    frame = sys._getframe()
    assert _run_of(_root_of(frame)).references.lent == {}


def test_a_schema_in_a_file_is_found_beside_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.prompt_contracts]\n")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "city.json").write_text('{"type": "object", "required": ["city"]}')
    script = tmp_path / "script.py"
    script.write_text(
        dedent(
            """
            from prompt_contracts import judge, matches_schema
            print(judge("{}", {"json": matches_schema({"$include": "schemas/city.json"})}).text)
            """
        )
    )

    printed = subprocess.run([sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert printed.stdout.startswith("schemas/city.json:1  json/city: expected a required key, got (missing)")


def test_it_works_without_a_file_and_without_pytest(tmp_path: Path) -> None:
    program = (
        "from prompt_contracts import judge; import sys\n"
        "verdict = judge('sun', {'text': 'rain'})\n"
        "print(verdict.word, 'pytest' in sys.modules, 'openai' in sys.modules, 'httpx' in sys.modules)\n"
        "print(verdict.text.splitlines()[0])"
    )

    printed = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.splitlines()

    assert printed == ["failed False False False", '<string>:2  text: expected "rain", got "sun"']
