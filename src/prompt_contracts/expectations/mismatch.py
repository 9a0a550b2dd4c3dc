"""A place where a value does not match its pattern: data only. Knows no facet and no file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Protocol, TypeAlias

from prompt_contracts.json_value import Json, json_type, show

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
    """Keys and indexes from the pattern to the part of it that does not hold."""
    message: str = ""
    is_undecided: bool = False
    """Whether the comparison could not be made at all: neither this nor its opposite may hold then."""

    def inside(self, *, place: tuple[str | int, ...] = (), clause: tuple[str | int, ...] = ()) -> Mismatch:
        """The same mismatch, seen from further outside."""
        return replace(self, place=(*place, *self.place), clause=(*clause, *self.clause))


class Decidable(Protocol):
    """Anything that says whether it could be decided."""

    @property
    def is_undecided(self) -> bool:
        """Whether the comparison could not be made."""


def are_undecided(found: Iterable[Decidable]) -> bool:
    """Whether a conjunction with these mismatches, at least one, may hold or not: none of them is certain."""
    return all(one.is_undecided for one in found)


def show_value(value: Value, *, limit: int = 200) -> str:
    """A judged value for a person."""
    if isinstance(value, Absence):
        return MISSING
    return format(value, "f") if isinstance(value, Decimal) else show(value, limit=limit)


def kinds_of(value: Value) -> frozenset[str]:
    """The one JSON type that a value has; none for what is absent."""
    if isinstance(value, Absence):
        return frozenset()
    return frozenset({"number" if isinstance(value, Decimal) else json_type(value)})


def cut(text: str, *, limit: int = 200) -> str:
    """A phrase, its middle left out beyond `limit` characters."""
    half = (limit - 3) // 2
    return text if len(text) <= limit else f"{text[:half]} … {text[-half:]}"
