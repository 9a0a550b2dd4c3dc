"""The part of JSON Schema on which two validators provably agree, judged by the fast one.

Only a "yes" counts here; everything else, and every "no", is left to the validator that has the last word.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING

from prompt_contracts.expectations.schema_dialect import DEFAULT_DIALECT, subschemas
from prompt_contracts.json_value import Json, is_deeper_than

if TYPE_CHECKING:
    import jsonschema_rs

AGREED_KEYWORDS = frozenset(
    {
        *("type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("minLength", "maxLength", "items", "prefixItems", "minItems", "maxItems"),
        *("properties", "required", "additionalProperties", "minProperties", "maxProperties"),
        *("allOf", "anyOf", "oneOf", "not"),
        *("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment"),
    }
)
"""No format, pattern, multipleOf, reference or dialect-dependent keyword: there small print differs."""

_MAX_INTEGER = 2**53
_MAX_DEPTH = 100


def is_surely_valid(schema_text: str, value: Json) -> bool:
    """Whether a value is valid beyond doubt; False means that the other validator must be asked.

    The schema is given as canonical JSON.
    """
    validator = _validator(schema_text)
    return validator is not None and _is_plain(value) and validator.is_valid(value)


@lru_cache(maxsize=256)
def _validator(schema_text: str) -> jsonschema_rs.Validator | None:
    schema = json.loads(schema_text)
    if not _is_agreed(schema):
        return None
    import jsonschema_rs

    try:
        return jsonschema_rs.validator_for(schema)
    except ValueError:
        return None


def _is_agreed(schema: Json) -> bool:
    if not isinstance(schema, (dict, bool)) or not _is_plain(schema):
        return False
    if isinstance(schema, dict) and schema.get("$schema", DEFAULT_DIALECT) != DEFAULT_DIALECT:
        return False
    return all(
        keyword in AGREED_KEYWORDS or (keyword == "$schema" and not part.clause)
        for part in subschemas(schema)
        for keyword in part.keywords
    )


def _is_plain(value: Json) -> bool:
    """Only texts that are Unicode, numbers that a double holds exactly, and a depth that nobody minds."""
    if is_deeper_than(value, _MAX_DEPTH):
        return False
    waiting: list[Json] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str):
            if not item.isascii() and any("\ud800" <= character <= "\udfff" for character in item):
                return False
        elif isinstance(item, (int, float)) and not abs(item) <= _MAX_INTEGER:
            return False
    return True
