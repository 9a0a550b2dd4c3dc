"""A response -> the bytes that go over the wire, in the pieces in which they go. Sends nothing itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http import HTTPStatus

from prompt_contracts.interaction import ApiResponse

_EVENT = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r)|.+\Z", re.DOTALL)
# RFC 9110 (5.6.2 and 5.5).
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+\Z")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")
_OURS = frozenset(
    {
        *("connection", "content-length", "content-encoding", "keep-alive", "proxy-authenticate", "te", "trailer"),
        *("transfer-encoding", "upgrade"),
    }
)
"""Headers that say how the bytes travel: they held for another connection."""
_LAST_TYPES = frozenset({"response.completed", "response.failed", "response.incomplete", "error"})


def has_end_mark(body: bytes) -> bool:
    """Whether a stream says itself that it is over: `[DONE]`, or the last event of a response."""
    data = _data_of(next(reversed(events_of(body)), b""))
    if data == b"[DONE]":
        return True
    event = _parsed(data)
    return event.get("type") in _LAST_TYPES or event.get("error") is not None


def is_whole_stream(body: bytes) -> bool:
    """Whether a recorded stream came to its end; some servers leave the mark out after the finish reason."""
    return has_end_mark(body) or any(_is_finish(event) for event in events_of(body))


def events_of(body: bytes) -> list[bytes]:
    """The events of a stream as they stand there, blank lines included; joined they are the body."""
    return _EVENT.findall(body)


def write_head(response: ApiResponse, *, is_chunked: bool, is_last: bool) -> bytes:
    """Status line and headers; `is_last` tells the client that the connection closes after it."""
    lines = [f"HTTP/1.1 {response.status} {_reason(response.status)}"]
    lines += [f"{name}: {value}" for name, value in response.headers if _is_sendable(name, value)]
    if is_chunked:
        lines.append("transfer-encoding: chunked")
    # RFC 9110 (8.6): a 204 must not have it, and in a 304 it would be that of another answer.
    elif response.status not in (204, 304):
        lines.append(f"content-length: {len(response.body)}")
    if is_last:
        lines.append("connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def write_chunks(body: bytes) -> Iterator[bytes]:
    """The events of a stream as chunks, without the empty chunk that says that all of them came."""
    for event in events_of(body):
        # An event a chunk: a client that shows text as it comes sees it come.
        yield b"%x\r\n%b\r\n" % (len(event), event)


LAST_CHUNK = b"0\r\n\r\n"


def _data_of(event: bytes) -> bytes:
    lines = [line.removeprefix(b"data:").strip() for line in event.splitlines() if line.startswith(b"data:")]
    return b"\n".join(lines)


def _parsed(data: bytes) -> dict[str, object]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _is_finish(event: bytes) -> bool:
    if b"finish_reason" not in event:
        return False
    choices = _parsed(_data_of(event)).get("choices")
    return isinstance(choices, list) and any(
        isinstance(choice, dict) and choice.get("finish_reason") is not None for choice in choices
    )


def _is_sendable(name: str, value: str) -> bool:
    """A recording may hold anything; a line end in a header would be a second response."""
    lower = name.lower()
    return lower not in _OURS and _NAME.match(lower) is not None and _VALUE.match(value) is not None


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
