"""Texts in lines of a width: nothing is lost on the way, and nothing is wider."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from prompt_contracts.renderers.wrapping import indented_json, wrapped

WIDTHS = st.integers(min_value=24, max_value=120)
WORDS = st.lists(st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=40)).map(
    " ".join
)


@given(text=st.text(max_size=200), width=WIDTHS)
def test_no_line_is_wider_than_there_is_room_for(text: str, width: int) -> None:
    assert all(cell_len(line) <= width for line in wrapped(text, width=width, most=1000))


@given(text=WORDS, width=WIDTHS)
def test_every_word_is_shown_in_its_order(text: str, width: int) -> None:
    shown = "".join(wrapped(text, width=width, most=1000))

    assert "".join(shown.split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("one\n\ntwo", ["one", "", "two"]),
        ("  - a point that is rather long for this width", ["  - a point that is rather", "  long for this width"]),
        ("\x1b[31mred\u202e", ["\\x1b[31mred\\u202e"]),
        ("東京の天気は晴れです。明日も晴れるでしょう。", ["東京の天気は晴れです。明日も", "晴れるでしょう。"]),
    ],
)
def test_lines(text: str, lines: list[str]) -> None:
    assert list(wrapped(text, width=28, most=10)) == lines


def test_what_is_left_out_is_counted() -> None:
    lines = list(wrapped("\n".join(map(str, range(100))), width=40, most=10))

    assert lines[:10] == [str(number) for number in range(10)]
    assert lines[10:] == ["… 90 more lines"]


def test_a_huge_text_is_cut_and_says_so() -> None:
    lines = list(wrapped("x" * 1_000_000, width=100, most=10))

    assert len(lines) == 11
    assert lines[-1] == "… 190 more lines and 980,000 more characters"


@given(value=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_indented_json_is_the_same_json(value: object) -> None:
    text = json.dumps(value)

    assert json.loads(indented_json(text)) == value


@pytest.mark.parametrize("text", ["", "hello", '{"a": ', "[1, NaN" + " " * 80 + "]", '{"a": 1, "a": 2}', "{" * 5000])
def test_what_is_no_json_stays_as_it_is(text: str) -> None:
    assert indented_json(text) == text
