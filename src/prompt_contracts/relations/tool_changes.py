"""Changes of the tools that a case offers: their order, that of their properties, more of them, one fewer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from prompt_contracts.case import Case
from prompt_contracts.finding import Finding, suggest
from prompt_contracts.json_value import Json
from prompt_contracts.message import Tool
from prompt_contracts.relation import Relation
from prompt_contracts.relations.refusal import change_refused
from prompt_contracts.turn import COMBINATIONS, members_of

_ABOUT_TOOLS = ("tool_choice", "parallel_tool_calls")


def tool_order(case: Case, relation: Relation) -> Case | Finding:
    """The tools that the contract names, in one block at the front, in the middle or at the end; or all reversed."""
    if (why := _why_not(case, relation)) is not None:
        return why
    if relation.name == "reversed":
        return _offering(case, case.tools[::-1])
    named = frozenset(named_tools(case))
    block = tuple(tool for tool in case.tools if tool.name in named)
    rest = tuple(tool for tool in case.tools if tool.name not in named)
    if not block:
        return change_refused(relation, "'expect' names none of the tools", "write tool_order: [reversed]")
    at = {"first": 0, "middle": len(rest) // 2, "last": len(rest)}[relation.name or "first"]
    return _offering(case, (*rest[:at], *block, *rest[at:]))


def key_order(case: Case, relation: Relation) -> Case | Finding:
    """The properties of every schema of a tool in the opposite order, at any depth."""
    if (why := _why_not(case, relation)) is not None:
        return why
    tools = tuple(map(_with_keys_reversed, case.tools))
    is_same = all(new is old for new, old in zip(tools, case.tools, strict=True))
    return case if is_same else replace(case, tools=tools)


def more_tools(case: Case, relation: Relation) -> Case | Finding:
    """The tools of the case, and others after them."""
    if (why := _why_not(case, relation)) is not None:
        return why
    offered = {tool.name for tool in case.tools}
    twice = next((tool.name for tool in relation.tools if tool.name in offered), None)
    if twice is not None:
        return change_refused(relation, f"the case offers {twice} already", "name others of the file's tools")
    return replace(case, tools=(*case.tools, *relation.tools))


def without_tool(case: Case, relation: Relation) -> Case | Finding:
    """All tools but one, and what holds then in place of the contract."""
    if (why := _why_not(case, relation)) is not None:
        return why
    gone, names = str(relation.name), [tool.name for tool in case.tools]
    if gone not in names:
        return change_refused(relation, f"the case offers no tool {gone}", suggest(gone, names, "it offers"))
    if any(turn.preview.expect for turn in case.turns):
        return change_refused(relation, "turns of the case expect something of their own", "write a case of its own")
    choice = case.request.get("tool_choice")
    if len(names) == 1 and choice not in (None, "none", "auto"):
        return change_refused(relation, "'tool_choice' asks for a call, and no tool is left", "leave 'tool_choice' out")
    if isinstance(choice, dict) and gone in _texts(choice):
        return change_refused(relation, f"'tool_choice' names {gone}", "leave 'tool_choice' out")
    return replace(
        case,
        tools=tuple(tool for tool in case.tools if tool.name != gone),
        request=_without_choice(case.request) if len(names) == 1 else case.request,
        tool_results=_without_key(case.tool_results, gone),
        expect=relation.expect,
        same=None,
    )


def named_tools(case: Case) -> Iterator[str]:
    """The tools that a contract asks for, in all turns; where it asks for none, those that it forbids."""
    expects = [case.facets, *({facet.name: facet.value for facet in turn.preview.expect} for turn in case.turns)]
    wanted = [name for expect in expects for name in _names_under(expect, "tool_calls")]
    yield from wanted or (name for expect in expects for name in _names_under(expect, "never"))


def _names_under(expect: Mapping[str, Json], facet: str) -> Iterator[str]:
    entries = expect.get(facet)
    for entry in entries if isinstance(entries, list) else []:
        names = entry if isinstance(entry, dict) else [entry]
        yield from (name for name in names if isinstance(name, str) and not name.startswith("$"))
    for combination in COMBINATIONS:
        for _, member in members_of(expect.get(combination)):
            yield from _names_under(member, facet)


def _why_not(case: Case, relation: Relation) -> Finding | None:
    if case.is_application:
        return change_refused(
            relation, "the application writes its own requests, and offers its own tools", "leave it out"
        )
    if any("tools" in part for part in (case.assistant, case.assistant.get("run")) if isinstance(part, Mapping)):
        return change_refused(
            relation, "'assistant' brings tools of its own", "write all tools under 'tools' of the case"
        )
    return None if case.tools else change_refused(relation, "the case offers no tools", "give it 'tools'")


def _offering(case: Case, tools: tuple[Tool, ...]) -> Case:
    is_same = all(new is old for new, old in zip(tools, case.tools, strict=True))
    return case if is_same else replace(case, tools=tools)


def _with_keys_reversed(tool: Tool) -> Tool:
    function = tool.definition.get("function")
    changed = None if tool.parameters is None else _reversed(tool.parameters)
    if changed is tool.parameters or not isinstance(function, dict):
        return tool
    return replace(tool, definition={**tool.definition, "function": {**function, "parameters": changed}})


def _reversed(schema: Json) -> Json:
    """The schema with its `properties` the other way round; the very same one where there is nothing to turn."""
    if isinstance(schema, list):
        items = [_reversed(item) for item in schema]
        return schema if all(new is old for new, old in zip(items, schema, strict=True)) else items
    if not isinstance(schema, dict):
        return schema
    members = {key: value if key in _VALUES else _reversed(value) for key, value in schema.items()}
    properties = members.get("properties")
    if isinstance(properties, dict) and len(properties) > 1:
        members["properties"] = dict(reversed(properties.items()))
    is_same = all(members[key] is value for key, value in schema.items())
    return schema if is_same else members


_VALUES = ("const", "default", "enum", "examples", "required")
"""Keywords under which no schema stands."""


def _without_choice(request: Mapping[str, Json]) -> Mapping[str, Json]:
    return {key: value for key, value in request.items() if key not in _ABOUT_TOOLS}


def _without_key(results: Mapping[str, Json] | None, name: str) -> Mapping[str, Json] | None:
    return None if results is None else {key: value for key, value in results.items() if key != name}


def _texts(value: Json) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in _texts(each)]
