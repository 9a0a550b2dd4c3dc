"""`same`: an answer under a change must equal that of the case as it is written, which is shown beside itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.plugin.project import Project, completion, provider_error
from tests.transport.loopback import Answer, Asked

CASES = """
version: 1
models: [house:small]
tools:
  get_weather: {name: get_weather, parameters: {type: object, properties: {city: {type: string}}}}
  book: {name: book, parameters: {type: object, properties: {city: {type: string}}}}
cases:
  - name: weather
    user: Will it rain in Oslo?
    tools: [get_weather, book]
    trials: 3
    require: {rate: 0.5}
    request: {seed: 1}
    holds_under: {tool_order: [last]}
    same: [tool_calls]
    expect:
      tool_calls: [{get_weather: {$others: allow}}]
"""
BASE, CHANGED = "weather[house:small]", "weather[tool_order.last-house:small]"
ID = "cases/weather.yaml::"


def _cities(base: list[str | Answer], changed: list[str | Answer]) -> Callable[[Asked], Answer]:
    """What is called for, by the order of the tools and the trial, which its seed tells."""

    def answer(asked: Asked) -> Answer:
        body = json.loads(asked.body)
        side = base if body["tools"][0]["function"]["name"] == "get_weather" else changed
        said = side[body["seed"] - 1]
        return said if isinstance(said, Answer) else completion(calls=(("get_weather", json.loads(said)),))

    return answer


def _say(project: Project, base: list[str | Answer], changed: list[str | Answer], text: str = CASES) -> None:
    project.write(weather=text)
    project.answer(_cities(base, changed))


OSLO, LIMA = '{"city": "Oslo"}', '{"city": "Lima"}'


def _verdicts(report: dict[str, Any]) -> dict[str, str]:
    return {one["id"].removeprefix(ID): one["verdict"] for one in report["results"]}


def test_equal_answers_pass_and_the_control_is_told(project: Project) -> None:
    _say(project, [OSLO, OSLO, LIMA], [OSLO, OSLO, LIMA])
    project.record()

    report = project.report()

    assert [one["same"] for one in report["results"]] == [
        None,
        {"equal": 3, "compared": 3, "base_equal": 1, "base_compared": 3},
    ]
    assert _verdicts(report) == {BASE: "passed", CHANGED: "passed"}
    project.run().stdout.fnmatch_lines(
        [
            "under changes, beside the cases as they are written:",
            "tool_order.last  1/1 · base 1/1 · p = 1.00 · same 3/3, control 1/3",
        ]
    )


def test_other_answers_fail_as_many_trials_as_differ(project: Project) -> None:
    _say(project, [OSLO, OSLO, OSLO], [LIMA, LIMA, OSLO])

    result = project.run("--pc-record=once")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*same: tool_calls[[]0].arguments*", "*the base equals itself in 3 of 3 pairs of its trials*"]
    )
    assert _verdicts(project.report()) == {BASE: "passed", CHANGED: "failed"}


@pytest.mark.parametrize(
    ("switch", "verdict"), [("", "failed"), ("      strings: loose\n", "passed")], ids=["exact", "loose"]
)
def test_answers_are_compared_as_the_case_compares(project: Project, switch: str, verdict: str) -> None:
    _say(project, [OSLO] * 3, ['{"city": "oslo."}'] * 3, CASES + switch)
    project.run("--pc-record=once")

    assert _verdicts(project.report())[CHANGED] == verdict


def test_a_base_in_error_gives_no_verdict(project: Project) -> None:
    _say(project, [provider_error(400)] * 3, [OSLO] * 3)
    project.run("--pc-record=once")

    result = project.run()

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines([f"*PC205 no answer of the base to compare with, {ID}weather[[]house:small[]]: *"])


@pytest.mark.parametrize("is_stale", [False, True], ids=["missing", "stale"])
def test_a_base_without_a_recording_is_recorded_by_the_command_that_is_told(project: Project, is_stale: bool) -> None:
    _say(project, [OSLO] * 3, [OSLO] * 3)
    if is_stale:
        project.record()
        project.write(weather=CASES.replace("in Oslo?", "in Oslo now?"))
    project.run("-k", "tool_order", "--pc-record=rewrite")

    result = project.run("-k", "tool_order")

    result.assert_outcomes(errors=1)
    told = [f"  record     pytest '{ID}{BASE}' --pc-record=rewrite", f"  again      pytest '{ID}{CHANGED}'"]
    result.stdout.fnmatch_lines([line.replace("[", "[[]") for line in told])
    project.pytester.runpytest(f"{ID}{BASE}", "--pc-record=rewrite").assert_outcomes(passed=1)
    project.pytester.runpytest(f"{ID}{CHANGED}").assert_outcomes(passed=1)


def test_a_trial_whose_partner_is_in_error_has_no_verdict(project: Project) -> None:
    text = CASES.replace("{rate: 0.5}", "{rate: 0.5, errors: 1}")
    _say(project, [OSLO, provider_error(400), OSLO], [OSLO] * 3, text)
    project.run("--pc-record=once")

    changed = project.report()["results"][1]

    assert [trial["verdict"] for trial in changed["trials"]] == ["passed", "error", "passed"]
    assert changed["verdict"] == "passed"
    assert changed["same"] == {"equal": 2, "compared": 2, "base_equal": 1, "base_compared": 1}


def test_a_change_alone_is_held_against_the_recording_of_the_base(project: Project) -> None:
    _say(project, [OSLO] * 3, [LIMA] * 3)
    project.run("--pc-record=once")

    project.run("-k", "tool_order").assert_outcomes(failed=1)
    project.server.asked.clear()
    project.run("-k", "tool_order", "--pc-record=rewrite").assert_outcomes(failed=1)
    assert len(project.server.asked) == 3


def test_two_workers_come_to_the_same_verdicts_as_one(project: Project) -> None:
    _say(project, [OSLO, LIMA, OSLO], [OSLO, LIMA, LIMA])
    project.run("--pc-record=once")

    alone = project.report()
    together = project.report("-n2", "-p", "xdist")

    assert together["results"] == alone["results"]
    assert alone["relations"] == together["relations"] != []


def test_workers_that_record_anew_come_to_a_verdict_or_say_why_not(project: Project) -> None:
    _say(project, [OSLO] * 3, [OSLO] * 3)
    project.run("--pc-record=once")

    result = project.run("--pc-record=rewrite", "-n2", "-p", "xdist")

    outcomes = result.parseoutcomes()
    assert outcomes["passed"] + outcomes.get("errors", 0) == 2
    assert outcomes.get("errors", 0) == result.stdout.str().count("ERROR cases/weather.yaml::weather[tool_order.last")
    project.run().assert_outcomes(passed=2)


def test_without_recordings_the_base_must_have_been_asked(project: Project) -> None:
    _say(project, [OSLO] * 3, [OSLO] * 3)

    project.run("--pc-live").assert_outcomes(passed=2)
    asked = len(project.server.asked)
    alone = project.run("--pc-live", "-k", "tool_order")

    alone.assert_outcomes(errors=1)
    told = ["*PC205 *: it is no part of this run, and --pc-live reads no recording: nothing was asked"]
    both = f"'{ID}{BASE}' '{ID}{CHANGED}' --pc-live"
    alone.stdout.fnmatch_lines([*told, f"  again      pytest {both}".replace("[", "[[]")])
    assert "  record " not in alone.stdout.str()
    assert len(project.server.asked) == asked
    project.pytester.runpytest(f"{ID}{BASE}", f"{ID}{CHANGED}", "--pc-live").assert_outcomes(passed=2)


JSON_CASES = """
version: 1
models: [house:small]
cases:
  - name: weather
    user: Give me JSON.
    trials: 2
    request: {seed: 1}
    holds_under: {said_as: {curt: JSON!}}
    same: [json]
    expect: {refusal: false}
"""


def _tell(project: Project, base: str | Answer, changed: str | Answer, text: str = JSON_CASES) -> None:
    said = {"Give me JSON.": base, "JSON!": changed}

    def answer(asked: Asked) -> Answer:
        found = said[json.loads(asked.body)["messages"][0]["content"]]
        return found if isinstance(found, Answer) else completion(text=found)

    project.write(weather=text)
    project.answer(answer)


def test_json_is_compared_by_value(project: Project) -> None:
    text = JSON_CASES.replace("{refusal: false}", "{json: {$type: object}}")
    _tell(project, '{"a": 1, "b": [2]}', '{"b": [2.0], "a": 1.0}', text)
    project.record()
    assert project.report()["results"][1]["same"]["equal"] == 2

    _tell(project, '{"a": 1, "b": [2]}', '{"a": 1, "b": [3]}', text)
    project.run("--pc-record=rewrite").assert_outcomes(passed=1, failed=1)


FENCED = '```json\n{"a": 1}\n```'


@pytest.mark.parametrize("base", [FENCED, '{"a": 1, "a": 1}', "Hello.", "", '{"a": NaN}'])
@pytest.mark.parametrize("changed", [FENCED.replace("1", "2"), '{"a": 1, "a": 1}', '{"a": 1}'])
def test_a_base_that_is_no_json_equals_nothing(project: Project, base: str, changed: str) -> None:
    _tell(project, base, changed)

    result = project.run("--pc-record=once")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*same*an answer of the base to compare with*an answer that is no JSON: *"])
    assert project.report()["results"][1]["same"] == {"equal": 0, "compared": 0, "base_equal": 0, "base_compared": 0}


@pytest.mark.parametrize("changed", [FENCED, '{"a": 1, "a": 1}', "Hello.", ""])
def test_what_is_no_json_does_not_equal_json(project: Project, changed: str) -> None:
    _tell(project, '{"a": 1}', changed)

    result = project.run("--pc-record=once")

    result.assert_outcomes(passed=1, failed=1)
    assert project.report()["results"][1]["same"]["equal"] == 0


def test_json_in_a_block_is_compared_where_the_case_reads_blocks(project: Project) -> None:
    text = JSON_CASES + "      json_in: fenced\n"
    text = text.replace("{refusal: false}", "\n      json: {$type: object}")
    _tell(project, FENCED, '{"a": 1.0}', text)
    project.record()

    _tell(project, FENCED, FENCED.replace("1", "2"), text)
    project.run("--pc-record=rewrite").assert_outcomes(passed=1, failed=1)


def _calling(text: str | None, arguments: str = OSLO) -> Answer:
    made = completion(text=text, calls=(("get_weather", {}),))
    return replace(made, body=made.body.replace(b'"{}"', json.dumps(arguments).encode()))


@pytest.mark.parametrize(
    ("changed", "outcomes"),
    [(_calling(None), {"passed": 2}), (_calling("Well."), {"passed": 1, "failed": 1})],
    ids=["calls", "calls-and-text"],
)
def test_calls_without_any_text_have_no_json_to_compare(
    project: Project, changed: Answer, outcomes: dict[str, int]
) -> None:
    _tell(project, _calling(None), changed, JSON_CASES.replace("[json]", "[tool_calls, json]"))

    project.run("--pc-record=once").assert_outcomes(**outcomes)


def test_calls_with_broken_arguments_equal_nothing(project: Project) -> None:
    broken = _calling(None, '{"city": ')
    _tell(project, broken, broken, JSON_CASES.replace("[json]", "[tool_calls]"))

    project.run("--pc-record=once").assert_outcomes(passed=1, errors=1)

    same = project.report()["results"][1]["same"]
    assert same == {"equal": 0, "compared": 0, "base_equal": 0, "base_compared": 0}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("trials: 3", "trials: 1", "PC122 'same' needs two trials or more, and there is 1: *"),
        ("trials: 3", "trials: 3\n    stop_early: true", "PC122 'same' needs every trial*"),
        ("seed: 1", "n: 2", "PC120 'same' compares one answer with another, and 'n' asks for 2 at once"),
        ("{tool_order: [last]}", "{without_tool: {book: {text: a}}}", "PC120 'same' has nothing to compare: *"),
        ("    holds_under: {tool_order: [last]}\n", "", "PC105 'same' needs a 'holds_under'"),
        ("[tool_calls]", "[text]", "PC102 *"),
    ],
)
def test_what_cannot_be_compared_is_refused(project: Project, old: str, new: str, said: str) -> None:
    project.write(weather=CASES.replace(old, new))

    result = project.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"cases/weather.yaml:*: {said}"])


def test_a_run_of_one_trial_says_why_it_cannot_compare(project: Project) -> None:
    project.write(weather=CASES)

    result = project.run("--pc-trials=1")

    result.stdout.fnmatch_lines(["cases/weather.yaml:*: PC122 'same' needs two trials or more, and there is 1: *"])
