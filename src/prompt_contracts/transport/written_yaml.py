"""YAML text of the very form in which recordings are written -> plain data; None for every other form of YAML.

A third of the time of libyaml's events. What is read here is what the reader of all YAML would have read: whatever is
not certainly so, is left to it. No aliases, no tags, no depth, one document; one pass over the text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import repeat
from operator import contains

from prompt_contracts.transport.cassette_yaml import Plain, read_plain

_START = "interactions:\n"
_END = "version: 1\n"
# libyaml writes it in every file that holds a block whose line ends all count.
_DOCUMENT_END = "...\n"
_UNCALM = tuple(map(chr, (*range(10), *range(11, 0x20), 0x7F)))
"""The characters of ASCII that YAML refuses, changes, or takes for the end of a line."""

# A plain scalar starts harmlessly, and nothing in it could be a key, a comment or white space that is dropped.
_PLAIN = r"[A-Za-z0-9/](?:[!-9;-~]++|:(?=[!-~])|\ (?=[!\"$-~]))*+"
_SCALAR = rf"(?:{_PLAIN}|'[^'\n]*+'|\"[^\"\\\n]*+\")"
# libyaml takes no key of more than 1,024 characters.
_KEY = r"[A-Za-z][A-Za-z0-9_-]{0,99}+"
_HEADERS = rf"(?:\ \{{\}}\n|\n((?:\ {{6}}{_KEY}:\n(?:\ {{6}}-\ {_SCALAR}\n)++)++))"

_REQUEST = re.compile(
    rf"""-\ request:\n
    \ {{4}}method:\ ({_SCALAR})\n
    \ {{4}}uri:\ ({_SCALAR})\n
    \ {{4}}headers:{_HEADERS}
    \ {{4}}body:\ (?:({_SCALAR})|(\|[+-]?))\n""",
    re.VERBOSE,
)
_RESPONSE = re.compile(
    rf"""\ \ response:\n
    \ {{4}}status:\n
    \ {{6}}code:\ ({_SCALAR})\n
    \ {{6}}message:\ ({_SCALAR})\n
    \ {{4}}headers:{_HEADERS}
    \ {{4}}body:\n
    \ {{6}}string:\ (?:({_SCALAR})|(\|[+-]?))\n""",
    re.VERBOSE,
)
_OWN = re.compile(
    rf"\ {{4}}(prompt_contracts):\n((?:\ {{6}}{_KEY}:(?:\ {_SCALAR}\n|\n(?:\ {{8}}{_KEY}:\ {_SCALAR}\n)++))++)",
    re.VERBOSE,
)

_NEXT_ENTRY = "\n- request:\n"
_OWN_LINE = "\n    prompt_contracts:\n"


class _OtherFormError(Exception):
    """The text is not written as we write."""


def read_written(text: str) -> Plain:
    """The same as `read_cassette_yaml`, or None where that has to be asked; raises nothing."""
    text = text.removesuffix(_DOCUMENT_END)
    if not text.startswith(_START) or not text.endswith("\n" + _END) or not _is_calm(text):
        return None
    end = len(text) - len(_END)
    try:
        return {"interactions": _interactions(text, len(_START), end), "version": 1}
    # A number of more digits than Python reads is an error, too, which the other reader words.
    except (_OtherFormError, ValueError, OverflowError):
        return None


def _is_calm(text: str) -> bool:
    """Whether every character is one that YAML takes and keeps: no tab, no other line end, nothing invisible."""
    if text.isascii():
        # One search for each of them takes half as long as one look at each character of the text.
        return not any(map(contains, repeat(text), _UNCALM))
    return text.replace("\n", "").isprintable()


def _interactions(text: str, at: int, end: int) -> list[Plain]:
    found: list[Plain] = []
    while at < end:
        request, at = _request(text, at)
        response, at = _response(text, at)
        found.append({"request": request, "response": response})
    if at != end or not found:
        raise _OtherFormError
    return found


def _request(text: str, at: int) -> tuple[Plain, int]:
    head = _REQUEST.match(text, at)
    if head is None:
        raise _OtherFormError
    method, uri, headers, body, block = head.groups()
    at = head.end()
    content = _scalar(body)
    if block is not None:
        # A line of the block has more than two spaces before it, or nothing in it.
        end = text.find("\n  response:\n", at - 1) + 1
        content, at = _literal(text, at, end, block, "      "), end
    fields: dict[str, Plain] = {"method": _scalar(method), "uri": _scalar(uri), "headers": _headers(headers)}
    return {**fields, "body": content}, at


def _response(text: str, at: int) -> tuple[Plain, int]:
    head = _RESPONSE.match(text, at)
    if head is None:
        raise _OtherFormError
    code, message, headers, body, block = head.groups()
    at = head.end()
    content = _scalar(body)
    if block is not None:
        end = _end_of_response(text, at)
        content, at = _literal(text, at, end, block, "        "), end
    response: dict[str, Plain] = {
        "status": {"code": _scalar(code), "message": _scalar(message)},
        "headers": _headers(headers),
        "body": {"string": content},
    }
    own = _OWN.match(text, at)
    if own is not None:
        response[own[1]] = _own(own[2])
        at = own.end()
    return response, at


def _end_of_response(text: str, at: int) -> int:
    """Where the first line begins that cannot belong to the block of a response's body."""
    entry = text.find(_NEXT_ENTRY, at - 1)
    last = len(text) - len(_END) - 1 if entry < 0 else entry
    own = text.find(_OWN_LINE, at - 1, last + 1)
    return (last if own < 0 else own) + 1


def _literal(text: str, start: int, end: int, mark: str, indent: str) -> str:
    """The content of a block between two places, the second at the start of a line."""
    # The first line tells how far a block is indented, so it must be neither empty nor indented any further.
    first = start + len(indent)
    if end <= first or not text.startswith(indent, start) or text[first] in " \n":
        raise _OtherFormError
    lines = text[first : end - 1].split("\n" + indent)
    # Some lines are not indented as far: they may be empty, and nothing else.
    if "\n" in "".join(lines) and any(
        line and not line.startswith(indent) for line in text[start : end - 1].split("\n")
    ):
        raise _OtherFormError
    content = "\n".join(lines)
    if mark == "|+":
        return content + "\n"
    return content.rstrip("\n") + ("" if mark == "|-" else "\n")


def _scalar(written: str | None) -> Plain:
    if written is None:
        return None
    if written[0] in "'\"":
        return written[1:-1]
    return read_plain(written)


def _headers(block: str | None) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    values: list[Plain] = []
    for line in () if block is None else block[:-1].split("\n"):
        key, value = _known_line(line) if len(line) <= _SHORT else _line(line)
        if key is None:
            values.append(value)
        else:
            values = []
            _put(found, key, values)
    return found


def _own(block: str) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    inner: dict[str, Plain] = {}
    for line in block[:-1].split("\n"):
        key, value = _known_line(line) if len(line) <= _SHORT else _line(line)
        if line[6] == " ":
            _put(inner, key, value)
        elif line[-1] != ":":
            _put(found, key, value)
        else:
            inner = {}
            _put(found, key, inner)
    return found


def _line(line: str) -> tuple[str | None, Plain]:
    """The key and the value of a line below headers or among what is our own: None for what is not in it."""
    if line[6] == "-":
        return None, _scalar(line[8:])
    key, _, written = line.lstrip().partition(":")
    # The other reader says what is wrong with a key that YAML takes for no text, such as `on`.
    if not isinstance(read_plain(key), str):
        raise _OtherFormError
    return key, _scalar(written[1:] or None)


_SHORT = 60
# Most of them stand in every recording; what is long is never kept.
_known_line = lru_cache(maxsize=1024)(_line)


def _put(found: dict[str, Plain], key: str | None, value: Plain) -> None:
    # The other reader says what is wrong with a key that stands twice.
    if key is None or key in found:
        raise _OtherFormError
    found[key] = value
