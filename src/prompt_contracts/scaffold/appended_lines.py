"""Text -> the same text with more behind it. What was there stays as it is, byte by byte."""

from __future__ import annotations

from collections.abc import Sequence


def line_end(text: str) -> str:
    """What ends the lines of a text: that of the first one."""
    first, newline, _ = text.partition("\n")
    return "\r\n" if newline and first.endswith("\r") else "\n"


def appended(text: str, addition: str) -> str:
    """The text, and behind it an addition in lines of its own, which end as those of the text do."""
    end = line_end(text)
    gap = "" if not text or text.endswith("\n") else end
    return text + gap + addition.replace("\n", end)


def missing_lines(text: str, wanted: Sequence[str]) -> tuple[str, ...]:
    """Which lines of a list such as that of .gitignore are not in it yet, whichever slashes are around them.

    What the text takes back (`!.env`) is not asked for again.
    """
    present = {line.strip().removeprefix("!").strip("/") for line in text.removeprefix("\ufeff").splitlines()}
    return tuple(line for line in wanted if line.strip("/") not in present)
