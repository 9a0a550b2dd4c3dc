"""Colour for the text of a cell that is not green. Takes nothing away and adds no word: the text is whole without."""

from __future__ import annotations

import re

_RED, _GREEN, _YELLOW, _DIM, _BOLD, _END = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[2m", "\x1b[1m", "\x1b[0m"
_DIM_LINES = re.compile(r"  (in [\d?]|replayed {3}|replies {4}|endpoint {3})")
_COMMANDS = re.compile(r"^(  (?:again|re-record|record|move) +)(.*)$")
_LABELS = re.compile(r"^(  (?:answer|messages sent|conversation|trials|the application wrote|raw answer [\d ofx]+))\b")
_EXPECTED = re.compile(r"^(    expected +)(.*)$")
_GOT = re.compile(r"^(    got +)(.*)$")


def painted(text: str) -> str:
    """The text with colours of a terminal; the first line says what is wrong."""
    first, *rest = text.split("\n")
    return "\n".join([f"{_BOLD}{_RED}{first}{_END}" if first else first, *map(_painted, rest)])


_SIGNS = re.compile(r"^(  )(▼|▲|≠)( \w+)", re.MULTILINE)
_COLOURS = {"▼": _RED, "▲": _GREEN, "≠": _YELLOW}


def painted_comparison(text: str) -> str:
    """A comparison with the signs of what changed in colour; the words say the same without."""
    return _SIGNS.sub(lambda found: f"{found[1]}{_COLOURS[found[2]]}{found[2]}{found[3]}{_END}", text)


def _painted(line: str) -> str:
    if _DIM_LINES.match(line):
        return f"{_DIM}{line}{_END}"
    for pattern, colour in ((_COMMANDS, _BOLD), (_EXPECTED, _GREEN), (_GOT, _RED)):
        if found := pattern.match(line):
            return f"{found[1]}{colour}{found[2]}{_END}"
    line = line.replace("✗", f"{_RED}✗{_END}")
    return _LABELS.sub(lambda found: f"{_BOLD}{found[1]}{_END}", line)
