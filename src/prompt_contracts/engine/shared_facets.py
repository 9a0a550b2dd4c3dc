"""Facets of one value hold one object, whichever case they stand in: a suite says the same of many answers."""

from __future__ import annotations

from operator import is_

from prompt_contracts.cases.node import Places
from prompt_contracts.changed_fields import replace
from prompt_contracts.expectations.known_findings import value_text
from prompt_contracts.json_value import Json
from prompt_contracts.turn import Facet

_MOST = 4096
"""So many values are remembered; more than that are hardly ever equal."""


class SharedFacets:
    """The values of the facets of one run."""

    def __init__(self) -> None:
        self._values: dict[str, Json] = {}
        self._shared: dict[int, tuple[tuple[Facet, ...], tuple[Facet, ...]]] = {}
        """By the id of what it was made of, which is held: an id is only good while its object lives."""

    def of(self, facets: tuple[Facet, ...]) -> tuple[Facet, ...]:
        """The same facets, with values that equal ones share; for one tuple one tuple."""
        known = self._shared.get(id(facets))
        if known is None:
            shared = tuple(map(self._facet, facets))
            is_same = all(map(is_, shared, facets))
            known = self._shared[id(facets)] = facets, facets if is_same else shared
        return known[1]

    def forget_cases(self) -> None:
        """Let go of the facets of cases, once no other has the same; their values stay known."""
        self._shared.clear()

    def _facet(self, facet: Facet) -> Facet:
        if not isinstance(facet.value, (dict, list)):
            return facet
        text = value_text(facet.value)
        if text is None:
            return facet
        known = self._values.get(text)
        if known is None:
            if len(self._values) < _MOST:
                self._values[text] = facet.value
            return facet
        if known is facet.value:
            return facet
        if isinstance(facet.locations, Places):
            facet.locations.share(known)
        return replace(facet, value=known)
