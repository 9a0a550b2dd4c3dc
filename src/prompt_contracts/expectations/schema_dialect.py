"""Walking a JSON Schema: which keywords hold schemas or data, which dialect is meant. Validates nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prompt_contracts.json_value import Json

DEFAULT_DIALECT = "https://json-schema.org/draft/2020-12/schema"

DIALECTS = (
    DEFAULT_DIALECT,
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-04/schema",
)
"""What `$schema` may say, without an empty fragment."""

SCHEMA_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"})
"""Keywords whose value maps names to schemas: the names are no keywords."""

DATA = frozenset({"enum", "const", "default", "examples", "required", "dependentRequired"})
"""Keywords whose value is plain data, in which nothing is a schema."""

MAX_DEPTH = 200
"""Schemas nested deeper than this are refused: validators recurse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subschema:
    """One schema inside a schema, the whole included."""

    keywords: Mapping[str, Json]
    clause: tuple[str | int, ...]
    """Keys and indexes from the whole schema to this one."""


def dialect_of(schema: Json) -> str | None:
    """The dialect that a schema declares, or the default; None when what it declares is no known one."""
    if not isinstance(schema, dict) or "$schema" not in schema:
        return DEFAULT_DIALECT
    declared = schema["$schema"]
    name = declared.removesuffix("#") if isinstance(declared, str) else None
    return name if name in DIALECTS else None


def subschemas(schema: Json) -> Iterator[Subschema]:
    """Every object schema inside a schema, outermost first. Never recurses."""
    waiting: list[tuple[Json, tuple[str | int, ...]]] = [(schema, ())]
    while waiting:
        part, clause = waiting.pop()
        if isinstance(part, list):
            waiting.extend((item, (*clause, index)) for index, item in enumerate(part))
        elif isinstance(part, dict):
            yield Subschema(keywords=part, clause=clause)
            for keyword, value in part.items():
                if keyword in SCHEMA_MAPS and isinstance(value, dict):
                    waiting.extend((inner, (*clause, keyword, name)) for name, inner in value.items())
                elif keyword not in DATA:
                    waiting.append((value, (*clause, keyword)))
