"""The scripts of `$text`: which characters a text of each is made of. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def _span(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


ALPHABETS: Mapping[str, str] = MappingProxyType(
    {
        "latin": f" {_span(0x61, 0x7A)}{_span(0x41, 0x5A)}'-.,",
        "accents": " áàâäãåæçéèêëíîïñóôöõøœßúùûüýÿčćđěğıłńňřśšşťůźżžÁÀÂÄÅÇÉÈÊÍÑÓÖØŒÚÜŠŽİŁ",
        "cyrillic": f" {_span(0x430, 0x44F)}{_span(0x410, 0x42F)}ёЁіІїЇєЄґҐ",
        "arabic": f" {_span(0x621, 0x63A)}{_span(0x641, 0x64A)}{_span(0x660, 0x669)}پچژگکی،؟",
        "hebrew": f" {_span(0x5D0, 0x5EA)}־׳״",
        # Hiragana, katakana, the first of the ideographs, of the syllables of Hangul, and full-width signs.
        "cjk": f"{_span(0x3041, 0x3094)}{_span(0x30A1, 0x30FA)}{_span(0x4E00, 0x4FFF)}{_span(0xAC00, 0xAC7F)}、。！？",
    }
)
"""Scripts in which each character stands for itself."""

_BASES = "aeioucnszAEOUN"
# Grave to tilde, macron, diaeresis, ring, caron, cedilla, ogonek: NFC joins some of these letters with them.
_MARKS = "\u0300\u0301\u0302\u0303\u0304\u0308\u030a\u030c\u0327\u0328"

UNITS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # With tones of skin, joiners, flags, keycaps and the selector of the coloured form.
        "emoji": (
            *("😀", "😂", "🙏", "🔥", "🦄", "🌍", "☔", "✈", "🫠"),
            *("❤️", "☂️", "👍🏽", "🇧🇷", "🇯🇵", "1️⃣", "🤷🏾‍♀️", "🏳️‍🌈", "👩‍👩‍👧‍👦", "🧑🏿‍🚀"),
        ),
        "combining": (*_BASES, " ", *(base + mark for base in _BASES for mark in _MARKS)),
    }
)
"""Scripts of which the smallest part may be several characters."""

SCRIPTS = (*ALPHABETS, *UNITS)
"""Every script, in the order in which the language names them."""

DEFAULT_LENGTH = (1, 60)


def scripts_of(text: str) -> frozenset[str]:
    """The scripts that could have made a text."""
    return frozenset(
        name
        for name in SCRIPTS
        if not set(text) - (set(ALPHABETS[name]) if name in ALPHABETS else set("".join(UNITS[name])))
    )
