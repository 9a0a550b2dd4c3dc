"""A place where what came is not what was expected: data only. Becomes a `Failure` once its place is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from enum import Enum
from typing import Protocol, TypeAlias

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json, json_type, show
from prompt_contracts.truth import FALSE, Truth, all_hold

MISSING = "(missing)"


class Absence(Enum):
    """The one thing that stands where an object has no such key."""

    ABSENT = MISSING


ABSENT = Absence.ABSENT

Value: TypeAlias = "Json | Decimal | Absence"
"""What is judged: JSON, an exact amount of money, which no float can hold, or nothing at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One differing place."""

    reason: str
    """`value`, `missing`, `unexpected`, `unknown`, or the operator that does not hold."""
    expected: str
    got: str
    place: tuple[str | int, ...] = ()
    """Keys and indexes from the judged value to the differing one."""
    clause: tuple[str | int, ...] = ()
    """Keys and indexes from the pattern, or from the facet that holds it, to the part of it that does not hold."""
    message: str = ""
    path: str = ""
    """Where in the answer, for a person; empty until a facet knows it."""
    truth: Truth = FALSE
    """How false it is: `UNKNOWN` where the comparison could not be made, `LIMITED` where a limit of ours ended it."""

    def inside(self, *, place: tuple[str | int, ...] = (), clause: tuple[str | int, ...] = ()) -> Mismatch:
        """The same mismatch, seen from further outside."""
        return replace(self, place=(*place, *self.place), clause=(*clause, *self.clause))

    def told_at(self, path: str) -> Mismatch:
        """The same mismatch, at a path in the answer that already includes its place."""
        return replace(self, path=path, place=())


class PartlyTrue(Protocol):
    """Anything that says how false it is."""

    @property
    def truth(self) -> Truth:
        """What remains possible: never certain."""


def truth_of_all(found: Iterable[PartlyTrue]) -> Truth:
    """The truth of a conjunction that has these mismatches; without any it holds."""
    return all_hold(one.truth for one in found)


def show_value(value: Value, *, limit: int = 200) -> str:
    """A judged value for a person."""
    if isinstance(value, Absence):
        return MISSING
    return format(value, "f") if isinstance(value, Decimal) else show(value, limit=limit)


def kinds_of(value: Value) -> frozenset[str]:
    """The one JSON type that a value has; none for what is absent."""
    if isinstance(value, Absence):
        return frozenset()
    return frozenset(("number" if isinstance(value, Decimal) else json_type(value),))


def cut(text: str, *, limit: int = 200) -> str:
    """A phrase, its middle left out beyond `limit` characters."""
    half = (limit - 3) // 2
    return text if len(text) <= limit else f"{text[:half]} … {text[-half:]}"
