"""What the words of a JSON Schema do: keywords and formats that check nothing. References and regexes are elsewhere.

A validator passes over what it does not know, so that a slip of the pen makes a schema that takes everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from prompt_contracts.finding import Finding, suggest
from prompt_contracts.json_schema.dialect import Subschema
from prompt_contracts.json_schema.keywords import (
    ANNOTATIONS,
    FOREIGN_ANNOTATIONS,
    FORMATS,
    IDLE_WITHOUT,
    KEYWORDS,
    NAMES,
    SCHEMA_TYPES,
    advice_about_foreign,
)
from prompt_contracts.json_value import Json, show
from prompt_contracts.spelling import is_one_slip_away, is_slip_of

_REF_ALONE = frozenset({"draft 7", "draft 6", "draft 4"})
"""Dialects in which nothing beside `$ref` is looked at."""

_WRAPPERS: Mapping[str, str] = {
    "json_schema": "a response_format of OpenAI",
    "response_format": "a request to OpenAI",
    "schema": "the wrapper of a response_format",
    "function": "a tool of OpenAI",
    "parameters": "a function of OpenAI",
}
"""Keys whose value is the JSON Schema that was meant, and what has such a key."""


def word_findings(part: Subschema, dialect: str) -> Iterator[Finding]:
    """What surely was meant otherwise in one schema, its inner schemas apart."""
    wrapped = tuple(_wrapped(part.keywords))
    yield from wrapped
    for keyword, value in () if wrapped else part.keywords.items():
        yield from (finding.inside(keyword) for finding in _keyword_findings(keyword, value, dialect))
    yield from () if wrapped else _type_findings(part.keywords)
    yield from _misplaced_list(part.keywords, dialect)
    yield from _beside_reference(part.keywords, dialect)


def _wrapped(keywords: Mapping[str, Json]) -> Iterator[Finding]:
    only = next(iter(keywords), "") if len(keywords) == 1 else ""
    name = keywords.get(only)
    if isinstance(name, str) and is_slip_of(only, _PYTHON) and _NAME_IN_PYTHON.fullmatch(name):
        text = f"'{only}' is no keyword of JSON Schema and checks nothing"
        yield Finding(code="PC120", message=text, clause=(only,), help=_MEANT_PYTHON)
    for key, owner in _WRAPPERS.items():
        if isinstance(keywords.get(key), dict):
            others = _listed([f"'{name}'" for name in keywords if name != key])
            rest = f" with {others} beside it" if others else ""
            text = f"this is {owner} and no JSON Schema: '{key}'{rest} checks nothing"
            yield Finding(code="PC120", message=text, clause=(key,), help=_unwrap(key, keywords[key]))


def _unwrap(key: str, value: Json) -> str:
    """Which of the wrapped things is the schema."""
    path = [key]
    while isinstance(value, dict):
        inner = next((name for name in _WRAPPERS if isinstance(value.get(name), dict)), None)
        if inner is None:
            break
        path.append(inner)
        value = value[inner]
    return f"write what stands under '{'.'.join(path)}' in place of it all"


def _keyword_findings(keyword: str, value: Json, dialect: str) -> Iterator[Finding]:
    if keyword == "format" and isinstance(value, str):
        yield from _format_findings(value)
    if is_known(keyword, dialect):
        return
    advice = advice_about_foreign(keyword, dialect)
    near = [name for name in sorted(KEYWORDS[dialect]) if is_slip_of(keyword, name)]
    if advice is not None:
        text = f"'{keyword}' checks nothing in {NAMES[dialect]} of JSON Schema"
        yield Finding(code="PC120", message=text, help=advice)
    elif near:
        text = f"'{keyword}' is no keyword of JSON Schema and checks nothing"
        yield Finding(code="PC120", message=text, help=f"did you mean '{near[0]}'? (a note of your own: 'x-{keyword}')")
    # JSON Schema 2020-12 (core, 8): such names are the core vocabulary's, so it is nobody's own note.
    elif keyword.startswith("$"):
        text = f"'{keyword}' is no keyword of JSON Schema and checks nothing"
        is_python = is_slip_of(keyword, _PYTHON)
        advice = _MEANT_PYTHON if is_python else _OPERATORS.get(keyword, "leave it out")
        yield Finding(code="PC120", message=text, help=advice)


_PYTHON = "$python"
"""The key of case files by which a type stands for its schema: it is replaced before anything reads the schema."""
_NAME_IN_PYTHON = re.compile(r"\w+(?:\.\w+)*:\w+(?:\.\w+)*")
_MEANT_PYTHON = f"did you mean '{_PYTHON}'?"

_OPERATORS: Mapping[str, str] = {
    "$any_of": "in a JSON Schema write 'anyOf' or 'enum'",
    "$all_of": "in a JSON Schema write 'allOf'",
    "$contains": "in a JSON Schema write 'pattern' for texts, 'contains' for lists",
    "$each": "in a JSON Schema write 'items'",
    "$eq": "in a JSON Schema write 'const'",
    "$ge": "in a JSON Schema write 'minimum'",
    "$gt": "in a JSON Schema write 'exclusiveMinimum'",
    "$le": "in a JSON Schema write 'maximum'",
    "$len": "in a JSON Schema write 'minLength' and 'maxLength', or 'minItems' and 'maxItems'",
    "$lt": "in a JSON Schema write 'exclusiveMaximum'",
    "$not": "in a JSON Schema write 'not'",
    "$optional": "in a JSON Schema write 'properties', and leave the key out of 'required'",
    "$others": "in a JSON Schema write 'additionalProperties'",
    "$range": "in a JSON Schema write 'minimum' and 'maximum'",
    "$regex": "in a JSON Schema write 'pattern'",
    "$type": "in a JSON Schema write 'type'",
}
"""Operators of patterns, and how a JSON Schema says the same."""


def is_known(keyword: str, dialect: str) -> bool:
    """Whether a word stands in a schema rightly: a keyword, or a note that nobody takes for one."""
    # `x-` is OpenAPI's mark for notes of one's own, which editors and generators follow.
    return keyword in KEYWORDS[dialect] or keyword in FOREIGN_ANNOTATIONS or keyword.startswith(("x-", "X-"))


def _format_findings(name: str) -> Iterator[Finding]:
    near = next((known for known in FORMATS if is_one_slip_away(name, known)), None)
    if name not in FORMATS and near is not None:
        text = f"the format {show(name, limit=80)} is not known and checks nothing"
        yield Finding(code="PC120", message=text, help=f"did you mean '{near}'?")


def _type_findings(keywords: Mapping[str, Json]) -> Iterator[Finding]:
    declared = keywords.get("type")
    for name in declared if isinstance(declared, list) else [declared]:
        if isinstance(name, str) and name not in SCHEMA_TYPES:
            text = f"the JSON Schema is not valid: there is no type {show(name, limit=80)}"
            yield Finding(code="PC120", message=text, clause=("type",), help=suggest(name, SCHEMA_TYPES, "types are"))


def _misplaced_list(keywords: Mapping[str, Json], dialect: str) -> Iterator[Finding]:
    if isinstance(keywords.get("items"), list) and "prefixItems" in KEYWORDS[dialect]:
        text = f"'items' takes one schema in {NAMES[dialect]} of JSON Schema, not a list"
        hint = "write 'prefixItems' for one schema for each place; 'items' is then for the elements after those"
        yield Finding(code="PC120", message=text, clause=("items",), help=hint)


def _beside_reference(keywords: Mapping[str, Json], dialect: str) -> Iterator[Finding]:
    if "$ref" not in keywords or NAMES[dialect] not in _REF_ALONE:
        return
    quiet = ANNOTATIONS | FOREIGN_ANNOTATIONS | {"$ref", "$schema", "id"}
    idle = [keyword for keyword in keywords if keyword not in quiet and keyword in KEYWORDS[dialect]]
    if idle:
        text = f"{_listed([repr(name) for name in idle])} beside '$ref' checks nothing in {NAMES[dialect]}"
        yield Finding(code="PC120", message=text, clause=(idle[0],), help="write allOf: [{$ref: ...}, {...}]")


def doubts(part: Subschema, dialect: str) -> Iterator[Finding]:
    """What is legal in one schema and checks nothing: each a reason for a warning."""
    for keyword, value in part.keywords.items():
        yield from (finding.inside(*part.clause, keyword) for finding in _keyword_doubts(keyword, value, part, dialect))


def _keyword_doubts(keyword: str, value: Json, part: Subschema, dialect: str) -> Iterator[Finding]:
    if keyword == "format" and isinstance(value, str) and value not in FORMATS:
        if not any(_format_findings(value)):
            text = f"the format {show(value, limit=80)} is not known and checks nothing"
            yield Finding(code="PC120", message=text, help=f"formats are {', '.join(FORMATS)}")
    elif keyword == "nullable" and value is True:
        # OpenAPI 3.0 has it; 3.1 dropped it, for it takes JSON Schema as it is.
        text = "'nullable' is a word of OpenAPI and does not let null in"
        yield Finding(code="PC120", message=text, help="write type: [string, 'null'], with the type that it has")
    elif not (
        is_known(keyword, dialect) or any(_keyword_findings(keyword, value, dialect)) or any(_wrapped(part.keywords))
    ):
        text = f"'{keyword}' is no keyword of JSON Schema and checks nothing"
        yield Finding(code="PC120", message=text, help=f"leave it out, or write 'x-{keyword}' for a note of your own")
    yield from _idle(keyword, part.keywords, dialect)


def _idle(keyword: str, keywords: Mapping[str, Json], dialect: str) -> Iterator[Finding]:
    """A keyword that does something only beside others."""
    if keyword not in KEYWORDS[dialect]:
        return
    needed = IDLE_WITHOUT.get(keyword, ())
    if needed and not any(name in keywords for name in needed):
        text = f"'{keyword}' checks nothing without {' or '.join(repr(name) for name in needed)}"
        yield Finding(code="PC120", message=text, help=f"write '{needed[0]}' beside it, or leave it out")
    if keyword == "additionalItems" and not isinstance(keywords.get("items"), list):
        text = "'additionalItems' checks nothing unless 'items' is a list"
        yield Finding(code="PC120", message=text, help="leave it out")


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
