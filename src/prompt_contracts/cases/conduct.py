"""How a case is run beyond one question and one answer: endpoint, turns, simulated tools, application, faults.

Most cases have none of these keys, and then nothing here runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prompt_contracts.case import Requirement
from prompt_contracts.cases.attachments import Attachments
from prompt_contracts.cases.fault_plan import build_fault_plan, build_retry
from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import Node
from prompt_contracts.cases.prompts import Prompt
from prompt_contracts.cases.templating import Variables
from prompt_contracts.cases.tools import check_tool_results
from prompt_contracts.cases.turns import CaseParts, Script
from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json
from prompt_contracts.message import Tool
from prompt_contracts.strength_terms import AcceptedPlace, StrengthTerms

_ALL_TRIALS = Requirement()


def build_requirement(node: Node | None, findings: Findings) -> Requirement:
    """How many trials must hold; the shape was checked before, contradictions are noted."""
    if node is None:
        return _ALL_TRIALS
    if node.members is None:
        return Requirement(count=_whole(node.value))
    members = node.members
    if "count" in members and "rate" in members:
        advice = "keep one of the two"
        findings.error("PC102", "'require' has both 'count' and 'rate'", node.key("count"), advice=advice)
    if "confidence" in members and "rate" not in members:
        findings.error("PC102", "'confidence' needs a 'rate'", node.key("confidence"), advice="add 'rate'")
    values = {name: member.value for name, member in members.items()}
    return Requirement(
        count=_whole(values.get("count")),
        rate=_share(values.get("rate")),
        confidence=_share(values.get("confidence")),
        errors=_whole(values.get("errors")) or 0,
    )


def _whole(value: Json) -> int | None:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _share(value: Json) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


CONDUCT_KEYS = frozenset(
    {
        *("endpoint", "assistant", "turns", "tool_results", "max_turns", "handler", "handler_in", "command"),
        *("retry", "fault", "on_error", "strength"),
    }
)
"""The keys of a case that this module builds."""

_RIVALS_OF_APPLICATION = {
    "tool_results": "the application calls its own tools",
    "assistant": "the application asks the provider itself",
    "retry": "the application decides itself what it sends again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSource:
    """Where a case was written, for places and words."""

    node: Node
    """The case itself, without its defaults."""
    subject: str
    prompt: Prompt


def conduct_fields(
    members: Mapping[str, Node],
    source: CaseSource,
    *,
    tools: tuple[Tool, ...],
    users: tuple[Node, ...],
    script: Script | None,
    scope: Variables,
    attachments: Attachments,
    findings: Findings,
) -> dict[str, Any]:
    """The fields of `Case` that these keys give; what is wrong is noted."""
    is_application = "handler" in members or "command" in members
    _check_assistant(members, source, findings)
    if is_application:
        _check_application(members, source, findings)
    request = members.get("request")
    # An application may ask for a stream by itself, and a turn by a parameter of its own.
    is_streaming_unknown = is_application or script is not None
    fault = build_fault_plan(members.get("fault"), findings, request=request, is_application=is_streaming_unknown)
    on_error = _value(members, "on_error", "fail")
    if "tool_results" in members and not is_application:
        check_tool_results(members["tool_results"], _names_of_tools(members, tools), findings)
    command = members.get("command")
    fields = {
        "endpoint": _value(members, "endpoint", "auto"),
        "assistant": _assistant_value(members.get("assistant"), attachments, findings),
        "tool_results": _value(members, "tool_results", None),
        "max_turns": int(_value(members, "max_turns", 8)),
        "handler": _value(members, "handler", None),
        "handler_in": _value(members, "handler_in", "process"),
        "command": None if command is None else tuple(str(item.value) for item in command.items or ()),
        "retry": build_retry(members.get("retry")),
        "fault": fault,
        "on_error": on_error,
        "strength": _strength_terms(members.get("strength"), source),
    }
    if script is not None:
        parts = CaseParts(
            request=request,
            users=users,
            fault=fault,
            on_error=on_error,
            attachments=attachments,
            is_application=is_application,
        )
        fields["turns"] = script.build(parts)
    if is_application:
        if "handler" in members:  # it is given them all; a command is not
            scope.used.update(scope.variables)
            scope.used_columns.update(scope.variables)
        fields["variables"] = {name: node.value for name, node in scope.variables.items()}
    return fields


def _value(members: Mapping[str, Node], key: str, otherwise: Any) -> Any:
    return members[key].value if key in members else otherwise


def _strength_terms(node: Node | None, source: CaseSource) -> StrengthTerms:
    """What the author says of weak places; those of a default may be of no concern to the case."""
    if node is None:
        return StrengthTerms()
    accepted, own = node.member("accept"), source.node.descend("/strength/accept")
    skip = node.member("skip")
    return StrengthTerms(
        accepted=tuple(
            AcceptedPlace(
                place=place,
                reason=str(reason.value),
                location=accepted.key(place).location,
                is_own=own is not None and place in (own.members or {}),
            )
            for place, reason in (accepted.members or {}).items()
            if reason.value is not None
        )
        if accepted is not None
        else (),
        skip=None if skip is None or skip.value is None else str(skip.value),
    )


def _names_of_tools(members: Mapping[str, Node], tools: tuple[Tool, ...]) -> tuple[str, ...] | None:
    """The tools that a result can be for; None when an assistant may bring tools that the case does not list."""
    return None if "assistant" in members and not tools else tuple(tool.name for tool in tools)


def _place(source: CaseSource, key: str) -> Node:
    """A key where the case writes it; else the case's name, where a default gives it."""
    return source.node.key(key) if key in source.node.keys else source.node.key("name")


def _check_application(members: Mapping[str, Node], source: CaseSource, findings: Findings) -> None:
    name = "handler" if "handler" in members else "command"
    if "handler" in members and "command" in members:
        message = f"{source.subject} has both 'handler' and 'command'"
        findings.error("PC102", message, _place(source, "command"), advice="keep one of the two")
    if _value(members, "endpoint", "auto") == "assistants":
        message = f"'endpoint: assistants' and '{name}' stand in one case: the application asks the provider itself"
        findings.error("PC102", message, _place(source, "endpoint"), advice="leave 'endpoint' out")
    for rival, why in _RIVALS_OF_APPLICATION.items():
        # A `retry` in the defaults is meant for the other cases.
        if rival in members and (rival != "retry" or rival in source.node.keys):
            message = f"'{rival}' and '{name}' stand in one case: {why}"
            findings.error("PC102", message, _place(source, rival), advice="keep one of the two")
    for owner in (source.node, source.prompt.written):
        written = owner.member("request")
        if written is not None and written.members:
            message = f"'request' has no effect beside '{name}': the application writes its own requests"
            findings.warning("PC146", message, owner.key("request"), advice="leave it out")


def _check_assistant(members: Mapping[str, Node], source: CaseSource, findings: Findings) -> None:
    assistant = members.get("assistant")
    if assistant is None:
        return
    if _value(members, "endpoint", "auto") != "assistants":
        message = "'assistant' is for the Assistants API, and this case asks another one"
        findings.error("PC102", message, _place(source, "assistant"), advice="write endpoint: assistants beside it")
    parts = {"assistant": assistant, "thread": assistant.member("thread"), "run": assistant.member("run")}
    for name, part in parts.items():
        others = ("id", "thread", "run", "poll") if name == "assistant" else ("id",)
        beside = [key for key in (part.members or {} if part is not None else {}) if key not in others]
        if part is not None and part.member("id") is not None and beside:
            what = f"{'an' if name == 'assistant' else 'a'} {name}"
            message = f"'id' takes {what} that there is, and '{beside[0]}' is for creating one"
            findings.error("PC102", message, part.key(beside[0]), advice="keep one of the two")
    run, thread = parts["run"], parts["thread"]
    if run is not None and run.member("id") is not None and (thread is None or thread.member("id") is None):
        message, advice = "a run is found by its thread, and there is no id of one", "write thread: {id: ...} beside it"
        findings.error("PC105", message, run.key("id"), advice=advice)


_THREAD_MESSAGES = (("thread", "messages"), ("run", "additional_messages"))


def _assistant_value(assistant: Node | None, attachments: Attachments, findings: Findings) -> dict[str, Json]:
    """An `assistant` as written, the attachments of its messages put in."""
    value: dict[str, Json] = (
        dict(assistant.value) if assistant is not None and isinstance(assistant.value, dict) else {}
    )
    for part, key in _THREAD_MESSAGES:
        messages = None if assistant is None else assistant.descend(f"/{part}/{key}")
        inner = value.get(part)
        if messages is not None and isinstance(inner, dict):
            said = [_thread_message(message, attachments, findings) for message in messages.items or ()]
            value[part] = {**inner, key: said}
    return value


def _thread_message(message: Node, attachments: Attachments, findings: Findings) -> Json:
    members = message.members or {}
    for name in ("user", "session_start"):
        if name in members:
            text = f"'{name}' does not belong in a message of a thread"
            findings.error("PC102", text, message.key(name), advice="leave it out, or write the message in the case")
    content = members.get("content")
    if content is None or content.items is None or not isinstance(message.value, dict):
        return message.value
    return {**message.value, "content": attachments.contents(content.items, findings)}
