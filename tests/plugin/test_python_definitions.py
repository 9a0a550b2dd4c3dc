"""`$python` in a case file: types stand for their schemas and functions for their tools, in the runs of a user."""

from __future__ import annotations

import json
import sys
from textwrap import dedent

import pytest

from tests.plugin.project import Project, completion
from tests.plugin.worker_ways import ways

MODULE = """
    import os
    from dataclasses import dataclass
    from os import path
    from pathlib import Path
    from typing import Literal

    from pydantic import BaseModel

    Path(__file__).with_name("imported").touch()

    class Forecast(BaseModel):
        city: str
        days: int

    @dataclass
    class Place:
        city: str

    Places = list[Place]
    MOST = 3

    HOME = type("Home", (), {})()
    ride = lambda by, on=1: by

    def stroll(city: str, far) -> str: ...

    def get_weather(city: Literal["Oslo", "Lima"]) -> str:
        \"""The weather of tomorrow.\"""
        return "rain"
"""
CASES = """
    version: 1
    models: [house:small]
    tools:
      get_weather: {$python: "shop:get_weather"}
    cases:
      - name: asks_for_weather
        user: Will it rain in Oslo?
        tools: [get_weather]
        expect: {tool_calls: [{get_weather: {city: Oslo}}], arguments_valid: true}
      - name: forecasts
        user: Forecast Oslo.
        request:
          response_format: {type: json_schema, json_schema: {name: forecast, schema: {$python: "shop:Forecast"}}}
        expect: {json: {$schema: request}}
      - name: lists
        user: List places.
        tools: [{$python: "shop:get_weather"}, {name: stay, parameters: {$python: "shop:Place"}}]
        expect: {json: {$schema: {$python: "shop:Places"}}}
"""
ANSWERS = {
    "Will it rain in Oslo?": completion(calls=(("get_weather", {"city": "Oslo"}),)),
    "Forecast Oslo.": completion(text='{"city": "Oslo", "days": 3}'),
    "List places.": completion(text='[{"city": "Oslo"}]'),
}


@pytest.fixture
def shop(project: Project) -> Project:
    """A project whose cases name the types of its module."""
    write_module(project, MODULE)
    project.write(weather=CASES)
    project.answer(lambda asked: ANSWERS[json.loads(asked.body)["messages"][-1]["content"]])
    return project


def write_module(project: Project, text: str) -> None:
    (project.root / "shop.py").write_text(dedent(text), encoding="utf-8")


def test_types_and_functions_are_sent_and_judged_by(shop: Project) -> None:
    shop.run("--pc-record=rewrite").assert_outcomes(passed=3)

    asked = [json.loads(each.body) for each in shop.server.asked]
    by_question = {body["messages"][-1]["content"]: body for body in asked}
    (tool,) = by_question["Will it rain in Oslo?"]["tools"]
    assert tool["function"]["name"] == "get_weather"
    assert tool["function"]["description"] == "The weather of tomorrow."
    assert tool["function"]["parameters"]["properties"]["city"]["enum"] == ["Oslo", "Lima"]
    schema = by_question["Forecast Oslo."]["response_format"]["json_schema"]["schema"]
    assert schema["required"] == ["city", "days"]
    assert [each["function"]["name"] for each in by_question["List places."]["tools"]] == ["get_weather", "stay"]

    shop.answer(completion(text="[]"))
    shop.run().assert_outcomes(passed=3)


def test_an_answer_that_leaves_its_type_breaks_the_contract_at_the_name(shop: Project) -> None:
    shop.answer(completion(text='[{"city": 5}]'))

    result = shop.run("--pc-live", "-k", "lists")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*cases/weather.yaml:18*json/0/city*"])


@pytest.mark.parametrize(
    ("before", "after", "case"),
    [
        ('["Oslo", "Lima"]', '["Oslo", "Lima", "Rome"]', "asks_for_weather"),
        ("days: int", "days: float", "forecasts"),
        ("The weather of tomorrow", "The weather", "asks_for_weather"),
    ],
    ids=["arguments", "field", "docstring"],
)
def test_a_changed_type_makes_a_recording_stale_as_a_changed_schema_does(
    shop: Project, before: str, after: str, case: str
) -> None:
    shop.run("--pc-record=rewrite").assert_outcomes(passed=3)
    write_module(shop, MODULE.replace(before, after))

    result = shop.run("-k", case)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*PC202*"])


def test_the_type_of_a_contract_is_no_part_of_the_recording(shop: Project) -> None:
    shop.run("--pc-record=rewrite", "-k", "lists").assert_outcomes(passed=1)
    shop.write(weather=CASES.replace('{$schema: {$python: "shop:Places"}}', '{$schema: {$python: "shop:Forecast"}}'))

    shop.run("-k", "lists").assert_outcomes(failed=1)


@pytest.mark.parametrize("workers", ways(pytest.param(("-n2",), id="two")))
def test_every_worker_reads_them(shop: Project, workers: tuple[str, ...]) -> None:
    shop.run("--pc-record=rewrite").assert_outcomes(passed=3)

    shop.run(*workers).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "tools: [{$python: 'shop:get_wether'}]",
            "PC120 'shop:get_wether' cannot be imported: AttributeError: *; did you mean 'get_weather'[?]",
        ),
        ("tools: [{$python: 'shup:get_weather'}]", "PC120 'shup:get_weather' cannot be imported: ModuleNotFound*"),
        ("tools: [{$python: shop.get_weather}]", "PC102 '$python' takes package.module:name, not *"),
        ("tools: [{$python: 5}]", "PC102 '$python' takes package.module:name, not 5"),
        ("tools: [{$python: '{{ name }}:f'}]", "PC102 '$python' takes package.module:name, not *"),
        ("tools: [{$python: 'shop:Forecast'}]", "PC120 'shop:Forecast': Forecast is no function; *"),
        ("tools: [{$python: 'shop:Path'}]", "PC120 *"),
        ("tools: [{$python: 'shop:stroll'}]", "PC120 'shop:stroll': 'far' of the function stroll has no type and *"),
        ("tools: [{$python: 'shop:ride'}]", "PC120 'shop:ride': 'by', 'on' of the function <lambda> have no type *"),
        ("tools: [{$pyton: 'shop:get_weather'}]", "PC101 unknown key '$pyton' in item 1 of 'tools'"),
        ("tools: [{$python: 'shop:get_weather', strict: true}]", "PC112 '$python' stands alone in its mapping, *"),
        ("request: {metadata: {$python: 'shop:Forecast'}}", "PC102 '$python' stands for a JSON Schema or for a tool*"),
        ("system: {$python: 'shop:Forecast'}", "PC102 '$python' stands for a JSON Schema or for a tool, *"),
    ],
)
def test_a_mistake_has_its_place(shop: Project, text: str, message: str) -> None:
    shop.write(
        weather=f"""
        version: 1
        models: [house:small]
        cases:
          - name: a
            user: Hi
            {text}
            expect: {{text: hi}}
          - {{name: good, user: Hi, expect: {{text: hi}}}}
    """
    )
    shop.answer(completion(text="hi"))

    result = shop.run("--pc-live")

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines([f"cases/weather.yaml:6:*: {message}"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shop:get_weather", "PC120 'shop:get_weather': get_weather is a function, which stands for a tool *"),
        ("shop:Literal", "PC120 'shop:Literal': *"),
        ("shop:MOST", "PC120 'shop:MOST': 3 is a value of type int, and not a type"),
        ("shop:__name__", "PC150 'shop:__name__' may not be called: *"),
        ("shop:HOME", "PC120 'shop:HOME': an object of type Home has no JSON Schema: * <shop.Home object>. *"),
    ],
)
def test_what_has_no_schema_is_told_where_it_is_named(shop: Project, name: str, message: str) -> None:
    shop.write(
        weather=f"""
        version: 1
        models: [house:small]
        cases:
          - name: a
            user: Hi
            expect:
              json: {{a: {{$schema: {{$python: "{name}"}}}}}}
    """
    )

    shop.run().stdout.fnmatch_lines([f"cases/weather.yaml:7:*: {message}"])


def test_a_module_that_fails_or_ends_the_process_breaks_its_cases_alone(shop: Project) -> None:
    shop.write(good="version: 1\nmodels: [house:small]\ncases: [{name: good, user: Hi, expect: {text: hi}}]\n")
    write_module(shop, "raise SystemExit(3)")
    shop.answer(completion(text="hi"))

    result = shop.run("--pc-live")

    result.assert_outcomes(failed=4, passed=1)
    result.stdout.fnmatch_lines(["*PC120 'shop:get_weather' cannot be imported: SystemExit: 3*"])


def test_check_imports_nothing_and_says_what_it_did_not_look_at(shop: Project) -> None:
    result = shop.pytester.run(sys.executable, "-m", "prompt_contracts", "check", "cases", "--strict")

    assert (result.ret, result.stdout.str()) == (0, "")
    result.stderr.fnmatch_lines(
        [
            (
                "not looked at, since check imports nothing for $python: shop:get_weather, shop:Forecast, shop:Place, "
                "shop:Places; a run reads them"
            ),
            "1 file · 3 sound cases · 0 errors · 0 warnings",
        ]
    )
    assert not (shop.root / "imported").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "shop:get_wether",
            "PC120 'shop:get_wether' cannot be imported: module 'shop' has no 'get_wether'; did you mean *",
        ),
        ("shup:get_weather", "PC120 'shup:get_weather' cannot be imported: no module named 'shup'"),
        ("json:loads", "PC150 'json:loads' may not be called: *"),
        ("shop:os.system", "PC150 'shop:os.system' goes on through a module"),
        ("shop:path.join", "PC150 'shop:path.join' goes on through a module"),
    ],
)
def test_check_finds_what_can_be_seen_from_outside(shop: Project, name: str, message: str) -> None:
    shop.write(weather=CASES.replace("shop:get_weather", name).replace("get_weather:", f"{name.partition(':')[2]}:"))

    result = shop.pytester.run(sys.executable, "-m", "prompt_contracts", "check", "cases")

    assert result.ret == 1
    result.stdout.fnmatch_lines([f"cases/weather.yaml:*: {message}"])
    assert not (shop.root / "imported").exists()


def test_strict_schemas_are_not_guessed_at_by_check(shop: Project) -> None:
    strict = CASES.replace("{name: stay, ", "{name: stay, strict: true, ").replace(
        "name: forecast,", "name: a, strict: true,"
    )
    shop.write(weather=strict)

    result = shop.pytester.run(sys.executable, "-m", "prompt_contracts", "check", "cases", "--strict")

    assert result.ret == 0, result.stdout.str()


def test_judge_reads_them(shop: Project) -> None:
    line = {"custom_id": "cases/weather.yaml::lists", "error": None}
    body = json.loads(completion(text='[{"city": 5}]').body)
    replies = json.dumps({**line, "response": {"status_code": 200, "body": body}})
    (shop.root / "replies.jsonl").write_text(replies + "\n", encoding="utf-8")

    result = shop.pytester.run(sys.executable, "-m", "prompt_contracts", "judge", "cases", "--replies", "replies.jsonl")

    assert result.ret == 1
    (verdict,) = (json.loads(one) for one in result.stdout.lines if one)
    assert [failure["path"] for failure in verdict["failures"]] == ["json/0/city"]


@pytest.mark.parametrize("key", ["$pyton", "$Python", "python", "Python"])
def test_a_misspelt_key_is_an_error_where_it_judges(shop: Project, key: str) -> None:
    shop.write(weather=CASES.replace('{$schema: {$python: "shop:Places"}}', f'{{$schema: {{{key}: "shop:Places"}}}}'))

    result = shop.pytester.run(sys.executable, "-m", "prompt_contracts", "check", "cases")

    assert result.ret == 1
    result.stdout.fnmatch_lines([f"cases/weather.yaml:18:*: PC120 '{key}' is no keyword of JSON Schema and *"])
    result.stdout.fnmatch_lines(["help: did you mean '$python'[?]"])


def test_a_misspelt_key_in_what_is_only_sent_is_told(shop: Project) -> None:
    shop.write(weather=CASES.replace("$python", "python", 2).replace("parameters: {$python:", "parameters: {$pyton:"))

    result = shop.pytester.run(sys.executable, "-m", "prompt_contracts", "check", "cases")

    assert result.stdout.str().count("help: did you mean '$python'?") == 3


def test_a_note_that_names_no_module_stays_a_note(shop: Project) -> None:
    shop.write(weather=CASES.replace('{$python: "shop:Places"}', "{type: array, python: list}"))

    result = shop.pytester.run(sys.executable, "-m", "prompt_contracts", "check", "cases")

    assert result.ret == 0
