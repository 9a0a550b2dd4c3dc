"""Text of models on a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.renderers.inert_text import encodable, inert, one_line


@given(st.text())
def test_no_control_or_bidi_character_survives(text: str) -> None:
    shown = inert(text)

    assert all(char in "\t\n" or unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp") for char in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff")


def test_ordinary_text_of_every_script_stays() -> None:
    assert inert("Zürich 東京 😀 שלום") == "Zürich 東京 😀 שלום"


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_a_shortened_text_is_one_line_and_no_longer_than_its_limit(text: str, limit: int) -> None:
    shown = one_line(text, limit)

    assert "\n" not in shown
    assert len(shown) <= limit


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8", "no-such-encoding"])
def test_a_text_fits_the_terminal_s_encoding(encoding: str) -> None:
    shown = encodable("✗ ≥ $1 … 東京\nnext", encoding)

    shown.encode("ascii" if encoding.startswith("no") else encoding)
    assert shown.splitlines()[1] == "next"


def test_our_signs_have_plain_forms() -> None:
    assert encodable("✗ ≥ $1 · 3–4 …", "ascii") == "x >= $1 | 3-4 ..."
