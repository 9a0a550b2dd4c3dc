"""A case in pieces that may be left out, and the case without some of them. Asks nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from prompt_contracts.case import Case
from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json
from prompt_contracts.message import Message, Tool

_SENTENCE = re.compile(r".+?(?:[.!?…][\"')\]]*(?:\s+|\Z)|\n+|\Z)", re.DOTALL)
_SPOKEN_BY_AUTHOR = ("system", "developer")
_OF_TOOLS = ("tool_choice", "parallel_tool_calls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Something of a prompt that may be left out."""

    kind: Literal["message", "tool", "sentence", "property"]
    place: tuple[int | str, ...]
    """Of a message its index, of a tool its name; then the number of the sentence or the name of the property."""
    text: str
    """What a person reads of it."""


def pieces_of(case: Case) -> tuple[tuple[Piece, ...], ...]:
    """The pieces that may go: messages, tools, sentences of system messages, optional properties of tools' schemas.

    What stays: the last message of the user (without one, the last of all), tools that the contract or `tool_choice`
    names, properties that the contract names. The messages of tools go with the calls that they answer.
    """
    named = set(_words([{facet.name: facet.value for facet in case.expect}, case.request.get("tool_choice")]))
    free = [tool for tool in case.tools if tool.name not in named]
    return (
        tuple(_messages(case)),
        tuple(Piece(kind="tool", place=(tool.name,), text=tool.name) for tool in free),
        tuple(_sentences(case)),
        tuple(
            Piece(kind="property", place=(tool.name, name), text=f"{name} of {tool.name}")
            for tool in case.tools
            for name in _optional(tool)
            if name not in named
        ),
    )


def without(case: Case, left_out: Iterable[Piece]) -> Case:
    """The case without some of its pieces; a parameter about tools goes with the last tool."""
    places: dict[str, set[tuple[int | str, ...]]] = {}
    for piece in left_out:
        places.setdefault(piece.kind, set()).add(piece.place)
    tools = tuple(
        _without_properties(tool, {place[1] for place in places.get("property", ()) if place[0] == tool.name})
        for tool in case.tools
        if (tool.name,) not in places.get("tool", ())
    )
    return replace(
        case,
        messages=tuple(_left(case, places.get("message", set()), places.get("sentence", set()))),
        tools=tools,
        request=case.request if tools else {key: each for key, each in case.request.items() if key not in _OF_TOOLS},
        tool_results=_results(case, tools),
    )


def _last(case: Case) -> int:
    """The index of the message that always stays."""
    said = (index for index, each in enumerate(case.messages) if each.role == "user")
    return max(said, default=len(case.messages) - 1)


def _messages(case: Case) -> Iterator[Piece]:
    for index, message in enumerate(case.messages):
        if index != _last(case) and message.role != "tool":
            yield Piece(kind="message", place=(index,), text=f"{message.role}: {message.text}")


def _left(case: Case, gone: set[tuple[int | str, ...]], cut: set[tuple[int | str, ...]]) -> Iterator[Message]:
    is_answered = True
    for index, message in enumerate(case.messages):
        if message.role != "tool":
            is_answered = (index,) not in gone
        if not is_answered:
            continue
        sentences = _sentences_of(message)
        kept = [text for number, text in enumerate(sentences) if (index, number) not in cut]
        if len(kept) == len(sentences):
            yield message
        elif kept:
            yield replace(message, content="".join(kept).rstrip())


def _sentences(case: Case) -> Iterator[Piece]:
    for index, message in enumerate(case.messages):
        sentences = _sentences_of(message)
        if len(sentences) > 1 and index != _last(case):  # one alone is the message
            for number, text in enumerate(sentences):
                yield Piece(kind="sentence", place=(index, number), text=text.strip())


def _sentences_of(message: Message) -> list[str]:
    is_prompt = message.role in _SPOKEN_BY_AUTHOR and isinstance(message.content, str)
    return _SENTENCE.findall(message.text) if is_prompt else []


def _optional(tool: Tool) -> list[str]:
    schema = tool.parameters
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(schema, dict) or not isinstance(properties, dict):
        return []
    required = schema.get("required")
    return [name for name in properties if not (isinstance(required, list) and name in required)]


def _without_properties(tool: Tool, names: set[int | str]) -> Tool:
    function, schema = tool.definition.get("function"), tool.parameters
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not (names and isinstance(function, dict) and isinstance(schema, dict) and isinstance(properties, dict)):
        return tool
    kept: dict[str, Json] = {name: each for name, each in properties.items() if name not in names}
    shorter: dict[str, Json] = {**function, "parameters": {**schema, "properties": kept}}
    return replace(tool, definition={**tool.definition, "function": shorter})


def _results(case: Case, tools: tuple[Tool, ...]) -> Mapping[str, Json] | None:
    if case.tool_results is None:
        return None
    offered = {tool.name for tool in tools}
    return {name: result for name, result in case.tool_results.items() if name in offered}


def _words(value: Json | list[dict[str, Json] | Json]) -> Iterator[str]:
    """Every text in a value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _words(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _words(each)
