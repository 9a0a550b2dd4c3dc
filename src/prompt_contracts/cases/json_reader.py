"""JSON text -> nodes with places, by JSON's own rules. Knows no key of the language.

YAML reads most JSON, but not surrogate pairs, tabs or every string; a file that is JSON is read as JSON.
"""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from typing import NoReturn

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import INCLUDE_KEYS, Node, SourceText, may_hold_template
from prompt_contracts.cases.scalars import NotJsonScalar, read_number
from prompt_contracts.json_value import MAX_DEPTH

_DECODER = JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_WORD = re.compile(r"true|false|null")
_WORDS = {"true": True, "false": False, "null": None}
_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonSyntaxError(ValueError):
    """The text is not JSON. Carries the place."""

    def __init__(self, message: str, place: Node) -> None:
        super().__init__(message)
        self.message = message
        self.place = place


def read_json_nodes(source: SourceText, findings: Findings) -> Node:
    """The value of a JSON text; `JsonSyntaxError` when it is none. Repeated keys and such go to `findings`."""
    reader = _Reader(source, findings)
    return reader.document()


class _Reader:
    def __init__(self, source: SourceText, findings: Findings) -> None:
        self._source = source
        self._text = source.text
        self._findings = findings
        self._at = 0
        self._starts = [
            0,
            # Lines as YAML counts them, so that a place means the same in both kinds of file.
            *(found.end() for found in re.finditer("\r\n|[\n\r\x85\u2028\u2029]", source.text)),
        ]
        self._line = 0

    def document(self) -> Node:
        self._skip()
        node = self._value(0)
        self._skip()
        if self._at < len(self._text):
            self._fail("more text follows after the end of the value")
        return node

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _here(self) -> Node:
        while self._line + 1 < len(self._starts) and self._starts[self._line + 1] <= self._at:
            self._line += 1
        return Node(None, self._source, self._line + 1, self._at - self._starts[self._line] + 1, 1)

    def _fail(self, message: str) -> NoReturn:
        raise JsonSyntaxError(message, self._here())

    def _close(self, node: Node) -> None:
        line = self._source.line(node.line) or ""
        end = self._starts[node.line - 1] + len(line.rstrip())
        node.length = max(1, min(self._at, end) - self._starts[node.line - 1] - node.column + 1)

    def _value(self, depth: int) -> Node:
        # This reader recurses, and so does all that looks at its nodes.
        if depth > MAX_DEPTH:
            self._fail(f"nested more than {MAX_DEPTH} levels deep")
        char = self._text[self._at : self._at + 1]
        node = self._here()
        if char == "{":
            self._mapping(node, depth)
        elif char == "[":
            self._list(node, depth)
        elif char == '"':
            node.value = self._string(node)
            node.has_template = may_hold_template(node.value)
        else:
            self._plain(node)
        self._close(node)
        return node

    def _plain(self, node: Node) -> None:
        word = _WORD.match(self._text, self._at)
        number = _NUMBER.match(self._text, self._at)
        if word is not None:
            node.value = _WORDS[word[0]]
            self._at = word.end()
        elif number is not None:
            value = read_number(number[0], is_integer=number[1] is None and number[2] is None)
            if isinstance(value, NotJsonScalar):
                self._findings.error("PC108", value.reason, node, advice=value.advice)
                node.value = value.value
            else:
                node.value = value
            self._at = number.end()
        else:
            self._fail("a value is missing here")

    def _string(self, place: Node) -> str:
        try:
            # Strings are left to the standard library: its scanner is written in C.
            text, self._at = _DECODER.raw_decode(self._text, self._at)
        except JSONDecodeError as error:
            self._at = error.pos
            self._fail(error.msg[0].lower() + error.msg[1:])
        # RFC 8259 (8.2) leaves open what such a string means, and no request could carry it as UTF-8.
        if _SURROGATE.search(text):
            message = "half of a surrogate pair: no character can be made of it"
            self._findings.error("PC108", message, place, advice="write the character itself")
            return _SURROGATE.sub("\ufffd", text)
        return str(text)

    def _expect(self, char: str) -> None:
        if self._text[self._at : self._at + 1] != char:
            self._fail(f"'{char}' is missing here")
        self._at += 1

    def _has_next(self, close: str) -> bool:
        """Whether another item follows; else the closing bracket has been read."""
        self._skip()
        if self._text[self._at : self._at + 1] == ",":
            self._at += 1
            self._skip()
            return True
        if self._text[self._at : self._at + 1] != close:
            self._fail(f"',' or '{close}' is missing here")
        self._at += 1
        return False

    def _opens_empty(self, close: str) -> bool:
        self._at += 1
        self._skip()
        if self._text[self._at : self._at + 1] == close:
            self._at += 1
            return True
        return False

    def _list(self, node: Node, depth: int) -> None:
        node.items = []
        more = not self._opens_empty("]")
        while more:
            node.items.append(self._value(depth + 1))
            more = self._has_next("]")
        node.value = [item.value for item in node.items]
        node.has_template = any(item.has_template for item in node.items)
        node.has_include = any(item.has_include for item in node.items)

    def _mapping(self, node: Node, depth: int) -> None:
        members: dict[str, Node] = {}
        keys: dict[str, Node] = {}
        more = not self._opens_empty("}")
        while more:
            key = self._here()
            if self._text[self._at : self._at + 1] != '"':
                self._fail("a key in double quotes is missing here")
            name = self._string(key)
            key.value = name
            self._close(key)
            self._skip()
            self._expect(":")
            self._skip()
            value = self._value(depth + 1)
            if name in members:
                first = keys[name]
                message = f"repeated key '{name}', first given at line {first.line}, column {first.column}"
                self._findings.error("PC106", message, key, advice="keep one of the two")
            else:
                members[name], keys[name] = value, key
            more = self._has_next("}")
        node.members, node.keys = members, keys
        node.value = {name: member.value for name, member in members.items()}
        inner = members.values()
        node.has_template = any(member.has_template for member in inner) or may_hold_template("\n".join(members))
        node.has_include = any(member.has_include for member in inner) or any(name in members for name in INCLUDE_KEYS)
