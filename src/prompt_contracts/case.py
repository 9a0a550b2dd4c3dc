"""A case as it is meant to run: one row, prompt and model, every template filled in. No parsing here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.fault import FaultPlan, RetryPolicy
from prompt_contracts.given import GeneratedRow, Given
from prompt_contracts.json_value import Json
from prompt_contracts.location import Location
from prompt_contracts.message import Message, Tool
from prompt_contracts.relation import Relation, Same
from prompt_contracts.strength_terms import StrengthTerms
from prompt_contracts.turn import Facet, OnError, Turn, declares_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """How many of a cell's trials must hold: all, at least `count`, or at least `rate` of them."""

    count: int | None = None
    rate: float | None = None
    """Share of the scored trials, 0 to 1."""
    confidence: float | None = None
    """With it, the lower end of the two-sided Wilson interval at this level must reach `rate`."""
    errors: int = 0
    """How many trials may end in a provider error without making the cell an error."""

    def __str__(self) -> str:
        if self.count is not None:
            return f"{self.count} of the trials"
        if self.rate is None:
            return "all trials"
        level = "" if self.confidence is None else f" with {self.confidence:.0%} confidence"
        return f"{self.rate:.0%} of the trials{level}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case of a file, for one row, one prompt and one model."""

    path: str
    """The case file, relative to the project root, with forward slashes."""
    name: str
    row: str | None = None
    """Id of the row; None for a case without rows."""
    relation: str | None = None
    """Id of the change under which the contract must still hold; None for the case as it is written."""
    prompt: str | None = None
    """Name of the prompt; None for a case without `prompts`."""
    given: Given | None = None
    example: GeneratedRow | None = None
    """The part of the row that was generated, from what `given` says."""
    model: str | None = None
    """`provider:model`; None when neither the file nor the project names one."""
    location: Location
    """Where the case starts, at its `name`."""
    messages: tuple[Message, ...]
    """What is sent first; each turn adds to it. Empty with turns, or where nobody knows it from here."""
    tools: tuple[Tool, ...] = ()
    request: Mapping[str, Json] = field(default_factory=dict)
    """Every other parameter of the request, by OpenAI's name, exactly as it is sent."""
    expect: tuple[Facet, ...]
    description: str | None = None
    tags: tuple[str, ...] = ()
    skip: str | None = None
    xfail: str | None = None
    timeout: float | None = None  # seconds for one attempt; None takes the run's
    trials: int = 1
    require: Requirement = field(default_factory=Requirement)
    stop_early: bool = False
    endpoint: Literal["auto", "chat", "responses", "assistants"] = "auto"
    assistant: Mapping[str, Json] = field(default_factory=dict)
    """`id` or fields of create, `thread`, `run`, `poll`, as written."""
    turns: tuple[Turn, ...] = ()
    tool_results: Mapping[str, Json] | None = None
    """Name of a tool -> what it returns, as written; None ends the case at the first calls."""
    max_turns: int = 8
    """Answers that the model may give to one message of the user, its calls of tools included."""
    handler: str | None = None  # package.module:function
    handler_in: Literal["process", "thread"] = "process"  # of handlers, or one of pytest's own
    command: tuple[str, ...] | None = None
    """Program and arguments of the application under test."""
    variables: Mapping[str, Json] = field(default_factory=dict)
    """With an application, what templates can name: the file's variables, and over them the columns of the row."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    fault: FaultPlan | None = None
    on_error: OnError = "fail"
    origin: Literal["file", "test", "answer"] = "file"
    """Who says it; a test drives its application itself, and with an answer nobody may know what was asked."""
    strength: StrengthTerms = field(default_factory=StrengthTerms)
    holds_under: tuple[Relation, ...] = ()
    """The changes that it names, each to be a cell of its own; none in a cell."""
    same: Same | None = None
    """What else must hold under a change; of the case as it is written, that somebody wants to know its answers."""
    places: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)
    """JSON pointer in the case as merged, such as `/request/seed` -> where that was written; none in a `Cell`."""

    @property
    def is_application(self) -> bool:
        """Whether an application asks the model itself."""
        return self.handler is not None or self.command is not None or self.origin == "test"

    @property
    def has_own_contract(self) -> bool:
        """Whether something else holds under its change than in the case as it is written."""
        return self.relation is not None and self.relation.startswith("without_tool.")

    @property
    def facets(self) -> dict[str, Json]:
        """The values of all facets, by their names."""
        return {facet.name: facet.value for facet in self.expect}

    @property
    def declares_error(self) -> bool:
        """Whether it takes a provider's error for something to be judged."""
        return declares_error(self.facets)

    @property
    def variant(self) -> str:
        """What pytest shows in brackets: row, then relation, then prompt, then model."""
        return "-".join([part for part in (self.row, self.relation, self.prompt, self.model) if part is not None])

    @property
    def item_name(self) -> str:
        """`name[row-relation-prompt-provider:model]`, without brackets when there is neither."""
        variant = self.variant
        return f"{self.name}[{variant}]" if variant else self.name

    @property
    def id(self) -> str:
        """The pytest node id of the cell, relative to the project root."""
        return f"{self.path}::{self.item_name}"

    def facet(self, name: str) -> Facet | None:
        """The facet of that name; None when the case does not state it."""
        return next((facet for facet in self.expect if facet.name == name), None)
