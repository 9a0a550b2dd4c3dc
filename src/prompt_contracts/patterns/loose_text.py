"""Texts compared loosely: upper and lower case, some punctuation and the kind of quotes do not count."""

from __future__ import annotations

from prompt_contracts.json_value import Json, equal

# The characters of the Berkeley Function Calling Leaderboard's comparison, so that its references can be reused.
_IGNORED = str.maketrans({**dict.fromkeys(" ,./-_*^"), "'": '"'})


def loosened(text: str) -> str:
    """What remains of a text: case dropped, and space `, . / - _ * ^`; `'` read as `"`."""
    return text.translate(_IGNORED).casefold()


def equal_loosely(literal: Json, value: Json) -> bool:
    """Whether two JSON values are equal when their texts are compared loosely; keys are compared as they are."""
    if isinstance(literal, str):
        return isinstance(value, str) and loosened(literal) == loosened(value)
    if isinstance(literal, dict):
        return (
            isinstance(value, dict)
            and literal.keys() == value.keys()
            and all(equal_loosely(inner, value[key]) for key, inner in literal.items())
        )
    if isinstance(literal, list):
        return isinstance(value, list) and len(literal) == len(value) and all(map(equal_loosely, literal, value))
    return equal(literal, value)
