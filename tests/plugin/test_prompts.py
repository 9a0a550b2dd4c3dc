"""Cases with prompts in a whole run: which cells there are, how they are chosen, and where their recordings lie."""

from __future__ import annotations

import json
import shlex
import xml.etree.ElementTree as ET

import pytest

from prompt_contracts.cli import main
from tests.plugin.project import Project, completion
from tests.transport.loopback import Asked

CASES = """
version: 1
models: [house:small]
cases:
  - name: greets
    system: Be kind.
    user: Say hello to {{ name }}.
    rows: [{id: ann, name: Ann}, {id: bob, name: Bob}]
    prompts:
      plain: {}
      curt: {system: "Be curt, {{ name }}.", request: {temperature: 0}}
    expect: {text: {$contains: "{{ name }}"}}
"""
ONE_ROW = CASES.replace(", {id: bob, name: Bob}", "")
WITHOUT = ONE_ROW.partition("    prompts:")[0] + "    expect: {text: {$contains: Ann}}\n"


def _echo(asked: Asked) -> object:
    return completion(text=str(json.loads(asked.body)["messages"]))


@pytest.fixture
def greeter(project: Project) -> Project:
    project.write(weather=CASES)
    project.answer(_echo)  # type: ignore[arg-type]
    return project


def _passed(result: pytest.RunResult) -> list[str]:
    return [line.split()[0].partition("::")[2] for line in result.outlines if " PASSED" in line]


def test_each_prompt_is_asked_and_recorded_by_its_name(greeter: Project) -> None:
    greeter.record()

    assert greeter.cassettes == [
        "weather/greets/ann/curt/house/small.yaml",
        "weather/greets/ann/plain/house/small.yaml",
        "weather/greets/bob/curt/house/small.yaml",
        "weather/greets/bob/plain/house/small.yaml",
    ]
    asked = [json.loads(one.body) for one in greeter.server.asked]
    assert sorted((one["messages"][0]["content"], one.get("temperature")) for one in asked) == [
        ("Be curt, Ann.", 0),
        ("Be curt, Bob.", 0),
        ("Be kind.", None),
        ("Be kind.", None),
    ]
    greeter.run().assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("chosen", "cells"),
    [
        (("-m", "prompt(name='curt')"), ["greets[ann-curt-house:small]", "greets[bob-curt-house:small]"]),
        (("-k", "plain and ann"), ["greets[ann-plain-house:small]"]),
    ],
)
def test_a_prompt_is_chosen_like_a_model(greeter: Project, chosen: tuple[str, ...], cells: list[str]) -> None:
    greeter.record()

    assert _passed(greeter.run("-v", "--strict-markers", *chosen)) == cells


@pytest.mark.parametrize(("rest", "count"), [("", 4), ("[bob-curt-house:small]", 1)])
def test_a_node_id_names_one_prompt_and_the_case_all_of_them(greeter: Project, rest: str, count: int) -> None:
    greeter.record()

    result = greeter.pytester.runpytest(f"cases/weather.yaml::greets{rest}")

    result.assert_outcomes(passed=count)


def test_a_broken_contract_of_one_prompt_is_told_with_what_was_sent(greeter: Project) -> None:
    greeter.write(
        weather=CASES.replace('{$contains: "{{ name }}"}', '{$contains: "{{ name }}", $not: {$contains: curt}}')
    )

    result = greeter.run("--pc-live", "-k", "ann")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*system    Be curt, Ann.*", "*again *greets[[]ann-curt-house:small]*"])


def test_reports_name_the_prompt(greeter: Project) -> None:
    greeter.record()

    report = greeter.report("--junitxml=junit.xml")

    assert [(one["row"], one["prompt"]) for one in report["results"]] == [
        ("ann", "plain"),
        ("ann", "curt"),
        ("bob", "plain"),
        ("bob", "curt"),
    ]
    assert [(one["prompt"], one["cells"]["passed"]) for one in report["prompts"]] == [("curt", 2), ("plain", 2)]
    properties = ET.parse(greeter.root / "junit.xml").iter("property")
    assert [one.get("value") for one in properties if one.get("name") == "pc.prompt"] == ["plain", "curt"] * 2


def test_a_case_without_prompts_has_no_property_and_no_marker_of_one(project: Project) -> None:
    project.record("--junitxml=junit.xml")

    assert "pc.prompt" not in (project.root / "junit.xml").read_text("utf-8")
    assert project.run("-m", "prompt").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_cell_whose_id_another_one_has_is_refused(greeter: Project) -> None:
    text = CASES.replace("id: ann", "id: a").replace("id: bob", "id: a-b").replace("plain:", "b-c:")
    greeter.write(weather=text.replace("curt: {", "c: {"))

    result = greeter.run("-k", "greets")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "cases/weather.yaml:4:*: PC124 two cells would share the id *::greets[[]a-b-c-house:small], *",
            "help: rename the row, the relation or the prompt",
        ]
    )


@pytest.mark.parametrize(("before", "after"), [(WITHOUT, ONE_ROW), (ONE_ROW, WITHOUT)], ids=["added", "removed"])
def test_a_recording_moves_when_prompts_come_or_go(greeter: Project, before: str, after: str) -> None:
    greeter.write(weather=before)
    greeter.record()
    greeter.write(weather=after)

    result = greeter.run("-k", "not curt")

    result.assert_outcomes(errors=1)
    (move,) = [line.strip().removeprefix("move").strip() for line in result.outlines if line.startswith("  move ")]
    for command in move.split(" && "):
        greeter.pytester.run(*shlex.split(command))
    greeter.run("-k", "not curt").assert_outcomes(passed=1)


def test_a_change_of_one_prompt_makes_no_other_stale(greeter: Project) -> None:
    greeter.record()
    greeter.write(weather=CASES.replace("Be curt", "Be very curt"))

    result = greeter.run()

    result.assert_outcomes(passed=2, errors=2)
    assert "PC202" in result.stdout.str()


def test_the_batch_file_has_a_line_for_each_prompt_and_judge_takes_the_answers(
    greeter: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(greeter.root)
    assert main(["batch", "cases", "--model", "house:small"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    ids = [line["custom_id"] for line in lines]
    assert ids == [
        f"cases/weather.yaml::greets[{cell}-house:small]" for cell in ("ann-plain", "ann-curt", "bob-plain", "bob-curt")
    ]
    replies = [
        {
            "custom_id": line["custom_id"],
            "response": {"status_code": 200, "body": json.loads(completion(text=str(line["body"])).body)},
            "error": None,
        }
        for line in lines
    ]
    (greeter.root / "replies.jsonl").write_text("\n".join(map(json.dumps, replies)), encoding="utf-8")

    assert main(["judge", "cases", "--replies", "replies.jsonl", "--complete"]) == 0
    greeter.run("--pc-replies=replies.jsonl").assert_outcomes(passed=4)


def test_models_of_the_command_line_replace_those_of_every_prompt(greeter: Project) -> None:
    result = greeter.run("--collect-only", "-q", "--pc-model=house:large", "-k", "ann")

    assert [line.partition("::")[2] for line in result.outlines if "::" in line] == [
        "greets[ann-plain-house:large]",
        "greets[ann-curt-house:large]",
    ]


def test_an_application_is_given_the_messages_of_each_prompt(greeter: Project) -> None:
    (greeter.root / "bot.py").write_text(
        "def reply(conversation):\n    return str([m['content'] for m in conversation.messages])\n", encoding="utf-8"
    )
    text = """
        version: 1
        models: [house:small]
        cases:
          - name: app
            handler: bot:reply
            user: Hi
            prompts: {plain: {}, curt: {system: Be curt.}}
            expect: {requests: [], text: {$contains: Hi}}
        """
    greeter.write(weather=text)
    greeter.run().assert_outcomes(passed=2)
    greeter.write(weather=text.replace("Be curt.", "Be curt., request: {temperature: 0}"))

    result = greeter.run("--pc-strict")

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["cases/weather.yaml:*: PC146 'request' has no effect beside 'handler'*"])
