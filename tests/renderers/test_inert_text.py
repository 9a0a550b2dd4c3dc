"""Text of models on a terminal."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.renderers.inert_text import encodable, inert, one_line, uncommanding


@given(st.text())
def test_no_control_or_bidi_character_survives(text: str) -> None:
    shown = inert(text)

    assert all(char in "\t\n" or unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp") for char in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff")


def test_ordinary_text_of_every_script_stays() -> None:
    assert inert("Zürich 東京 😀 שלום") == "Zürich 東京 😀 שלום"


def is_obeyed(line: str) -> bool:
    """Whether a runner takes a line for a command, as it reads them: blanks at the start count for nothing."""
    return line.lstrip().startswith("::") or re.search(r"##\w*\[", line) is not None


@given(st.text(alphabet=st.sampled_from(" :#[]vso\n\t\u00a0\u3000=x")))
def test_no_line_is_a_command_to_a_runner(text: str) -> None:
    assert not any(map(is_obeyed, uncommanding(text).split("\n")))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::add-mask::a", "\\u003a:add-mask::a"),
        ("  \u00a0::stop-commands::x", "  \u00a0\\u003a:stop-commands::x"),
        ("said ##[group]x and ##vso[task.complete]", "said \\u0023#[group]x and \\u0023#vso[task.complete]"),
        ("cases/a.yaml::b[p:m] std::string # ## [x] #[derive] ### Head", None),
    ],
)
def test_what_a_runner_would_obey_is_written_as_an_escape(text: str, shown: str | None) -> None:
    assert uncommanding(text) == (text if shown is None else shown)


def test_json_stays_what_it_is() -> None:
    value = {"text": "::error::x\n##[error]y"}

    assert json.loads(uncommanding(json.dumps(value, indent=2))) == value


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
