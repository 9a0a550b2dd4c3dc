"""Bytes of a file -> text, in any encoding of Unicode. Imports no YAML: foreign files must not cost a run."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
)


class NotUnicodeError(ValueError):
    """Bytes that are no text in the encoding in which they start."""

    def __init__(self, encoding: str) -> None:
        super().__init__(f"not {encoding.upper()} text")
        self.name = "-".join(encoding.upper().split("-")[:2])
        """Of the encoding, for people: `UTF-8`, `UTF-16`."""


def decode(raw: bytes) -> str:
    """The text of a file, without its byte order mark; `NotUnicodeError` where it is none."""
    name, start = _encoding(raw)
    try:
        return raw[start:].decode(name)
    except UnicodeDecodeError:
        raise NotUnicodeError(name) from None


def decode_loosely(raw: bytes) -> str:
    """The text of a file as far as there is one, for a first look at it."""
    name, start = _encoding(raw)
    return raw[start:].decode(name, "replace")


def _encoding(raw: bytes) -> tuple[str, int]:
    """The name of an encoding, and how many bytes its mark takes.

    Without a mark the zeros tell: the first character of a case file is one of ASCII's (YAML 1.2, section 5.2).
    """
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name, len(mark)
    # UTF-32 before UTF-16: four bytes with three zeros fit both.
    zeros = [byte == 0 for byte in raw[:4]]
    match zeros:
        case [True, True, True, False]:
            return "utf-32-be", 0
        case [False, True, True, True]:
            return "utf-32-le", 0
        case [True, False, *_]:
            return "utf-16-be", 0
        case [False, True, *_]:
            return "utf-16-le", 0
        case _:
            return "utf-8", 0
