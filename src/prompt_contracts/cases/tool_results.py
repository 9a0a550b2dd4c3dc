"""`tool_results` of a case: their shape, and that they are results of tools that the case has. Calls none."""

from __future__ import annotations

import re
from collections.abc import Iterable

from prompt_contracts.cases.findings import Findings, described, nearest
from prompt_contracts.cases.node import Node

_FUNCTION = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
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
            advice = nearest(name, known)
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
        advice = nearest(form, _FORMS) or f"{forms}; a plain value with such a key is written as JSON text, in quotes"
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
        case "$call" if not isinstance(operand.value, str) or _FUNCTION.fullmatch(operand.value) is None:
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
            advice = nearest(name, _ENTRY) or "an entry has 'when' and 'return'"
            findings.error("PC101", f"unknown key '{name}' in an entry of '$cases'", node.key(name), advice=advice)
    for name in _ENTRY:
        if name not in node.members:
            findings.error("PC105", f"an entry of '$cases' has no '{name}'", node, advice=f"add '{name}'")
    if "return" in node.members:
        _check_result(node.members["return"], findings, is_inner=True)
