"""Tools, `tool_choice` and response formats that a provider refuses, and their neighbours that it takes."""

from __future__ import annotations

from typing import Any

import pytest

from prompt_contracts.case import Case
from prompt_contracts.json_value import Json
from prompt_contracts.linting.tools_and_parameters import (
    json_object_findings,
    schema_format_findings,
    tool_choice_findings,
    tool_findings,
)
from prompt_contracts.location import Location
from prompt_contracts.message import Message, Tool

PLACE = Location(path="cases/a.yaml", line=1, column=1)
OBJECT: dict[str, Json] = {"type": "object", "properties": {}}


def tool(name: str = "look", **function: Json) -> Tool:
    return Tool(name=name, definition={"type": "function", "function": {"name": name, **function}})


def case(*tools: Tool, text: str = "Hi", **request: Json) -> Case:
    messages = (Message(role="user", content=text),)
    return Case(path="a.yaml", name="a", location=PLACE, messages=messages, tools=tools, request=request, expect=())


def of_tool(given: Tool) -> list[str]:
    return [f"{finding.code} {finding.message}" for finding in tool_findings(given, is_for_openai=True)]


def of_choice(given: Case) -> list[str]:
    return [f"{finding.code} {finding.message}" for finding in tool_choice_findings(given)]


def of_format(wanted: dict[str, Any]) -> list[str]:
    return [f"{finding.code} {finding.message}" for finding in schema_format_findings(wanted, is_for_openai=True)]


@pytest.mark.parametrize("name", ["a", "get_weather-2", "X" * 64])
def test_a_tool_name_within_the_rules_is_quiet(name: str) -> None:
    assert of_tool(tool(name)) == []


@pytest.mark.parametrize("name", ["get weather", "weather.get", "X" * 65, "météo", "a\n"])
def test_a_tool_name_outside_the_rules_is_named(name: str) -> None:
    (said,) = of_tool(tool(name))

    assert said.startswith('PC141 the tool name "')


@pytest.mark.parametrize("parameters", [{"type": "string"}, {}, {"properties": {}}, {"type": ["object", "null"]}])
def test_parameters_that_are_no_object_schema_are_named(parameters: dict[str, Json]) -> None:
    assert of_tool(tool(parameters=parameters)) == [
        "PC141 the parameters of the tool 'look' are no schema of type object"
    ]


def test_parameters_without_properties_are_named() -> None:
    assert of_tool(tool(parameters={"type": "object"})) == ["PC141 the parameters of the tool 'look' say no properties"]


def test_a_tool_without_parameters_is_quiet() -> None:
    assert of_tool(tool()) == []
    assert of_tool(tool(parameters=OBJECT)) == []


def test_a_strict_tool_is_held_to_strict_mode() -> None:
    assert of_tool(tool(parameters=OBJECT, strict=True)) == [
        "PC140 the tool 'look' is strict, but the root of its schema does not forbid other keys"
    ]


@pytest.mark.parametrize("strict", [False, None])
def test_a_tool_that_is_not_strict_is_not(strict: bool | None) -> None:
    assert of_tool(tool(parameters=OBJECT, strict=strict)) == []


def test_many_places_are_cut_short() -> None:
    properties: dict[str, Json] = {f"p{number}": {"type": "string", "format": "uri"} for number in range(5)}
    schema: Json = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }

    (said,) = of_tool(tool(parameters=schema, strict=True))

    assert "at /properties/p0, /properties/p1, /properties/p2 and 2 more places has the format 'uri'" in said


def test_a_hundred_and_twenty_eight_tools_are_the_most() -> None:
    tools = [tool(f"t{number}") for number in range(129)]

    assert of_choice(case(*tools[:128])) == []
    assert of_choice(case(*tools)) == ["PC141 129 tools are offered, and a request takes at most 128"]


@pytest.mark.parametrize("choice", ["auto", "none", "required", {"type": "function", "function": {"name": "look"}}])
def test_a_tool_choice_needs_tools(choice: Json) -> None:
    assert of_choice(case(tool_choice=choice)) == ["PC141 'tool_choice' is given, but the case offers no tools"]
    assert of_choice(case(tool(), tool_choice=choice)) == []


def test_no_tool_choice_needs_no_tools() -> None:
    assert of_choice(case()) == []


def test_a_chosen_tool_is_one_that_is_offered() -> None:
    choice: Json = {"type": "function", "function": {"name": "lok"}}

    (finding,) = tool_choice_findings(case(tool(), tool_choice=choice))

    assert finding.message == "'tool_choice' names the tool 'lok', which the case does not offer"
    assert finding.help == "did you mean 'look'?"


def test_each_tool_of_allowed_tools_is_one_that_is_offered() -> None:
    names = ("look", "find")
    listed: list[Json] = [{"type": "function", "function": {"name": name}} for name in names]
    choice: Json = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": listed}}

    assert of_choice(case(tool(), tool_choice=choice)) == [
        "PC141 'tool_choice' names the tool 'find', which the case does not offer"
    ]
    assert of_choice(case(tool(), tool("find"), tool_choice=choice)) == []


@pytest.mark.parametrize("choice", [5, [], {"function": "look"}, {"allowed_tools": {"tools": ["look", None]}}])
def test_a_tool_choice_of_a_strange_shape_is_quiet(choice: Json) -> None:
    assert of_choice(case(tool(), tool_choice=choice)) == []


@pytest.mark.parametrize("text", ["Answer in JSON.", "as json", "a Json object"])
def test_a_json_object_needs_the_word_in_any_case(text: str) -> None:
    wanted: Json = {"type": "json_object"}

    assert list(json_object_findings(case(text=text, response_format=wanted))) == []
    assert [finding.code for finding in json_object_findings(case(text="J S O N", response_format=wanted))] == ["PC144"]


def test_the_word_may_stand_in_a_part_of_any_message() -> None:
    parts: list[Json] = [{"type": "text", "text": "Write JSON."}]
    given = Case(
        path="a.yaml",
        name="a",
        location=PLACE,
        messages=(Message(role="system", content=parts), Message(role="user", content="Hi")),
        request={"response_format": {"type": "json_object"}},
        expect=(),
    )

    assert list(json_object_findings(given)) == []


@pytest.mark.parametrize("wanted", [{"type": "text"}, {"type": "json_schema"}, {}, "json_object"])
def test_another_format_needs_no_word(wanted: Json) -> None:
    assert list(json_object_findings(case(response_format=wanted))) == []


@pytest.mark.parametrize("name", [None, "a b", "", "x" * 65, 5])
def test_a_json_schema_has_a_name_within_the_rules(name: Json) -> None:
    (said,) = of_format({"type": "json_schema", "json_schema": {"schema": OBJECT, "name": name}})

    assert said.startswith("PC144 ")


@pytest.mark.parametrize("wanted", [{"type": "json_schema"}, {"type": "json_schema", "json_schema": "a"}])
def test_a_json_schema_is_given_where_the_type_says_so(wanted: dict[str, Json]) -> None:
    assert of_format(wanted) == ["PC144 'response_format' has the type json_schema, but no mapping 'json_schema'"]


def test_a_strict_response_format_is_held_to_strict_mode() -> None:
    strict = {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": OBJECT}}

    assert of_format(strict) == [
        "PC140 'response_format' is strict, but the root of its schema does not forbid other keys"
    ]


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "json_schema", "json_schema": {"name": "a", "schema": OBJECT}},
        {"type": "json_schema", "json_schema": {"name": "a", "strict": False, "schema": OBJECT}},
        {"type": "json_schema", "json_schema": {"name": "a", "strict": True}},
        {"type": "json_object", "json_schema": None},
        {"type": "grammar", "grammar": "root ::= a"},
    ],
)
def test_another_response_format_is_quiet(wanted: dict[str, Json]) -> None:
    assert of_format(wanted) == []


@pytest.mark.parametrize(
    ("choice", "help_"),
    [
        ("requierd", "did you mean 'required'?"),
        ("Auto", "did you mean 'auto'?"),
        ("look", "write tool_choice: {type: function, function: {name: look}}"),
    ],
)
def test_a_misspelt_choice_and_a_bare_name_are_told(choice: str, help_: str) -> None:
    (finding,) = tool_choice_findings(case(tool(), tool_choice=choice))

    assert finding.help == help_


@pytest.mark.parametrize("choice", ["auto", "none", "required", "any", "a_word_of_the_provider"])
def test_other_choices_are_taken(choice: str) -> None:
    assert of_choice(case(tool(), tool_choice=choice)) == []
