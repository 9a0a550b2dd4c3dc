"""Where the loader gathers what is wrong: places become diagnostics with source lines. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterable

from prompt_contracts import spelling
from prompt_contracts.cases.node import Node
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.json_value import Json, show

_WRONG_VALUE = frozenset({"PC102", "PC113", "PC123"})


class Findings:
    """Diagnostics in the order in which they were found, each one once."""

    def __init__(self) -> None:
        # A dict keeps the order and drops what rows and models of one case say again.
        self._found: dict[Diagnostic, None] = {}

    def error(self, code: str, message: str, place: Node, *, advice: str | None = None) -> None:
        """Notes an error at a node's place."""
        self._found.setdefault(_diagnostic(code, message, place, advice))

    def warning(self, code: str, message: str, place: Node, *, advice: str | None = None) -> None:
        """Notes a warning at a node's place."""
        found = _diagnostic(code, message, place, advice)
        self._found.setdefault(
            Diagnostic(
                code=code,
                message=message,
                location=found.location,
                help=advice,
                severity="warning",
                source_line=found.source_line,
            )
        )

    def extend(self, others: Iterable[Diagnostic]) -> None:
        """Notes what another collector found."""
        for other in others:
            self._found.setdefault(other)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The errors, in order of their places within each file."""
        errors = [found for found in self._found if found.severity == "error"]
        # What YAML and JSON read differently, or a tag, may also make the wrong type: that is the same mistake.
        misread = {found.location for found in errors if found.code in ("PC107", "PC108")}
        return _sorted(found for found in errors if found.code not in _WRONG_VALUE or found.location not in misread)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The warnings, in order of their places within each file."""
        return _sorted(found for found in self._found if found.severity == "warning") if self._found else ()

    @property
    def count(self) -> int:
        """How many errors there are."""
        return len([found for found in self._found if found.severity == "error"]) if self._found else 0


def _diagnostic(code: str, message: str, place: Node, advice: str | None) -> Diagnostic:
    return Diagnostic(
        code=code,
        message=message,
        location=place.location,
        help=advice,
        source_line=place.source.line(place.line),
    )


def _sorted(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    ordered = list(found)
    if not ordered:
        return ()
    # Files in the order in which they were met: the case file itself before what it includes.
    files = list(dict.fromkeys(one.location.path for one in ordered))
    ordered.sort(key=lambda one: (files.index(one.location.path), one.location.line, one.location.column))
    return tuple(ordered)


def did_you_mean(name: str, allowed: Iterable[str]) -> str | None:
    """`did you mean 'x'?` for the allowed name nearest to a misspelt one; None when none is near."""
    near = spelling.nearest(name, allowed)
    return None if near is None else f"did you mean '{near}'?"


def listed(names: Iterable[str]) -> str:
    """Names for a sentence: `'a', 'b' or 'c'`."""
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def described(value: Json) -> str:
    """A value with its type, for a sentence: `the number 5`, `a list`, `empty`."""
    match value:
        case None:
            return "empty"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            return f"the text {show(value, limit=40)}"
        case bool():
            return show(value)
        case _:
            return f"the number {show(value, limit=40)}"
