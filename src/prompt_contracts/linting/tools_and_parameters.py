"""Tools and parameters that a provider would refuse. Asks nobody; the rules of strict schemas are elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from prompt_contracts.case import Case
from prompt_contracts.finding import Finding, suggest
from prompt_contracts.json_value import Json, pointer, show
from prompt_contracts.message import Tool
from prompt_contracts.patterns.vocabulary import is_one_edit
from prompt_contracts.turn import UNKNOWN_SCHEMA

# OpenAI answers 400 `invalid_value` to any other name; some newer routes take a dot as well (issue reports).
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAME_HELP = "a name has 1 to 64 letters A to Z, digits, '_' and '-'"
# A rule of OpenAI's server (400 `array_above_max_length`) and in Groq's SDK 1.7.0.
_MAX_TOOLS = 128
_CHOICES = ("none", "auto", "required", "any")
"""The last one is Mistral's and others' word for the one before it."""


def tool_findings(tool: Tool, *, is_for_openai: bool) -> Iterator[Finding]:
    """Everything in the definition of one tool that a provider would surely refuse."""
    yield from _tool_name(tool)
    yield from _tool_parameters(tool)
    function = tool.definition.get("function")
    is_strict = isinstance(function, dict) and function.get("strict") is True
    if is_strict and isinstance(tool.parameters, dict) and tool.parameters != UNKNOWN_SCHEMA:
        yield from _strict(f"the tool '{tool.name}'", tool.parameters, is_for_openai=is_for_openai)


def _tool_name(tool: Tool) -> Iterator[Finding]:
    if not _NAME.fullmatch(tool.name):
        yield Finding(code="PC141", message=f"the tool name {show(tool.name, limit=80)} is refused", help=_NAME_HELP)


def _tool_parameters(tool: Tool) -> Iterator[Finding]:
    parameters = tool.parameters
    if not isinstance(parameters, dict) or parameters == UNKNOWN_SCHEMA:
        return
    advice = "write parameters: {type: object, properties: ...}; for a tool without arguments leave 'parameters' out"
    if parameters.get("type") != "object":
        text = f"the parameters of the tool '{tool.name}' are no schema of type object"
        yield Finding(code="PC141", message=text, help=advice)
    elif "properties" not in parameters:
        text = f"the parameters of the tool '{tool.name}' say no properties"
        yield Finding(code="PC141", message=text, help=advice)


def _strict(owner: str, schema: Mapping[str, Json], *, is_for_openai: bool) -> Iterator[Finding]:
    """Each rule that is broken once, with every place where it is."""
    from prompt_contracts.linting.strict_schema import strict_findings  # few tools are strict

    places: dict[Finding, list[str]] = {}
    for broken in strict_findings(schema, is_for_openai=is_for_openai):
        places.setdefault(replace(broken, clause=()), []).append(pointer(*broken.clause))
    for broken, where in places.items():
        yield replace(broken, message=f"{owner} is strict, but {_where(where)} {broken.message}")


def _where(places: Sequence[str]) -> str:
    if places[0] == "":
        more = f" (and at {_first(places[1:])})" if len(places) > 1 else ""
        return f"the root of its schema{more}"
    return f"its schema at {_first(places)}"


def _first(places: Sequence[str]) -> str:
    more = f" and {len(places) - 3} more places" if len(places) > 3 else ""
    return ", ".join(places[:3]) + more


def tool_choice_findings(case: Case) -> Iterator[Finding]:
    """A choice among tools that are not offered, and too many tools."""
    names = [tool.name for tool in case.tools]
    choice = case.request.get("tool_choice")
    if len(names) > _MAX_TOOLS:
        text = f"{len(names)} tools are offered, and a request takes at most {_MAX_TOOLS}"
        yield Finding(code="PC141", message=text, help="offer fewer")
    if choice is not None and not names:
        text = "'tool_choice' is given, but the case offers no tools"
        yield Finding(
            code="PC141", message=text, help="give the case 'tools', or write tool_choice: null in its request"
        )
        return
    if isinstance(choice, str) and choice not in _CHOICES:
        text = f"'tool_choice' is {show(choice, limit=80)}, which is none of {', '.join(_CHOICES)}"
        near = next((known for known in _CHOICES if is_one_edit(choice, known)), None)
        if choice in names:
            advice = f"write tool_choice: {{type: function, function: {{name: {choice}}}}}"
            yield Finding(code="PC141", message=text, help=advice)
        elif near is not None:
            yield Finding(code="PC141", message=text, help=f"did you mean '{near}'?")
    for name in _chosen(choice):
        if name not in names:
            text = f"'tool_choice' names the tool '{name}', which the case does not offer"
            yield Finding(code="PC141", message=text, help=suggest(name, names, "the case offers"))


def _chosen(choice: Json) -> Iterator[str]:
    """The tools that `tool_choice` names, alone or in `allowed_tools`."""
    if not isinstance(choice, dict):
        return
    allowed = choice.get("allowed_tools")
    listed = allowed.get("tools") if isinstance(allowed, dict) else None
    for entry in (choice, *(listed if isinstance(listed, list) else [])):
        function = entry.get("function") if isinstance(entry, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if isinstance(name, str):
            yield name


def schema_format_findings(response_format: Mapping[str, Json], *, is_for_openai: bool) -> Iterator[Finding]:
    """`response_format` with a JSON Schema: its name, and where it is strict its schema."""
    if response_format.get("type") != "json_schema":
        return
    wrapper = response_format.get("json_schema")
    if not isinstance(wrapper, dict):
        text = "'response_format' has the type json_schema, but no mapping 'json_schema'"
        yield Finding(code="PC144", message=text, help="write json_schema: {name: ..., schema: ...}")
        return
    name, schema = wrapper.get("name"), wrapper.get("schema")
    if name is None:
        yield Finding(code="PC144", message="'json_schema' in 'response_format' has no name", help=_NAME_HELP)
    elif not isinstance(name, str) or not _NAME.fullmatch(name):
        text = f"the name {show(name, limit=80)} of 'json_schema' in 'response_format' is refused"
        yield Finding(code="PC144", message=text, help=_NAME_HELP)
    if wrapper.get("strict") is True and isinstance(schema, dict) and schema != UNKNOWN_SCHEMA:
        yield from _strict("'response_format'", schema, is_for_openai=is_for_openai)


def json_object_findings(case: Case) -> Iterator[Finding]:
    """`response_format: {type: json_object}` without the word that it needs."""
    wanted = case.request.get("response_format")
    if not isinstance(wanted, dict) or wanted.get("type") != "json_object":
        return
    # OpenAI and Azure: a 400 with the param `messages` and no code (issue reports); capitals will do.
    if not any("json" in message.text.casefold() for message in case.messages):
        text = "'response_format' has the type json_object, but no message holds the word JSON"
        yield Finding(
            code="PC144", message=text, help="ask for JSON in a message; without the word the request is refused"
        )
