"""One clause of an expectation, as written and placed. What it means belongs to expectations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prompt_contracts.json_value import Json, pointer_parts
from prompt_contracts.json_value import pointer as join
from prompt_contracts.location import Location


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
