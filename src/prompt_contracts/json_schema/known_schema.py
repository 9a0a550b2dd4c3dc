"""What a schema says of itself, worked out once for each object: a case asks it of the same schema many times.

Schemas are data that nobody changes once they are read.
"""

from __future__ import annotations

from prompt_contracts.json_schema.dialect import MAX_SCHEMA_DEPTH, dialect_of
from prompt_contracts.json_value import Json, exact_text, is_deeper_than

_MOST = 512
"""So many are remembered; then it begins anew, for most of them belong to files that have been looked at."""


class KnownSchema:
    """One schema, and what is known of it."""

    __slots__ = ("_text", "dialect", "is_too_deep", "schema")

    def __init__(self, schema: Json) -> None:
        self.schema = schema
        """Held, so that no other object gets its `id`."""
        self.dialect = dialect_of(schema)
        """None when what it declares is no known one."""
        self.is_too_deep = is_deeper_than(schema, MAX_SCHEMA_DEPTH)
        self._text: str | None = None

    @property
    def text(self) -> str:
        """Its exact text. May raise `RecursionError` where it is too deep."""
        if self._text is None:
            self._text = exact_text(self.schema)
        return self._text


_known: dict[int, KnownSchema] = {}


def known(schema: Json) -> KnownSchema:
    """What is known of a schema, by the object. Thread-safe: at worst it is worked out twice."""
    found = _known.get(id(schema))
    if found is None or found.schema is not schema:
        found = KnownSchema(schema)
        if len(_known) >= _MOST:
            _known.clear()
        _known[id(schema)] = found
    return found
