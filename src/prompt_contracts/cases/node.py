"""What was read from a file: values with the places where they stand. Knows no key of the case language."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json, pointer, pointer_parts
from prompt_contracts.location import Location

# YAML 1.1 ends a line at these too, and both of PyYAML's readers count so.
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")

INCLUDE_KEYS = ("$include", "$file", "$python")
"""What stands for something that is elsewhere."""
NO_NUMBER = -1
"""Of a node that is no mapping or list, or not just as it was read from YAML."""
_MARKS = 3
"""Line, column and length of one place."""


@dataclass(slots=True, eq=False)
class SourceText:
    """One text file that was read."""

    path: str
    """As people see it: relative to the project root where it lies below it, with forward slashes."""
    folder: Path
    """Where relative paths in this file start from."""
    text: str
    _lines: list[str] | None = None

    @property
    def lines(self) -> list[str]:
        """The lines without their ends, split as YAML counts them."""
        if self._lines is None:
            # The expression takes as long as to parse a tenth of the file, and hardly any has but the one break.
            is_simple = self.text.isascii() and "\r" not in self.text
            self._lines = self.text.split("\n") if is_simple else _BREAK.split(self.text)
        return self._lines

    def line(self, number: int) -> str | None:
        """The text of a line, counted from 1; None past the end."""
        return self.lines[number - 1] if number <= len(self.lines) else None


Mark: TypeAlias = tuple[int, int, int]
"""Line, column and length of one place."""


class KeyNodes(Mapping[str, "Node"]):
    """The nodes of the keys of one mapping in one file, each made when somebody asks for it: few are."""

    __slots__ = ("_marks", "_source")

    def __init__(self, marks: dict[str, Mark], source: SourceText) -> None:
        self._marks = marks
        self._source = source

    def __getitem__(self, name: str) -> Node:
        return Node(name, self._source, *self._marks[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._marks)

    def __len__(self) -> int:
        return len(self._marks)

    def __contains__(self, name: object) -> bool:
        return name in self._marks

    # By identity, so that one can be a default: nobody compares these.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def marks_of(self, node: Node) -> array[int] | None:
        """Line, column and length of each key of a mapping in a row; None where they are not just these."""
        if node.source is not self._source or node.members is None or [*node.members] != [*self._marks]:
            return None
        return array("I", chain.from_iterable(self._marks.values()))


_NO_KEYS: Mapping[str, Node] = KeyNodes({}, SourceText(path="", folder=Path(), text=""))


# Neither frozen nor keyword-only: a file has tens of thousands of these, and a frozen one costs thrice as much.
@dataclass(slots=True, eq=False)
class Node:
    """A value with its place; for a mapping or a list also the nodes inside."""

    value: Json
    """The whole subtree as plain data; shared, never changed."""
    source: SourceText
    line: int
    column: int
    length: int
    items: list[Node] | None = None
    """The nodes of a list."""
    members: dict[str, Node] | None = None
    """The nodes of a mapping's values."""
    keys: Mapping[str, Node] = _NO_KEYS
    """The nodes of a mapping's keys, for their places."""
    has_template: bool = False
    """Whether a text or a key somewhere inside may hold a template, or what looks like one."""
    has_include: bool = False
    """Whether a mapping somewhere inside has one of the `INCLUDE_KEYS`."""
    is_inserted: bool = False
    """Whether this is what a template put in place of the text that was written."""
    is_cut: bool = False
    """Whether this is unquoted text that a comment ended on the same line."""
    # A copy with changes has none: what is not given to a copy is as it starts.
    number: int = field(default=NO_NUMBER, init=False, repr=False)
    """Which of the mappings and lists of its YAML text it is, so that it can be found by reading that once more."""
    places: Places | None = field(default=None, init=False, repr=False)
    """Those of what is inside, once somebody asked for them."""

    @property
    def location(self) -> Location:
        """The place as the rest of the program knows it."""
        return Location(path=self.source.path, line=self.line, column=self.column, length=self.length)

    def member(self, key: str) -> Node | None:
        """The value under a key; None when this is no mapping or has no such key."""
        return None if self.members is None else self.members.get(key)

    def key(self, name: str) -> Node:
        """The place of a mapping's key, or of the mapping when it was not written there."""
        return self.keys.get(name, self)

    def descend(self, text: str) -> Node | None:
        """The node at a JSON pointer inside this one."""
        node: Node | None = self
        for part in pointer_parts(text):
            if node is None:
                return None
            if node.items is not None:
                node = node.items[int(part)] if part.isdecimal() and int(part) < len(node.items) else None
            else:
                node = node.member(part)
        return node

    def moved_to(self, place: Node) -> Node:
        """The same value, standing where `place` stands."""
        return replace(self, source=place.source, line=place.line, column=place.column, length=place.length)

    def with_items(self, items: list[Node]) -> Node:
        """A list like this one with other items."""
        made = replace(self, value=[item.value for item in items], items=items)
        made.set_flags(items)
        return made

    def with_members(self, members: dict[str, Node], *, keys: Mapping[str, Node] | None = None) -> Node:
        """A mapping like this one with other members."""
        value: Json = {name: member.value for name, member in members.items()}
        places = self.keys if keys is None else keys
        made = replace(self, value=value, members=members, keys=places)
        made.set_flags(list(members.values()))
        made.has_template = made.has_template or may_hold_template("\n".join(members))
        return made

    def set_flags(self, inner: Iterable[Node]) -> None:
        """Notes whether one of the nodes inside holds a template or an include."""
        self.has_template = self.has_include = False
        for node in inner:
            if node.has_template:
                self.has_template = True
            if node.has_include:
                self.has_include = True


def may_hold_template(text: str) -> bool:
    """Whether a text may hold a template, or what looks like one."""
    return "{{" in text or "{%" in text


class Places(Mapping[str, Location]):
    """JSON pointers inside a node -> places of keys and items. Nodes that share a part share its places.

    Holds no node: every cell keeps some of these to the end of the run, and the tree of its nodes is ten times as big.
    """

    __slots__ = ("_inner", "_marks", "_paths", "_value")

    def __init__(self, node: Node) -> None:
        """The places of a mapping or a list; none of anything else."""
        keys = node.keys
        marks = keys.marks_of(node) if isinstance(keys, KeyNodes) else None
        self._paths: str | tuple[str, ...] = node.source.path
        if marks is None:
            places = node.items or [keys.get(name, node) for name in node.members or ()]
            marks = array("I", [mark for place in places for mark in (place.line, place.column, place.length)])
            if any(place.source is not node.source for place in places):
                self._paths = tuple(place.source.path for place in places)
        # Its keys and its length are those of the node; where there are none, nothing of a value is held.
        self._value: Json = node.value if marks else None
        # As bytes: an array of its own for each of so many would take twice the memory.
        self._marks = marks.tobytes()
        inside = node.items or (node.members.values() if node.members else ())
        inner = [places_of(item) if item.members or item.items else None for item in inside]
        has_inner = any(item is not None for item in inner)
        self._inner = tuple(inner) if has_inner else ()

    def share(self, value: Json) -> None:
        """Hold an equal value that others hold, too, in place of the node's own."""
        if self._value is None:
            return
        self._value = value
        inside = value.values() if isinstance(value, dict) else value
        if self._inner and isinstance(inside, Iterable):
            for inner, item in zip(self._inner, inside, strict=True):
                if inner is not None:
                    inner.share(item)

    @property
    def names(self) -> list[str]:
        """Keys, or indexes as texts."""
        count = len(self._value) if isinstance(self._value, list) else 0
        return list(self._value) if isinstance(self._value, dict) else list(map(str, range(count)))

    def location(self, index: int) -> Location:
        """The place of one key or item, counted from 0."""
        line, column, length = memoryview(self._marks).cast("I")[_MARKS * index : _MARKS * (index + 1)]
        path = self._paths if isinstance(self._paths, str) else self._paths[index]
        return Location(path=path, line=line, column=column, length=length)

    def inside(self, index: int) -> Places | None:
        """The places inside one value or item; None where there is nothing."""
        return self._inner[index] if self._inner else None

    def __getitem__(self, key: str) -> Location:
        *above, last = pointer_parts(key) or ("",)
        found: Places | None = self
        for part in above:
            names = [] if found is None else found.names
            found = found.inside(names.index(part)) if found is not None and part in names else None
        names = [] if found is None or not key else found.names
        if found is None or last not in names:
            raise KeyError(key)
        return found.location(names.index(last))

    def __iter__(self) -> Iterator[str]:
        for index, name in enumerate(self.names):
            here = pointer(name)
            yield here
            inner = self.inside(index)
            if inner is not None:
                yield from (here + below for below in inner)

    def __len__(self) -> int:
        return len(self.names) + sum(len(inner) for inner in self._inner if inner is not None)

    def __repr__(self) -> str:
        return f"Places({dict(self)!r})"


def places_of(node: Node) -> Places:
    """The places inside a node, worked out once for each."""
    if node.places is None:
        node.places = Places(node)
    return node.places
