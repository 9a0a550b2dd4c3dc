"""What a JSON Schema says of all values of one JSON type: that it takes every one, or none. In doubt neither."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prompt_contracts.json_schema.dialect import dialect_of, subschemas
from prompt_contracts.json_schema.keywords import DEFAULT_DIALECT
from prompt_contracts.json_schema.soundness import is_impossible
from prompt_contracts.json_value import Json
from prompt_contracts.patterns.possible_world import Domain
from prompt_contracts.truth import FALSE, LIMITED, TRUE, Truth
from prompt_contracts.turn import UNKNOWN_VALUE

_OF_CONTAINERS = frozenset(
    {
        *("properties", "patternProperties", "additionalProperties", "propertyNames", "required", "minProperties"),
        *("maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties", "items", "prefixItems"),
        *("contains", "minContains", "maxContains", "minItems", "maxItems", "uniqueItems", "unevaluatedItems"),
    }
)
"""Keywords that say nothing of what is no object and no list."""
_DEFINITIONS = ("$defs", "definitions", "$schema")


def schema_truth(schema: Json, domain: Domain) -> Truth:
    """An interval that holds every truth that a schema can have of the values of a domain."""
    if isinstance(schema, bool):
        return TRUE if schema else FALSE
    if schema == UNKNOWN_VALUE["$schema"]:
        return LIMITED
    if not isinstance(schema, dict) or dialect_of(schema) != DEFAULT_DIALECT:
        return LIMITED
    keywords = _speaking(schema, domain)
    if any(isinstance(part.keywords.get("multipleOf"), float) for part in subschemas(keywords)):
        return LIMITED  # the library that decides counts in binary
    around = {name: value for name, value in keywords.items() if name in _DEFINITIONS}
    inner = {name: value for name, value in keywords.items() if name not in _DEFINITIONS}
    if not _are_kept(around, inner):
        return LIMITED
    asked = _asked(domain)
    if is_impossible({**around, "allOf": [inner, asked]}):
        return FALSE
    # It takes all values where nothing satisfies its opposite.
    return TRUE if is_impossible({**around, **asked, "not": inner}) else LIMITED


def _speaking(schema: Mapping[str, Json], domain: Domain) -> dict[str, Json]:
    """The keywords that say something of the values."""
    is_plain = domain.kind not in ("object", "array")
    return {name: value for name, value in schema.items() if not (is_plain and name in _OF_CONTAINERS)}


def _are_kept(around: Mapping[str, Json], inner: Mapping[str, Json]) -> bool:
    """Whether each reference leads where it did once the keywords stand deeper, and never back to itself."""
    if any("$ref" in part.keywords for part in subschemas({"allOf": [*_definitions(around)]})):
        return False
    found = [part.keywords["$ref"] for part in subschemas(dict(inner)) if "$ref" in part.keywords]
    return all(isinstance(one, str) and one.startswith(("#/$defs/", "#/definitions/")) for one in found)


def _definitions(around: Mapping[str, Json]) -> Iterator[Json]:
    maps = [around.get(name) for name in ("$defs", "definitions")]
    yield from (schema for found in maps if isinstance(found, dict) for schema in found.values())


def _asked(domain: Domain) -> dict[str, Json]:
    least: dict[str, Json] = {} if domain.least is None else {"minimum": domain.least}
    return {"type": "integer" if domain.is_whole else domain.kind, **least}
