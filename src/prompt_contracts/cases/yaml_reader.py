"""YAML text -> nodes with places: JSON's scalars, no tags, no repeated keys. Knows no key of the language.

The parsing is PyYAML's, by libyaml where that was built in (some 30 times faster); the tree is made here,
from the events that both of its parsers give alike.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import INCLUDE_KEYS, KeyNodes, Mark, Node, SourceText, may_hold_template
from prompt_contracts.cases.scalars import NotJsonScalar, read_scalar
from prompt_contracts.json_value import MAX_DEPTH, Json

HAS_LIBYAML: bool = hasattr(yaml, "CBaseLoader")
"""Whether PyYAML was built with libyaml."""

# Aliases of aliases multiply ("billion laughs").
MAX_EXPANDED = 100_000
"""How many nodes all aliases of a file together may stand for."""

# YAML 1.1 (5.1), but for the byte order mark, which nobody sees inside a text.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_CALM = bytes([9, 10, 13, *range(0x20, 0x7F)])
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89abAB]|\\u[dD][c-fC-F]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXT_TAG = "tag:yaml.org,2002:str"
_FLAGGED = ("{{", "{%", "\\", *INCLUDE_KEYS)
"""Without any of these in a text there is no template and no include in it: a backslash may write the others."""
_UNQUOTED_TEMPLATE = re.compile(r"\{\{.*?\}\}")


class _RefusedError(Exception):
    """The text is YAML that is not composed any further; the finding is noted."""


def read_yaml_nodes(source: SourceText, findings: Findings, *, use_libyaml: bool = HAS_LIBYAML) -> Node | None:
    """The one document of a YAML text, or None when there is none or it cannot be read.

    Whatever is wrong goes to `findings`: PC100 and PC102 for what is no plain data, PC106, PC107, PC108.
    """
    # Hardly a file has any, and to ask the expression takes ten times as long.
    is_calm = source.text.isascii() and not source.text.encode().translate(None, _CALM)
    odd = None if is_calm else _UNPRINTABLE.search(source.text)
    if odd is not None:
        line, column = _place_of(source, odd.start())
        message = f"the character U+{ord(odd[0]):04X} may not stand in YAML"
        findings.error("PC100", message, Node(None, source, line, column, 1))
        return None
    # libyaml refuses the surrogate pairs in which JSON writes astral characters.
    text = source.text if source.text.endswith("\n") else source.text + "\n"
    if use_libyaml and _SURROGATE_ESCAPE.search(text) is None:
        noted = Findings()
        composer = _Composer(yaml.CBaseLoader(text), source, noted)
        try:
            node = composer.document()
            composer.check_leniency()
        except (yaml.YAMLError, _RefusedError):
            pass  # the other parser decides, and words the problem, so that both installations say the same
        else:
            findings.extend((*noted.errors, *noted.warnings))
            return node
    try:
        return _Composer(yaml.BaseLoader(text), source, findings).document()
    except yaml.YAMLError as error:
        from prompt_contracts.cases.yaml_problems import explain_problem

        explain_problem(error, source, findings)
    except _RefusedError:
        pass
    return None


def _place_of(source: SourceText, offset: int) -> tuple[int, int]:
    before = SourceText(path="", folder=source.folder, text=source.text[:offset]).lines
    return len(before), len(before[-1]) + 1


def _note_flags(node: Node, members: dict[str, Node]) -> None:
    """Note whether a template or an include is somewhere in a mapping."""
    node.set_flags(members.values())
    node.has_include = node.has_include or not members.keys().isdisjoint(INCLUDE_KEYS)
    node.has_template = node.has_template or any("{" in name and may_hold_template(name) for name in members)


class _Composer:
    """Turns the events of one parser into nodes."""

    def __init__(self, parser: Any, source: SourceText, findings: Findings) -> None:
        self._next = parser.get_event
        self._source = source
        self._findings = findings
        self._lines = source.lines
        self._may_be_flagged = any(sign in source.text for sign in _FLAGGED)
        self._words: dict[str, Json] = {}
        """What unquoted scalars mean, for a file says the same ones again and again."""
        self._anchors: dict[str, Node | None] = {}
        self._sizes: dict[str, int] = {}
        self._count = 0
        self._expanded = 0
        self._collections = 0
        self._flow_depth = 0
        self._has_question = False
        self._tabs = source.text.count("\t")
        self._commented = {
            number for number, line in enumerate(self._lines) if "#" in line and (" #" in line or "\t#" in line)
        }

    def document(self) -> Node | None:
        self._next()
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        root = self._node(self._next(), 0)
        self._next()
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            message = "a second document starts here: a file holds one"
            self._findings.error("PC100", message, self._place(event), advice="put it into a file of its own")
            return None
        return root

    def check_leniency(self) -> None:
        """`YAMLError` where libyaml reads what PyYAML's own parser may refuse: the stricter one decides.

        These are a `?` in unquoted text inside brackets, and tabs between values.
        """
        if self._has_question or self._tabs:
            raise yaml.YAMLError

    def _node(self, event: Any, depth: int) -> Node:
        kind = event.__class__
        if kind is yaml.MappingStartEvent and event.anchor is None and event.tag is None and depth <= MAX_DEPTH:
            return self._mapping(event, depth)
        if kind is yaml.AliasEvent:
            return self._alias(event)
        if depth > MAX_DEPTH:
            raise self._refused(f"nested more than {MAX_DEPTH} levels deep", event)
        anchor, before = event.anchor, self._count
        if anchor is not None:
            self._anchors[anchor] = None
        if event.tag is not None and (event.tag != "!" or kind is not yaml.ScalarEvent or event.implicit[0]):
            self._tag(event)
        if kind is yaml.ScalarEvent:
            node = self._scalar(event)
        elif kind is yaml.SequenceStartEvent:
            node = self._list(event, depth)
        else:
            node = self._mapping(event, depth)
        if anchor is not None:
            self._anchors[anchor] = node
            self._sizes[anchor] = self._count - before
        return node

    def _tag(self, event: Any) -> None:
        shown = event.tag.replace("tag:yaml.org,2002:", "!!")
        advice = "leave it out; put a value in quotes if text is meant"
        message = f"the tag '{shown}' is refused: a case file is plain data"
        self._findings.error("PC107", message, self._place(event), advice=advice)

    def _alias(self, event: Any) -> Node:
        if event.anchor not in self._anchors:
            raise self._refused(f"the alias '*{event.anchor}' names no anchor above it", event)
        node = self._anchors[event.anchor]
        if node is None:
            raise self._refused(f"the alias '*{event.anchor}' stands inside the value that it names", event)
        size = self._sizes[event.anchor]
        self._count += size
        self._expanded += size
        if self._expanded > MAX_EXPANDED:
            raise self._refused(f"the aliases of this file stand for more than {MAX_EXPANDED:,} values", event)
        return node.moved_to(self._place(event))

    def _refused(self, message: str, event: Any) -> _RefusedError:
        self._findings.error("PC100", message, self._place(event))
        return _RefusedError()

    def _scalar(self, event: Any) -> Node:
        self._count += 1
        start, end = event.start_mark, event.end_mark
        line, column = start.line, start.column
        length = end.column - column or 1 if line == end.line else self._to_line_end(line, column)
        text: str = event.value
        node = Node(text, self._source, line + 1, column + 1, length)
        if event.style:
            if self._tabs and event.anchor is None and event.tag is None:
                self._tabs -= self._source.text.count("\t", start.index, end.index)
            if not text.isascii() and _LONE_SURROGATE.search(text):
                node.value = self._joined(text, node)
        else:
            if self._flow_depth > 0 and "?" in text:
                self._has_question = True
            # Checked further as the text that the refused tag asks for.
            if event.tag != _TEXT_TAG:
                node.value = self._words[text] if text in self._words else self._word(text, node)
            if self._commented:
                node.is_cut = end.line in self._commented and self._is_cut(end)
        if self._may_be_flagged and "{" in text:
            node.has_template = may_hold_template(text)
        return node

    def _word(self, text: str, place: Node) -> Json:
        """The value of an unquoted scalar."""
        value = read_scalar(text)
        if isinstance(value, NotJsonScalar):
            self._findings.error("PC108", value.reason, place, advice=value.advice)
            return value.value
        self._words[text] = value
        return value

    def _is_cut(self, end: Any) -> bool:
        rest = self._lines[end.line][end.column :]
        return rest[:1] in (" ", "\t", "#") and rest.lstrip(" \t").startswith("#")

    def _joined(self, text: str, place: Node) -> str:
        # JSON writes a character above U+FFFF as two escapes, and YAML reads each by itself.
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        if "\ufffd" in joined and "\ufffd" not in text:
            message = "half of a surrogate pair: no character can be made of it"
            self._findings.error("PC108", message, place, advice="write the character itself")
        return joined

    def _list(self, event: Any, depth: int) -> Node:
        self._count += 1
        items: list[Node] = []
        # Most of a file is scalars with nothing about them: these need no more than `_scalar`.
        common = yaml.ScalarEvent if depth < MAX_DEPTH else None
        take, end = self._next, yaml.SequenceEndEvent
        self._flow_depth += bool(event.flow_style)
        while (inner := take()).__class__ is not end:
            is_common = inner.__class__ is common and inner.anchor is None and inner.tag is None
            items.append(self._scalar(inner) if is_common else self._node(inner, depth + 1))
        self._flow_depth -= bool(event.flow_style)
        node = self._collection(event, inner)
        node.items = items
        node.value = [item.value for item in items]
        if self._may_be_flagged:
            node.set_flags(items)
        return node

    def _mapping(self, event: Any, depth: int) -> Node:
        self._count += 1
        marks: dict[str, Mark] = {}
        members: dict[str, Node] = {}
        merged: Node | None = None
        template: str | None = None
        common = yaml.ScalarEvent if depth < MAX_DEPTH else None  # as in `_list`
        take, end = self._next, yaml.MappingEndEvent
        self._flow_depth += bool(event.flow_style)
        while (inner := take()).__class__ is not end:
            key = self._key(inner, event, depth)
            found = take()
            is_common = found.__class__ is common and found.anchor is None and found.tag is None
            node = self._scalar(found) if is_common else self._node(found, depth + 1)
            if not isinstance(key, tuple):
                template = key or template
                continue
            name, mark = key
            # An empty value stands nowhere: its key is what a person can see.
            if node.value is None and found.__class__ is yaml.ScalarEvent and not found.value:
                node = node.moved_to(Node(name, self._source, *mark))
            if name in marks:
                self._repeated(name, mark, marks[name])
                continue
            marks[name] = mark
            # YAML 1.1's merge key; in quotes it is a plain key.
            if name == "<<" and inner.__class__ is yaml.ScalarEvent and not inner.style:
                merged = node
            else:
                members[name] = node
        self._flow_depth -= bool(event.flow_style)
        node = self._collection(event, inner)
        if merged is not None:
            del marks["<<"]
            self._merge(merged, marks, members)
        if template is not None:
            # Checked further as the text that was meant, so that one mistake makes one finding.
            node.value, node.length, node.has_template = template, len(template), True
            return node
        node.keys = KeyNodes(marks, self._source)
        node.value = {name: member.value for name, member in members.items()}
        node.members = members
        if self._may_be_flagged:
            _note_flags(node, members)
        return node

    def _key(self, event: Any, mapping: Any, depth: int) -> tuple[str, Mark] | str | None:
        """The key as text and its place. A mapping or list is no key, and a finding: the template that was meant."""
        kind: Any = event.__class__
        if kind is not yaml.ScalarEvent:
            node = self._node(event, depth + 1)
            mark = node.line, node.column, node.length
            return (node.value, mark) if isinstance(node.value, str) else self._refused_key(node, mapping)
        text: str = event.value
        if event.tag is None and event.anchor is None:
            start, end = event.start_mark, event.end_mark
            line, column = start.line, start.column
            length = end.column - column or 1 if line == end.line else self._to_line_end(line, column)
            mark = line + 1, column + 1, length
        else:
            node = self._node(event, depth + 1)
            node.value = text
            mark = node.line, node.column, node.length
        if self._flow_depth > 0 and "?" in text and not event.style:
            self._has_question = True
        if text.isascii() or not _LONE_SURROGATE.search(text):
            return text, mark
        return self._joined(text, Node(None, self._source, *mark)), mark

    def _refused_key(self, node: Node, mapping: Any) -> str | None:
        place = self._place(mapping)
        line = self._source.line(place.line) or ""
        template = _UNQUOTED_TEMPLATE.match(line, place.column - 1)
        if template is None:
            self._findings.error("PC102", "a key must be text", node, advice="put the key in quotes")
            return None
        place.length = len(template[0])
        message = f"YAML reads {template[0]} without quotes as a mapping"
        self._findings.error("PC102", message, place, advice=f'put the text in quotes: "{template[0]}"')
        return template[0]

    def _repeated(self, name: str, key: Mark, first: Mark) -> None:
        message = f"repeated key '{name}', first given at line {first[0]}, column {first[1]}"
        self._findings.error("PC106", message, Node(name, self._source, *key), advice="keep one of the two")

    def _merge(self, merged: Node, marks: dict[str, Mark], members: dict[str, Node]) -> None:
        for part in merged.items if merged.items is not None else [merged]:
            if part.members is None:
                message = "'<<' takes a mapping or a list of mappings"
                self._findings.error("PC102", message, part, advice='write "<<" in quotes if the text is meant')
                continue
            for name, member in part.members.items():
                # What the mapping writes itself wins, whatever the order (yaml.org/type/merge.html).
                if name not in members:
                    place = part.key(name)
                    members[name] = member
                    marks[name] = place.line, place.column, place.length

    def _place(self, event: Any) -> Node:
        return Node(None, self._source, *self._mark(event))

    def _mark(self, event: Any) -> Mark:
        """Where an event stands; what goes over several lines is underlined to the end of the first."""
        start, end = event.start_mark, event.end_mark
        line, column = start.line, start.column
        return line + 1, column + 1, end.column - column or 1 if line == end.line else self._to_line_end(line, column)

    def _collection(self, event: Any, end: Any) -> Node:
        """A collection without what it holds. The caret of one ends with it, or with its first line."""
        start = event.start_mark
        line, column = start.line, start.column
        if event.flow_style and end.end_mark.line == line:
            length = max(1, end.end_mark.column - column)
        else:
            length = self._to_line_end(line, column)
        node = Node(None, self._source, line + 1, column + 1, length)
        node.number = self._collections
        self._collections += 1
        return node

    def _to_line_end(self, line: int, column: int) -> int:
        lines = self._lines
        return max(1, len(lines[line].rstrip()) - column) if line < len(lines) else 1
