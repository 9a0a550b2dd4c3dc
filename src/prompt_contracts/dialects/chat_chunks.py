"""Chunks of a streamed chat completion -> the JSON of the same answer unstreamed.

Knows how servers differ in the pieces they send; reads no bytes and judges no meaning. Pieces are kept in lists and
joined once: there may be many thousands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import field

from prompt_contracts.data_class import dataclass
from prompt_contracts.dialects.answer_body import arguments_text
from prompt_contracts.dialects.event_stream import joined_pieces
from prompt_contracts.json_value import Json

_TEXTS = ("refusal", "reasoning_content", "reasoning")
DELTA_KEYS = frozenset({"role", "content", "tool_calls", "function_call", *_TEXTS})
"""What of a delta is put together here."""


@dataclass(slots=True)
class _Call:
    """One tool call as far as it has come."""

    index: int | None = None
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    is_function: bool = False

    def add(self, fragment: Mapping[str, Json]) -> None:
        """Take in one fragment; names and ids that are repeated change nothing."""
        # Some upstreams send an empty id with every later fragment.
        self.id = self.id or _text(fragment.get("id"))
        function = fragment.get("function")
        if not isinstance(function, dict):
            return
        self.is_function = True
        self.add_function(function)

    def add_function(self, function: Mapping[str, Json]) -> None:
        """Take in a name, or a piece of one, and a piece of the arguments."""
        name = _text(function.get("name"))
        # Some repeat the name in each chunk, others cut it: a piece behind the arguments is a repetition.
        if name != self.name and not self.arguments:
            self.name += name
        arguments = arguments_text(function.get("arguments"))
        if arguments:
            self.arguments.append(arguments)

    def function(self) -> dict[str, Json]:
        """The function as an unstreamed answer has it."""
        return {"name": self.name or None, "arguments": joined_pieces(self.arguments)}

    def is_closed_to(self, fragment: Mapping[str, Json]) -> bool:
        """Whether a whole new call has come under the index or at the place of this one, which has its arguments.

        Ollama sends whole calls, and has sent each under index 0; servers without an index send them one by one.
        """
        other = _text(fragment.get("id"))
        function = fragment.get("function")
        if not self.arguments or not isinstance(function, dict) or not _text(function.get("name")):
            return False
        if _index(fragment) is None:
            is_other = other != self.id if other else not self.id
        else:
            is_other = bool(other and self.id and other != self.id)
        return is_other and _is_whole(function.get("arguments"))


class _Calls:
    """The tool calls of one choice, told apart by index, else by id, else by their place in the chunk."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._by_place: dict[int, _Call] = {}

    def add(self, fragment: Mapping[str, Json], place: int) -> None:
        """Take in one fragment that stood at this place of its chunk."""
        index, name = _index(fragment), _text(fragment.get("id"))
        if index is not None:
            call = self._by_index.get(index)
        elif name:
            call = self._by_id.get(name)
        else:
            call = self._by_place.get(place)
        if call is None or call.is_closed_to(fragment):
            call = _Call(index=index)
            self._calls.append(call)
        call.add(fragment)
        self._by_place[place] = call
        if index is not None:
            self._by_index[index] = call
        if call.id:
            self._by_id.setdefault(call.id, call)

    def to_json(self) -> list[Json]:
        """The calls as an unstreamed answer has them: by index where all have one, else as they came."""
        calls = self._calls
        # The index and not the place in the list is what OpenAI's fragments go by; some upstreams leave it out.
        if all(call.index is not None for call in calls):
            calls = sorted(calls, key=lambda call: call.index or 0)
        return [
            {"id": call.id or None, "type": "function", "function": call.function() if call.is_function else None}
            for call in calls
        ]


class _Choice:
    """One choice as far as it has come."""

    def __init__(self) -> None:
        self._content: list[Json] = []
        self._texts: dict[str, list[str]] = {}
        self._calls: _Calls | None = None
        self._legacy: _Call | None = None
        self._is_begun = False
        self.finish_reason = ""
        self.error: Json = None
        self.damage: str | None = None

    def add(self, entry: Mapping[str, Json]) -> None:
        """Take in the entry of one chunk."""
        # Null in every chunk but one, which need not be the last.
        self.finish_reason = _text(entry.get("finish_reason")) or self.finish_reason
        self.error = entry.get("error") or self.error
        # Some servers send what is left, or all of it, as a whole message instead of a delta.
        delta = entry.get("delta", entry.get("message"))
        if delta is None:
            return
        if not isinstance(delta, dict):
            self.damage = "a delta that is not an object"
            return
        self._is_begun = True
        if delta.get("content") is not None:
            self._content.append(delta["content"])
        for name in _TEXTS:
            text = _text(delta.get(name))
            if text:
                self._texts.setdefault(name, []).append(text)
        self._add_calls(delta)

    def _add_calls(self, delta: Mapping[str, Json]) -> None:
        fragments = delta.get("tool_calls")
        if fragments is not None:
            if not isinstance(fragments, list) or not all(isinstance(fragment, dict) for fragment in fragments):
                self.damage = "tool calls in a shape that nobody knows"
                return
            self._calls = self._calls or _Calls()
            for place, fragment in enumerate(fragments):
                if isinstance(fragment, dict):
                    self._calls.add(fragment, place)
        legacy = delta.get("function_call")
        if isinstance(legacy, dict):
            self._legacy = self._legacy or _Call()
            self._legacy.add_function(legacy)
        elif legacy is not None:
            self.damage = "a function call in a shape that nobody knows"

    def characters(self) -> int:
        """How much of the answer's text has come."""
        return sum(len(piece) for piece in self._content if isinstance(piece, str))

    def to_json(self, index: int) -> dict[str, Json]:
        """The choice as an unstreamed answer has it."""
        message: dict[str, Json] = {"role": "assistant", "content": self._joined_content()}
        message.update({name: joined_pieces(pieces) for name, pieces in self._texts.items()})
        if self._calls is not None:
            message["tool_calls"] = self._calls.to_json()
        if self._legacy is not None:
            message["function_call"] = self._legacy.function()
        return {
            "index": index,
            "message": message if self._is_begun else None,
            "finish_reason": self.finish_reason or None,
            "error": self.error,
        }

    def _joined_content(self) -> Json:
        if not self._content:
            return None
        if all(isinstance(piece, str) for piece in self._content):
            return joined_pieces(piece for piece in self._content if isinstance(piece, str))
        if not all(isinstance(piece, (str, list)) for piece in self._content):
            return next(piece for piece in self._content if not isinstance(piece, (str, list)))
        return list(self._content_parts())

    def _content_parts(self) -> Iterator[Json]:
        for piece in self._content:
            if isinstance(piece, str):
                yield {"type": "text", "text": piece}
            elif isinstance(piece, list):
                yield from piece


class ChunkFold:
    """Takes the chunks in their order; `to_json` is the answer that they make."""

    def __init__(self) -> None:
        self._choices: dict[int, _Choice] = {}
        self._top: dict[str, Json] = {}
        self._usage: Json = None
        self.damage: str | None = None
        """What makes the stream unreadable, if anything does."""

    def add(self, chunk: Mapping[str, Json]) -> None:
        """Take in one chunk."""
        for name in ("id", "model", "service_tier"):  # Azure's first chunk has both empty
            self._top[name] = self._top.get(name) or chunk.get(name)
        self._add_usage(chunk)
        entries = chunk.get("choices")
        if entries is None:
            return
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            self.damage = "choices in a shape that nobody knows"
            return
        for place, entry in enumerate(entries):
            if isinstance(entry, dict):
                self._add_choice(entry, place)

    def _add_choice(self, entry: Mapping[str, Json], place: int) -> None:
        index = _index(entry)
        choice = self._choices.setdefault(place if index is None else index, _Choice())
        choice.add(entry)
        self.damage = self.damage or choice.damage

    def _add_usage(self, chunk: Mapping[str, Json]) -> None:
        # Groq's own place for it, in the last chunk, where older clients look.
        for place in (chunk.get("x_groq"), chunk):
            usage = place.get("usage") if isinstance(place, Mapping) else None
            if usage:
                self._usage = usage  # servers that count in each chunk count on: the last is the whole

    def is_finished(self, choices: int) -> bool:
        """Whether at least this many choices, and each up to the highest index, have come and ended."""
        # A stream can break off between two choices, when all that have begun have ended.
        if not self._choices or len(self._choices) < max(choices, max(self._choices) + 1):
            return False
        return all(choice.finish_reason for choice in self._choices.values())

    @property
    def characters(self) -> int:
        """How many characters of the choices' text have come."""
        return sum(choice.characters() for choice in self._choices.values())

    def to_json(self) -> dict[str, Json]:
        """The answer as it would have come unstreamed."""
        choices: list[Json] = [self._choices[index].to_json(index) for index in sorted(self._choices)]
        return {**self._top, "choices": choices, "usage": self._usage}


def _index(entry: Mapping[str, Json]) -> int | None:
    index = entry.get("index")
    return index if isinstance(index, int) and not isinstance(index, bool) else None


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _is_whole(arguments: Json) -> bool:
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            return False
    return isinstance(arguments, dict)
