"""Cases under changes in a whole run: recorded, replayed, chosen, by several workers, and refused where ids clash."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from prompt_contracts.cli import main
from tests.plugin.project import Project, completion
from tests.transport.loopback import Answer, Asked

CASES = """
version: 1
models: [house:small]
tools:
  tell_time: {name: tell_time, parameters: {type: object, properties: {city: {type: string}}}}
  get_weather:
    name: get_weather
    parameters: {type: object, properties: {city: {type: string}, day: {type: string}}}
  book: {name: book, parameters: {type: object, properties: {city: {type: string}}}}
cases:
  - name: weather
    user: Will it rain in {{ city }}?
    rows: [{id: oslo, city: Oslo}, {id: lima, city: Lima}]
    tools: [tell_time, get_weather, book]
    prompts: {plain: {system: Be kind.}, curt: {system: Be curt.}}
    holds_under:
      tool_order: [last]
      said_as: {norsk: "Blir det regn i {{ city }}?"}
      without_tool: {get_weather: {tool_calls: none}}
    expect:
      tool_calls: [{get_weather: {city: "{{ city }}"}}]
"""
RELATIONS = ("", "tool_order.last-", "said_as.norsk-", "without_tool.get_weather-")


def _weather(asked: Asked) -> Answer:
    body = json.loads(asked.body)
    if "get_weather" not in [tool["function"]["name"] for tool in body["tools"]]:
        return completion(text="I cannot tell.")
    return completion(calls=(("get_weather", {"city": body["messages"][-1]["content"].removesuffix("?").split()[-1]}),))


@pytest.fixture
def weather(project: Project) -> Project:
    project.write(weather=CASES)
    project.answer(_weather)
    return project


def test_each_change_is_asked_recorded_and_replayed_by_its_name(weather: Project) -> None:
    weather.record()

    assert weather.cassettes == sorted(
        f"weather/weather/{row}/{relation.replace('-', '/')}{prompt}/house/small.yaml"
        for row in ("oslo", "lima")
        for relation in RELATIONS
        for prompt in ("plain", "curt")
    )
    bodies = [json.loads(one.body) for one in weather.server.asked]
    orders = {tuple(tool["function"]["name"] for tool in body["tools"]) for body in bodies}
    assert orders == {
        ("tell_time", "get_weather", "book"),
        ("tell_time", "book", "get_weather"),
        ("tell_time", "book"),
    }
    weather.server.asked.clear()
    weather.run().assert_outcomes(passed=16)
    assert weather.server.asked == []


def test_the_base_keeps_its_recording_when_changes_come(weather: Project) -> None:
    weather.write(weather=CASES.partition("    holds_under:")[0] + CASES[CASES.index("    expect:") :])
    weather.record()
    weather.server.asked.clear()
    weather.write(weather=CASES)

    weather.run("--pc-record=once").assert_outcomes(passed=16)

    assert len(weather.server.asked) == 12
    weather.run().assert_outcomes(passed=16)


@pytest.mark.parametrize(
    ("chosen", "cells"),
    [
        (("-k", "tool_order and oslo and curt"), ["oslo-tool_order.last-curt"]),
        (
            ("-m", "relation(id='said_as.norsk') and prompt(name='plain')"),
            ["oslo-said_as.norsk-plain", "lima-said_as.norsk-plain"],
        ),
        (("-k", "lima and plain and not relation"), ["lima-plain"]),
    ],
)
def test_a_change_is_chosen_like_a_prompt(weather: Project, chosen: tuple[str, ...], cells: list[str]) -> None:
    weather.record()

    result = weather.run("-v", "--strict-markers", *chosen)

    passed = [line.split()[0].partition("::")[2] for line in result.outlines if " PASSED" in line]
    assert passed == [f"weather[{cell}-house:small]" for cell in cells]


def test_one_change_that_breaks_the_contract_fails_alone(weather: Project) -> None:
    def last_alone(asked: Asked) -> Answer:
        body = json.loads(asked.body)
        return completion(text="No.") if body["tools"][-1]["function"]["name"] == "get_weather" else _weather(asked)

    weather.answer(last_alone)

    result = weather.run("--pc-record=once")

    result.assert_outcomes(passed=12, failed=4)
    result.stdout.fnmatch_lines(["*again *weather[[]oslo-tool_order.last-plain-house:small]*"])
    again = weather.run("--lf", "-v")
    again.assert_outcomes(failed=4)


def test_two_workers_replay_what_one_recorded(weather: Project) -> None:
    weather.record()

    weather.run("-n2", "-p", "xdist").assert_outcomes(passed=16)


def test_reports_name_the_change(weather: Project) -> None:
    weather.record("-k", "oslo and plain")

    report = weather.report("--junitxml=junit.xml", "-k", "oslo and plain")

    changes = [None, "tool_order.last", "said_as.norsk", "without_tool.get_weather"]
    assert [one["relation"] for one in report["results"]] == changes
    properties = ET.parse(weather.root / "junit.xml").iter("property")
    assert [one.get("value") for one in properties if one.get("name") == "pc.relation"] == changes[1:]


def test_a_row_with_the_name_of_a_change_is_refused(weather: Project) -> None:
    rows = "[{id: a, city: Oslo}, {id: a-tool_order.last, city: Lima}]"
    weather.write(weather=CASES.replace("[{id: oslo, city: Oslo}, {id: lima, city: Lima}]", rows))

    result = weather.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "cases/weather.yaml:10:*: PC124 two cells would share the id *[[]a-tool_order.last-plain-house:small], *",
            "help: rename the row, the relation or the prompt",
        ]
    )


def test_changes_whose_folders_are_one_on_some_systems_are_refused(weather: Project) -> None:
    weather.write(weather=CASES.replace('{norsk: "Blir', '{NORSK: "Regner det i {{ city }}?", norsk: "Blir'))

    result = weather.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["cases/weather.yaml:10:*: PC124 this cell and *NORSK* would share the recording *"])


def test_the_strength_of_a_contract_is_measured_once(weather: Project, capsys: pytest.CaptureFixture[str]) -> None:
    weather.record()
    capsys.readouterr()

    main(["strength", "--format", "json", str(weather.root / "cases")])

    [case] = json.loads(capsys.readouterr().out)["cases"]
    assert [cell["id"].partition("[")[2] for cell in case["cells"]] == [
        f"{row}-{relation}{prompt}-house:small]"
        for row in ("oslo", "lima")
        for relation in ("", "without_tool.get_weather-")
        for prompt in ("plain", "curt")
    ]


TYPOS = """
version: 1
models: [house:small]
cases:
  - name: rain
    user: Please tell whether it rains in {{ city }}.
    rows: [{id: oslo, city: Oslo}, {id: lima, city: Lima}]
    holds_under: {spelling: [typos]}
    expect: {text: {$contains: rains}}
"""


@pytest.fixture
def rain(project: Project) -> Project:
    project.write(weather=TYPOS)
    project.answer(lambda asked: completion(text=json.loads(asked.body)["messages"][0]["content"]))
    return project


def _stored(project: Project) -> str:
    return (project.root / "cases/weather.given.yaml").read_text("utf-8")


def test_typos_are_stored_beside_the_case_file_when_they_are_recorded(rain: Project) -> None:
    for command in ("--collect-only", "--pc-live"):
        rain.run(command)
    main(["check", str(rain.root / "cases")])
    assert not (rain.root / "cases/weather.given.yaml").exists()

    rain.record().stdout.fnmatch_lines(["prompt-contracts: 2 texts with typos kept for cases/weather.yaml"])

    lines = [line for line in _stored(rain).splitlines() if not line.startswith("#")]
    assert lines[:4] == ["version: 1", "generated:", "  rain:", "    typos:"]
    assert [line.partition(": ")[2].count("rains in") for line in lines[4:]] == [1, 1]
    rain.run().assert_outcomes(passed=4)


def test_a_stored_text_is_asked_whatever_would_be_made_now(rain: Project) -> None:
    rain.record()
    stored = _stored(rain)
    old = next(line for line in stored.splitlines() if "Oslo" in line).partition(": ")[2].strip('"')
    (rain.root / "cases/weather.given.yaml").write_text(
        stored.replace(old, "Plaese tell wether it rains in Oslo."), encoding="utf-8"
    )

    stale = rain.run()
    rain.server.asked.clear()
    rain.run("--pc-record=stale")

    stale.assert_outcomes(passed=3, errors=1)
    assert [json.loads(one.body)["messages"][0]["content"] for one in rain.server.asked] == [
        "Plaese tell wether it rains in Oslo."
    ]
    rain.run().assert_outcomes(passed=4)


def test_another_question_has_other_typos_and_the_old_ones_go(rain: Project) -> None:
    rain.record()
    before = set(_stored(rain).splitlines())
    rain.write(weather=TYPOS.replace("Please tell", "Kindly tell"))

    rain.record()

    texts = [line for line in _stored(rain).splitlines() if "rains" in line]
    assert len(texts) == 2
    assert not before & set(texts)


def test_workers_store_the_texts_once(rain: Project) -> None:
    rain.run("--pc-record=once", "-n2", "-p", "xdist").assert_outcomes(passed=4)

    assert _stored(rain).count("rains in") == 2
    rain.run().assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("typos", "said"),
    [
        ("[a]", "'typos' must be a mapping of texts, not a list"),
        ("{short: Hi}", "'short' is no hash of a text"),
        ("{'0123456789': 5}", "a misspelt text must be text, not the number 5"),
        ("{'0123456789': ' '}", "a misspelt text must be text, *"),
    ],
)
def test_stored_texts_that_no_run_wrote_are_refused(rain: Project, typos: str, said: str) -> None:
    text = f"version: 1\ngenerated:\n  rain:\n    typos: {typos}\n"
    (rain.root / "cases/weather.given.yaml").write_text(text, encoding="utf-8")

    result = rain.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"cases/weather.given.yaml:4:*: PC113 {said}"])


def test_texts_of_a_case_that_is_gone_are_warned_of(rain: Project) -> None:
    rain.record()
    rain.write(weather=TYPOS.replace("name: rain", "name: snow"))

    result = rain.run("--pc-strict")

    result.stdout.fnmatch_lines(
        ["*weather.given.yaml:*: PC115 these texts belong to a case that is not in weather.yaml any more: 'rain'"]
    )
