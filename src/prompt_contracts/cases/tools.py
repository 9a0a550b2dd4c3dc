"""Tools of a case, from the file's library or written inline, and the results that it gives them. Calls none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prompt_contracts.cases.findings import Findings, described, did_you_mean
from prompt_contracts.cases.node import Node
from prompt_contracts.cases.python_definitions import NAME_IN_PYTHON
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
            advice = did_you_mean(item.value, library)
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
    # People paste both: the whole tool, and the function alone.
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


_FORMS = ("$sequence", "$error", "$cases", "$call")
_ENTRY = ("when", "return")


def check_tool_results(results: Node, tools: Iterable[str] | None, findings: Findings) -> None:
    """Notes everything wrong with the results of simulated tools.

    `tools` are the names that the case offers; None where they cannot be told.
    """
    for name, result in (results.members or {}).items():
        if tools is not None and name not in tools:
            known = list(tools)
            have = f"the case has {', '.join(known)}" if known else "the case has no tools"
            advice = did_you_mean(name, known)
            message = f"'tool_results' names the tool '{name}', which the case does not have"
            findings.error("PC102", message, results.key(name), advice=f"{advice} ({have})" if advice else have)
        _check_result(result, findings, is_inner=False)


def _check_result(node: Node, findings: Findings, *, is_inner: bool) -> None:
    members = node.members or {}
    special = [name for name in members if name.startswith("$")]
    if not special:
        return
    form = special[0]
    if form not in _FORMS:
        forms = f"there are {', '.join(_FORMS)}"
        advice = (
            did_you_mean(form, _FORMS) or f"{forms}; a plain value with such a key is written as JSON text, in quotes"
        )
        findings.error("PC101", f"unknown key '{form}' in a tool's result", node.key(form), advice=advice)
        return
    if len(members) > 1:
        other = next(name for name in members if name != form)
        message = f"'{form}' stands alone in its mapping, but '{other}' stands beside it"
        findings.error("PC102", message, node.key(other), advice="keep one of the two")
        return
    _check_form(form, members[form], findings, is_inner=is_inner)


def _check_form(form: str, operand: Node, findings: Findings, *, is_inner: bool) -> None:
    match form:
        case "$sequence" if is_inner:
            message = "'$sequence' stands inside another form: its values come one call after the other"
            findings.error("PC102", message, operand, advice="write it directly under the tool's name")
        case "$sequence":
            if _is_list(operand, "'$sequence'", "the values of the first call, the second, and so on", findings):
                for item in operand.items or ():
                    _check_result(item, findings, is_inner=True)
        case "$cases":
            if _is_list(operand, "'$cases'", "entries of the form {when: pattern, return: value}", findings):
                for item in operand.items or ():
                    _check_entry(item, findings)
        case "$error" if not isinstance(operand.value, str):
            message = f"'$error' takes the text that the model is told, not {described(operand.value)}"
            findings.error("PC102", message, operand, advice="write $error: the text")
        case "$call" if not isinstance(operand.value, str) or NAME_IN_PYTHON.fullmatch(operand.value) is None:
            message = f"'$call' takes a function as package.module:function, not {described(operand.value)}"
            findings.error("PC102", message, operand, advice="write it as in shop.tools:find_order")


def _is_list(node: Node, subject: str, what: str, findings: Findings) -> bool:
    if node.items:
        return True
    got = "an empty list" if node.items is not None else described(node.value)
    findings.error("PC102", f"{subject} takes a list, not {got}", node, advice=f"list {what}")
    return False


def _check_entry(node: Node, findings: Findings) -> None:
    if node.members is None:
        message = f"an entry of '$cases' is {{when: pattern, return: value}}, not {described(node.value)}"
        findings.error("PC102", message, node)
        return
    for name in node.members:
        if name not in _ENTRY:
            advice = did_you_mean(name, _ENTRY) or "an entry has 'when' and 'return'"
            findings.error("PC101", f"unknown key '{name}' in an entry of '$cases'", node.key(name), advice=advice)
    for name in _ENTRY:
        if name not in node.members:
            findings.error("PC105", f"an entry of '$cases' has no '{name}'", node, advice=f"add '{name}'")
    if "return" in node.members:
        _check_result(node.members["return"], findings, is_inner=True)
