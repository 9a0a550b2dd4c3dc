"""JSON Schemas that take a few values only: `enum`, `const`, true and false, null, and what is put together of them."""

from __future__ import annotations

from urllib.parse import unquote

from prompt_contracts.json_value import Json, resolve

_MOST_VALUES = 1_000
_MOST_REFERENCES = 32
_SIMPLE: dict[str, tuple[Json, ...]] = {"boolean": (True, False), "null": (None,)}
_UNREADABLE = frozenset({"$check", "$schema"})


def finite_values(schema: Json, root: Json, *, depth: int = 0) -> tuple[Json, ...] | None:
    """All values that a schema may take, perhaps with some that it refuses; None where they may be many.

    `root` is the whole schema, in which `$ref` names others.
    """
    if not isinstance(schema, dict) or depth > _MOST_REFERENCES:
        return None
    if "$ref" in schema:
        target = _target(schema["$ref"], root)
        return None if target is None else finite_values(target, root, depth=depth + 1)
    found = _listed(schema)
    for keyword in ("anyOf", "oneOf"):
        parts = schema.get(keyword)
        if found is None and isinstance(parts, list) and parts:
            several = [finite_values(part, root, depth=depth + 1) for part in parts]
            found = None if None in several else tuple(value for values in several for value in values or ())
    for part in parts if found is None and isinstance(parts := schema.get("allOf"), list) else ():
        found = found or finite_values(part, root, depth=depth + 1)
    if found is None or len(found) > _MOST_VALUES:
        return None
    return (*found, None) if schema.get("nullable") is True and None not in found else found


def _listed(schema: dict[str, Json]) -> tuple[Json, ...] | None:
    if "const" in schema:
        return (schema["const"],)
    if isinstance(listed := schema.get("enum"), list):
        return tuple(listed)
    declared = schema.get("type")
    names = declared if isinstance(declared, list) else [declared]
    if names and all(isinstance(name, str) and name in _SIMPLE for name in names):
        return tuple(value for name in names for value in _SIMPLE[str(name)])
    return None


def _target(reference: Json, root: Json) -> Json:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    try:
        return resolve(root, unquote(reference[1:]))
    except (LookupError, ValueError):
        return None


def is_readable(pattern: Json) -> bool:
    """Whether nothing in a pattern runs code of the project or reads a schema."""
    if isinstance(pattern, dict):
        return not _UNREADABLE & pattern.keys() and all(map(is_readable, pattern.values()))
    return not isinstance(pattern, list) or all(map(is_readable, pattern))
