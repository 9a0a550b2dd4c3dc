"""The one block of JSON inside a text: fenced as in Markdown, or embedded. Never guesses between two."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from prompt_contracts.json_value import Json, JsonLimitError, NotJsonError, parse_json

_OPENING = re.compile(r" {0,3}(`{3,}|~{3,}) *([^`]*)")
_BRACKET = re.compile(r"[\[{]")
_BRACKETS = {"{": "}", "[": "]"}
_DECODER = json.JSONDecoder()


class NoJsonBlockError(ValueError):
    """A text holds no block of JSON, or several; the message says which."""


def read_block(text: str) -> Json:
    """The JSON of a text that is JSON, or holds one block of it.

    A block is a fenced one that is marked `json` or not at all; where nothing is fenced, an object or a list
    amid the text. Raises `NoJsonBlockError`, and `NotJsonError` for a block that is no strict JSON.
    """
    try:
        return parse_json(text)
    except JsonLimitError:
        raise
    except NotJsonError:
        pass
    fenced = list(_fenced(text))
    blocks = [content for mark, content in fenced if mark in ("", "json")]
    if not fenced:
        blocks = list(_embedded(text))
    if len(blocks) != 1:
        kind = "fenced block" if fenced else "block"
        raise NoJsonBlockError(f"{len(blocks) or 'no'} {kind}{'' if len(blocks) == 1 else 's'} of JSON")
    return parse_json(blocks[0])


def _fenced(text: str) -> Iterator[tuple[str, str]]:
    """The fenced blocks of a Markdown text: the word behind the fence in lower case, and the content."""
    fence, mark, lines = "", "", list[str]()
    for line in text.splitlines():
        opening = _OPENING.fullmatch(line)
        if not fence and opening:
            fence, mark, lines = opening[1], opening[2].strip().partition(" ")[0].lower(), []
        elif fence and _closes(line, fence):
            yield mark, "\n".join(lines)
            fence = ""
        elif fence:
            lines.append(line)
    if fence:  # Markdown ends an open fence with the text
        yield mark, "\n".join(lines)


def _closes(line: str, fence: str) -> bool:
    return re.fullmatch(rf" {{0,3}}{fence[0]}{{{len(fence)},}} *", line) is not None


def _embedded(text: str) -> Iterator[str]:
    """The objects and lists of JSON amid a text, outermost only.

    What opens like one and is none is passed over as a whole, so that no part of a broken answer is taken
    for the answer.
    """
    at = 0
    while (found := _BRACKET.search(text, at)) is not None:
        start = found.start()
        try:
            _, at = _DECODER.raw_decode(text, start)
            yield text[start:at]
        except (ValueError, RecursionError):
            at = _closing(text, start)


def _closing(text: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`, or the end of the text."""
    waiting: list[str] = []
    for at in range(start, len(text)):
        if text[at] in _BRACKETS:
            waiting.append(_BRACKETS[text[at]])
        elif waiting and text[at] == waiting[-1]:
            waiting.pop()
            if not waiting:
                return at + 1
    return len(text)
