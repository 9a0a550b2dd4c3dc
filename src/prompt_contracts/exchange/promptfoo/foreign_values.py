"""Values as JavaScript writes them into a text, and names made of texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

from prompt_contracts.json_value import Json


class NotCarriedError(Exception):
    """Why something has no counterpart in a case file, for a person."""


def script_text(value: Json) -> str:
    """What JavaScript's `String` makes of a value, and of a list `Array.toString`; null is empty, as in a template."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ",".join(map(script_text, value))
    return "[object Object]" if isinstance(value, dict) else _number_text(value)


def _number_text(value: float) -> str:
    if float(value).is_integer() and abs(value) < 1e21:
        return str(int(value))
    return re.sub(r"e([-+])0*", r"e\1", repr(float(value)))


_LONGEST_SLUG = 48


def slug(text: str, *, longest: int = _LONGEST_SLUG) -> str:
    """Letters, digits and underscores that tell of a text; empty where it holds none."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = [word for word in re.split(r"[^a-z0-9]+", plain) if word]
    kept = ""
    for word in words:
        longer = f"{kept}_{word}" if kept else word
        if len(longer) > longest:
            break
        kept = longer
    return kept or "".join(words)[:longest]


def free_name(wanted: str, taken: Container[str]) -> str:
    """The name, or the first of name_2, name_3 and so on that is not taken, whatever its case."""
    number, name = 1, wanted
    while name.casefold() in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name
