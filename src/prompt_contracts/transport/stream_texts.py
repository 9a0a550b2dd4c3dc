"""What a stream of events says over several events, put together in every way in which its pieces may belong together.

No dialect is known here: pieces belong together that stand at the same place, under the same index or name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterator

from prompt_contracts.json_value import pointer

_LINE_END = re.compile(r"\r\n|\n|\r")
"""As event streams have them; Python knows more of them, which stand unescaped in JSON."""
_NAMES = ("item_id", "output_index", "content_index", "summary_index", "id")
"""What tells apart texts that come at the same time."""


_Path = tuple[str | int, ...]


def event_data(text: str) -> Iterator[str]:
    """The data of each event, its lines joined; and each line of those that have several."""
    lines: list[str] = []
    for line in (*_LINE_END.split(text), ""):
        name, colon, data = line.removeprefix("\ufeff").partition(":")
        if colon and name == "data":
            lines.append(data.removeprefix(" "))
        elif not line and lines:
            yield "\n".join(lines)
            if len(lines) > 1:
                yield from lines
            lines = []


def together(events: list[object]) -> Iterator[tuple[str, str]]:
    """The place in its event, and the text, of each text that comes in pieces, one in each event."""
    groups: defaultdict[tuple[str, Hashable, _Path], list[str]] = defaultdict(list)
    for event in events:
        names = _names(event)
        for place, path, text in _strings(event):
            groups["place", "", place].append(text)
            groups["path", "", path].append(text)
            groups["names", names, path].append(text)
    for (*_, path), texts in groups.items():
        if len(texts) > 1:
            yield "".join(pointer(step) for step in path), "".join(texts)


def _names(event: object) -> tuple[object, ...]:
    members = dict(event) if isinstance(event, list) and all(isinstance(each, tuple) for each in event) else {}
    found = (members.get(name) for name in _NAMES)
    return tuple(value if isinstance(value, str | int) else None for value in found)


def _strings(event: object) -> Iterator[tuple[_Path, _Path, str]]:
    """Every string with its place, and with its place by the indexes that the event itself names."""
    waiting: list[tuple[object, _Path, _Path]] = [(event, (), ())]
    while waiting:
        value, place, path = waiting.pop()
        if isinstance(value, str):
            yield place, path, value
        elif isinstance(value, list) and value and isinstance(value[0], tuple):
            waiting += [(item, (*place, key), (*path, key)) for key, item in reversed(value)]
        elif isinstance(value, list):
            numbered = list(enumerate(value))
            waiting += [(item, (*place, at), (*path, _index(item, at))) for at, item in reversed(numbered)]


def _index(item: object, at: int) -> str | int:
    """The index that an item of a list says of itself, as text; else its place."""
    members = dict(item) if isinstance(item, list) and all(isinstance(each, tuple) for each in item) else {}
    index = members.get("index")
    return index if isinstance(index, str) else at
