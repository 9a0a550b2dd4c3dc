"""Text of models on a terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.renderers.inert_text import inert, shortened


@given(st.text())
def test_no_control_or_bidi_character_survives(text: str) -> None:
    shown = inert(text)

    assert all(char in "\t\n" or unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp") for char in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff")


def test_ordinary_text_of_every_script_stays() -> None:
    assert inert("Zürich 東京 😀 שלום") == "Zürich 東京 😀 שלום"


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_a_shortened_text_is_one_line_and_no_longer_than_its_limit(text: str, limit: int) -> None:
    shown = shortened(text, limit)

    assert "\n" not in shown
    assert len(shown) <= limit
