"""A secret is found, and covered, in whatever form it travels."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from html import escape
from textwrap import wrap
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.disguise import unescaped, without_space
from prompt_contracts.masking import mask, mask_of
from prompt_contracts.secret import Secret

KEY = "sk-Abc/def+123=456~789"
SECRETS = (Secret("API_KEY", KEY),)


def base64_behind(before: str, *, safe: bool = False) -> Callable[[str], str]:
    encode = base64.urlsafe_b64encode if safe else base64.b64encode
    return lambda key: encode(f"{before}{key}, and more".encode()).decode()


DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": str,
    **{f"base64 behind {size}": base64_behind("x" * size) for size in range(4)},
    **{f"URL-safe base64 behind {size}": base64_behind("??>" * size, safe=True) for size in range(3)},
    "base64 in lines": lambda key: "\n".join(wrap(base64_behind("Bearer ")(key), 12)),
    "base64 in a query": lambda key: quote(base64_behind("ab")(key), safe=""),
    "hex": lambda key: key.encode().hex(),
    "hex in capitals": lambda key: key.encode().hex().upper(),
    "hex in both": lambda key: "".join(
        digit.upper() if at % 3 else digit for at, digit in enumerate(key.encode().hex())
    ),
    "percent signs": lambda key: quote(key, safe=""),
    "percent signs in small letters": lambda key: quote(key, safe="").replace("%2F", "%2f"),
    "percent signs everywhere": lambda key: "".join(f"%{ord(each):02x}" for each in key),
    "percent signs here and there": lambda key: "".join(
        f"%{ord(each):02X}" if each in "kAc1" else each for each in key
    ),
    "percent signs twice": lambda key: quote(quote(key, safe=""), safe=""),
    "JSON escapes": lambda key: "".join(f"\\u{ord(each):04x}" for each in key),
    "JSON escapes here and there": lambda key: key.replace("s", "\\u0073").replace("/", "\\/"),
    "JSON in JSON": lambda key: json.dumps(json.dumps({"a": "".join(f"\\u{ord(each):04X}" for each in key)})),
    "Python escapes": lambda key: "".join(f"\\x{ord(each):02x}" for each in key),
    "Python escapes of eight digits": lambda key: "".join(f"\\U{ord(each):08x}" for each in key),
    "Python escapes of eight digits here and there": lambda key: key.replace("A", "\\U00000041"),
    "octal escapes": lambda key: "".join(f"\\{ord(each):03o}" for each in key),
    "octal escapes here and there": lambda key: key.replace("A", "\\101").replace("+", "\\53"),
    "JavaScript escapes": lambda key: "".join(f"\\u{{{ord(each):x}}}" for each in key),
    "byte order marks": "\ufeff".join,
    "variation selectors": "\ufe0f".join,
    "more variation selectors": "\U000e0101".join,
    "joiners": "\u200d\u2060".join,
    "escaped byte order marks in part": lambda key: f"{key[:9]}\ufeff{key[9:]}",
    "HTML": lambda key: "".join(f"&#{ord(each)};" for each in key),
    "HTML in hex": lambda key: "".join(f"&#x{ord(each):x};" for each in key),
    "reversed": lambda key: key[::-1],
    "over lines": lambda key: f"{key[:7]}\n    {key[7:12]}\r\n\t{key[12:]}",
    "over lines in JSON": lambda key: f"{key[:7]}\\n  {key[7:]}",
    "percent signs over lines": lambda key: f"{quote(key[:9], safe='')}\n{quote(key[9:], safe='')}",
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_secret_is_found_and_covered_in_every_disguise(disguise: str) -> None:
    text = f"before {DISGUISES[disguise](KEY)} behind"

    covered = mask(text, SECRETS)

    assert mask_of(SECRETS).find(text) == SECRETS[0]
    assert covered.startswith("before ")
    assert covered.endswith(" behind")
    assert "[API_KEY]" in covered
    assert mask_of(SECRETS).find(covered) is None


@pytest.mark.parametrize(
    "text", ["nothing at all", "sk-Abc/def+123=456", json.dumps({"a": ["b\n", "%41"]}), "100 %\\n", ""]
)
def test_a_text_without_a_secret_stays_as_it_is(text: str) -> None:
    assert mask(text, SECRETS) == text


def test_what_cannot_be_covered_piece_by_piece_is_not_shown_at_all() -> None:
    nested = "".join(f"\\u{ord(each):04x}" for each in quote("".join(f"&#{ord(each)};" for each in KEY)))

    assert mask(nested, SECRETS) == "(not shown: the value of API_KEY stands in it)"


def test_a_secret_that_three_dots_cut_short_is_covered() -> None:
    assert mask(f"{KEY[:9]}... and ...{KEY[-7:]}", SECRETS) == "[API_KEY]... and ...[API_KEY]"


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ("abcdefghijkl", "ghijklmnopqr", "abcdefghijklmnopqr"),
        ("abcdefghijkl", "ghijklmnopqr", "abcdef\\u0067hijklmnopqr"),
        ("abcabcabcabc", "bcabcabcabcX", "abcabcabcabcabcabcX"),
        ("abcdefghijklmnop", "cdefghijkl", "abcdefghijklmnop"),
    ],
)
def test_secrets_that_overlap_are_covered_together(first: str, second: str, text: str) -> None:
    secrets = (Secret("A_TOKEN", first), Secret("B_TOKEN", second))

    assert mask(f"<{text}>", secrets) in ("<[A_TOKEN][B_TOKEN]>", "<[A_TOKEN]>")
    assert mask(f"<{text}>", secrets[::-1]) in ("<[A_TOKEN][B_TOKEN]>", "<[A_TOKEN]>")


@pytest.mark.parametrize("form", [KEY.encode().hex(), KEY.encode().hex().upper(), KEY[::-1]])
def test_a_form_of_a_secret_that_three_dots_cut_short_is_covered(form: str) -> None:
    assert mask(f"{form[:20]}… and …{form[-20:]}", SECRETS) == "[API_KEY]… and …[API_KEY]"


def test_what_is_left_of_a_secret_of_spaces_is_not_looked_for() -> None:
    assert mask("ab", (Secret("A", "a         b"),)) == "ab"


@given(
    key=st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C")), min_size=8, max_size=30),
    disguise=st.sampled_from([name for name in DISGUISES if "JSON in JSON" not in name]),
    around=st.text(max_size=5),
)
def test_no_covered_text_holds_any_secret(key: str, disguise: str, around: str) -> None:
    secrets = (Secret("KEY", key),)

    covered = mask(f"{around} {DISGUISES[disguise](key)} {around}", secrets)

    assert mask_of(secrets).find(covered) is None or key in "(not shown: the value of KEY stands in it)"


def test_html_is_told_apart_from_other_ampersands() -> None:
    assert unescaped("a &amp; b &#38; c &lt;") == "a & b & c &lt;"
    assert unescaped(escape("<a>")) == "&lt;a&gt;"


HOSTILE = {
    "plain": "'a' * size",
    "spaces": "' ' * size",
    "backslashes": "chr(92) * size",
    "escapes": "(chr(92) + 'u0061') * (size // 6)",
    "percents": "'%61' * (size // 3)",
    "beginnings": "'sk-Abc' * (size // 6)",
    "cut beginnings": "'sk-Abc…' * (size // 7)",
    "spread beginnings": "'s ' * (size // 2)",
    "escaped beginnings": "(chr(92) + 'u0073 ') * (size // 7)",
    "numbers": "'&#' + '9' * size",
    "tokens": "'-eyJaaaaaaaaa' * (size // 13)",
    "bearers": "'Bearer ' * (size // 7)",
    "separated beginnings": "'s' + (chr(0xfeff) * 99 + 's') * (size // 100)",
    "octal": "(chr(92) + '163') * (size // 4)",
    "braces": "(chr(92) + 'u{00000073') * (size // 11)",
    "overlapping": "'a' * (size // 2) + 'ab'",
    "events": "'data: {' + chr(34) + 'a' + chr(34) + ': [1]}' + chr(10) * 2 + 'data: x' * (size // 7)",
}


@pytest.mark.parametrize("text", HOSTILE)
def test_the_search_takes_time_in_proportion_to_the_text(text: str) -> None:
    program = (
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (20, 20))\n"
        "from prompt_contracts.masking import mask_of\n"
        "from prompt_contracts.secret import Secret\n"
        "from prompt_contracts.transport.redaction import Passage, find_secret\n"
        f"size = {512 * 1024}\n"
        f"text = {HOSTILE[text]}\n"
        f"secrets = (Secret('A', {KEY!r}), Secret('B', 'a' * 20 + 'b'))\n"
        "find_secret([Passage(place='x', text=text)], secrets)\n"
        f"mask_of(secrets).cover(text + {KEY!r})\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


UNSEEN = st.sampled_from([*(chr(code) for code in range(0x3000) if chr(code).isspace()), "\u200b", "\ufeff", "\u00ad"])


@given(st.lists(st.one_of(st.characters(), UNSEEN, st.sampled_from("ab \n"))).map("".join))
def test_nothing_that_separates_or_hides_is_left_and_nothing_else_is_lost(text: str) -> None:
    bare = without_space(text)

    assert not any(character.isspace() or character in "\u200b\ufeff\u00ad" for character in bare)
    assert [each for each in text if each.isalnum() and each not in HIDDEN_LETTERS] == [
        each for each in bare if each.isalnum() and each not in HIDDEN_LETTERS
    ]


HIDDEN_LETTERS = "\u115f\u1160\u3164\uffa0"
"""Letters of Hangul that nobody sees."""
