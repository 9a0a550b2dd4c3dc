"""Annotations of GitHub: whatever a file is called and a message says, one finding is one command."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.location import Location
from prompt_contracts.renderers.diagnostics import github_annotations


def unescaped(text: str) -> str:
    """What GitHub makes of an escaped text."""
    for escape, sign in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(escape, sign)
    return text


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from("\r\n%:,"), min_size=1, max_size=30)


@given(path=TEXT, message=TEXT, advice=st.none() | TEXT)
def test_a_finding_is_one_line_from_which_all_of_it_can_be_read(path: str, message: str, advice: str | None) -> None:
    place = Location(path=path, line=3, column=5, length=2)

    text = github_annotations([Diagnostic(code="PC101", message=message, location=place, help=advice)])

    assert len(text.splitlines()) == 1
    command, _, properties = text.removeprefix("::").partition("::")[0].partition(" ")
    data = text.removeprefix(f"::{command} {properties}::")
    fields = dict(entry.split("=", 1) for entry in properties.split(","))
    assert command == "error"
    assert unescaped(fields["file"]) == path
    assert (fields["line"], fields["col"], fields["endColumn"], fields["title"]) == ("3", "5", "7", "PC101")
    assert unescaped(data) == (message if advice is None else f"{message}\nhelp: {advice}")


def test_a_warning_is_one() -> None:
    place = Location(path="a.yaml", line=1, column=1)

    found = Diagnostic(code="PC115", message="m", location=place, severity="warning")

    assert github_annotations([found]).startswith("::warning file=a.yaml,")


def test_control_characters_are_written_out() -> None:
    place = Location(path="a.yaml", line=1, column=1)

    found = Diagnostic(code="PC101", message="\x1b[31m", location=place)

    assert github_annotations([found]).endswith("::\\x1b[31m")
