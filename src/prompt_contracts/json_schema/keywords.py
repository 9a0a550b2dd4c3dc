"""The words of JSON Schema, dialect by dialect: keywords, formats, and what a word of another dialect is called here.

Data only. The keywords are those of each dialect's meta-schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DEFAULT_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_2019_09 = "https://json-schema.org/draft/2019-09/schema"
_DRAFT_7 = "http://json-schema.org/draft-07/schema"
_DRAFT_6 = "http://json-schema.org/draft-06/schema"
_DRAFT_4 = "http://json-schema.org/draft-04/schema"

NAMES: Mapping[str, str] = MappingProxyType(
    {DEFAULT_DIALECT: "2020-12", _2019_09: "2019-09", _DRAFT_7: "draft 7", _DRAFT_6: "draft 6", _DRAFT_4: "draft 4"}
)
"""What `$schema` may say, without an empty fragment, and what people call it."""

ANNOTATIONS = frozenset(
    {
        *("$anchor", "$comment", "$defs", "$dynamicAnchor", "$id", "$recursiveAnchor", "$vocabulary", "definitions"),
        *("title", "description", "default", "deprecated", "examples", "readOnly", "writeOnly"),
        *("contentEncoding", "contentMediaType", "contentSchema"),
    }
)
"""Keywords that never refuse a value, in whichever dialect; what they hold may be referred to."""

# Of OpenAPI 3.0, VS Code (`enumDescriptions`, `markdownDescription`), react-jsonschema-form (`enumNames`) and
# Gemini (`propertyOrdering`).
FOREIGN_ANNOTATIONS = frozenset(
    {"discriminator", "enumDescriptions", "enumNames", "example", "externalDocs", "markdownDescription", "nullable"}
    | {"propertyOrdering", "xml"}
)
"""Words of OpenAPI and of editors that stand in many schemas and are no keywords."""

_IN_ALL = frozenset(
    {
        *("$schema", "$ref", "type", "enum", "multipleOf", "maximum", "exclusiveMaximum", "minimum"),
        *("exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "items"),
        *("maxProperties", "minProperties", "required", "properties", "patternProperties", "additionalProperties"),
        *("allOf", "anyOf", "oneOf", "not", "format"),
    }
)
_SINCE_6 = frozenset({"const", "contains", "propertyNames"})
_SINCE_7 = _SINCE_6 | {"if", "then", "else"}
_SINCE_2019 = _SINCE_7 | {
    *("dependentRequired", "dependentSchemas", "minContains", "maxContains"),
    *("unevaluatedItems", "unevaluatedProperties"),
}
_UNTIL_7 = frozenset({"additionalItems", "dependencies"})

KEYWORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        DEFAULT_DIALECT: _IN_ALL | ANNOTATIONS | _SINCE_2019 | {"prefixItems", "$dynamicRef"},
        _2019_09: _IN_ALL | ANNOTATIONS | _SINCE_2019 | {"additionalItems", "$recursiveRef"},
        _DRAFT_7: _IN_ALL | ANNOTATIONS | _SINCE_7 | _UNTIL_7,
        _DRAFT_6: _IN_ALL | ANNOTATIONS | _SINCE_6 | _UNTIL_7,
        _DRAFT_4: _IN_ALL | ANNOTATIONS | _UNTIL_7 | {"id"},
    }
)
"""Every keyword that a dialect has, and the annotations of all."""

# The three are draft 3's, which no validator here reads.
_ANY = frozenset().union(*KEYWORDS.values()) | {"divisibleBy", "extends", "disallow"}

_ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "$dynamicRef": "write '$ref'",
        "$recursiveRef": "write '$dynamicRef', or '$ref'",
        "additionalItems": "write 'items' for the elements after those of 'prefixItems'",
        "const": "write 'enum' with the one value",
        "dependencies": "write 'dependentRequired' or 'dependentSchemas'",
        "dependentRequired": "write 'dependencies'",
        "dependentSchemas": "write 'dependencies'",
        "disallow": "write 'not' with a type",
        "divisibleBy": "write 'multipleOf'",
        "extends": "write 'allOf'",
        "id": "write '$id'",
        "prefixItems": "write the list under 'items'",
    }
)


def advice_about_foreign(keyword: str, dialect: str) -> str | None:
    """What to write for a keyword that only another dialect has; None where it is not one."""
    if keyword in KEYWORDS[dialect] or keyword not in _ANY:
        return None
    having = [name for name, words in KEYWORDS.items() if keyword in words]
    declare = f"declare a dialect that has it: $schema: {having[0]}" if having else ""
    return ", or ".join(part for part in (_ADVICE.get(keyword), declare) if part)


FORMATS = (
    *("date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6"),
    *("uri", "uri-reference", "iri", "iri-reference", "uri-template", "uuid", "json-pointer"),
    *("relative-json-pointer", "regex"),
)
"""Every format that is checked, in all dialects."""

SCHEMA_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")

# JSON Schema 2020-12 (core, 10.2.2; validation, 6.4.4 and 6.4.5): without the other one they are ignored.
IDLE_WITHOUT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "else": ("if",),
        "if": ("then", "else"),
        "maxContains": ("contains",),
        "minContains": ("contains",),
        "then": ("if",),
    }
)
"""Keywords that do nothing by themselves, and those of which one must stand beside them."""
