"""OpenAI's request schemas, if the machine that runs the tests has them, with objects closed against misspelt keys."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any

# Read at import: the tests themselves run without variables of this project.
_FOLDER = os.environ.get("PROMPT_CONTRACTS_OPENAPI")

SKIP_REASON = "no schemas of OpenAI's requests here: set PROMPT_CONTRACTS_OPENAPI to the folder that holds them"


def find_openapi() -> Path | None:
    """The schema file, or None where there is none.

    It is `openai.schema.json` in `PROMPT_CONTRACTS_OPENAPI` (or that variable's file), else in a folder beside
    the repository.
    """
    place = Path(_FOLDER) if _FOLDER else Path(__file__).resolve().parents[2] / "shared/openapi"
    file = place / "openai.schema.json" if place.is_dir() else place
    return file if file.is_file() else None


@functools.cache
def openapi_document() -> dict[str, Any]:
    """The whole document; `FileNotFoundError` where there is none."""
    file = find_openapi()
    if file is None:
        raise FileNotFoundError(SKIP_REASON)
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document


@functools.cache
def request_validator(endpoint: str) -> Any:
    """A `jsonschema_rs` validator of the bodies of an endpoint of `x-endpoints`, such as `responses`.

    Every object whose keys the schema names is closed: another key is a violation. Skip where `find_openapi()`
    is None.
    """
    import jsonschema_rs

    document = openapi_document()
    name = document["x-endpoints"][endpoint]["schema"]
    definitions: dict[str, Any] = {}
    for key, schema in document["$defs"].items():
        definitions[f"closed:{key}"] = _closed(schema)
        definitions[f"open:{key}"] = _open(schema)
    return jsonschema_rs.Draft202012Validator({"$ref": f"#/$defs/closed:{name}", "$defs": definitions})


def violations(endpoint: str, body: Any) -> list[str]:
    """What is wrong with a body, as `/path: message`; empty for a valid one."""
    return [
        "/" + "/".join(str(part) for part in error.instance_path) + ": " + error.message[:300]
        for error in request_validator(endpoint).iter_errors(body)
    ]


def property_names(definition: str) -> frozenset[str]:
    """The keys that an object may have by a definition of the document, those of its parts included."""
    return _names({"$ref": f"#/$defs/{definition}"})


def _names(schema: dict[str, Any]) -> frozenset[str]:
    found = frozenset(schema.get("properties", {}))
    if "$ref" in schema:
        found |= _names(openapi_document()["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    return found.union(*(_names(part) for part in schema.get("allOf", ())))


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that takes no key but those that it names itself, in its parts or in its alternatives."""
    is_whole = "properties" in schema or "allOf" in schema
    if not is_whole:
        return _rebuild(schema, alternatives=_closed, reference="closed")
    rebuilt = _rebuild(schema, alternatives=_open, reference="open")
    return rebuilt if "additionalProperties" in schema else {**rebuilt, "unevaluatedProperties": False}


def _open(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that is a part of a closed one: only the objects inside it are closed."""
    return _rebuild(schema, alternatives=_open, reference="open")


def _rebuild(schema: dict[str, Any], *, alternatives: Any, reference: str) -> dict[str, Any]:
    rebuilt = dict(schema)
    if "$ref" in schema:
        rebuilt["$ref"] = schema["$ref"].replace("#/$defs/", f"#/$defs/{reference}:")
    for key in ("anyOf", "oneOf"):
        if key in schema:
            rebuilt[key] = [alternatives(part) for part in schema[key]]
    if "allOf" in schema:
        rebuilt["allOf"] = [_open(part) for part in schema["allOf"]]
    if "properties" in schema:
        rebuilt["properties"] = {key: _closed(part) for key, part in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            rebuilt[key] = _closed(schema[key])
    return rebuilt
