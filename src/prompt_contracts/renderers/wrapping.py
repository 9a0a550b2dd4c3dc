"""Long texts in a narrow room: broken into lines at spaces, each below the other. Widths count terminal cells."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from prompt_contracts.json_value import NotJsonError, parse_json
from prompt_contracts.renderers.inert_text import inert

_NARROWEST = 24
"""Columns that a text gets at least: below that nothing is readable, and the terminal may break lines itself."""
_MOST_CHARACTERS = 20_000


def wrapped(text: str, *, width: int, most: int) -> Iterator[str]:
    """The lines of a text, made harmless, each of at most `width` cells; after `most` lines how many are left out."""
    lines = list(_lines(inert(text[:_MOST_CHARACTERS]).expandtabs(4).strip("\n"), max(width, _NARROWEST)))
    shown = lines if len(lines) <= most + 1 else lines[:most]
    yield from shown
    hidden = len(lines) - len(shown)
    cut = len(text) - _MOST_CHARACTERS
    if hidden and cut <= 0:
        yield f"… {hidden} more lines"
    elif cut > 0:
        yield f"… {hidden} more lines and {cut:,} more characters"


def _lines(text: str, width: int) -> Iterator[str]:
    for line in text.split("\n"):
        if line.isascii():
            indent = line[: len(line) - len(line.lstrip(" "))][: width // 2]
            found = textwrap.wrap(
                line, width, subsequent_indent=indent, break_on_hyphens=False, replace_whitespace=False
            )
            yield from found or [""]
        else:
            yield from _wide_lines(line, width)


def _wide_lines(line: str, width: int) -> Iterator[str]:
    """Of letters that take two cells, or none: rich knows them."""
    from rich.console import Console
    from rich.text import Text

    console = Console(width=width, color_system=None, force_terminal=False)
    yield from (part.plain.rstrip() for part in Text(line).wrap(console, width, no_wrap=False, overflow="fold"))


def indented_json(text: str) -> str:
    """A text that is JSON with a line for each member; any other text, and JSON of one line, as it is."""
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        value = parse_json(text)
    except NotJsonError:
        return text
    short = text.strip()
    if len(short) <= _SHORT_JSON and "\n" not in short:
        return short
    try:
        return json.dumps(value, indent=2, ensure_ascii=False)
    except (TypeError, ValueError):
        return text


_SHORT_JSON = 60
