"""One value of a case file, written anew as text: every other byte stays. Where that cannot be, it says why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import yaml

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import SourceText
from prompt_contracts.cases.yaml_reader import read_yaml_nodes
from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json, canonical, spell
from prompt_contracts.location import Location

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[ -][A-Za-z0-9_]+)*")
_WORDS = frozenset({"true", "false", "null"})
_COMMENT = re.compile(r"(?:^|\s)#", re.MULTILINE)


class UnwritableValue(Exception):
    """A value that is not written where only one thing would change; the message says where it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueEdit:
    """What a text becomes."""

    start: int
    """Where the old value starts, in characters."""
    end: int
    new: str

    def applied(self, text: str) -> str:
        """The text with the new value."""
        return text[: self.start] + self.new + text[self.end :]


def value_edit(text: str, key: Location, value: Json) -> ValueEdit:
    """The edit that writes a value under the key at a place; `UnwritableValue` where more would change than that."""
    found = _values(text).get((key.line, key.column))
    if found is None:
        raise UnwritableValue(f"there is no value at {key}")
    around, name, node = found
    part = str(around[0][0].value) if around else str(name.value)
    if part != "cases":
        raise UnwritableValue(f"it stands in '{part}', and other cases start from it: write it there, or in the case")
    start, end = node.start_mark.index, _end(node)
    if start < name.end_mark.index:
        raise UnwritableValue(f"it is an alias, and stands at line {node.start_mark.line + 1}: write it in the case")
    for each in (*(inner for _, inner in around), node):
        if text[each.start_mark.index : each.start_mark.index + 1] == "&":
            line = each.start_mark.line + 1
            raise UnwritableValue(f"it has an anchor at line {line}, and what names that would change, too")
    old = text[start:end]
    if "{{" in old or "{%" in old:
        raise UnwritableValue("it is a template, and other rows may need it")
    if _COMMENT.search(old) and not isinstance(node, yaml.ScalarNode):
        raise UnwritableValue("a comment stands in it, and would be lost")
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        raise UnwritableValue("it is a text of several lines")
    new = flow_text(value)
    if _read(new) != canonical(value):
        raise UnwritableValue("it would be read as another value")
    return ValueEdit(start=start, end=end, new=new)


def _read(text: str) -> str | None:
    findings = Findings()
    node = read_yaml_nodes(SourceText(path="", folder=Path(), text=f"[{text}]"), findings)
    return None if node is None or not node.items or findings.count else canonical(node.items[0].value)


_Around = Sequence[tuple[yaml.Node, yaml.Node]]
"""Keys, or the item itself in a list, and values from the root to what is around a value."""
_Found = tuple[_Around, yaml.Node, yaml.Node]
"""That, a key, and its value."""


@lru_cache(maxsize=2)
def _values(text: str) -> dict[tuple[int, int], _Found]:
    """Every value of a file by the line and the column of its key; a file has many, and is read once for them."""
    # libyaml does not count a byte order mark.
    loader = yaml.BaseLoader if text.startswith("\ufeff") else getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        root = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        raise UnwritableValue(f"the file cannot be read: {error}") from None
    found: dict[tuple[int, int], _Found] = {}
    for around, name, value in _below(root, ()):
        found.setdefault((name.start_mark.line + 1, name.start_mark.column + 1), (around, name, value))
    return found


def _below(node: yaml.Node | None, around: _Around) -> Iterator[_Found]:
    if isinstance(node, yaml.MappingNode):
        for name, inner in node.value:
            yield around, name, inner
            # An alias leads to what stands before it: there it was looked for.
            if inner.start_mark.index >= name.end_mark.index:
                yield from _below(inner, (*around, (name, inner)))
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            if item.start_mark.index > node.start_mark.index:
                yield from _below(item, (*around, (item, item)))


def flow_text(value: Json) -> str:
    """A value on one line of YAML, as people write it where that means the same."""
    match value:
        case str() if _PLAIN.fullmatch(value) and value not in _WORDS:
            return value
        case list():
            return f"[{', '.join(map(flow_text, value))}]"
        case dict():
            return f"{{{', '.join(f'{_key(key)}: {flow_text(item)}' for key, item in value.items())}}}"
        case _:
            return spell(value)


def _key(key: str) -> str:
    return key if _PLAIN.fullmatch(key.removeprefix("$")) and key not in _WORDS else json.dumps(key, ensure_ascii=False)


def _end(node: yaml.Node) -> int:
    """Where a value ends; a block of PyYAML's ends where the next thing starts, comments between them included."""
    is_block = isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value
    if not is_block:
        return int(node.end_mark.index)
    last = node.value[-1]
    return max(map(_end, last)) if isinstance(last, tuple) else _end(last)
