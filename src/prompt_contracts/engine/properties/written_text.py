"""Strategies of texts as people write them: of any script, and of what a regular expression matches."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def plain_text(low: int, high: int) -> SearchStrategy[str]:
    """Text of any script, from so many to so many characters."""
    from hypothesis import strategies as st

    return st.text(_written(), min_size=low, max_size=high)


def matching_text(pattern: str, *, is_whole: bool) -> SearchStrategy[str]:
    """Text that a regular expression matches, as a whole or anywhere in it."""
    from hypothesis import strategies as st

    # By the letters of all scripts, `\d` would mostly be a digit that no reader expects. What is made by ASCII's is
    # checked by those of all: `\W` is no `é`.
    made = st.from_regex(re.compile(pattern, re.ASCII), fullmatch=is_whole, alphabet=_written("\t\n\r"))
    found = re.compile(pattern)
    matches = found.fullmatch if is_whole else found.search
    return made.filter(lambda text: matches(text) is not None)


def regex_problem(pattern: str) -> str | None:
    """Why no text can be made of a regular expression; None where nothing speaks against it."""
    try:
        re.compile(pattern)
        re.compile(pattern, re.ASCII)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        hint = ": Python's 're', which has no \\p{...}" if "\\p" in pattern else ""
        return f"{str(error) or type(error).__name__}{hint}"
    return None


def _written(more: str = "") -> SearchStrategy[str]:
    from hypothesis import strategies as st

    # Without control characters, halves of surrogate pairs, what is assigned to nothing and to nobody.
    return st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co"), include_characters=more)
