"""A place of an answer -> the clause of the contract that judges it, as near as one is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prompt_contracts.case import Case
from prompt_contracts.data_class import dataclass
from prompt_contracts.expectations.facets import FACETS
from prompt_contracts.json_value import Json, pointer, pointer_parts
from prompt_contracts.location import Location
from prompt_contracts.turn import COMBINATIONS, Facet

_OF_ALL_CALLS = "calls"
_TURNS = "turns"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractPlace:
    """Where a contract judges a place of an answer."""

    facet: Facet | None
    """None where nothing of it is written, as of a case that expects something in its turns alone."""
    clause: tuple[str | int, ...] = ()
    """Keys and indexes from the facet's value to what is written of the place, or to the nearest thing around it."""
    is_written: bool = False
    """Whether the clause is about the place itself, and not only about what is around it."""
    turn: int | None = None
    """The turn that the facet stands in, from 1."""

    def location(self, case: Case) -> Location:
        """Where that stands in the file."""
        return case.location if self.facet is None else self.facet.locate(pointer(*self.clause))


def contract_place(case: Case, place: str) -> ContractPlace:
    """The clause that judges a place such as `get_weather/unit`, `calls/more`, `turns/1/text/end`."""
    parts = place.split("/")
    turn = None
    facets: Sequence[Facet] = case.expect
    if parts[0] == _TURNS and len(parts) > 2:
        turn = int(parts[1])
        parts = parts[2:]
        facets = (*case.turns[turn - 1].preview.expect, *case.expect)
    facet = next(iter(_facets(facets, parts[0])), None)
    if facet is None:
        facet = next(iter(facets), None)
        return ContractPlace(facet=facet, turn=turn)
    own = turn if turn is not None and facet in case.turns[turn - 1].preview.expect else None
    keys = [part for name in parts[1:] for part in pointer_parts(f"/{name}")]
    start: tuple[str | int, ...] = ()
    value = facet.value
    if FACETS[facet.name].subject == "calls" and parts[0] != _OF_ALL_CALLS and isinstance(value, list):
        found = _entry(value, parts[0])
        if found is None:
            return ContractPlace(facet=facet, turn=own)
        start, value = found
    clause, is_written = _descend(value, start, keys)
    return ContractPlace(facet=facet, clause=clause, is_written=is_written, turn=own)


def _facets(facets: Sequence[Facet], first: str) -> Iterator[Facet]:
    """The facets that may judge a place, by the first part of its name; the most telling first."""
    if first in FACETS and first not in COMBINATIONS:
        wanted: Sequence[str] = (FACETS[first].subject,)
        yield from (facet for facet in facets if facet.name == first)
    else:
        wanted = ("calls",)
    if first == "json":
        wanted = ("parsed",)
    if "itself" not in wanted:
        yield from (facet for facet in facets if FACETS[facet.name].subject in wanted)
    yield from (facet for facet in facets if facet.name in COMBINATIONS or FACETS[facet.name].subject == "anything")


def _entry(entries: list[Json], called: str) -> tuple[tuple[str | int, ...], Json] | None:
    """The entry for a call such as `get_weather#2`: the second of that name, or the last."""
    name, _, number = called.partition("#")
    found: list[tuple[tuple[str | int, ...], Json]] = []
    for index, entry in enumerate(entries):
        if entry == name:
            found.append(((index,), None))
        elif isinstance(entry, dict) and name in entry:
            found.append(((index, name), entry[name]))
    return found[min(int(number or 1), len(found)) - 1] if found else None


def _descend(value: Json, start: tuple[str | int, ...], keys: list[str]) -> tuple[tuple[str | int, ...], bool]:
    """As far down as keys are written in a pattern on an object."""
    clause = start
    for key in keys:
        optional = value.get("$optional") if isinstance(value, dict) else None
        if isinstance(value, dict) and key in value:
            value, clause = value[key], (*clause, key)
        elif isinstance(optional, dict) and key in optional:
            value, clause = optional[key], (*clause, "$optional", key)
        else:
            return clause, False
    return clause, True
