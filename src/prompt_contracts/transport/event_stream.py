"""Server-sent events as bytes: where one ends and the next begins. What they say belongs to dialects."""

from __future__ import annotations

import re

from prompt_contracts.interaction import ApiResponse

_LINE_END = re.compile(rb"\r\n|\n|\r")


def is_event_stream(response: ApiResponse) -> bool:
    """Whether a response is a stream of events, by its content type, or by its look where it has none."""
    kind = response.header("content-type")
    if kind is not None:
        return kind.partition(";")[0].strip().lower() == "text/event-stream"
    return response.body.startswith((b"data:", b"event:", b":"))


def event_ends(body: bytes) -> tuple[int, ...]:
    """The offset behind each complete event, its blank line included; a block of comments is no event."""
    ends: list[int] = []
    has_data = False
    at = 0
    for found in _LINE_END.finditer(body):
        line, at = body[at : found.start()], found.end()
        if line:
            has_data = has_data or line == b"data" or line.startswith(b"data:")
        elif has_data:
            ends.append(at)
            has_data = False
    return tuple(ends)
