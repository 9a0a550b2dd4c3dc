"""A place where a value does not match its pattern: data only. Knows no facet and no file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from prompt_contracts.json_value import Json, show

Value: TypeAlias = "Json | Decimal"
"""What is judged: JSON, or an exact amount of money, which no float can hold."""

MISSING = "(missing)"


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

    def inside(self, *, place: tuple[str | int, ...] = (), clause: tuple[str | int, ...] = ()) -> Mismatch:
        """The same mismatch, seen from further outside."""
        return replace(self, place=(*place, *self.place), clause=(*clause, *self.clause))


def show_value(value: Value) -> str:
    """A judged value for a person."""
    return format(value, "f") if isinstance(value, Decimal) else show(value)


def cut(text: str, *, limit: int = 200) -> str:
    """A phrase, its middle left out beyond `limit` characters."""
    half = (limit - 3) // 2
    return text if len(text) <= limit else f"{text[:half]} … {text[-half:]}"
