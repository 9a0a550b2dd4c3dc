"""`prompts` of a case -> its keys with one prompt after the other laid over them. Fills no template in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from prompt_contracts.case import Case
from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.merging import merge_layers
from prompt_contracts.cases.node import Node
from prompt_contracts.data_class import dataclass

_SYSTEM = ("system", "developer")
_ROLES = {"system": _SYSTEM, "user": ("user",)}
TEXT_KEYS = ("messages", "user", "system")
"""The keys of a prompt, and of a case, that say something to the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One prompt of a case."""

    name: str | None = None
    """None for the only prompt of a case that names none."""
    written: Node
    """Its keys, or the case itself where it has no prompts."""
    place: Node
    """Where its name stands."""

    @property
    def members(self) -> Mapping[str, Node]:
        """What it says, to be laid over the case; nothing where the case has no prompts."""
        return {} if self.name is None else self.written.members or {}


def expand_prompts(members: Mapping[str, Node], case: Node, findings: Findings) -> tuple[Prompt, ...]:
    """The prompts of a case in order; one without a name when it has no `prompts`. Their shape was checked."""
    prompts = members.get("prompts")
    if prompts is None or not prompts.members:
        return (Prompt(written=case, place=case),)
    found: list[Prompt] = []
    places: dict[str, Node] = {}
    for name, written in prompts.members.items():
        place = prompts.key(name)
        # Names become folders of recordings, and not every file system tells upper from lower case.
        if (other := places.setdefault(name.casefold(), place)) is not place:
            message = f"the name '{name}' is taken by the prompt at line {other.line}"
            findings.error("PC113", message, place, advice="names differ in more than upper and lower case")
        if {"user", "messages"} <= set(written.members or ()):
            message = f"'user' and 'messages' stand in the prompt '{name}'"
            advice = "put the text into 'messages' with role user"
            findings.error("PC102", message, written.key("user"), advice=advice)
        found.append(Prompt(name=name, written=written, place=place))
    return tuple(found)


def with_prompt(members: Mapping[str, Node], prompt: Prompt, findings: Findings) -> dict[str, Node]:
    """The keys of a case with a prompt laid over them, and without `prompts`.

    `system` and `user` take the place of the case's own, also where these are written as messages.
    """
    lower = {key: node for key, node in members.items() if key != "prompts"}
    upper = dict(prompt.members)
    if "messages" in upper:
        if "system" not in upper and _has_system(upper["messages"]):
            lower.pop("system", None)
    else:
        for key in ("system", "user"):
            if key in upper and key not in lower and (messages := lower.get("messages")) is not None:
                placed = _placed(messages, key, prompt, findings)
                if placed is not messages:
                    lower["messages"] = placed
                    del upper[key]
    return merge_layers(lower, upper)


def _placed(messages: Node, key: str, prompt: Prompt, findings: Findings) -> Node:
    """The messages of a case with the prompt's text at the one message of that kind; as they are where none is.

    A case without a message of the user gets one at its end; a system message needs no place of its own.
    """
    text = prompt.members[key]
    key_place = prompt.written.key(key)
    items = messages.items
    if items is None or any(_role(item) is None for item in items):
        # What a template puts in may be anything; that of a system message is found out later.
        if key == "user":
            _refuse(key, prompt, "a template gives the messages of the case", findings)
        return messages
    at = [index for index, item in enumerate(items) if _role(item) in _ROLES[key]]
    if not at:
        return messages if key == "system" else messages.with_items([*items, _user_message(text, key_place)])
    if len(at) > 1:
        _refuse(key, prompt, f"the case has {len(at)} {key} messages", findings)
        return messages
    message = items[at[0]]
    content = message.member("content")
    if content is not None and content.items is not None:
        _refuse(key, prompt, f"the {key} message of the case has parts", findings)
        return messages
    keys = {**message.keys, "content": key_place}
    items = [*items]
    items[at[0]] = message.with_members({**(message.members or {}), "content": text}, keys=keys)
    return messages.with_items(items)


def _user_message(text: Node, place: Node) -> Node:
    role = replace(place, value="user")
    made = replace(place, value=None)
    return made.with_members({"role": role, "content": text}, keys={"role": place, "content": place})


def _has_system(messages: Node) -> bool:
    return any(_role(item) in _SYSTEM for item in messages.items or ())


def _role(message: Node) -> str | None:
    role = message.member("role")
    return role.value if role is not None and isinstance(role.value, str) else None


def _refuse(key: str, prompt: Prompt, reason: str, findings: Findings) -> None:
    message = f"'{key}' of the prompt '{prompt.name}' has no one message to take the place of: {reason}"
    findings.error("PC102", message, prompt.written.key(key), advice="write 'messages' in the prompt")


def warn_of_idle_prompts(
    prompts: Sequence[Prompt], case: Node, cells: Sequence[Case], findings: Findings, *, has_overrides: bool
) -> None:
    """What every prompt replaces is never sent, and prompts that ask the same cannot be compared.

    `cells` are those of the case: rows outside, prompts inside a row, models inside a prompt.
    """
    if prompts[0].name is None:
        return
    for key in TEXT_KEYS:
        if key in (case.members or {}) and all(key in _replaced(prompt) for prompt in prompts):
            message = f"'{key}' of the case has no effect: every prompt writes its own"
            findings.warning("PC146", message, case.key(key), advice="leave it out")
    models = [str(cell.model) for cell in cells if (cell.row, cell.prompt) == (cells[0].row, prompts[0].name)]
    for number, prompt in enumerate(prompts):
        for earlier in range(number):
            same = [
                model
                for at, model in enumerate(models)
                if all(
                    _asks_the_same(cells[row + earlier * len(models) + at], cells[row + number * len(models) + at])
                    for row in range(0, len(cells), len(models) * len(prompts))
                )
            ]
            if same:
                is_override = has_overrides and prompts[earlier].written.value != prompt.written.value
                _note_same(prompts[earlier], prompt, same if is_override else [], findings)
                break


def _replaced(prompt: Prompt) -> set[str]:
    """The keys of a case of which a prompt leaves nothing."""
    members = prompt.members
    found = {key for key in ("system", "user") if key in members}
    if (messages := members.get("messages")) is not None:
        found |= {"user", "messages"}
        found |= {"system"} if _has_system(messages) else set()
    return found


def _asks_the_same(one: Case, other: Case) -> bool:
    # An application writes its own requests.
    return one.messages == other.messages and (one.is_application or one.request == other.request)


def _note_same(first: Prompt, second: Prompt, models: Sequence[str], findings: Findings) -> None:
    """`models` are those for which overrides leave no difference; none where there is no difference at all."""
    message = f"the prompts '{first.name}' and '{second.name}' ask the same"
    advice = "change one of them, or remove it"
    if models:
        message += f" of {', '.join(models)}"
        advice = "leave out of the override what it replaces in them"
    findings.warning("PC147", message, second.place, advice=advice)
