"""`system`, `user` and `messages` of a case, templates filled in -> messages. Their shape was checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import Node
from prompt_contracts.json_value import show
from prompt_contracts.message import Message

_SYSTEM_ROLES = ("system", "developer")


def build_messages(members: Mapping[str, Node], case: Node, subject: str, findings: Findings) -> tuple[Message, ...]:
    """The conversation of a case in order; what is wrong with it is noted."""
    system, user, messages = members.get("system"), members.get("user"), members.get("messages")
    if messages is not None and user is not None:
        message = "'user' and 'messages' stand in one case"
        findings.error("PC102", message, case.key("user"), advice="put the text into 'messages' with role user")
    if system is None and user is None and messages is None:
        advice = "write 'user' or 'messages'"
        findings.error("PC105", f"{subject} has no messages", case.key("name"), advice=advice)
    items = [] if messages is None else messages.items or []
    if system is not None:
        _check_single_system(items, findings)
    leading = [] if system is None else [Message(role="system", content=str(system.value))]
    trailing = [] if user is None else [Message(role="user", content=str(user.value))]
    return (
        *leading,
        *(_build(item, number, findings) for number, item in enumerate(items, start=1)),
        *trailing,
    )


def _check_single_system(items: list[Node], findings: Findings) -> None:
    for item in items:
        role = item.member("role")
        if role is not None and role.value in _SYSTEM_ROLES:
            message = f"'system' is given, and this message has the role {role.value} too"
            findings.error("PC102", message, role, advice="keep one of the two")
            return


def _build(node: Node, number: int, findings: Findings) -> Message:
    members = node.members or {}
    role = str(members["role"].value)
    calls, content = members.get("tool_calls"), members.get("content")
    if calls is not None and role != "assistant":
        findings.error("PC102", f"a {role} message cannot hold 'tool_calls'", node.key("tool_calls"))
    if calls is None and (content is None or content.value is None):
        message = f"message {number} has no content"
        advice = "write the text; only an assistant message with tool_calls goes without"
        findings.error("PC105", message, node if content is None else node.key("content"), advice=advice)
    if role == "tool" and "tool_call_id" not in members:
        advice = "name the call that it answers"
        findings.error("PC105", f"message {number} has the role tool but no 'tool_call_id'", node, advice=advice)
    fields = {key: member.value for key, member in members.items() if key not in ("role", "content")}
    value = None if content is None else content.value
    return Message(role=role, content=value if isinstance(value, (str, list)) else None, fields=fields)


def as_prompts(members: Mapping[str, Node]) -> dict[str, Node]:
    """The keys of a case with numbers and booleans turned into text where only a message's text can stand.

    Variables keep their type, so that `user: "{{ year }}"` may have become a number.
    """
    found = dict(members)
    for key in ("system", "user"):
        if key in found:
            found[key] = _as_text(found[key])
    messages = found.get("messages")
    if messages is not None and messages.items is not None:
        items = [_with_text(item) for item in messages.items]
        if any(new is not old for new, old in zip(items, messages.items, strict=True)):
            found["messages"] = messages.with_items(items)
    return found


def _with_text(message: Node) -> Node:
    content = message.member("content")
    if content is None or (text := _as_text(content)) is content:
        return message
    return message.with_members({**(message.members or {}), "content": text})


def _as_text(node: Node) -> Node:
    return replace(node, value=show(node.value)) if isinstance(node.value, (bool, int, float)) else node


def warn_of_cut_texts(members: Mapping[str, Node], findings: Findings) -> None:
    """PC114 for every prompt whose unquoted text a comment ends."""
    for node in _prompts(members):
        if node.is_cut and node.value is not None:
            message = "this text ends where ' #' starts a comment"
            findings.warning("PC114", message, node, advice="put the text in quotes if '#' belongs to it")


def _prompts(members: Mapping[str, Node]) -> Iterator[Node]:
    for key in ("system", "user"):
        if key in members:
            yield members[key]
    messages = members.get("messages")
    for message in (messages.items or ()) if messages is not None else ():
        content = message.member("content")
        if content is not None:
            yield content
            for part in content.items or ():
                if (text := part.member("text")) is not None:
                    yield text
