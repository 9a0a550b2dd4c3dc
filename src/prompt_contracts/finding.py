"""What a check finds wrong with something as it is written: data only, relative to what was checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeAlias

from prompt_contracts.data_class import dataclass
from prompt_contracts.diagnostic import Diagnostic, Severity
from prompt_contracts.location import Location
from prompt_contracts.spelling import nearest

_STEPS = re.compile(r"\[(\d+)\]|([^.\[\]]+)")

Clause: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from something written to a part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One mistake; becomes a diagnostic once its place in a file is known."""

    code: str
    """A key of `diagnostic.CODES`."""
    message: str
    clause: Clause = ()
    """Keys and indexes from what was checked to the mistake: from a facet's value, from the request."""
    help: str | None = None
    """The next step, without the word "help"; None when the message says it all."""
    severity: Severity = "error"

    @property
    def part(self) -> str:
        """The clause as people write it: `stream_options.include_usage`, `messages[0].name`."""
        return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.clause).removeprefix(".")

    def inside(self, *clause: str | int) -> Finding:
        """The same mistake, seen from further outside."""
        return replace(self, clause=(*clause, *self.clause))

    def at(self, location: Location, *, severity: Severity | None = None, cause: str | None = None) -> Diagnostic:
        """The mistake at its place in a file; see `Diagnostic.cause`."""
        return Diagnostic(
            code=self.code,
            message=self.message,
            location=location,
            help=self.help,
            severity=severity or self.severity,
            cause=cause,
        )


def clause_of(part: str) -> Clause:
    """The clause of a part as people write it; the other way round than `Finding.part`."""
    return tuple(int(index) if index else name for index, name in _STEPS.findall(part))


def suggest(name: str, known: Iterable[str], otherwise: str) -> str:
    """A help text: did you mean this name, or else the names that there are, introduced by `otherwise`."""
    names = list(known)
    near = nearest(name, names)
    if near is not None:
        return f"did you mean '{near}'?"
    return f"{otherwise}: {', '.join(names)}" if names else "leave it out"


def unknown_name(
    what: str, name: str, *, known: Iterable[str], foreign: Mapping[str, str] = MappingProxyType({})
) -> Finding:
    """The finding of a name that the language does not have; `what` is the noun (`facet`, `operator`, `key`).

    `foreign` are words of other tools, with what to write instead.
    """
    article = "an" if what[0] in "aeiou" else "a"
    return Finding(
        code="PC101",
        message=f"unknown {what} '{name}'",
        help=foreign.get(name) or suggest(name, known, f"{article} {what} is one of"),
    )
