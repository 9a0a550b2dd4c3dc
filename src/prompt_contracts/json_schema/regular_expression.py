"""Regular expressions with a time limit. The only place that imports the engine; no pattern can hang a run.

The engine is the `regex` package in its V0 mode: `re`'s syntax and meaning, plus `\\p{...}` and a time limit.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol, TypeVar

from prompt_contracts.json_schema.time_limit import Search, give_up, is_given_up, tick, timed

_T = TypeVar("_T")

REGEX_SECONDS = 1.0
"""How long one pattern may take on one text."""

TOO_SLOW = f"the pattern took longer than {REGEX_SECONDS:g} s on this text"


class CompiledRegex(Protocol):
    """The part of a compiled pattern that is used."""

    def search(self, string: str, /, *, timeout: float) -> object | None:
        """The first match; `TimeoutError` after `timeout` seconds."""

    def findall(self, string: str, /, *, timeout: float) -> list[object]:
        """All matches without overlaps; `TimeoutError` after `timeout` seconds."""


class InvalidRegexError(ValueError):
    """The pattern cannot be compiled; the message says why and where in it."""


class SlowRegexError(Exception):
    """The pattern did not finish in time on this text."""


@lru_cache(maxsize=512)
def compile_regex(pattern: str) -> CompiledRegex:
    """The compiled pattern; `InvalidRegexError` when it is none."""
    import regex  # type: ignore[import-untyped] # it ships no types

    try:
        # V1 would change the meaning of classes such as `[a--b]` and of inline flags.
        compiled: CompiledRegex = regex.compile(pattern, regex.VERSION0)
    # The compiler is written in Python: brackets in great depth end it by recursion.
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        raise InvalidRegexError(str(error) or type(error).__name__) from None
    return compiled


def is_found(pattern: str, text: str) -> bool:
    """Whether the pattern occurs anywhere in the text, as with `re.search`.

    Raises `InvalidRegexError`, `SlowRegexError` after `REGEX_SECONDS`, and `OutOfTimeError`.
    """
    return _run(pattern, text, compile_regex(pattern).search) is not None


def count_found(pattern: str, text: str) -> int:
    """How often the pattern occurs in the text, without overlaps.

    Raises `InvalidRegexError`, `SlowRegexError` after `REGEX_SECONDS`, and `OutOfTimeError`.
    """
    return len(_run(pattern, text, compile_regex(pattern).findall))


def _run(pattern: str, text: str, search: Search[_T]) -> _T:
    if is_given_up(pattern, text):
        raise SlowRegexError(TOO_SLOW)
    try:
        return timed(pattern, text, REGEX_SECONDS, search)
    except TimeoutError:
        give_up(pattern, text)
        # Where the limit of the cell is the reason, that one is told.
        tick()
        raise SlowRegexError(TOO_SLOW) from None
