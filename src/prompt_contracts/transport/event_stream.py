"""Server-sent events as bytes: where one ends and the next begins. What they say belongs to dialects."""

from __future__ import annotations

import re

_LINE_END = re.compile(rb"\r\n|\n|\r")


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
