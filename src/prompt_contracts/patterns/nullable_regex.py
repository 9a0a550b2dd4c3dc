"""Regular expressions that are found in every text, as far as that is certain without running them on all."""

from __future__ import annotations

import re

from prompt_contracts.json_schema.regular_expression import InvalidRegexError, SlowRegexError, compile_regex, is_found

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:P?<[A-Za-z_]\w*>|:|[aimsux]+\))|.", re.DOTALL)
"""An escape, a class of characters, the head of a group that looks at nothing around it, or one character."""

_LOOKING_ROUND = frozenset({"^", "$", "(?", *(f"\\{letter}" for letter in "AbBGKmMXzZ")})
_FLAGS = re.compile(r"\(\?[aimsux]+\)")
_WHOLE = frozenset({r"[\s\S]*", r"[\S\s]*", r"[\w\W]*", r"[\W\w]*", r"[\d\D]*", r"[\D\d]*", r"(.|\n)*", r"(?:.|\n)*"})
"""Expressions that match every text from its start to its end."""


def is_always_found(expression: str) -> bool:
    """Whether an expression is surely found in every text; False promises nothing.

    What matches the empty text without looking at what stands around it matches at the start of any text.
    """
    flags = _FLAGS.match(expression)
    rest = expression[flags.end() :] if flags else expression
    is_dotall = flags is not None and "s" in flags[0]
    is_from_start, rest = _without_start(rest)
    is_to_end, rest = _without_end(rest)
    if is_from_start and is_to_end:
        return rest in _WHOLE or (is_dotall and rest in (".*", "(.*)", "(?:.*)"))
    tokens = _TOKEN.findall(rest)
    if "x" in (flags[0] if flags else "") or _looks_round(tokens):
        return False
    try:
        compile_regex(rest)  # what is none by itself may be one between brackets
        return is_found(f"^(?:{rest})\\Z", "")
    except (InvalidRegexError, SlowRegexError):
        return False


def _looks_round(tokens: list[str]) -> bool:
    pairs = zip(tokens, [*tokens[1:], ""], strict=False)
    return any(token in _LOOKING_ROUND or token + after in _LOOKING_ROUND for token, after in pairs)


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
