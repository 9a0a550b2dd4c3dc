"""Secrets as values that cannot be printed by accident, and the masking of texts that hold one."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

_WORDS = frozenset(
    {
        *("KEY", "APIKEY", "TOKEN", "SECRET", "SECRETS", "PASSWORD", "PASSWD", "PASS", "PWD", "PAT", "AUTH"),
        *("CREDENTIAL", "CREDENTIALS"),
    }
)
_SHORTEST = 8
"""A shorter value would be found everywhere by chance; no provider's key is that short."""


_SHORTEST_CUT = 6


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that must not be seen: `str` and `repr` hide it, `reveal` hands it to the wire."""

    name: str
    """The variable of the environment that it came from."""
    _value: str = field(repr=False)

    def reveal(self) -> str:
        """The value itself, for the one place that sends it."""
        return self._value

    def __str__(self) -> str:
        return f"[{self.name}]"

    def spellings(self) -> tuple[str, ...]:
        """The value and the forms in which it travels: URL-quoted, base64, and inside JSON strings."""
        encoded = base64.b64encode(self._value.encode()).decode()
        escaped = (json.dumps(self._value, ensure_ascii=ascii_only)[1:-1] for ascii_only in (False, True))
        return tuple(dict.fromkeys((self._value, quote(self._value, safe=""), encoded.rstrip("="), *escaped)))


def secrets_in(environ: Mapping[str, str], *, named: Iterable[str] = ()) -> tuple[Secret, ...]:
    """The secrets of an environment: the variables in `named`, and those whose name says so.

    A name says so when one of its parts between underscores is KEY, TOKEN, SECRET, PASSWORD or the like.
    Values shorter than 8 characters are left out, and so are plain numbers; the longest come first.
    """
    wanted = set(named)
    found = [
        Secret(name, value)
        for name, value in environ.items()
        if len(value) >= _SHORTEST and (name in wanted or _is_telling(name, value))
    ]
    return tuple(sorted(found, key=lambda secret: len(secret.reveal()), reverse=True))


def _is_telling(name: str, value: str) -> bool:
    # PWD alone is the shell's working directory.
    return bool(_WORDS & set(name.upper().split("_"))) and name != "PWD" and not value.isdigit()


def mask(text: str, secrets: Iterable[Secret]) -> str:
    """The text with every spelling of every secret replaced by the secret's name.

    A spelling that an ellipsis cuts short is replaced too, as long as 6 of its characters are there.
    """
    for secret in secrets:
        for spelling in secret.spellings():
            text = text.replace(spelling, str(secret))
            if "…" in text:
                text = _mask_cut(text, spelling, str(secret))
    return text


def _mask_cut(text: str, spelling: str, name: str) -> str:
    for length in range(len(spelling) - 1, _SHORTEST_CUT - 1, -1):
        for ellipsis in ("…", " …"):
            text = text.replace(spelling[:length] + ellipsis, name + ellipsis)
        for ellipsis in ("…", "… "):
            text = text.replace(ellipsis + spelling[-length:], ellipsis + name)
    return text
