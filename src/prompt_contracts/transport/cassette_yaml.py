"""YAML text -> plain data, event by event: no object is ever built from a tag.

Beside speed (half the time of PyYAML's safe loader) this caps nesting and aliases before anything grows.
Dates stay text and `<<` is a plain key. Knows nothing of cassettes.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from typing import Any, TypeAlias

import yaml

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # a PyYAML built without libyaml: the same result, many times slower
    # 8.5 ms for a file of 6 KB in place of 0.26 ms (PyYAML 6.0.3).
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

Plain: TypeAlias = "bool | int | float | str | bytes | list[Plain] | dict[str, Plain] | None"

DEEPEST = 100
"""Levels of nesting; a cassette has about six."""
# Nine levels of ten aliases load in a millisecond and stand for a thousand million values: the trouble starts
# where somebody walks through them.
MOST_ALIASES = 200
MOST_VALUES = 100_000
"""Values that one alias may stand for, those behind its own aliases included."""

_PREFIX = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"(?:0|[1-9][0-9]{0,17})\Z")
_DECIMAL = re.compile(r"[0-9]{1,9}\.[0-9]{1,17}\Z")
_RESOLVED = ("null", "bool", "int", "float")
# Whatever YAML 1.1 takes for null, a boolean or a number begins with one of these: the rest skips the expressions.
_FIRST = frozenset("-+.0123456789~nNtTfFyYoO")
# vcrpy before 8.2.1 ran the code that `!!python/object/apply` named (GHSA-rpj2-4hq8-938g, June 2026).
_REJECTED = "a YAML tag ({}) stands in it, and tags are never followed"


class UnreadableError(ValueError):
    """A text that is no usable recording; the message finishes the sentence "it cannot be read: ..."."""


def read_cassette_yaml(text: str) -> Plain:
    """The one document of a YAML text; `UnreadableError` says why there is none."""
    loader: Any = None
    try:
        loader = _Loader(text)
        return _Builder(loader).document()
    except yaml.YAMLError as error:
        raise UnreadableError(_describe(error)) from None
    # Such as an integer of more than 4,300 digits, which Python refuses to read (`sys.set_int_max_str_digits`).
    except (ValueError, OverflowError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(f"it holds a value that cannot be read ({error})") from None
    finally:
        if loader is not None:
            loader.dispose()


def _describe(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
    return f"it is not valid YAML: {problem}{place}"


class _Builder:
    """One reading of one document, without recursion."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._anchors: dict[str, tuple[Plain, int]] = {}
        self._aliases = 0
        self._open: list[_Container] = []

    def document(self) -> Plain:
        self._loader.get_event()
        if isinstance(self._loader.get_event(), yaml.StreamEndEvent):
            raise UnreadableError("it is empty")
        root = self._node()
        self._loader.get_event()
        if not isinstance(self._loader.get_event(), yaml.StreamEndEvent):
            raise UnreadableError("it holds more than one YAML document")
        return root

    def _node(self) -> Plain:
        next_event = self._loader.get_event
        while True:
            event = next_event()
            kind = event.__class__
            size = 1
            if kind is yaml.ScalarEvent:
                # Nearly all of a recording: told apart here, since a call for each would cost as much as the rest.
                value = event.value if event.tag is None and not event.implicit[0] else _scalar(event)
                if event.anchor is not None:
                    self._remember(event.anchor, value, size)
            elif kind is yaml.AliasEvent:
                value, size = self._alias(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._start(event, is_mapping=kind is yaml.MappingStartEvent)
                continue
            else:
                closed = self._open.pop()
                value, size = closed.value, closed.size
                self._remember(closed.anchor, value, size)
            if not self._open:
                return value
            self._open[-1].add(value, size)

    def _start(self, event: Any, *, is_mapping: bool) -> None:
        name = "map" if is_mapping else "seq"
        if event.tag not in (None, "!", _PREFIX + name):
            raise UnreadableError(_REJECTED.format(event.tag))
        if len(self._open) >= DEEPEST:
            raise UnreadableError(f"it is nested more than {DEEPEST} levels deep")
        self._open.append(_Container(event.anchor, is_mapping=is_mapping))

    def _remember(self, anchor: str | None, value: Plain, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)

    def _alias(self, event: Any) -> tuple[Plain, int]:
        self._aliases += 1
        if self._aliases > MOST_ALIASES:
            raise UnreadableError(f"it uses more than {MOST_ALIASES} YAML aliases")
        if event.anchor not in self._anchors:
            raise UnreadableError(f"the YAML alias *{event.anchor} refers to nothing before it")
        value, size = self._anchors[event.anchor]
        if size > MOST_VALUES:
            raise UnreadableError(f"the YAML alias *{event.anchor} stands for more than {MOST_VALUES} values")
        return value, size


class _Container:
    """A list or mapping that is being filled."""

    __slots__ = ("_key", "_mapping", "_sequence", "anchor", "size", "value")

    def __init__(self, anchor: str | None, *, is_mapping: bool) -> None:
        self.anchor = anchor
        self.size = 1
        self._mapping: dict[str, Plain] = {}
        self._sequence: list[Plain] = []
        self._key: str | None = None
        self.value: Plain = self._mapping if is_mapping else self._sequence

    def add(self, value: Plain, size: int) -> None:
        self.size += size
        if self.value is self._sequence:
            self._sequence.append(value)
        elif self._key is not None:
            if self._key in self._mapping:
                raise UnreadableError(f"the key {self._key!r} stands twice in one mapping of it")
            self._mapping[self._key] = value
            self._key = None
        elif isinstance(value, str):
            self._key = value
        else:
            raise UnreadableError("a key in it is not text")


def _scalar(event: Any) -> Plain:
    tag, value = event.tag, str(event.value)
    if tag is None:
        if not event.implicit[0]:
            return value
        return read_plain(value)
    if tag == _PREFIX + "binary":
        try:
            return base64.b64decode(value, validate=False)
        except (binascii.Error, ValueError):
            raise UnreadableError("a binary value in it is not base64") from None
    if tag in ("!", _PREFIX + "str"):
        return value
    raise UnreadableError(_REJECTED.format(tag))


_SHORT = 48


def read_plain(value: str) -> Plain:
    """An unquoted scalar, resolved as vcrpy's own reader does, dates excepted. May raise `ValueError`."""
    # The same few keys and numbers come again and again; what is long is never kept.
    return _plain_again(value) if len(value) <= _SHORT else _plain(value)


@lru_cache(maxsize=4096)
def _plain_again(value: str) -> Plain:
    return _plain(value)


def _plain(value: str) -> Plain:
    if value and value[0] not in _FIRST:
        return value
    if _INTEGER.match(value):
        return int(value)
    if _DECIMAL.match(value):
        return float(value)
    for tag, pattern in _Loader.yaml_implicit_resolvers.get(value[:1], ()):
        if tag.removeprefix(_PREFIX) in _RESOLVED and pattern.match(value):
            constructor: Any = yaml.constructor.SafeConstructor()
            construct = getattr(constructor, f"construct_yaml_{tag.removeprefix(_PREFIX)}")
            return construct(yaml.ScalarNode(tag, value))  # type: ignore[no-any-return]
    return value
