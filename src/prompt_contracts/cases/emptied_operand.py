"""Operators on text that an empty value leaves with nothing to say: they would hold of everything, or of nothing.

Knows which operators these are; what they mean is told in `expectations`.
"""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.cases.node import Node

IGNORED_LOOSELY = " ,./-_*^"
"""The characters that do not count under `$loosely`; the same as where it is judged."""

_PROBES = ("", "\n", "x", "0 Y\u00e9\n.")
_TIME_LIMIT = 1.0
_HOLDS_OF_ALL = "holds of every text"


def text_operands(name: str, node: Node) -> Iterator[tuple[str, Node]]:
    """The texts under a key of a pattern that must not be empty, each with the operator that it belongs to."""
    if name in ("$contains", "$regex", "$loosely"):
        yield name, node
    expression = node.member("of") if name == "$count" else None
    if expression is not None:
        yield name, expression


def what_is_left(operator: str, text: str, *, is_any_empty: bool) -> str | None:
    """What an operator says when this is all that it has; None when it has something to say.

    `is_any_empty` is whether one of the values in the text is empty.
    """
    match operator:
        case "$contains":
            return None if text.strip() else "holds of almost every text" if text else _HOLDS_OF_ALL
        case "$loosely":
            return None if text.translate(dict.fromkeys(map(ord, IGNORED_LOOSELY))) else "compares with nothing"
        case "$count" if not text:
            return "counts nothing"
    return _HOLDS_OF_ALL if _finds_nothing_in_particular(text, is_any_empty=is_any_empty) else None


def _finds_nothing_in_particular(expression: str, *, is_any_empty: bool) -> bool:
    if not expression:
        return True
    import regex  # type: ignore[import-untyped] # it ships no types

    try:
        compiled = regex.compile(expression, regex.VERSION0)
        found = [compiled.search(probe, timeout=_TIME_LIMIT) for probe in _PROBES]
    except (regex.error, ValueError, OverflowError, TimeoutError, RecursionError):
        return False  # what is wrong with it is told where it is checked
    # What is left of `\b{{ name }}\b` finds a place in every text, and no character.
    is_bare = any(match is not None and match.string.strip() and not match[0] for match in found)
    return None not in found or (is_any_empty and is_bare)
