"""Functions that generated contracts name; this file is also copied into their project."""

from __future__ import annotations

from typing import Any


def is_text(value: Any) -> bool:
    """For `$check`."""
    return isinstance(value, str)


def is_short(value: Any) -> bool:
    """For `$check`."""
    return isinstance(value, (str, list, dict)) and len(value) < 6


def always(outcome: Any) -> None:
    """For `check`; None says yes."""


def never(outcome: Any) -> str:
    """For `check`; a text says no."""
    return "never"


def reply(request: Any) -> str:
    """A handler that nobody calls."""
    return "unused"


def says_yes(name: str, value: Any) -> bool:
    """What a named function says of a value."""
    functions = {"is_text": is_text, "is_short": is_short, "always": always, "never": never}
    return functions[name.partition(":")[2]](value) in (None, True)
