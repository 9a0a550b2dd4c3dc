"""What was read from one case file: its cells, and what of it cannot run."""

from __future__ import annotations

from prompt_contracts.case import Case
from prompt_contracts.data_class import dataclass
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.location import Location
from prompt_contracts.turn import Facet


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenCase:
    """A case, or a whole file, that cannot run; it becomes one failing item."""

    name: str
    """The case's where it has a usable one, else `case-at-line-N`, or `file` for a whole file."""
    location: Location
    diagnostics: tuple[Diagnostic, ...]
    expect: tuple[Facet, ...] = ()
    """The expectations as far as they can be told, so that their mistakes are named in the same run."""
    offered: tuple[str, ...] | None = None
    """Names of the tools that the case offers; None when they cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """All that was read from one case file."""

    path: str
    cases: tuple[Case, ...] = ()
    """In the order of the file; rows in a case, prompts in a row, models in a prompt."""
    broken: tuple[BrokenCase, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
