"""`system`, `user`, `messages` and `history`, templates filled in -> messages. Their shape was checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from prompt_contracts.cases.attachments import Attachments
from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import Node
from prompt_contracts.json_value import Json, show
from prompt_contracts.message import Message

_SYSTEM_ROLES = ("system", "developer")
_MARK = "session_start"


class MessageBuilder:
    """Builds the messages of one case, or of one of its turns; what is wrong with them is noted."""

    def __init__(self, attachments: Attachments, findings: Findings) -> None:
        self._attachments = attachments
        self._findings = findings
        self.users: list[Node] = []
        """The `user` fields that the messages had; they belong into the request."""

    def of_case(self, members: Mapping[str, Node], case: Node, subject: str) -> tuple[Message, ...]:
        """The conversation of a case in order, before any turn of it. `case` is where it stands, or its prompt does."""
        system, user, messages = members.get("system"), members.get("user"), members.get("messages")
        if messages is not None and user is not None:
            message = "'user' and 'messages' stand in one case"
            advice = "put the text into 'messages' with role user"
            self._findings.error("PC102", message, case.key("user"), advice=advice)
        items = [] if messages is None else messages.items or []
        history = members.get("history")
        recorded = [] if history is None else self._used_of_history(history)
        if system is not None:
            self._check_single_system((*recorded, *items))
        leading = [] if system is None else [Message(role="system", content=str(system.value))]
        trailing = [] if user is None else [Message(role="user", content=str(user.value))]
        written = self._built(items)
        # Behind the instructions: the templates of some servers (vLLM, LocalAI) take these at the start only.
        split = _count_leading(items) if recorded else 0
        found = (*leading, *written[:split], *self._built(recorded, is_history=True), *written[split:], *trailing)
        if not found and not _may_be_silent(members):
            self._note_silence(history, case, subject)
        return found

    def of_turn(self, members: Mapping[str, Node], turn: Node, subject: str) -> tuple[Message, ...]:
        """What the user says in one turn."""
        user, messages = members.get("user"), members.get("messages")
        if messages is not None and user is not None:
            advice = "put the text into 'messages' with role user"
            self._findings.error("PC102", f"'user' and 'messages' stand in {subject}", turn.key("user"), advice=advice)
        if messages is None and user is None:
            self._findings.error("PC105", f"{subject} has no 'user'", turn, advice="write 'user' or 'messages'")
        trailing = () if user is None else (Message(role="user", content=str(user.value)),)
        return (*self._built([] if messages is None else messages.items or []), *trailing)

    def _note_silence(self, history: Node | None, case: Node, subject: str) -> None:
        if history is not None:
            message, advice = f"{subject} uses nothing of its history and has no messages of its own", "write 'user'"
        else:
            message, advice = f"{subject} has no messages", "write 'user' or 'messages'"
        self._findings.error("PC105", message, case.key("name"), advice=advice)

    def _used_of_history(self, history: Node) -> list[Node]:
        """The recorded messages that are sent."""
        recorded = history.member("messages")
        items = [] if recorded is None else recorded.items or []
        use = history.member("use")
        match "all" if use is None else use.value:
            case "session":
                starts = [index for index, item in enumerate(items) if _is_marked(item)]
                if starts:
                    return items[starts[-1] :]
                message = "'use: session' needs a mark: no message of the history has 'session_start: true'"
                advice = "write session_start: true in the message that starts the session"
                self._findings.error("PC102", message, use or history, advice=advice)
                return []
            case "last":
                last = [item for item in items if (role := item.member("role")) is not None and role.value == "user"]
                if not last:
                    message = "'use: last' takes the last message of the user, and the history has none"
                    self._findings.error("PC102", message, use or history, advice="write use: all, or use: none")
                return last[-1:]
            case "none":
                return []
            case _:
                return items

    def _check_single_system(self, items: tuple[Node, ...]) -> None:
        for item in items:
            role = item.member("role")
            if role is not None and role.value in _SYSTEM_ROLES:
                message = f"'system' is given, and this message has the role {role.value} too"
                self._findings.error("PC102", message, role, advice="keep one of the two")
                return

    def _built(self, items: list[Node], *, is_history: bool = False) -> list[Message]:
        return [self._build(item, number, is_history) for number, item in enumerate(items, start=1)]

    def _build(self, node: Node, number: int, is_history: bool) -> Message:  # noqa: FBT001 - private, of one caller
        members = node.members or {}
        role = str(members["role"].value)
        calls, content = members.get("tool_calls"), members.get("content")
        if calls is not None and role != "assistant":
            self._findings.error("PC102", f"a {role} message cannot hold 'tool_calls'", node.key("tool_calls"))
        if calls is None and (content is None or content.value is None):
            message = f"message {number} has no content"
            advice = "write the text; only an assistant message with tool_calls goes without"
            place = node if content is None else node.key("content")
            self._findings.error("PC105", message, place, advice=advice)
        if role == "tool" and "tool_call_id" not in members:
            advice = "name the call that it answers"
            message = f"message {number} has the role tool but no 'tool_call_id'"
            self._findings.error("PC105", message, node, advice=advice)
        fields = {key: member.value for key, member in members.items() if key not in ("role", "content")}
        if "user" in fields:
            self.users.append(members["user"])
            del fields["user"]
        if _MARK in fields:
            del fields[_MARK]
            if not is_history:
                advice = "write it in a message of 'history', or leave it out"
                message = f"'{_MARK}' marks a message of a history, and this is none"
                self._findings.error("PC102", message, node.key(_MARK), advice=advice)
        return Message(role=role, content=self._content(content), fields=fields)

    def _content(self, content: Node | None) -> str | list[Json] | None:
        if content is None or not isinstance(content.value, (str, list)):
            return None
        return content.value if content.items is None else self._attachments.contents(content.items, self._findings)


def _is_marked(message: Node) -> bool:
    mark = message.member(_MARK)
    return mark is not None and mark.value is True


def _count_leading(items: list[Node]) -> int:
    """How many messages there are before the first that is none of the system's."""
    for index, item in enumerate(items):
        role = item.member("role")
        if role is None or role.value not in _SYSTEM_ROLES:
            return index
    return len(items)


def _may_be_silent(members: Mapping[str, Node]) -> bool:
    """Whether a case needs no message of its own: turns say something, or a thread already holds it."""
    if "turns" in members:
        return True
    assistant = members.get("assistant")
    return assistant is not None and any(assistant.descend(f"/{part}/id") for part in ("thread", "run"))


def with_user(
    request: Mapping[str, Json], users: list[Node], findings: Findings, *, written: Node | None
) -> Mapping[str, Json]:
    """A request with the `user` that messages had; warned of as PC145, refused where they contradict each other."""
    for node in users:
        given = request.get("user")
        if given is not None and given != node.value:
            message = f"this message has the user {show(node.value)}, but the request has {show(given)}"
            place = None if written is None else written.member("user")
            where = f" (line {place.line})" if place is not None and place.value == given else ""
            findings.error("PC102", message + where, node, advice="keep one of the two: a request has one user")
        else:
            # It stands in many logs of chats; OpenAI's field of a message is `name` (OpenAPI document 2.3.0).
            message = "a message has no field 'user' in OpenAI's API: it is sent as 'user' of the request"
            findings.warning("PC145", message, node, advice="write user in 'request', or 'name' for a speaker's name")
            request = {**request, "user": node.value}
    return request


def as_prompts(members: Mapping[str, Node]) -> dict[str, Node]:
    """The keys of a case or turn with numbers and booleans turned into text where only a message's text can stand.

    Variables keep their type, so that `user: "{{ year }}"` may have become a number.
    """
    found = dict(members)
    for key in ("system", "user"):
        if key in found:
            found[key] = _as_text(found[key])
    if "messages" in found:
        found["messages"] = _with_texts(found["messages"])
    history = found.get("history")
    recorded = None if history is None else history.member("messages")
    if history is not None and recorded is not None and (texts := _with_texts(recorded)) is not recorded:
        found["history"] = history.with_members({**(history.members or {}), "messages": texts})
    return found


def _with_texts(messages: Node) -> Node:
    if messages.items is None:
        return messages
    items = [_with_text(item) for item in messages.items]
    same = all(new is old for new, old in zip(items, messages.items, strict=True))
    return messages if same else messages.with_items(items)


def _with_text(message: Node) -> Node:
    content = message.member("content")
    if content is None or (text := _as_text(content)) is content:
        return message
    return message.with_members({**(message.members or {}), "content": text})


def _as_text(node: Node) -> Node:
    return replace(node, value=show(node.value)) if isinstance(node.value, (bool, int, float)) else node


def warn_of_cut_texts(members: Mapping[str, Node], findings: Findings) -> None:
    """PC114 for every prompt whose unquoted text a comment ends."""
    for node in _said(members):
        if node.is_cut and node.value is not None:
            message = "this text ends where ' #' starts a comment"
            findings.warning("PC114", message, node, advice="put the text in quotes if '#' belongs to it")


def _said(members: Mapping[str, Node]) -> Iterator[Node]:
    for key in ("system", "user"):
        if key in members:
            yield members[key]
    if "messages" in members:
        yield from _texts(members["messages"])
    if "history" in members and (recorded := members["history"].member("messages")) is not None:
        yield from _texts(recorded)
    if "turns" in members:
        for turn in members["turns"].items or ():
            yield from _said(turn.members or {})
    if "prompts" in members:
        for prompt in (members["prompts"].members or {}).values():
            yield from _said(prompt.members or {})


def _texts(messages: Node) -> Iterator[Node]:
    for message in messages.items or ():
        content = message.member("content")
        if content is not None:
            yield content
            for part in content.items or ():
                if (text := part.member("text")) is not None:
                    yield text
