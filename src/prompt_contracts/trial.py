"""Cells and their trials: what is run, and where its recording lies."""

from __future__ import annotations

from prompt_contracts.case import Case
from prompt_contracts.data_class import dataclass
from prompt_contracts.model_request import Endpoint
from prompt_contracts.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One case for one row and one model: one pytest item, one verdict, one recording."""

    case: Case
    target: Target
    cassette: str
    """Path of the recording inside the cassette folder, with forward slashes."""
    endpoint: Endpoint = "chat"
    """The family of endpoints that is asked."""
    endpoint_reason: str | None = None
    """Why `endpoint: auto` did not take Chat Completions; None otherwise."""

    @property
    def id(self) -> str:
        """The pytest node id."""
        return self.case.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run of a cell; a cell has one unless the case says more."""

    cell: Cell
    number: int = 1
    """Counts from 1."""
