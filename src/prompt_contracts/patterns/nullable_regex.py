"""Regular expressions that are found in every text, as far as that is certain without running them on all."""

from __future__ import annotations

import itertools
import re

from prompt_contracts.json_schema.regular_expression import InvalidRegexError, SlowRegexError, compile_regex, is_found

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:P?<[A-Za-z_]\w*>|:|[=!]|[aimsux]+\))|\(\?|.", re.DOTALL)
"""An escape, a class of characters, the head of a group that looks at nothing behind it, or one character."""

_LOOKING_BACK = frozenset({"^", "(?", *(f"\\{letter}" for letter in "AbBGKmM")})
_LOOKING_ON = frozenset({"$", "(?=", "(?!", r"\Z", r"\z", r"\X"})
_FLAGS = re.compile(r"\(\?[aimsux]+\)")
_ALL = (".*", "(.*)", "(?:.*)")
_WHOLE = frozenset({r"[\s\S]*", r"[\S\s]*", r"[\w\W]*", r"[\W\w]*", r"[\d\D]*", r"[\D\d]*", r"(.|\n)*", r"(?:.|\n)*"})
"""Expressions that match every text from its start to its end."""


def is_always_found(expression: str) -> bool:
    """Whether an expression is surely found in every text; False promises nothing.

    Nothing follows the end of any text. So what matches the empty text without looking back matches at the end of
    all, and what looks at nothing around it matches at their start too.
    """
    flags = _FLAGS.match(expression)
    rest = expression[flags.end() :] if flags else expression
    letters = flags[0] if flags else ""
    # In verbose mode spaces and comments are nothing: tokens say little of such an expression.
    if "x" in letters:
        return False
    is_from_start, inner = _without_start(rest)
    is_to_end, inner = _without_end(inner)
    if is_from_start and is_to_end:
        # Without a flag `.*` between anchors ends at the first line feed.
        return inner in _WHOLE or (("s" in letters or "m" in letters) and inner in _ALL)
    if is_from_start:
        return not _has(inner, _LOOKING_BACK | _LOOKING_ON | _BACK_REFERENCES) and _matches_nothing(letters, inner)
    if {r"\b", r"\B"} <= set(_alternatives(rest)):
        return is_found(rest, "")  # at each place in a text there is one or the other
    return not _has(rest, _LOOKING_BACK) and _matches_nothing(letters, rest)


_BACK_REFERENCES = frozenset({*(f"\\{digit}" for digit in "123456789"), r"\g"})


def _has(expression: str, words: frozenset[str]) -> bool:
    return any(token in words for token in _TOKEN.findall(expression))


def _matches_nothing(flags: str, expression: str) -> bool:
    """Whether an expression matches the empty text."""
    try:
        compile_regex(expression)  # what is none by itself may be one between brackets
        return is_found(f"{flags}^(?:{expression})\\Z", "")
    except (InvalidRegexError, SlowRegexError):
        return False


def _alternatives(expression: str) -> list[str]:
    """The alternatives of an expression without groups."""
    words = _TOKEN.findall(expression)
    if any(word.startswith("(") for word in words):
        return []
    bars = [at for at, word in enumerate(words) if word == "|"]
    return ["".join(words[start + 1 : end]) for start, end in itertools.pairwise([-1, *bars, len(words)])]


def _without_start(expression: str) -> tuple[bool, str]:
    for anchor in ("^", r"\A"):
        if expression.startswith(anchor):
            return True, expression.removeprefix(anchor)
    return False, expression


def _without_end(expression: str) -> tuple[bool, str]:
    tokens = _TOKEN.findall(expression)
    if tokens and tokens[-1] in ("$", r"\Z"):
        return True, "".join(tokens[:-1])
    return False, expression
