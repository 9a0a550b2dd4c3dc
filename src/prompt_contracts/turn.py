"""Facets of `expect`, and the turns of a conversation that may each have some."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Literal, TypeAlias

from prompt_contracts.data_class import dataclass
from prompt_contracts.fault import FaultPlan
from prompt_contracts.json_value import Json, pointer_parts
from prompt_contracts.json_value import pointer as join
from prompt_contracts.location import Location
from prompt_contracts.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One clause of `expect`, such as `tool_calls`, with the places of everything in it."""

    name: str
    value: Json
    location: Location
    """Where the facet's key stands."""
    locations: Mapping[str, Location] = field(default_factory=dict)
    """JSON pointer inside `value` -> place, for keys of mappings and items of lists."""

    def locate(self, pointer: str) -> Location:
        """The place of a JSON pointer inside `value`, or of the nearest written thing around it."""
        return nearest_place(self.locations, pointer) or self.location


def nearest_place(places: Mapping[str, Location], pointer: str) -> Location | None:
    """The place of a JSON pointer, or of the nearest thing around it that was written; None without any."""
    parts = pointer_parts(pointer)
    candidates = (places.get(join(*parts[:length])) for length in range(len(parts), 0, -1))
    return next((found for found in candidates if found is not None), None)


Member: TypeAlias = tuple[tuple[str | int, ...], dict[str, Json]]
"""One expectation of a combination, with its clause."""


COMBINATIONS = ("any_of", "all_of", "not")
"""The facets that hold whole expectations."""


def members_of(value: Json) -> list[Member]:
    """The expectations that a combination such as `any_of` holds: a list of them, or one."""
    if isinstance(value, list):
        return [((index,), member) for index, member in enumerate(value) if isinstance(member, dict)]
    return [((), value)] if isinstance(value, dict) else []


def names_facet(expect: Mapping[str, Json], name: str) -> bool:
    """Whether a facet stands in an expectation, or anywhere in its combinations."""
    return name in expect or any(
        names_facet(member, name) for each in COMBINATIONS for _, member in members_of(expect.get(each))
    )


def declared_errors(expect: Mapping[str, Json]) -> list[Json]:
    """What facets say of an error that they take for something to be judged: `error`, alone or in an alternative."""
    found = [expect["error"]] if "error" in expect else []
    for name in ("any_of", "all_of"):
        if name in expect:
            for _, member in members_of(expect[name]):
                found += declared_errors(member)
    return found


def declares_error(expect: Mapping[str, Json]) -> bool:
    """Whether facets take a provider's error for something to be judged."""
    return bool(declared_errors(expect))


def declares_directly(expect: Mapping[str, Json]) -> bool:
    """Whether nothing but an error can make all of these facets hold: `error` itself, or within `all_of`."""
    if "error" in expect or "all_of" not in expect:
        return "error" in expect
    return any(declares_directly(member) for _, member in members_of(expect["all_of"]))


NO_ERROR: Mapping[str, Json] = MappingProxyType({"kind": "", "message": "", "status": "", "body": ""})
"""The fields of the variable `error`, as they are when there was none."""

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


UNKNOWN_SCHEMA: Mapping[str, str] = MappingProxyType({"$comment": "known when the case runs"})
"""The JSON Schema that stands for one of which nothing can be told before the run."""
UNKNOWN_VALUE: Mapping[str, Mapping[str, str]] = {"$schema": dict(UNKNOWN_SCHEMA)}
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
