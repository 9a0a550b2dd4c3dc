"""Text of models and servers made harmless for Markdown as GitHub shows it: no link, image, mention, tag or table."""

from __future__ import annotations

import re

from prompt_contracts.renderers.inert_text import inert, one_line

_MARKS = re.compile(r"[\\`*_{}\[\]<>#!|~&$]")
_LINKED = re.compile(r"@|://|www\.|#\d|\bGH-\d|\b[0-9a-f]{7,40}\b", re.IGNORECASE)
_LONGEST_LINE = 2_000


def plain_markdown(text: str) -> str:
    """One line that means nothing to Markdown: as code where GitHub would make a link or a mention of it."""
    line = one_line(text, _LONGEST_LINE)
    if not _LINKED.search(line):
        return _MARKS.sub(lambda found: f"&#{ord(found[0])};", line)
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}"


def markdown_field(text: str) -> str:
    """The same inside a row of a table, where a bar ends the field, in code too."""
    return plain_markdown(text).replace("|", "\\|")


def fenced_markdown(text: str, *, limit: int, language: str = "text") -> str:
    """A block of code that no text can end, cut at `limit` characters with a line that counts the rest."""
    shown = inert(text[:limit])
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    cut = f"\n… {len(text) - limit:,} more characters" if len(text) > limit else ""
    return f"{fence}{language}\n{shown}{cut}\n{fence}\n"
