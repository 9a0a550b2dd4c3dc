"""Which JSON Schemas values can be made of: the words that tools use, and no more. Makes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from prompt_contracts.engine.properties.written_text import regex_problem
from prompt_contracts.finding import Finding
from prompt_contracts.json_schema.dialect import Subschema, dialect_of, place_of, subschemas
from prompt_contracts.json_schema.keywords import ANNOTATIONS, DEFAULT_DIALECT, FORMATS, KEYWORDS
from prompt_contracts.json_schema.soundness import check_schema
from prompt_contracts.json_value import Json, show

MADE_KEYWORDS = frozenset(
    {
        *("$schema", "$ref", "type", "enum", "const", "anyOf", "oneOf", "properties", "required", "items"),
        *("additionalProperties", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems"),
        *("minProperties", "maxProperties"),
    }
)
"""Every keyword that values are made by; what refuses no value may stand beside them."""

MADE_FORMATS = frozenset(
    {
        *("date-time", "date", "time", "duration", "email", "idn-email", "hostname", "ipv4", "ipv6", "uri", "iri"),
        *("uri-reference", "iri-reference", "uuid", "json-pointer"),
    }
)
"""Every format that texts are made in; one that nobody knows checks nothing, here as elsewhere."""


def schema_findings(schema: Json) -> Iterator[Finding]:
    """Everything for which no value can be made of a JSON Schema; clauses start at the schema."""
    unsound = tuple(check_schema(schema))
    yield from unsound
    if unsound:
        return
    for part in subschemas(schema):
        yield from (finding.inside(*part.clause) for finding in _part_findings(part, schema))


def _part_findings(part: Subschema, schema: Json) -> Iterator[Finding]:
    known = KEYWORDS[dialect_of(schema) or DEFAULT_DIALECT]
    for keyword in part.keywords:
        if keyword in known and keyword not in MADE_KEYWORDS | ANNOTATIONS:
            yield Finding(
                code="PC120",
                message=f"no value can be made by '{keyword}'",
                clause=(keyword,),
                help="leave it out of what is generated, or name a strategy of your own with '$python'",
            )
    form = part.keywords.get("format")
    if form in FORMATS and form not in MADE_FORMATS:
        text = f"no text can be made in the format {show(form)}"
        yield Finding(code="PC120", message=text, clause=("format",), help="write a 'pattern', or '$python'")
    pattern = part.keywords.get("pattern")
    why = regex_problem(pattern) if isinstance(pattern, str) else None
    if why is not None:
        text = f"no text can be made of this regular expression: {why}"
        yield Finding(code="PC120", message=text, clause=("pattern",))
    if "$ref" in part.keywords:
        yield from _reference_findings(part.keywords["$ref"], schema)


def _reference_findings(target: Json, schema: Json) -> Iterator[Finding]:
    where = referred(target, schema)
    if where is None:
        text = f"no value can be made of what {show(target, limit=80)} refers to: it is outside of the schema"
        yield Finding(code="PC120", message=text, clause=("$ref",), help="write it under '$defs' of this schema")
    elif _leads_back(str(target), schema):
        text = "no value is made of a schema that refers to itself"
        yield Finding(code="PC120", message=text, clause=("$ref",), help="write out as many levels as are wanted")


def _leads_back(target: str, schema: Json) -> bool:
    """Whether what a reference leads to comes to it again."""
    waiting, seen = [target], set[str]()
    while waiting:
        where = referred(waiting.pop(), schema)
        # Not of the schema as a whole, but of this part: a `$ref` is found by walking.
        inner = {str(part.keywords["$ref"]) for part in _inside(where) if "$ref" in part.keywords}
        if target in inner:
            return True
        waiting.extend(inner - seen)
        seen |= inner
    return False


def _inside(schema: Json) -> Iterator[Subschema]:
    return subschemas(schema)


def referred(target: Json, schema: Json) -> Json:
    """The schema that a reference into the same schema leads to; None where it leads out of it."""
    if target == "#":
        return schema
    if not isinstance(target, str) or not target.startswith("#/"):
        return None
    found = place_of(schema, unquote(target[1:]))
    return None if found is None or found.is_no_schema else found.value
