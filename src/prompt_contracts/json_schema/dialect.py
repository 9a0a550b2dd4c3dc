"""Walking a JSON Schema: which keywords hold schemas or data, which dialect is meant. Validates nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Clause
from prompt_contracts.json_schema.keywords import DEFAULT_DIALECT, NAMES
from prompt_contracts.json_value import Json, pointer_parts

DIALECTS = tuple(NAMES)
"""What `$schema` may say, without an empty fragment."""

SCHEMA_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"})
"""Keywords whose value maps names to schemas: the names are no keywords."""

DATA = frozenset({"enum", "const", "default", "examples", "required", "dependentRequired"})
"""Keywords whose value is plain data, in which nothing is a schema."""

IN_PLACE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else"})
"""Keywords whose schemas judge the same value as the schema around them."""

_HOLDERS = IN_PLACE | {
    *("items", "prefixItems", "additionalItems", "unevaluatedItems", "contains", "contentSchema"),
    *("additionalProperties", "unevaluatedProperties", "propertyNames"),
}
"""Keywords whose value is a schema or a list of schemas."""

MAX_SCHEMA_DEPTH = 200
"""Schemas nested deeper than this are refused: validators recurse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subschema:
    """One schema inside a schema, the whole included."""

    keywords: Mapping[str, Json]
    clause: Clause
    is_outlying: bool = False
    """Whether it lies under no keyword of JSON Schema, and counts because a `$ref` points to it."""


def dialect_of(schema: Json) -> str | None:
    """The dialect that a schema declares, or the default; None when what it declares is no known one."""
    if not isinstance(schema, dict) or "$schema" not in schema:
        return DEFAULT_DIALECT
    declared = schema["$schema"]
    # Drafts 4 to 7 call themselves with an empty fragment, which most people leave out.
    name = declared.removesuffix("#") if isinstance(declared, str) else None
    return name if name in DIALECTS else None


def subschemas(schema: Json) -> Iterator[Subschema]:
    """Every object schema inside a schema, outermost first and in its order. Never recurses.

    What lies under no keyword of JSON Schema counts where a `$ref` points to it.
    """
    waiting: list[tuple[Json, Clause, bool]] = [(schema, (), False)]
    seen: set[Clause] = set()
    while waiting:
        part, clause, is_outlying = waiting.pop()
        if not isinstance(part, dict) or clause in seen:
            continue
        seen.add(clause)
        yield Subschema(keywords=part, clause=clause, is_outlying=is_outlying)
        # At the far end: what lies under a keyword is found on its own way first, and is then no outlying one.
        waiting[:0] = [(place.value, place.clause, True) for place in _referred(part, schema)]
        inner = [(keyword, *found) for keyword, value in part.items() for found in _held(keyword, value)]
        waiting.extend((item, (*clause, keyword, *more), False) for keyword, item, more in reversed(inner))


def _held(keyword: str, value: Json) -> Iterator[tuple[Json, Clause]]:
    """The schemas that a keyword holds, and where below it."""
    if keyword in SCHEMA_MAPS and isinstance(value, dict):
        yield from ((item, (name,)) for name, item in value.items())
    elif keyword in _HOLDERS and isinstance(value, list):
        yield from ((item, (index,)) for index, item in enumerate(value))
    elif keyword in _HOLDERS:
        yield value, ()


def _referred(part: Mapping[str, Json], schema: Json) -> list[SchemaPlace]:
    target = part.get("$ref")
    if not isinstance(target, str) or not target.startswith("#/"):
        return []
    # JSON Schema 2020-12 (core, 9.4.2) leaves open what a reference under an unknown keyword means; both validators
    # follow it.
    found = place_of(schema, unquote(target[1:]))
    # Names in a map of schemas are no keywords, and data is no schema.
    return [] if found is None or found.is_no_schema else [found]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaPlace:
    """What a JSON pointer inside a schema leads to."""

    value: Json
    clause: Clause
    is_no_schema: bool
    """Whether it is surely none: data, a list of schemas, or a map of them."""


def place_of(schema: Json, text: str) -> SchemaPlace | None:
    """What a JSON pointer leads to, and what that is; None when it leads to nothing."""
    try:
        names = pointer_parts(text)
    except ValueError:
        return None
    value, state = schema, "schema"
    clause: Clause = ()
    for name in names:
        if isinstance(value, dict) and name in value:
            state = _state_below(state, name, value[name])
            value, clause = value[name], (*clause, name)
        # `int` would take other digits of Unicode as well.
        elif isinstance(value, list) and name.isdecimal() and name.isascii() and int(name) < len(value):
            state = "schema" if state == "list" else state
            value, clause = value[int(name)], (*clause, int(name))
        else:
            return None
    is_no_schema = state in ("map", "list", "data") or not isinstance(value, (dict, bool))
    return SchemaPlace(value=value, clause=clause, is_no_schema=is_no_schema)


def _state_below(state: str, name: str, value: Json) -> str:
    """What stands under a key of a schema (`schema`), of a map of schemas, of data, or of something unknown."""
    if state == "map":
        return "schema"
    if state != "schema":
        return state
    if name in SCHEMA_MAPS:
        return "map"
    if name in _HOLDERS:
        return "list" if isinstance(value, list) else "schema"
    return "data" if name in DATA else "unknown"
