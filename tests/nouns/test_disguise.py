"""What spares time in taking disguises off changes nothing: held against the same, written without any of it."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.disguise import layers, unescaped, without_space

_ESCAPE = re.compile(
    r"\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|%[0-9A-Fa-f]{2}|&#[xX]0{0,8}[0-9A-Fa-f]{1,5};?|&#0{0,8}[0-9]{1,6};?"
    r"|\\U(?:000[0-9A-Fa-f]|0010)[0-9A-Fa-f]{4}|\\u\{0{0,8}[0-9A-Fa-f]{1,5}\}|\\[0-3]?[0-7]{2}"
)
_PLAIN = (('\\"', '"'), ("\\'", "'"), ("\\/", "/"), ("\\n", "\n"), ("\\r", "\r"), ("\\t", "\t"), ("&amp;", "&"))
_DECIMAL = re.compile(r"&#([0-9]+)")
_PIECES = (
    *("\\", "\\\\", "%", "&", "&#", "&amp;", ";", "#", "u", "x", "U", "0", "00", "41", "0041", "{", "}", "7", "173"),
    *('"', "'", "/", "n", "r", "t", "\n", "\r", " ", "\t", "amp;", "x41", "A", "\0", "\u0130", "é", "\u200b", "\xa0"),
    *("\\u0041", "%41", "%5Cu0041", "&#65;", "&#x41;", "\\x41", "\\101", "\\u{41}", "\\U00000041", "&amp;#65;"),
)
texts = st.lists(st.sampled_from(_PIECES) | st.text(max_size=3), max_size=14).map("".join)


def plainly_unescaped(text: str) -> str:
    """One layer of escapes taken off, with no look at what the text holds."""
    text = re.sub(r"\\{2,}", lambda _: "\\", text)
    for written, meant in _PLAIN:
        text = text.replace(written, meant)
    return _ESCAPE.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    escape = found[0]
    decimal = _DECIMAL.match(escape)
    if decimal is not None:
        return chr(int(decimal[1]))
    if escape[0] == "\\" and escape[1].isdigit():
        return chr(int(escape[1:], 8))
    return chr(int(escape.strip("\\%&#uUxX;{}") or "0", 16))


@given(texts)
def test_looking_first_for_what_begins_an_escape_changes_nothing(text: str) -> None:
    assert unescaped(text) == plainly_unescaped(text)


@given(st.lists(texts, max_size=4))
def test_texts_that_are_joined_are_unescaped_as_each_alone(found: list[str]) -> None:
    found = [text.replace("\0", "") for text in found]
    *_, last = layers("\0".join(found))

    assert unescaped("\0".join(found)) == "\0".join(map(unescaped, found))
    assert without_space(last) == "\0".join(map(without_space, last.split("\0")))


@given(texts)
def test_white_space_goes_from_a_text_of_ascii_as_from_any_other(text: str) -> None:
    assert without_space(text) == without_space(f"{text}é").removesuffix("é")


def test_every_character_of_ascii_that_is_white_space_goes() -> None:
    characters = "".join(map(chr, range(128)))

    assert without_space(characters) == "".join(characters.split())
