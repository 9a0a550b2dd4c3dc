"""Secrets as values that cannot be printed by accident, and the masking of texts that hold one."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

_WORDS = frozenset(
    {"KEY", "KEYS", "TOKEN", "TOKENS", "SECRET", "SECRETS", "PASSWORD", "PASSWD", "CREDENTIAL", "CREDENTIALS"}
)
_SHORTEST = 8
"""A shorter value would be found everywhere by chance; no provider's key is that short."""


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
        """The value and the forms in which it travels: URL-quoted and base64."""
        encoded = base64.b64encode(self._value.encode()).decode()
        forms = (self._value, quote(self._value, safe=""), encoded.rstrip("="))
        return tuple(dict.fromkeys(forms))


def secrets_in(environ: Mapping[str, str], *, named: Iterable[str] = ()) -> tuple[Secret, ...]:
    """The secrets of an environment: the variables in `named`, and those whose name says so.

    A name says so when one of its parts between underscores is KEY, TOKEN, SECRET, PASSWORD or the like.
    Values shorter than 8 characters are left out, the longest come first.
    """
    wanted = set(named)
    found = [
        Secret(name, value)
        for name, value in environ.items()
        if len(value) >= _SHORTEST and (name in wanted or _WORDS & set(name.upper().split("_")))
    ]
    return tuple(sorted(found, key=lambda secret: len(secret.reveal()), reverse=True))


def mask(text: str, secrets: Iterable[Secret]) -> str:
    """The text with every spelling of every secret replaced by the secret's name."""
    for secret in secrets:
        for spelling in secret.spellings():
            text = text.replace(spelling, str(secret))
    return text
