"""Equal values of facets are one object, whichever case they stand in: a suite says the same of many answers."""

from __future__ import annotations

from prompt_contracts.expectations.known_findings import value_text
from prompt_contracts.json_value import Json

_MOST = 4096
"""So many values are remembered; more than that are hardly ever equal."""


class SharedValues:
    """The values of the facets of one run."""

    def __init__(self) -> None:
        self._values: dict[str, Json] = {}

    def of(self, value: Json) -> Json:
        """The same value, which others that are equal to it have, too."""
        if not isinstance(value, (dict, list)):
            return value
        text = value_text(value)
        if text is None:
            return value
        known = self._values.get(text)
        if known is not None:
            return known
        if len(self._values) < _MOST:
            self._values[text] = value
        return value
