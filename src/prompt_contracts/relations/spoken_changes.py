"""Changes of what is said: how the user writes it, other words for it, and what was talked of before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from prompt_contracts.case import Case
from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message
from prompt_contracts.relation import Relation
from prompt_contracts.relations.refusal import change_refused
from prompt_contracts.relations.respelling import respelt, typo_key

_INSTRUCTIONS = ("system", "developer")


def spelling(case: Case, relation: Relation) -> Case | Finding:
    """The last message of the user, written with less care."""
    said = _last_said(case, relation)
    if isinstance(said, Finding):
        return said
    changed = relation.text or respelt(said.text, relation, words=_words_of_contract(case))
    return case if changed == said.text else _saying(case, said, changed)


def with_typos(case: Case, relation: Relation) -> tuple[str, str] | None:
    """A hash of what a text with typos is made from, and the text; None where there is none to be made."""
    said = _last_said(case, relation)
    if isinstance(said, Finding):
        return None
    words = tuple(_words_of_contract(case))
    made = respelt(said.text, relation, words=words)
    return None if made == said.text else (typo_key(said.text, relation, words=words), made)


def said_as(case: Case, relation: Relation) -> Case | Finding:
    """The last message of the user in the author's other words."""
    said = _last_said(case, relation)
    if isinstance(said, Finding):
        return said
    return case if relation.text == said.text else _saying(case, said, relation.text)


def after(case: Case, relation: Relation) -> Case | Finding:
    """The same question after another exchange, which stands behind the instructions."""
    leading = next((at for at, each in enumerate(case.messages) if each.role not in _INSTRUCTIONS), len(case.messages))
    instructions = next((each for each in relation.messages if each.role in _INSTRUCTIONS), None)
    if instructions is not None:
        why = f"it holds a message with the role {instructions.role}, and what was talked of before holds none"
        return change_refused(relation, why, "leave that message out")
    if not case.messages and not case.turns:
        return change_refused(relation, "the case has no messages", "write 'user' or 'messages'")
    return replace(case, messages=(*case.messages[:leading], *relation.messages, *case.messages[leading:]))


def _last_said(case: Case, relation: Relation) -> Message | Finding:
    """The last message of the user, when its text can be changed."""
    if case.turns:
        return change_refused(
            relation, "the case has turns, and so no one message of the user", "write it in a case of its own"
        )
    said = next((each for each in reversed(case.messages) if each.role == "user"), None)
    if said is None:
        return change_refused(relation, "the case has no message of the user", "write 'user'")
    if isinstance(said.content, list) and len(_texts(said.content)) != 1:
        why = f"the last message of the user has {len(_texts(said.content))} parts of text"
        return change_refused(relation, why, "write its text in one part")
    return said


def _texts(content: list[Json]) -> list[int]:
    return [at for at, part in enumerate(content) if isinstance(part, dict) and isinstance(part.get("text"), str)]


def _saying(case: Case, said: Message, text: str) -> Case:
    content: str | list[Json] = text
    if isinstance(said.content, list):
        at = _texts(said.content)[0]
        part = said.content[at]
        content = [*said.content]
        content[at] = {**(part if isinstance(part, dict) else {}), "text": text}
    new = replace(said, content=content)
    return replace(case, messages=tuple(new if each is said else each for each in case.messages))


def _words_of_contract(case: Case) -> Iterator[str]:
    for facet in case.expect:
        yield from _strings(facet.value)


def _strings(value: Json) -> Iterator[str]:
    """Every text in a value, keys included but those of the language."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if not key.startswith("$"):
                yield key
            yield from _strings(each)
