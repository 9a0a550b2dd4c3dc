"""Server-sent events: bytes in pieces of any size -> events. What an event says is not looked at here.

Our own reader, after the WHATWG standard, because replay reads streams and must not import a network client.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from prompt_contracts.data_class import dataclass

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a stream."""

    name: str = "message"
    """What the stream calls it; `message` where it does not say."""
    data: str
    """Its data lines, joined by line feeds."""


class EventReader:
    """Takes the bytes as they come and gives out each event as soon as it is whole."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._ended_with_return = False
        self._is_first_line = True
        self._name = ""
        self._data: list[str] = []

    def feed(self, data: bytes) -> tuple[Event, ...]:
        """The events that these bytes complete; they may be cut anywhere, inside a character or a line end."""
        if not data:
            return ()
        # A CRLF that was cut in two is one line end, not an empty line: that would end the event.
        if self._ended_with_return and data.startswith(b"\n"):
            data = data[1:]
            self._ended_with_return = False
            if not data:
                return ()
        self._ended_with_return = data.endswith(b"\r")
        first, *rest = _LINE_END.split(data)
        self._line += first
        events: list[Event] = []
        for line in rest:
            events.extend(self._end_line())
            self._line += line
        return tuple(events)

    def close(self) -> tuple[Event, ...]:
        """The event that the stream ended in, if any: servers leave out the last blank line."""
        events = (*(self._end_line() if self._line else ()), *self._dispatch())
        self._ended_with_return = False
        self._is_first_line = True
        return events

    def _end_line(self) -> Iterator[Event]:
        line = bytes(self._line)
        self._line.clear()
        if self._is_first_line:
            self._is_first_line = False
            # The standard (9.2.5) drops one mark, at the start of the stream and nowhere else.
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            yield from self._dispatch()
        # A line can be decoded alone: no byte inside a longer UTF-8 sequence is a line end.
        field, _, value = line.decode("utf-8", "replace").partition(":")
        # One space and no more; a line that begins with a colon is a comment, such as `: OPENROUTER PROCESSING`.
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._name = value

    def _dispatch(self) -> Iterator[Event]:
        # By the standard an event without data is none, whatever its name.
        if self._data:
            yield Event(name=self._name or "message", data="\n".join(self._data))
        self._data = []
        self._name = ""


def read_events(body: bytes) -> tuple[Event, ...]:
    """All events of a stream that is here as a whole; bytes that are no UTF-8 are replaced, nothing is refused."""
    reader = EventReader()
    return (*reader.feed(body), *reader.close())


def joined_pieces(pieces: Iterable[str]) -> str:
    """The whole text. A character beyond the basic plane may come as two halves, each escaped in a piece of its own.

    Servers that count in UTF-16 cut there; a half without the other stays as it is.
    """
    text = "".join(pieces)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return text
