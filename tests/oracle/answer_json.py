"""The JSON that an answer's text holds, whole or in one block."""

from __future__ import annotations

import json
import re

from tests.oracle.exact_json import NoJsonError, read
from tests.oracle.observation import Data

_FENCE = re.compile(r"^```[ \t]*(\w*)[ \t]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)


def json_of(text: str, *, is_fenced: bool) -> Data:
    """Raises `NoJsonError` when there is none, and `LimitError` when there is too much."""
    if not is_fenced:
        return read(text)
    try:
        return read(text)
    except NoJsonError:
        pass
    blocks = [content for mark, content in _FENCE.findall(text) if mark.lower() in ("", "json")]
    if "```" not in text:
        blocks = _embedded(text)
    if len(blocks) != 1:
        raise NoJsonError
    return read(blocks[0])


def _embedded(text: str) -> list[str]:
    """The objects and lists amid a text that begin like JSON; the last may be broken."""
    blocks: list[str] = []
    while found := re.search(r"[\[{]", text):
        try:
            _, end = json.JSONDecoder().raw_decode(text, found.start())
        except json.JSONDecodeError:
            return [*blocks, text[found.start() :]]
        blocks.append(text[found.start() : end])
        text = text[end:]
    return blocks
