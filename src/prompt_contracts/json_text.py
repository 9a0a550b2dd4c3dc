"""JSON texts made readable without being understood: new white space, the same tokens.

Nothing here turns a text into values and back: 1E400, repeated keys and lone surrogates survive.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

# Possessive: a string of megabytes must leave no way back, which would take a hundred bytes for each character.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]|[^\s{}\[\],:"]++')
_SUSPECT = re.compile("[^\n -~]")
_LOOKS_LIKE_NOTHING = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
)
"""Letters and marks that Unicode counts as printable though nobody sees them."""


def is_json(text: str) -> bool:
    """Whether a text is JSON, repeated keys and numbers of any size included."""
    try:
        # Left as text: Python refuses to convert more than 4,300 digits.
        json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True


def indented(text: str) -> str | None:
    """The same JSON tokens over several lines, two spaces a level; None when the text is no JSON."""
    return "".join(_pieces(_TOKEN.findall(text))) if is_json(text) else None


def reindent(text: str) -> str | None:
    """As `indented`; characters in strings that a person cannot see, and those above U+FFFF, become JSON escapes."""
    laid_out = indented(text)
    return None if laid_out is None else escape_invisible(laid_out)


def _pieces(tokens: Iterable[str]) -> Iterator[str]:
    depth = 0
    before = ""
    for piece in tokens:
        if piece in ("}", "]"):
            depth -= 1
            if before not in ("{", "["):
                yield "\n" + "  " * depth
        elif before in ("{", "[", ","):
            yield "\n" + "  " * depth
        yield piece
        if piece in ("{", "["):
            depth += 1
        elif piece == ":":
            yield " "
        before = piece


def escape_invisible(text: str) -> str:
    r"""The text with `\uXXXX` for what cannot be seen or would act on a terminal; line feeds stay."""
    return _SUSPECT.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    code = ord(character)
    # RFC 8259 (7): JSON escapes what lies above U+FFFF as the two halves of its UTF-16 form.
    if code > 0xFFFF:
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    if character.isprintable() and character not in _LOOKS_LIKE_NOTHING:
        return character
    return f"\\u{code:04x}"
