"""Pieces of a streamed text -> the text. Knows nothing of what brings them."""

from __future__ import annotations

from collections.abc import Iterable


def joined(pieces: Iterable[str]) -> str:
    """The whole text. A character beyond the basic plane may come as two halves, each escaped in a piece of its own.

    Servers that count in UTF-16 cut there; a half without the other stays as it is.
    """
    text = "".join(pieces)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return text
