"""What is wrong with many cells for one reason, told once: at the place of the mistake, with the cells it concerns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from prompt_contracts.case import BrokenCase
from prompt_contracts.diagnostic import Diagnostic

_Cause = tuple[object, ...]


class Causes:
    """The findings about one file. First all are noted, then each can be told with all of its cells."""

    def __init__(self) -> None:
        self._first: dict[_Cause, Diagnostic] = {}
        self._cells: dict[_Cause, dict[str, None]] = {}

    def note(self, found: Iterable[Diagnostic], *, cell: str | None = None) -> None:
        """Findings about a cell, by the name that its file knows it by; None for those about no cell."""
        for diagnostic in found:
            cause = _cause(diagnostic)
            self._first.setdefault(cause, diagnostic)
            cells = self._cells.setdefault(cause, {})
            if cell is not None:
                cells[cell] = None

    def told(self, found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """The findings, one for each cause, in their order; all that share a cause get the very same."""
        return tuple(self._told(cause) for cause in dict.fromkeys(map(_cause, found)))

    def told_of(self, broken: BrokenCase) -> BrokenCase:
        """A broken case with its findings so told."""
        return replace(broken, diagnostics=self.told(broken.diagnostics))

    def _told(self, cause: _Cause) -> Diagnostic:
        cells = tuple(self._cells[cause])
        return replace(self._first[cause], cells=cells if len(cells) > 1 else ())


def _cause(diagnostic: Diagnostic) -> _Cause:
    own = diagnostic.cause
    place = (diagnostic.location, diagnostic.message) if own is None else ()
    return (diagnostic.code, diagnostic.severity, own, *place)
