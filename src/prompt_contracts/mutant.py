"""A recorded outcome, spoiled at one place: what a contract should notice. Made by mutation, judged by the engine."""

from __future__ import annotations

from typing import Literal, get_args

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json
from prompt_contracts.outcome import Outcome
from prompt_contracts.plain_data import PlainData

Effect = Literal[
    "type",
    "value",
    "left_out",
    "cut",
    "empty",
    "more",
    "fewer",
    "swapped",
    "broken",
    "surrounded",
    "none",
    "refused",
    "dropped",
    "further",
    "renamed",
    "twin",
    "row",
    "spelling",
]
"""What a spoiled answer shows that a place may be; the wider one first."""
EFFECTS: tuple[Effect, ...] = get_args(Effect)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What a contract speaks of; the rest is not spoiled, for it never claimed to judge it."""

    calls: bool = False
    text: bool = False
    json: bool = False
    is_fenced: bool = False
    """Whether JSON may stand amid other text."""
    facets: frozenset[str] = frozenset()
    """Those of the facets with one mutant each, such as `finish_reason`, and `error`, that it names."""

    def joined(self, other: Spoken) -> Spoken:
        """What either speaks of."""
        return Spoken(
            calls=self.calls or other.calls,
            text=self.text or other.text,
            json=self.json or other.json,
            is_fenced=self.is_fenced or other.is_fenced,
            facets=self.facets | other.facets,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One spoiled outcome."""

    place: str
    """Where it was spoiled, such as `get_weather/unit`, `calls/more`, `json/score`, `text/end`; never holds what a
    model made up."""
    family: str
    """`calls`, `arguments`, `json`, `text`, `error`, `rows`, or the name of a facet."""
    operator: str
    number: int = 1
    """Tells mutants of one operator at one place apart, from 1."""
    effect: Effect
    before: Json
    after: Json
    outcome: Outcome
    """The whole trial as it would have been."""

    @property
    def id(self) -> str:
        """The same after every rerun, and after a new recording of the same shape."""
        return f"{self.place}:{self.operator}" + (f"#{self.number}" if self.number > 1 else "")


AnswerState = Literal["passing", "failing", "left_out", "missing"]
"""What there is to measure a cell by; `missing` where no answer to it is known: nothing recorded, or for another
request."""

State = Literal["noticed", "unnoticed", "allowed", "accepted"]
"""The contract breaks on it; it does not; it does not, and names the change itself; the author accepts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedMutant(PlainData):
    """What became of one mutant; it stands for all trials of a cell in which it was tried."""

    place: str
    family: str
    operator: str
    effect: Effect
    state: State
    before: str = ""
    """For a person, cut; empty where nobody needs it."""
    after: str = ""
