"""YAML 1.2 of other tools -> plain data: the core schema, no tags, no repeated keys, nothing endless.

Case files are read by `yaml_reader`, whose scalars are JSON's; here `no` and `on` are text, `True` and `~` are not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from prompt_contracts.json_number import NumberLimitError, read_float, read_int
from prompt_contracts.json_value import MAX_DEPTH, Json

_MOST_VALUES = 200_000
"""How many values a document may have, those that aliases stand for counted."""

_WORDS: dict[str, Json] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS |= {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INTEGER = re.compile(r"([-+]?)([0-9][0-9_]*)", re.ASCII)
_OTHER_INTEGER = re.compile(r"([-+]?)0(x[0-9a-fA-F]+|o[0-7]+|b[01]+)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_TEXT_TAG = "tag:yaml.org,2002:str"


class ForeignYamlError(ValueError):
    """The text is no YAML that is taken; the message says why, with line and column."""


def read_foreign_yaml(text: str) -> Json:
    """The one document of a text; an empty text is null."""
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return _Reader(iter(yaml.parse(text, Loader=loader))).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = "" if mark is None else f" (line {mark.line + 1}, column {mark.column + 1})"
        raise ForeignYamlError(f"{error.problem or error.context or 'no YAML'}{place}") from None
    except yaml.YAMLError as error:
        raise ForeignYamlError(" ".join(str(error).split())) from None
    except NumberLimitError as error:
        raise ForeignYamlError(str(error)) from None


class _Reader:
    """Builds values from the events of a parser."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, tuple[Json, int]] = {}
        self._open: set[str] = set()
        self._count = 0

    def document(self) -> Json:
        next(self._events)
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            return None
        value = self._value(next(self._events), 0)
        next(self._events)
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise _refusal("a second document starts here: one is taken", event)
        return value

    def _value(self, event: Any, depth: int) -> Json:
        if depth > MAX_DEPTH:
            raise _refusal(f"nested more than {MAX_DEPTH} levels deep", event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._count
        self._add(1, event)
        if event.anchor is not None:
            self._open.add(event.anchor)
        value = self._content(event, depth)
        if event.anchor is not None:
            self._open.discard(event.anchor)
            self._anchors[event.anchor] = (value, self._count - before)
        return value

    def _content(self, event: Any, depth: int) -> Json:
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if event.tag not in (None, "!"):
            raise _refusal(f"the tag {event.tag!r} is not taken: plain data only", event)
        return self._list(depth) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(depth)

    def _alias(self, event: Any) -> Json:
        if event.anchor in self._open:
            raise _refusal(f"the alias '{event.anchor}' stands in itself", event)
        if event.anchor not in self._anchors:
            raise _refusal(f"there is no anchor '{event.anchor}' before it", event)
        value, size = self._anchors[event.anchor]
        self._add(size, event)
        return value

    def _add(self, size: int, event: Any) -> None:
        self._count += size
        if self._count > _MOST_VALUES:
            raise _refusal(f"more than {_MOST_VALUES:,} values, aliases counted", event)

    def _list(self, depth: int) -> list[Json]:
        items: list[Json] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, depth + 1))
        return items

    def _mapping(self, depth: int) -> dict[str, Json]:
        members: dict[str, Json] = {}
        merged: dict[str, Json] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _refusal("a key must be text", event)
            key, is_merge = event.value, event.value == "<<" and event.implicit[0]
            value = self._value(next(self._events), depth + 1)
            if is_merge:
                merged |= _merged(value, event)
            elif key in members:
                raise _refusal(f"the key '{key}' is repeated", event)
            else:
                members[key] = value
        return {**merged, **members} if merged else members


def _merged(value: Json, event: Any) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for each in reversed(value if isinstance(value, list) else [value]):
        if not isinstance(each, dict):
            raise _refusal("'<<' takes a mapping, or a list of them", event)
        found |= each
    return found


def _scalar(event: Any) -> Json:
    if event.tag in (_TEXT_TAG, "!"):
        return str(event.value)
    if event.tag not in (None, "!"):
        raise _refusal(f"the tag {event.tag!r} is not taken: plain data only", event)
    return core_scalar(event.value) if event.implicit[0] else str(event.value)


def core_scalar(text: str) -> Json:
    """The value of an unquoted scalar by the core schema of YAML 1.2, with js-yaml's `0b1` and `1_000`."""
    if text in _WORDS:
        return _WORDS[text]
    if match := _INTEGER.fullmatch(text):
        return read_int(match[1].replace("+", "") + (match[2].replace("_", "").lstrip("0") or "0"))
    if match := _OTHER_INTEGER.fullmatch(text):
        return int(f"{match[1]}0{match[2]}", 0) if len(text) < 64 else text
    if _FLOAT.fullmatch(text) and not math.isinf(float(text)):
        return read_float(repr(float(text)))
    return text


def _refusal(message: str, event: Any) -> ForeignYamlError:
    return ForeignYamlError(f"{message} (line {event.start_mark.line + 1}, column {event.start_mark.column + 1})")
