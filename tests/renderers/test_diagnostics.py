"""Diagnostics as a person sees them."""

from __future__ import annotations

from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.location import Location
from prompt_contracts.renderers.diagnostics import diagnostic_text


def test_a_diagnostic_shows_place_line_caret_and_help() -> None:
    diagnostic = Diagnostic(
        code="PC101",
        message="unknown key 'expcet' in case 'picks'",
        location=Location(path="cases/weather.yaml", line=18, column=5, length=6),
        help="did you mean 'expect'?",
        source_line="    expcet:",
    )

    assert diagnostic_text(diagnostic).splitlines() == [
        "cases/weather.yaml:18:5: PC101 unknown key 'expcet' in case 'picks'",
        "   18 |     expcet:",
        "      |     ^^^^^^",
        "help: did you mean 'expect'?",
    ]


def test_a_caret_keeps_to_its_line() -> None:
    place = Location(path="a.yaml", line=1, column=2, length=99)
    text = diagnostic_text(Diagnostic(code="PC102", message="m", location=place, source_line="\tab"))

    assert text.splitlines()[-1] == "      | \t^^"


def test_escape_sequences_of_a_file_do_not_reach_the_terminal() -> None:
    place = Location(path="a.yaml", line=1, column=1)
    text = diagnostic_text(Diagnostic(code="PC102", message="\x1b[2J", location=place, source_line="\x1b]0;x\x07"))

    assert "\x1b" not in text
    assert "\\x1b" in text


def test_a_very_long_line_is_cut_around_its_caret() -> None:
    line = "x" * 5000 + "HERE" + "y" * 5000
    place = Location(path="a.yaml", line=1, column=5001, length=4)

    text = diagnostic_text(Diagnostic(code="PC102", message="m", location=place, source_line=line))

    source, caret = text.splitlines()[1:]
    assert len(source) < 200
    assert source[caret.index("^") : caret.rindex("^") + 1] == "HERE"


def test_a_caret_stands_under_what_it_means_behind_wide_characters_and_escapes() -> None:
    source = "東京\x1b: 雨!"
    place = Location(path="a.yaml", line=1, column=6, length=2)
    text = diagnostic_text(Diagnostic(code="PC102", message="m", location=place, source_line=source))

    assert text.splitlines()[1:] == ["    1 | 東京\\x1b: 雨!", "      | " + " " * 10 + "^^^"]
