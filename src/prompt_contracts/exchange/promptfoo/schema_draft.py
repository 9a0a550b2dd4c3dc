"""Schemas that were written for draft 7, which is what promptfoo's validator reads, said to be so where it matters."""

from __future__ import annotations

from prompt_contracts.json_value import Json

_DRAFT_7 = "http://json-schema.org/draft-07/schema#"
_CHANGED = frozenset({"additionalItems", "dependencies"})
_NEWER = frozenset({"$defs", "prefixItems", "dependentRequired", "dependentSchemas", "unevaluatedProperties"})


def with_draft(schema: Json) -> Json:
    """The schema; one that names no draft and means another thing in 2020-12 names draft 7."""
    if not isinstance(schema, dict) or "$schema" in schema or not _means_another(schema):
        return schema
    return {"$schema": _DRAFT_7, **schema}


def _means_another(schema: Json) -> bool:
    if isinstance(schema, list):
        return any(map(_means_another, schema))
    if not isinstance(schema, dict):
        return False
    if set(schema) & _CHANGED or isinstance(schema.get("items"), list):
        return True
    if isinstance(schema.get("$ref"), str) and len(schema) > 1 and not set(schema) & _NEWER:
        return True
    return any(_means_another(member) for key, member in schema.items() if key not in ("enum", "const", "default"))
