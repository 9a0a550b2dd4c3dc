"""One turn of a conversation: what the user says, how it is asked, what must hold of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from prompt_contracts.facet import Facet
from prompt_contracts.fault import FaultPlan
from prompt_contracts.json_value import Json
from prompt_contracts.location import Location
from prompt_contracts.message import Message

OnError = Literal["fail", "continue"]


class UnfillableError(ValueError):
    """What earlier turns gave does not fit where a turn puts it: a text as a number, a list as a bound."""

    def __init__(self, *, expected: str, got: str, location: Location, is_empty: bool = False) -> None:
        super().__init__(f"{location}: expected {expected}, got {got}")
        self.expected = expected
        self.got = got
        self.location = location
        """Where the turn names the variable."""
        self.is_empty = is_empty
        """Whether a pattern would be left with nothing to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledTurn:
    """What a turn says once every variable is known."""

    messages: tuple[Message, ...]
    """Added to the conversation before the model is asked."""
    request: Mapping[str, Json] = field(default_factory=dict)
    """The whole parameters of the turn: those of the case with the turn's merged over them."""
    expect: tuple[Facet, ...] = ()
    places: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)
    """JSON pointer such as `/request/seed` -> where that was written, in the turn or in its case."""


UNKNOWN_VALUE: Mapping[str, Mapping[str, str]] = {"$schema": {"$comment": "known when an earlier turn is answered"}}
"""The pattern that stands in a preview for what an answer gives: nothing can be told of it before the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn, as far as it is known before the run."""

    number: int
    """Counts from 1."""
    location: Location
    fill: Callable[[Mapping[str, Json]], FilledTurn]
    """Puts in what earlier turns gave: variables of `extract`, and `error` with its fields. Their texts are
    literals: never templates, never operators. `UnfillableError` when one is missing or does not fit."""
    needs: frozenset[str] = frozenset()
    """The variables of `extract` that only an earlier turn can give and that this one names."""
    preview: FilledTurn
    """The turn with a stand-in for what is not known yet, for checks before the run."""
    extract: Mapping[str, str] = field(default_factory=dict)
    """Variable -> JSON pointer into the JSON answer; the pointer "" takes the answer's text."""
    fault: FaultPlan | None = None
    on_error: OnError = "fail"
