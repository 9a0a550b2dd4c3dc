"""Text of models and servers made harmless for a terminal. Nothing here changes what is stored."""

from __future__ import annotations

import re

HOSTILE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e007f]"
)
"""Control, bidi and invisible characters, one at a time; tab and line feed are none of them."""


def inert(text: str) -> str:
    """The text with control, bidi and invisible characters written as escapes; tab and line feed stay."""
    return HOSTILE.sub(_escaped, text)


_LEADING = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
_MARKED = re.compile(r"#(?=#\w*\[)")


def uncommanding(text: str) -> str:
    """The text without what a runner of CI would obey where it reads it in a log: GitHub's `::add-mask::` at the start
    of a line, blanks before it or not, and anywhere in a line its `##[group]` and `##vso[` of Azure.

    Its escapes are those of JSON, so that JSON stays what it is.
    """
    return _MARKED.sub(r"\\u0023", _LEADING.sub(r"\1\\u003a", text))


def _escaped(match: re.Match[str]) -> str:
    number = ord(match[0])
    if number > 0xFFFF:
        return f"\\U{number:08x}"
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


_PLAIN = str.maketrans(
    {"✗": "x", "…": "...", "·": "|", "–": "-", "≥": ">=", "≤": "<=", "✓": "+", "×": "x", "│": "|", "⏎": "\\n"}
    | {"▼": "v", "▲": "^", "Δ": "change from", "→": "->", "−": "-", "≠": "!="}
)


def encodable(text: str, encoding: str) -> str:
    """The text as a terminal of that encoding can show it: our signs as ASCII, the rest as escapes."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    except LookupError:
        return text.translate(_PLAIN).encode("ascii", "backslashreplace").decode("ascii")
    return text


def one_line(text: str, limit: int) -> str:
    """The text on one line, cut at `limit` characters with a mark."""
    line = inert(text).replace("\n", "⏎").replace("\t", " ")
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
