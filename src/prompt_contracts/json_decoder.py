"""Reading JSON with a decoder that is made once: `json.loads` makes one for every text with rules of its own."""

from __future__ import annotations

import json
from typing import Any


def read_with(decoder: json.JSONDecoder, text: str | bytes) -> Any:
    """As `json.loads` with the rules of a decoder."""
    if not isinstance(text, str):
        # No other encoding begins like this, and few texts begin otherwise.
        is_utf_8 = text[:1] == b"{" and text[1:2] != b"\0"
        text = text.decode("utf-8" if is_utf_8 else json.detect_encoding(text), "surrogatepass")
    if text.startswith("\ufeff"):
        raise json.JSONDecodeError("Unexpected UTF-8 BOM (decode using utf-8-sig)", text, 0)
    return decoder.decode(text)


def opens_more_than(limit: int, text: str) -> bool:
    """Whether a text has more brackets that open an object or a list; those within its strings count, too."""
    # Found one by one: `count` looks at each character, and `find` at thirty-two at once.
    for bracket in "{[":
        at = text.find(bracket)
        while at >= 0:
            limit -= 1
            if limit < 0:
                return True
            at = text.find(bracket, at + 1)
    return False
