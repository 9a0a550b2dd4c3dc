"""Tools of a case: picked from the file's library or written inline, in OpenAI's full form."""

from __future__ import annotations

from collections.abc import Mapping

from prompt_contracts.cases.findings import Findings, nearest
from prompt_contracts.cases.node import Node
from prompt_contracts.cases.templating import Filler
from prompt_contracts.json_value import Json
from prompt_contracts.message import Tool


def pick_tools(
    node: Node | None,
    library: Mapping[str, Node],
    broken: frozenset[str],
    filler: Filler | None,
    findings: Findings,
) -> list[Node]:
    """The definitions that a case offers, templates filled in; unknown names are noted.

    `broken` are tools of the library that have mistakes of their own; without a filler, templates are text.
    """
    picked: list[Node] = []
    for item in (node.items or ()) if node is not None else ():
        if not isinstance(item.value, str):
            picked.append(item)
        elif item.value in broken:
            message = f"the tool '{item.value}' has a mistake of its own"
            findings.error("PC102", message, item, advice="correct it in 'tools' of the file")
        elif item.value in library:
            picked.append(library[item.value] if filler is None else filler.fill(library[item.value]))
        else:
            have = f"the file's tools are {', '.join(library)}" if library else "the file has no 'tools' of its own"
            advice = nearest(item.value, library)
            message = f"unknown tool '{item.value}'"
            findings.error("PC102", message, item, advice=f"{advice} ({have})" if advice else have)
    return picked


def build_tools(picked: list[Node], findings: Findings) -> tuple[Tool, ...]:
    """Tools in the order in which they were picked; a name that comes twice is noted."""
    tools: dict[str, Tool] = {}
    for node in picked:
        name = function_name(node)
        if name in tools:
            findings.error("PC103", f"the tool '{name}' is offered twice", node, advice="keep one of the two")
        tools[name] = Tool(name=name, definition=_full_form(node.value))
    return tuple(tools.values())


def offered_names(node: Node | None) -> tuple[str, ...] | None:
    """The names of the tools under `tools`; None when one of them cannot be told."""
    names = [
        item.value if isinstance(item.value, str) else function_name(item)
        for item in ((node.items or ()) if node is not None else ())
    ]
    return tuple(names) if all(names) and (node is None or not node.has_template) else None


def function_name(node: Node) -> str:
    """The name of a tool's function; empty when it has none."""
    function = node.member("function") or node
    name = function.member("name")
    return name.value if name is not None and isinstance(name.value, str) else ""


def _full_form(value: Json) -> dict[str, Json]:
    if isinstance(value, dict) and "function" in value:
        return value
    return {"type": "function", "function": value}


def check_library(library: Mapping[str, Node], findings: Findings) -> frozenset[str]:
    """The keys of the library under which a tool of another name stands; each is noted."""
    wrong = set()
    for key, node in library.items():
        name = function_name(node)
        if name and name != key:
            wrong.add(key)
            function = node.member("function") or node
            place = function.member("name") or node
            message = f"the tool '{key}' of the library is named '{name}' in its function"
            findings.error("PC102", message, place, advice="give both the same name")
    return frozenset(wrong)
