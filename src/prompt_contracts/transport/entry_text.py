"""One interaction of the form that we store -> the very text that PyYAML writes for it, in a tenth of the time.

The twin of `written_yaml`: whatever PyYAML might write otherwise is left to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import yaml

from prompt_contracts.data_class import dataclass

# A plain scalar starts harmlessly, and nothing in it could be a key or a comment.
_PLAIN = re.compile(r"[A-Za-z0-9/](?:[!-9;-~]|:(?=[!-~])|\ (?=[!\"$-~]))*+\Z")
_QUOTED = re.compile(r"[!-~](?:[ -~]*[!-~])?\Z")
# libyaml takes no key of more than 128 bytes for a simple one.
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}+\Z")
_DECIMAL = re.compile(r"[0-9]{1,9}\.[0-9]{1,17}\Z")
_LONGEST_SCALAR = 1000
_DEEPEST_INDENT = 8
_MOST_SHORT = 64
_BLOCK_BYTES = bytes([10, *range(0x20, 0x7F)])
# libyaml takes what lies above for unprintable.
_ABOVE = re.compile("[\U00010000-\U0010ffff]")
_RESOLVERS: Mapping[str, list[tuple[str, re.Pattern[str]]]] = yaml.SafeDumper.yaml_implicit_resolvers


HEAD, TAIL = "interactions:\n", "version: 1\n"
# libyaml ends a document so where the last block in it keeps the line ends that it ends with.
END = "...\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryText:
    """A recording of one interaction."""

    text: str
    rest: str
    """The text without its bodies: a character that no key holds stands for each."""


class _OtherFormError(Exception):
    """Only PyYAML knows how this is written."""


class Block(str):
    """A text to be written as a literal block."""

    __slots__ = ()


def entry_text(interaction: Mapping[str, Any]) -> EntryText | None:
    """The recording of one interaction that is clean; None where only PyYAML knows how it is written."""
    request, response = interaction["request"], interaction["response"]
    try:
        head = "".join(_request_head(request))
        asked = _body(request["body"], "      ")
        middle = "".join(_response_head(response))
        answered = _body(response["body"]["string"], "        ")
        tail = "".join(_tail(response))
    except _OtherFormError:
        return None
    last = answered if answered.startswith("|") else asked
    end = END if last.startswith("|+") else ""
    return EntryText(
        text=f"{HEAD}{head}{asked}{middle}{answered}{tail}{TAIL}{end}",
        rest=f"{head}\0{middle}\0{tail}",
    )


def _request_head(request: Mapping[str, Any]) -> Iterator[str]:
    _check_keys(request, "method", "uri", "headers", "body")
    yield f"- request:\n    method: {_scalar(request['method'])}\n    uri: {_scalar(request['uri'])}\n    headers:"
    yield from _headers(request["headers"])
    yield "    body: "


def _response_head(response: Mapping[str, Any]) -> Iterator[str]:
    status, body = response["status"], response["body"]
    _check_keys(status, "code", "message")
    _check_keys(body, "string")
    code, message = _scalar(status["code"]), _scalar(status["message"])
    yield f"  response:\n    status:\n      code: {code}\n      message: {message}\n    headers:"
    yield from _headers(response["headers"])
    yield "    body:\n      string: "


def _tail(response: Mapping[str, Any]) -> Iterator[str]:
    own = list(response)[3:]
    _check_keys(response, "status", "headers", "body", *own)
    for name in own:
        yield f"    {_key(name)}:\n"
        yield from _mapping(response[name], "      ")


def _check_keys(data: object, *names: str) -> None:
    if not isinstance(data, dict) or tuple(data) != names:
        raise _OtherFormError


def _headers(headers: Mapping[str, Any]) -> Iterator[str]:
    if not headers:
        yield " {}\n"
        return
    yield "\n"
    for name, values in headers.items():
        if not isinstance(values, list) or not values:
            raise _OtherFormError
        yield f"      {_key(name)}:\n"
        yield from (f"      - {_scalar(value)}\n" for value in values)


def _mapping(data: object, indent: str) -> Iterator[str]:
    if not isinstance(data, dict) or not data or len(indent) > _DEEPEST_INDENT:
        raise _OtherFormError
    for name, value in data.items():
        if isinstance(value, dict):
            yield f"{indent}{_key(name)}:\n"
            yield from _mapping(value, f"{indent}  ")
        else:
            yield f"{indent}{_key(name)}: {_scalar(value)}\n"


def _body(body: object, indent: str) -> str:
    """A body with the end of its last line."""
    if not isinstance(body, Block):
        return f"{_scalar(body)}\n"
    # How a block says what becomes of the line ends at its end.
    mark = "|-" if not body.endswith("\n") else "|+" if body.endswith("\n\n") else "|"
    end = "\n" if mark == "|-" else ""
    return f"{mark}\n{indent}{_indented(body, indent)}{end}"


def _indented(text: str, indent: str) -> str:
    # The first line tells how far a block is indented, and libyaml writes no block with spaces at the end of a line.
    if not text or text[0] in " \n" or text[-1] == " " or " \n" in text or not _fits_block(text):
        raise _OtherFormError
    if "\n\n" not in text:
        return text.replace("\n", f"\n{indent}", text.count("\n") - (text[-1] == "\n"))
    return "\n".join(f"{indent}{line}" if line else line for line in text.split("\n")).removeprefix(indent)


def _fits_block(text: str) -> bool:
    if text.isascii():
        return not text.encode().translate(None, _BLOCK_BYTES)
    return text.replace("\n", "").isprintable() and not _ABOVE.search(text)


def _key(name: object) -> str:
    if type(name) is not str or not _KEY.match(name) or _scalar(name) != name:
        raise _OtherFormError
    return name


def _scalar(value: object) -> str:
    if type(value) is str:
        written = _short(value) if len(value) <= _MOST_SHORT else _text(value)
    elif type(value) is int and value >= 0:
        written = str(value) if value < 10**9 else None
    elif type(value) is float:
        written = shown if _DECIMAL.match(shown := repr(value)) else None
    else:
        written = "null" if value is None else None
    if written is None:
        raise _OtherFormError
    return written


@lru_cache(maxsize=4096)
def _short(text: str) -> str | None:
    return _text(text)


def _text(text: str) -> str | None:
    if not text:
        return "''"
    if len(text) > _LONGEST_SCALAR:
        return None
    is_other = any(pattern.match(text) for _, pattern in _RESOLVERS.get(text[0], ()))
    if _PLAIN.match(text):
        return f"'{text}'" if is_other else text
    # What is read as something else, or as a key or a comment, stands between quotes.
    if _QUOTED.match(text) and (is_other or ": " in text or " #" in text or text[-1] == ":"):
        return "'" + text.replace("'", "''") + "'"
    return None
