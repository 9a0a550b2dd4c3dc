"""Whether a JSON Schema is one, and one that some value satisfies, before any answer is there.

No network; no slow import for a valid one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from prompt_contracts.finding import Clause, Finding
from prompt_contracts.json_schema.dialect import (
    DIALECTS,
    IN_PLACE,
    MAX_SCHEMA_DEPTH,
    Subschema,
    dialect_of,
    subschemas,
)
from prompt_contracts.json_schema.files import collect_files, references_out, shown_path
from prompt_contracts.json_schema.keywords import ANNOTATIONS, DEFAULT_DIALECT, NAMES
from prompt_contracts.json_schema.known_schema import known
from prompt_contracts.json_schema.refs import check_target, circle_findings, reference_findings
from prompt_contracts.json_schema.regular_expression import InvalidRegexError, compile_regex
from prompt_contracts.json_schema.words import doubts, word_findings
from prompt_contracts.json_value import Json, is_deeper_than, read_exact_text, show
from prompt_contracts.references import ReadSchema

_BEYOND = frozenset({"pattern", "patternProperties", "format", "$dynamicRef", "$recursiveRef", "$id", "id", "$anchor"})
"""Keywords whose meaning here and in the library that decides is not the same to the last letter, and addresses."""

_MOST_SCHEMAS = 1000
_MOST_PARTS = 200
_MOST_BRANCHES = 16
"""Beyond these, deciding could take longer than anybody waits."""


def impossible_findings(schema: Json) -> Iterator[Finding]:
    """The innermost schemas inside a schema that no value satisfies, but for those written to forbid a key."""
    told: list[Clause] = []
    parts = [(part.clause, dict(part.keywords)) for part in itertools.islice(subschemas(schema), _MOST_SCHEMAS + 1)]
    if len(parts) > _MOST_SCHEMAS:
        return
    # The innermost first: what is around an impossible schema is impossible for that reason.
    for clause, keywords in sorted(parts, key=lambda part: -len(part[0])):
        is_told = any(inner[: len(clause)] == clause for inner in told)
        if is_told or _is_plain(keywords) or (clause and _forbids(keywords)) or not _is_impossible_in(keywords, schema):
            continue
        told.append(clause)
        at = ("enum",) if keywords.get("enum") == [] else ()
        text = "no value satisfies this JSON Schema: what it asks for contradicts itself"
        hint = "write at least one value" if at else f"see {_listed(keywords)}"
        yield Finding(code="PC120", message=text, clause=(*clause, *at), help=hint)


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


if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


def check_schema(schema: Json, *, read: ReadSchema | None = None) -> Iterator[Finding]:
    """Everything wrong with a JSON Schema, and with the files that it refers to."""
    if schema is False:
        text = "the JSON Schema `false` takes no value: nothing can satisfy it"
        yield Finding(code="PC120", message=text, help="write the schema that is meant; 'true' takes any JSON")
    elif not isinstance(schema, (dict, bool)):
        text = f"'$schema' takes a JSON Schema, not {show(schema, limit=80)}"
        yield Finding(code="PC102", message=text, help="write the schema as a mapping, or {$include: file}")
    elif known(schema).is_too_deep:
        yield Finding(code="PC120", message=f"the JSON Schema is nested more than {MAX_SCHEMA_DEPTH} levels deep")
    elif isinstance(schema, bool):
        return
    elif dialect_of(schema) is None:
        yield _unknown_dialect(schema)
    else:
        yield from _findings(known(schema).text, known(schema).dialect or DEFAULT_DIALECT)
        yield from _check_files(schema, read)


def schema_doubts(schema: Json, *, read: ReadSchema | None = None) -> Iterator[Finding]:
    """What is legal in a JSON Schema and its files and checks nothing, such as a format that nobody knows."""
    if not isinstance(schema, dict) or known(schema).is_too_deep or known(schema).dialect is None:
        return
    dialect = known(schema).dialect or DEFAULT_DIALECT
    yield from _doubts(known(schema).text, dialect)
    clauses = {target.partition("#")[0]: clause for clause, target in references_out(schema)}
    for address, text in collect_files(schema, read).texts:
        for finding in _doubts(text, dialect):
            yield replace(finding, message=f"{shown_path(address)}: {finding.message}", clause=clauses.get(address, ()))


def misspelt(schema: Json) -> Iterator[Finding]:
    """What surely was meant otherwise in a JSON Schema that judges nothing here: words and wrappers alone."""
    if isinstance(schema, dict) and not is_deeper_than(schema, MAX_SCHEMA_DEPTH):
        dialect = dialect_of(schema) or DEFAULT_DIALECT
        yield from (
            finding.inside(*part.clause) for part in subschemas(schema) for finding in word_findings(part, dialect)
        )


def _check_files(schema: Json, read: ReadSchema | None) -> Iterator[Finding]:
    files = collect_files(schema, read)
    clauses = {target.partition("#")[0]: clause for clause, target in references_out(schema)}
    for address, why in files.problems:
        text = f"the JSON Schema refers to {shown_path(address)}, which cannot be read: {why}"
        yield Finding(code="PC112", message=text, clause=clauses.get(address, ()))
    texts = dict(files.texts)
    for address, text in files.texts:
        for finding in _check_file(text, dialect_of(schema) or DEFAULT_DIALECT):
            yield replace(finding, message=f"{shown_path(address)}: {finding.message}", clause=clauses.get(address, ()))
    for clause, target in references_out(schema):
        yield from (finding.inside(*clause) for finding in check_target(target, texts))
    for address, text in files.texts:
        for _, target in references_out(read_exact_text(text)):
            for finding in check_target(target, texts):
                yield replace(
                    finding, message=f"{shown_path(address)}: {finding.message}", clause=clauses.get(address, ())
                )
    if not files.problems:
        yield from _circles(known(schema).text, files.texts)


@lru_cache(maxsize=256)
def _circles(text: str, files: tuple[tuple[str, str], ...]) -> tuple[Finding, ...]:
    return tuple(circle_findings(read_exact_text(text), dict(files)))


def _check_file(text: str, dialect: str) -> tuple[Finding, ...]:
    """The findings of a file, by the dialect of the schema that refers to it: by that it judges."""
    schema: Json = read_exact_text(text)
    if isinstance(schema, bool):
        return ()
    if not isinstance(schema, dict):
        return (Finding(code="PC120", message="this is no JSON Schema"),)
    if is_deeper_than(schema, MAX_SCHEMA_DEPTH):
        return (Finding(code="PC120", message=f"the JSON Schema is nested more than {MAX_SCHEMA_DEPTH} levels deep"),)
    if dialect_of(schema) is None:
        return (_unknown_dialect(schema),)
    return _findings(text, dialect)


def _unknown_dialect(schema: Json) -> Finding:
    declared = schema.get("$schema") if isinstance(schema, dict) else None
    return Finding(
        code="PC120",
        message=f"the JSON Schema is written for {show(declared, limit=120)}, a dialect that is not known",
        clause=("$schema",),
        help=f"the dialects are: {', '.join(DIALECTS)}",
    )


# One schema is checked again for each row and model of its case.
@lru_cache(maxsize=256)
def _findings(text: str, dialect: str) -> tuple[Finding, ...]:
    schema = read_exact_text(text)
    own = [
        finding.inside(*part.clause) for part in subschemas(schema) for finding in _check_part(part, schema, dialect)
    ]
    told = [finding.clause for finding in own]
    broken = [
        finding for finding in _broken_rules(schema, dialect) if not any(_holds(finding.clause, one) for one in told)
    ]
    # Only of a sound schema: what a misspelt word would have said is not known.
    return (*own, *broken) or tuple(impossible_findings(schema))


def _broken_rules(schema: Json, dialect: str) -> Iterator[Finding]:
    for part in subschemas(schema):
        if not part.clause or part.is_outlying:
            document = {**part.keywords, "$schema": dialect}
            yield from (finding.inside(*part.clause) for finding in (() if _is_valid(document) else _explain(document)))


def _holds(clause: Clause, other: Clause) -> bool:
    """Whether one place is inside another, or the same."""
    return other[: len(clause)] == clause


@lru_cache(maxsize=256)
def _doubts(text: str, dialect: str) -> tuple[Finding, ...]:
    schema: Json = read_exact_text(text)
    return tuple(finding for part in subschemas(schema) for finding in doubts(part, dialect))


def _is_valid(schema: dict[str, Json]) -> bool:
    import jsonschema_rs

    try:
        return jsonschema_rs.meta.is_valid(schema)
    except ValueError:  # a text that is no Unicode, or nesting: the other validator has the last word
        return False


def _explain(schema: dict[str, Json]) -> Iterator[Finding]:
    """Each place where a schema breaks the rules of its dialect."""
    import jsonschema

    rules = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    told: set[Clause] = set()
    for broken in rules(rules.META_SCHEMA).iter_errors(schema):
        error = _innermost(broken)
        clause = tuple(error.absolute_path)
        if clause in told:
            continue
        told.add(clause)
        place = f" at /{'/'.join(map(str, clause))}" if clause else ""
        text = f"the JSON Schema is not valid{place}: {error.message[:300]}"
        hint = _advice(clause[-1] if clause else None, error.instance)
        yield Finding(code="PC120", message=text, clause=clause, help=hint)


def _innermost(error: ValidationError) -> ValidationError:
    """What is wrong with the alternative that came nearest."""
    # The meta-schemas of today are an `allOf` of many: the deepest place is what a person wrote wrongly.
    inner = max(error.context or (), key=lambda one: len(one.absolute_path), default=error)
    return _innermost(inner) if len(inner.absolute_path) > len(error.absolute_path) else error


def _advice(keyword: str | int | None, value: Any) -> str | None:
    if keyword == "required" and isinstance(value, bool):
        return "name the required keys in the object that holds them: required: [city]"
    if keyword in ("required", "enum", "examples") and not isinstance(value, (list, dict)):
        return f"write {keyword}: [{show(value, limit=40)}]"
    if keyword in ("exclusiveMinimum", "exclusiveMaximum") and isinstance(value, bool):
        return f"that is the form of draft 4; write {keyword}: 5, or declare $schema: {DIALECTS[-1]}"
    if keyword in ("exclusiveMinimum", "exclusiveMaximum"):
        return f"in {NAMES[DIALECTS[-1]]}, which the schema declares, it is true or false beside a bound"
    return None


def _check_part(part: Subschema, schema: Json, dialect: str) -> Iterator[Finding]:
    yield from word_findings(part, dialect)
    yield from reference_findings(part, schema)
    yield from _other_dialect(part, dialect)
    pattern = part.keywords.get("pattern")
    if isinstance(pattern, str):
        yield from (finding.inside("pattern") for finding in _check_regex(pattern))
    by_pattern = part.keywords.get("patternProperties")
    for name in by_pattern if isinstance(by_pattern, dict) else ():
        yield from (finding.inside("patternProperties", name) for finding in _check_regex(name))


def _other_dialect(part: Subschema, dialect: str) -> Iterator[Finding]:
    """An inner schema that is written for another dialect than the whole, by whose rules it would be read."""
    if part.clause and "$schema" in part.keywords and dialect_of(dict(part.keywords)) != dialect:
        text = f"this schema lies inside one of {NAMES[dialect]} and is written for another dialect"
        yield Finding(code="PC120", message=text, clause=("$schema",), help="write both for one dialect")


def _check_regex(pattern: str) -> Iterator[Finding]:
    try:
        compile_regex(pattern)
    except InvalidRegexError as error:
        yield Finding(code="PC120", message=f"{show(pattern, limit=80)} is no regular expression: {error}")
