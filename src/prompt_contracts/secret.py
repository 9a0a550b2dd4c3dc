"""Secrets as values that cannot be printed by accident, and where an environment holds some."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from urllib.parse import unquote, unquote_plus

from prompt_contracts.data_class import dataclass

_WORDS = frozenset(
    {
        *("KEY", "APIKEY", "TOKEN", "SECRET", "SECRETS", "PASSWORD", "PASSWD", "PASS", "PWD", "PAT", "AUTH"),
        *("CREDENTIAL", "CREDENTIALS", "AUTHORIZATION", "COOKIE", "SIG", "SIGNATURE"),
        *("PASSPHRASE", "BEARER", "PIN"),
    }
)
_WHOLE_NAMES = frozenset({"X_SESSION"})
_SHORTEST = 8
"""A shorter value would be found everywhere by chance; no provider's key is that short."""


_FIELD = re.compile(r"[?&;]([^=?&;#/\s]+)=([^&;#\s]+)")
_PASSWORD = re.compile(r"://[^/?#@\s:]*:([^/?#\s]+)@")


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


class Environment(Mapping[str, str]):
    """Variables whose values no `repr` shows, and so no traceback that shows the values of names."""

    __slots__ = ("_below", "_values")

    def __init__(self, values: Mapping[str, str], *, below: Mapping[str, str] | None = None) -> None:
        """`below` holds where `values` say nothing, such as a `.env` file."""
        self._below = below or {}
        self._values = {**self._below, **values} if below else values

    def everything(self) -> Iterator[tuple[str, str]]:
        """Every name with its value, also those below that another value hides: they are secret all the same."""
        yield from self._values.items()
        yield from ((name, value) for name, value in self._below.items() if self._values[name] != value)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<an environment of {len(self)} variables>"


def secrets_in(environ: Mapping[str, str], *, named: Iterable[str] = ()) -> tuple[Secret, ...]:
    """The secrets of an environment: the variables in `named`, and those whose name says so.

    A name says so when one of its parts between underscores is KEY, TOKEN, SECRET, PASSWORD or the like.
    Secret is also what an address in any variable holds of passwords and keys. Values shorter than 8 characters are
    left out, and so are plain numbers; the longest come first.
    """
    wanted = set(named)
    values = list(environ.everything() if isinstance(environ, Environment) else environ.items())
    found = [
        Secret(name, value.strip())
        for name, value in values
        if name in wanted or (is_telling(name) and not value.strip().isdigit())
    ]
    found += [secret for name, value in values for secret in secrets_in_address(name, value)]
    return longest_first(found)


def longest_first(secrets: Iterable[Secret]) -> tuple[Secret, ...]:
    """Those that are long enough to be told from chance, a secret before one that it holds."""
    kept = {secret for secret in secrets if len(secret.reveal()) >= _SHORTEST}
    return tuple(sorted(kept, key=lambda secret: (-len(secret.reveal()), secret.name)))


def secrets_in_address(name: str, address: str) -> tuple[Secret, ...]:
    """The password of an address, and the values of its query whose names say that they are secret."""
    if "://" not in address:
        return ()
    found = [value for written in _PASSWORD.findall(address) for value in (written, unquote(written))]
    for parameter, written in _FIELD.findall(address):
        if is_telling(unquote_plus(parameter)) or parameter.lower() == "code":
            ends = (written, written.partition("/")[0])  # within a path it ends there
            found += [value for end in ends for value in (unquote(end), unquote_plus(end), end)]
    return tuple(Secret(name, value) for value in dict.fromkeys(found))


def is_telling(name: str) -> bool:
    """Whether the name of a variable, header or parameter says that its value is secret."""
    # PWD alone is the shell's working directory.
    words = name.upper().replace("-", "_")
    return (bool(_WORDS & set(words.split("_"))) and name != "PWD") or words in _WHOLE_NAMES
