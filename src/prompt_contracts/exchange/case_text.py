"""Plain data with remarks -> the text of a case file, in block style. Knows no key of the language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from textwrap import wrap
from typing import TypeAlias

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json
from prompt_contracts.renderers.inert_text import HOSTILE, one_line

Tree: TypeAlias = "bool | int | float | str | list[Tree] | dict[str, Tree] | Remarked | None"
"""JSON, in which any value may have remarks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarked:
    """A value, and the comments that stand before its key or its place in a list."""

    value: Tree
    remarks: tuple[str, ...]


_INDENT = "  "
_WIDEST_FLOW = 72
_WIDEST_REMARK = 600
_WIDEST_LINE = 116
_WORD = r"[A-Za-z_$][\w$./-]*"
# Text that YAML reads as it stands: it starts like a word, and holds no sign that means something there.
_PLAIN_IN_FLOW = re.compile(rf"{_WORD}(?: [\w$./()-]+)*", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z_$](?:[\w$./()'\"!?;=+*%&@,{}-]|:(?=[\w/])| (?=[\w$./()'\"!?;=+*%&@{}-]))*")
_READ_OTHERWISE = re.compile(r"(?i)(?:true|false|null|yes|no|on|off|y|n)")
_UNSAFE_IN_BLOCK = re.compile(r"[^\n\x20-\x7e\xa1-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def case_text(tree: Mapping[str, Tree], *, head: Iterable[str] = ()) -> str:
    """The text of a document whose top level is a mapping; `head` are comments before it."""
    lines = [line for each in head for line in _comment(each, "")]
    lines += _mapping(dict(tree), "")
    return "\n".join(lines) + "\n"


def bare(tree: Tree) -> Tree:
    """The data alone, without any remark."""
    if isinstance(tree, Remarked):
        return bare(tree.value)
    if isinstance(tree, dict):
        return {key: bare(value) for key, value in tree.items()}
    return [bare(item) for item in tree] if isinstance(tree, list) else tree


def as_tree(value: Mapping[str, Json] | Json) -> Tree:
    """JSON as such a tree."""
    if isinstance(value, Mapping):
        return {key: as_tree(member) for key, member in value.items()}
    return [as_tree(item) for item in value] if isinstance(value, list) else value


def _split(tree: Tree) -> tuple[Tree, tuple[str, ...]]:
    remarks: tuple[str, ...] = ()
    while isinstance(tree, Remarked):
        remarks, tree = (*remarks, *tree.remarks), tree.value
    return tree, remarks


def _comment(text: str, indent: str) -> list[str]:
    lines: list[str] = []
    for each in text.split("\n"):
        room = max(_WIDEST_LINE - len(indent), 40)
        wrapped = wrap(one_line(each, _WIDEST_REMARK), room, subsequent_indent=_INDENT, break_on_hyphens=False)
        lines += [f"{indent}# {line}".rstrip() for line in wrapped or [""]]
    return lines


def _mapping(members: dict[str, Tree], indent: str) -> list[str]:
    lines: list[str] = []
    for key, member in members.items():
        value, remarks = _split(member)
        for remark in remarks:
            lines += _comment(remark, indent)
        lines += _entry(f"{indent}{_key(key)}:", value, indent)
    return lines


def _entry(start: str, value: Tree, indent: str) -> list[str]:
    """A key or a dash, and what stands behind or below it."""
    short = _short(value, len(start))
    if short is not None:
        return [f"{start} {short}".rstrip()]
    if isinstance(value, dict):
        return [start, *_mapping(value, indent + _INDENT)]
    if isinstance(value, list):
        return [start, *_list(value, indent + _INDENT)]
    assert isinstance(value, str)  # noqa: S101 - all other scalars are short
    return _block(start, value, indent + _INDENT)


def _list(items: list[Tree], indent: str) -> list[str]:
    lines: list[str] = []
    for item in items:
        value, remarks = _split(item)
        for remark in remarks:
            lines += _comment(remark, indent)
        short = _short(value, len(indent) + 1)
        if short is None and isinstance(value, dict):
            below = _mapping(_without_first_remarks(value, lines, indent), indent + _INDENT)
            lines += [f"{indent}- {below[0].lstrip()}", *below[1:]]
        elif short is None and isinstance(value, list):
            lines += [f"{indent}-", *_list(value, indent + _INDENT)]
        else:
            lines += _entry(f"{indent}-", value, indent)
    return lines


def _without_first_remarks(members: dict[str, Tree], lines: list[str], indent: str) -> dict[str, Tree]:
    """The remarks on the first key stand before the dash: the key itself stands behind it."""
    first = next(iter(members))
    value, remarks = _split(members[first])
    for remark in remarks:
        lines += _comment(remark, indent)
    return {**members, first: value}


def _short(value: Tree, used: int) -> str | None:
    """The value on the line where it starts; None where it is too long for that."""
    if isinstance(value, str):
        return None if _is_block(value) else _scalar(value, _PLAIN)
    if isinstance(value, (dict, list)) and value:
        flow = _flow(value, 0)
        return flow if flow is not None and len(flow) + used <= _WIDEST_FLOW + 8 and len(flow) <= _WIDEST_FLOW else None
    return _flow(value, 0)


def _flow(value: Tree, depth: int) -> str | None:
    if isinstance(value, Remarked) or depth > 3:
        return None
    if isinstance(value, str):
        return None if "\n" in value else _scalar(value, _PLAIN_IN_FLOW)
    if not isinstance(value, (dict, list)):
        return "null" if value is None else str(value).lower() if isinstance(value, bool) else _number(value)
    parts: list[str] = []
    for key, member in value.items() if isinstance(value, dict) else ((None, item) for item in value):
        part = _flow(member, depth + 1)
        if part is None:
            return None
        parts.append(part if key is None else f"{_key(key)}: {part}")
    opened, closed = "{}" if isinstance(value, dict) else "[]"
    return f"{opened}{', '.join(parts)}{closed}"


def _number(value: float) -> str:
    text = repr(value)
    return text if "e" not in text or "." in text else text.replace("e", ".0e")


def _key(key: str) -> str:
    return _scalar(key, _PLAIN_IN_FLOW)


def _scalar(text: str, plain: re.Pattern[str]) -> str:
    if plain.fullmatch(text) and not _READ_OTHERWISE.fullmatch(text):
        return text
    return f'"{_escaped(text)}"'


_SIGNS = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_TO_ESCAPE = re.compile(rf'["\\\n\t\r]|{HOSTILE.pattern}|{_UNSAFE_IN_BLOCK.pattern}')


def _escaped(text: str) -> str:
    def escape(match: re.Match[str]) -> str:
        sign = match[0]
        number = ord(sign)
        return _SIGNS.get(sign) or (f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}")

    return _TO_ESCAPE.sub(escape, text)


def _is_block(text: str) -> bool:
    """Whether the text is written line by line: it has several lines, and each survives that."""
    is_long = "\n" in text.rstrip("\n") or (text.endswith("\n") and bool(text.strip("\n")))
    return is_long and bool(text.strip()) and not _UNSAFE_IN_BLOCK.search(text) and not HOSTILE.search(text)


def _block(start: str, text: str, indent: str) -> list[str]:
    body = text.rstrip("\n")
    trailing = len(text) - len(body)
    chomping = "-" if trailing == 0 else "" if trailing == 1 else "+"
    # A first line that starts with a space would be taken for deeper indentation.
    indicator = str(len(_INDENT)) if body[0] in " \n" else ""
    lines = [f"{indent}{line}" if line else "" for line in body.split("\n")]
    return [f"{start} |{indicator}{chomping}", *lines, *([""] * (trailing - 1))]


def clean_text(text: str) -> str:
    """The text without halves of surrogate pairs, which no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
