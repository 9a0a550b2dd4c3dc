"""JSON Schemas that no value satisfies. Decides what is certain; in doubt a schema is taken for a good one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from prompt_contracts.expectations.flaw import Flaw
from prompt_contracts.expectations.schema_dialect import IN_PLACE, Clause, Subschema, subschemas
from prompt_contracts.expectations.schema_vocabulary import ANNOTATIONS
from prompt_contracts.json_value import Json

_BEYOND = frozenset({"pattern", "patternProperties", "format", "$dynamicRef", "$recursiveRef", "$id", "id", "$anchor"})
"""Keywords whose meaning here and in the library that decides is not the same to the last letter, and addresses."""

_MOST_SCHEMAS = 1000
_MOST_PARTS = 200
_MOST_BRANCHES = 16
"""Beyond these, deciding could take longer than anybody waits."""


def impossible_flaws(schema: Json) -> Iterator[Flaw]:
    """The innermost schemas inside a schema that no value satisfies, but for those written to forbid a key."""
    told: list[Clause] = []
    parts = [(part.clause, dict(part.keywords)) for part in itertools.islice(subschemas(schema), _MOST_SCHEMAS + 1)]
    if len(parts) > _MOST_SCHEMAS:
        return
    for clause, keywords in sorted(parts, key=lambda part: -len(part[0])):
        is_told = any(inner[: len(clause)] == clause for inner in told)
        if is_told or _is_plain(keywords) or (clause and _forbids(keywords)) or not _is_impossible_in(keywords, schema):
            continue
        told.append(clause)
        at = ("enum",) if keywords.get("enum") == [] else ()
        text = "no value satisfies this JSON Schema: what it asks for contradicts itself"
        hint = "write at least one value" if at else f"see {_listed(keywords)}"
        yield Flaw(code="PC120", message=text, clause=(*clause, *at), help=hint)


def _is_plain(keywords: dict[str, Json]) -> bool:
    """Whether there are not two keywords that could contradict each other."""
    return len(keywords.keys() - ANNOTATIONS) < 2 and not keywords.keys() & {*IN_PLACE, "enum", "$ref"}


def _forbids(keywords: dict[str, Json]) -> bool:
    """`{not: {}}`, the older way to write `false`."""
    return keywords.keys() - ANNOTATIONS == {"not"} and keywords["not"] in ({}, True)


def _listed(keywords: dict[str, Json]) -> str:
    return ", ".join(f"'{name}'" for name in keywords if name not in ANNOTATIONS)


def _is_impossible_in(keywords: dict[str, Json], schema: Json) -> bool:
    if keywords is not schema and keywords != schema and any("$ref" in part.keywords for part in _reached(keywords)):
        return False  # references start at the whole schema
    return is_impossible(keywords)


def is_impossible(schema: dict[str, Json]) -> bool:
    """Whether no value satisfies a schema that is whole, beyond doubt."""
    import jsonschema_rs

    reached = _reached(schema)
    references = [part.keywords["$ref"] for part in reached if "$ref" in part.keywords]
    if len(reached) > _MOST_PARTS or sum(map(_is_branch, reached)) > _MOST_BRANCHES:
        return False
    if any(_BEYOND & part.keywords.keys() for part in reached) or any(str(one)[:1] != "#" for one in references):
        return False
    try:
        found = jsonschema_rs.canonicalize(schema).satisfiability()
    except ValueError:
        return False
    return found == jsonschema_rs.canonical.Satisfiability.NO


def _reached(schema: dict[str, Json]) -> tuple[Subschema, ...]:
    return tuple(itertools.islice(subschemas(schema), _MOST_PARTS + 1))


def _is_branch(part: Subschema) -> bool:
    return any(key in IN_PLACE for key in part.clause[-2:])
