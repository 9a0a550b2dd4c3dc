"""Ids of tool calls for a provider that takes only some spellings. Call and answer keep their bond."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

_LENGTH = 9
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FITTING = re.compile(rf"[A-Za-z0-9]{{{_LENGTH}}}")


def short_ids(ids: Iterable[str]) -> Mapping[str, str]:
    """Every id of a conversation -> nine letters and digits, no two the same.

    An id that fits stays as it is. Another one becomes the same nine characters in every conversation, so that a
    recorded request is found again; only where these are taken, the next ones are.
    """
    distinct = list(dict.fromkeys(ids))
    taken = {each for each in distinct if _FITTING.fullmatch(each)}
    found = {each: each for each in taken}
    for each in distinct:
        if each in found:
            continue
        attempt = 0
        while (short := _digest(each, attempt)) in taken:
            attempt += 1
        taken.add(short)
        found[each] = short
    return found


def _digest(text: str, attempt: int) -> str:
    """Nine characters of a SHA-256; the first attempt is of the text alone."""
    marked = text if attempt == 0 else f"{text}\n{attempt}"
    number = int.from_bytes(hashlib.sha256(marked.encode("utf-8", "surrogatepass")).digest())
    digits = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)
