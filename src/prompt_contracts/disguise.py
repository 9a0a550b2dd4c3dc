"""The forms in which a value travels, written out and undone. Every function takes time in proportion to its text."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import lru_cache

# Patterns that begin with one plain character are many times faster than those that could begin with several.
_BACKSLASHES = re.compile(r"\\\\+")
_ESCAPED = re.compile(r"\\(.)")
_ESCAPE = re.compile(
    r"\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|%[0-9A-Fa-f]{2}|&#[xX]0{0,8}[0-9A-Fa-f]{1,5};?|&#0{0,8}[0-9]{1,6};?"
    r"|\\U(?:000[0-9A-Fa-f]|0010)[0-9A-Fa-f]{4}|\\u\{0{0,8}[0-9A-Fa-f]{1,5}\}|\\[0-3]?[0-7]{2}"
)
_BEGINNINGS = (re.compile(r"\\[0-7uUx]"), re.compile("%[0-9A-Fa-f]"), re.compile("&#[0-9xX]"))
"""One of these stands in every text that has an escape."""
_PLAIN = (('\\"', '"'), ("\\'", "'"), ("\\/", "/"), ("\\n", "\n"), ("\\r", "\r"), ("\\t", "\t"))
_UNSEEN = (
    r"\s\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
)
"""White space, and what Unicode lets stand between characters without being seen."""
_UNSEEN_PLACES = re.compile(f"[{_UNSEEN}]+")
_SPACES = b"\t\n\v\f\r\x1c\x1d\x1e\x1f "
"""White space within ASCII, which has nothing else that is unseen."""
_MOST_CHARACTERS = 4096
_MOST_LAYERS = 4
"""Encodings around encodings that are taken off: a proxy's log of a log has two."""


def encodings(value: str) -> tuple[str, ...]:
    """The value itself first; then reversed, as base64 wherever it stands among other bytes."""
    data = value.encode(errors="surrogatepass")
    texts = [value, value[::-1], data.decode("latin-1")]
    texts += [form for alignment in range(3) for form in _base64_cores(data, alignment)]
    return tuple(dict.fromkeys(texts))


def hexadecimal(value: str) -> str:
    """The value as hex, whose digits may be capitals or not."""
    return value.encode(errors="surrogatepass").hex()


def _base64_cores(data: bytes, alignment: int) -> tuple[str, str]:
    """The characters that stand in a base64 text for these bytes alone, so many bytes of a group before them."""
    encoded = base64.b64encode(b"\0" * alignment + data)
    first = -(-alignment * 8 // 6)
    last = (alignment + len(data)) * 8 // 6
    core = encoded[first:last].decode()
    return core, core.translate(str.maketrans("+/", "-_"))


def layers(text: str) -> Iterator[str]:
    """The text, and what it says once escapes and percent signs are taken off, layer by layer."""
    yield text
    for _ in range(_MOST_LAYERS):
        bare = unescaped(text)
        if bare == text:
            return
        yield bare
        text = bare


def views(text: str) -> Iterator[str]:
    """The layers of a text, and the last of them without white space."""
    last = text
    for last in layers(text):
        yield last
    together = without_space(last)
    if together != last:
        yield together


def without_space(text: str) -> str:
    """The text without white space and what cannot be seen."""
    if text.isascii():
        return text.encode().translate(None, _SPACES).decode()
    # `split` knows the same white space as `\s`, and needs a fifth of the time.
    return _UNSEEN_PLACES.sub("", "".join(text.split()))


def unescaped(text: str) -> str:
    """The text without one layer of the escapes of JSON, Python, URLs and HTML."""
    if "\\\\" in text:
        text = _BACKSLASHES.sub(r"\\", text)
    if "\\" in text:
        found = set(_ESCAPED.findall(text))
        for written, meant in _PLAIN:
            if written[1] in found:
                text = text.replace(written, meant)
    if "&" in text:
        text = text.replace("&amp;", "&")
    if any(beginning.search(text) for beginning in _BEGINNINGS):
        text = _ESCAPE.sub(_character, text)
    return text


class _Characters(dict[str, str]):
    """Escape -> character, worked out once for each: a hostile text holds millions of them."""

    def __missing__(self, escape: str) -> str:
        digits = escape.strip("\\%&#uUxX;{}")
        is_decimal = escape.startswith("&#") and escape[2] not in "xX"
        is_octal = escape[0] == "\\" and escape[1].isdigit()
        character = chr(int(digits or "0", 10 if is_decimal else 8 if is_octal else 16))
        if len(self) < _MOST_CHARACTERS:
            self[escape] = character
        return character


_CHARACTERS = _Characters()


def _character(found: re.Match[str]) -> str:
    return _CHARACTERS[found[0]]


@lru_cache(maxsize=256)
def disguised(form: str, *, ignores_case: bool = False) -> re.Pattern[str]:
    """What finds a form of a value whose characters may each be escaped, and stand in different lines."""
    characters = [_written(character) for character in without_space(form)]
    return re.compile(rf"(?:[{_UNSEEN}]|\\{{1,8}}[nrt]|\\\n)*+".join(characters), re.IGNORECASE if ignores_case else 0)


def _written(character: str) -> str:
    code = ord(character)
    forms = [rf"\\{{0,8}}{re.escape(character)}" if character in "\"'/\\" else re.escape(character)]
    if code < 0x10000:
        forms.append(rf"\\{{1,8}}u(?i:{code:04x})")
    forms += [rf"\\{{1,8}}U(?i:{code:08x})", rf"\\{{1,8}}u\{{0{{0,8}}(?i:{code:x})\}}"]
    forms += [rf"&#0{{0,8}}{code};?", rf"&#[xX]0{{0,8}}(?i:{code:x});?"]
    if code < 0x100:
        forms += [rf"\\{{1,8}}x(?i:{code:02x})", rf"%(?:25){{0,4}}(?i:{code:02x})"]
        forms += [rf"\\{{1,8}}{code:03o}", rf"\\{{1,8}}{code:02o}"]
    if code >= 0x80:
        forms.append("".join(f"%(?:25){{0,4}}(?i:{byte:02x})" for byte in character.encode(errors="surrogatepass")))
    return f"(?:{'|'.join(forms)})"
