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
