"""Marks only spare time: what the patterns find is found, in any mixture of pieces of keys and other text."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.disguise import layers
from prompt_contracts.secret import Secret
from prompt_contracts.transport.key_shape import KEY_SHAPES, KeyShape, shape_in
from prompt_contracts.transport.redaction import Passage, find_secret

_HEX = "0123456789abcdef0123456789ABCDEF"
_LONG = "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2Yz3"
_KEYS = {
    "an OpenAI-style key (sk-…)": f"sk-{_LONG}",
    "a Groq key (gsk_…)": f"gsk_{_LONG}",
    "an xAI key (xai-…)": f"xai-{_LONG}",
    "a Google API key (AIza…)": f"AIza{_LONG[:35]}",
    "a Hugging Face token (hf_…)": f"hf_{_LONG}",
    "a Replicate token (r8_…)": f"r8_{_LONG}",
    "a Perplexity key (pplx-…)": f"pplx-{_LONG}",
    "a Tavily key (tvly-…)": f"tvly-{_LONG}",
    "an AWS access key": "ASIA0123456789ABCDEF",
    "a GitHub token": f"ghs_{_LONG}",
    "a JSON web token": "abcdefgh.eyJhbGciOiJI.sig",
    "a private key": "-----BEGIN RSA PRIVATE KEY-----",
    "an api-key header": f'aPi_KEY": "{_HEX}',
    "a bearer token": f"bEaReR {_LONG}",
}
_PIECES = (
    *_KEYS.values(),
    *(piece for key in _KEYS.values() for piece in (key[:4], key[:9], key[-9:], key[4:])),
    *("github_pat_", "AKIA", "sk-", ".eyJ", ".", "-", "_", " ", "\n", "\\", '"', "x", "9", "=", ":"),
    *("ap\u0131", "AP\u0130", "\u212aey", "\u0307", "%73k-", "\\u0041PI", "&#115;k-", "bearer", "é", "🙂"),
)


def _by_patterns_alone(texts: tuple[str, ...]) -> str | None:
    return next((shape.name for shape in KEY_SHAPES if any(map(shape.pattern.search, texts))), None)


@pytest.mark.parametrize("shape", KEY_SHAPES, ids=lambda shape: shape.name)
def test_each_shape_is_found(shape: KeyShape) -> None:
    assert shape_in([f"say {_KEYS[shape.name]} now"]) == shape.name


@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=3), max_size=12).map("".join))
def test_what_the_patterns_find_is_found(text: str) -> None:
    seen = tuple(layers(text))
    assert shape_in(seen) == _by_patterns_alone(seen)


@pytest.mark.parametrize("shape", KEY_SHAPES, ids=lambda shape: shape.name)
def test_every_match_of_a_pattern_holds_a_mark(shape: KeyShape) -> None:
    @given(st.from_regex(shape.pattern))
    def holds(text: str) -> None:
        assert shape_in([text]) is not None

    holds()


@pytest.mark.parametrize("mark", ["api", "bearer"])
def test_a_mark_that_ignores_case_has_every_letter_that_re_takes_for_the_same(mark: str) -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    name = {"api": "an api-key header", "bearer": "a bearer token"}[mark]
    key = _KEYS[name]
    for at, letter in enumerate(mark):
        for same in re.findall(letter, everything, re.IGNORECASE):
            assert shape_in([key[:at] + same + key[at + 1 :]]) == name


def test_a_text_that_comes_twice_is_told_at_its_first_place() -> None:
    harmless, key = Passage(place="here", text="nothing"), _KEYS["a GitHub token"]
    found = find_secret([harmless, harmless, Passage(place="first", text=key), Passage(place="second", text=key)], ())
    assert found is not None
    assert found.place == "first"


_SAID = st.sampled_from(
    [
        *_KEYS.values(),
        *("hush-hush-hush", "hush-", "hush-hush", "", " ", "\\", "%68ush-hush-hush", "\\u0068ush-hush-hush"),
        *(
            "data: {",
            'data: "hush-',
            'hush-hush"\n\n',
            'data: "hush-"\n\ndata: "hush-hush"\n\n',
            "aHVzaC1odXNoLWh1c2g=",
        ),
    ]
)


@given(st.lists(st.lists(_SAID | st.text(max_size=3), max_size=3).map("".join), max_size=5))
def test_one_search_of_all_passages_finds_what_a_search_of_each_finds(texts: list[str]) -> None:
    secrets = (Secret("KEY", "hush-hush-hush"), Secret("LONG", "hush-\nhush-hush-hush"))
    passages = [Passage(place=f"at {number}", text=text) for number, text in enumerate(texts)]

    alone = [found for passage in passages if (found := find_secret([passage], secrets)) is not None]

    # One that is alone is searched together with what a stream says in it; beside a long text each is searched alone.
    apart = find_secret([*passages, Passage(place="long", text="x" * 1_100_000)], secrets)
    assert find_secret(passages, secrets) == apart == (alone[0] if alone else None)
