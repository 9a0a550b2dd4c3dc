"""A change under which a case says that its contract still holds: data only. How it is made belongs to relations."""

from __future__ import annotations

from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.location import Location
from prompt_contracts.message import Message, Tool
from prompt_contracts.turn import Facet

RelationKind = Literal["tool_order", "key_order", "more_tools", "spelling", "said_as", "after", "without_tool"]
SameFacet = Literal["tool_calls", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """In which facets the answer under a change must equal that of the case as it is written."""

    facets: tuple[SameFacet, ...]
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Typos:
    """How many letters are mistaken, and which ones."""

    count: int = 2
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One change, as a case states it."""

    kind: RelationKind
    name: str | None = None
    """Which of its kind: `last`, `lower_case`, the author's id, the name of a tool; None where there is one alone."""
    location: Location
    """Where it is named."""
    text: str = ""
    """Of `said_as`: what the user says instead."""
    messages: tuple[Message, ...] = ()
    """Of `after`: what was said before."""
    tools: tuple[Tool, ...] = ()
    """Of `more_tools`: those that are offered besides."""
    expect: tuple[Facet, ...] = ()
    """Of `without_tool`: what holds instead."""
    typos: Typos | None = None
    kept: tuple[tuple[int, int], ...] = ()
    """Of `spelling`: the parts of the user's text that a template put in, each from its first character to its end."""

    @property
    def id(self) -> str:
        """What stands for it in node ids and paths: `tool_order.last`, `more_tools`."""
        return self.kind if self.name is None else f"{self.kind}.{self.name}"
