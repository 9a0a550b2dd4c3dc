"""Whether a JSON Schema is one, before any answer is there. No network; no slow import for a valid one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from urllib.parse import unquote, urljoin

from prompt_contracts.expectations.flaw import Flaw
from prompt_contracts.expectations.operator_rule import ReadSchema
from prompt_contracts.expectations.regular_expression import InvalidRegexError, compile_regex
from prompt_contracts.expectations.schema_dialect import (
    DIALECTS,
    MAX_DEPTH,
    Subschema,
    dialect_of,
    subschemas,
)
from prompt_contracts.expectations.schema_files import PROJECT, REFERENCES, collect_files, references_out, shown
from prompt_contracts.json_value import Json, canonical, is_deeper_than, resolve, show

_NETWORK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|/")


def check_schema(schema: Json, *, read: ReadSchema | None = None) -> Iterator[Flaw]:
    """Everything wrong with a JSON Schema, and with the files that it refers to."""
    if not isinstance(schema, (dict, bool)):
        text = f"'$schema' takes a JSON Schema, not {show(schema, limit=80)}"
        yield Flaw(code="PC102", message=text, help="write the schema as a mapping, or {$include: file}")
    elif is_deeper_than(schema, MAX_DEPTH):
        yield Flaw(code="PC120", message=f"the JSON Schema is nested more than {MAX_DEPTH} levels deep")
    elif isinstance(schema, bool):
        return
    elif dialect_of(schema) is None:
        yield _unknown_dialect(schema)
    else:
        yield from _flaws(canonical(schema))
        yield from _check_files(schema, read)


def _check_files(schema: Json, read: ReadSchema | None) -> Iterator[Flaw]:
    files = collect_files(schema, read)
    clauses = {target.partition("#")[0]: clause for clause, target in references_out(schema)}
    for address, why in files.problems:
        text = f"the JSON Schema refers to {shown(address)}, which cannot be read: {why}"
        yield Flaw(code="PC112", message=text, clause=clauses.get(address, ()))
    texts = dict(files.texts)
    for address, text in files.texts:
        for flaw in _check_file(text):
            yield replace(flaw, message=f"{shown(address)}: {flaw.message}", clause=clauses.get(address, ()))
    for clause, target in references_out(schema):
        yield from (flaw.inside(*clause) for flaw in _check_target(target, texts))
    for address, text in files.texts:
        for _, target in references_out(json.loads(text)):
            for flaw in _check_target(target, texts):
                yield replace(flaw, message=f"{shown(address)}: {flaw.message}", clause=clauses.get(address, ()))


def _check_file(text: str) -> tuple[Flaw, ...]:
    schema: Json = json.loads(text)
    if isinstance(schema, bool):
        return ()
    if not isinstance(schema, dict):
        return (Flaw(code="PC120", message="this is no JSON Schema"),)
    if is_deeper_than(schema, MAX_DEPTH):
        return (Flaw(code="PC120", message=f"the JSON Schema is nested more than {MAX_DEPTH} levels deep"),)
    if dialect_of(schema) is None:
        return (_unknown_dialect(schema),)
    return _flaws(text)


def _check_target(target: str, texts: Mapping[str, str]) -> Iterator[Flaw]:
    address, _, fragment = target.partition("#")
    if address in texts and fragment.startswith("/"):
        try:
            resolve(json.loads(texts[address]), unquote(fragment))
        except LookupError:
            yield Flaw(code="PC120", message=f"'{shown(target)}' points to nothing in the file")


def _unknown_dialect(schema: Json) -> Flaw:
    declared = schema.get("$schema") if isinstance(schema, dict) else None
    return Flaw(
        code="PC120",
        message=f"the JSON Schema is written for {show(declared, limit=120)}, a dialect that is not known",
        clause=("$schema",),
        help=f"the dialects are: {', '.join(DIALECTS)}",
    )


# One schema is checked again for each row and model of its case.
@lru_cache(maxsize=256)
def _flaws(text: str) -> tuple[Flaw, ...]:
    schema: dict[str, Json] = json.loads(text)
    invalid = () if _is_valid(schema) else tuple(_explain(schema))
    return (*invalid, *(flaw for part in subschemas(schema) for flaw in _check_part(part, schema)))


def _is_valid(schema: dict[str, Json]) -> bool:
    import jsonschema_rs

    try:
        return jsonschema_rs.meta.is_valid(schema)
    except ValueError:  # a text that is no Unicode, or nesting: the other validator has the last word
        return False


def _explain(schema: dict[str, Json]) -> Iterator[Flaw]:
    import jsonschema

    validator = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        clause = tuple(error.absolute_path)
        place = f" at /{'/'.join(map(str, clause))}" if clause else ""
        text = f"the JSON Schema is not valid{place}: {error.message[:300]}"
        yield Flaw(code="PC120", message=text, clause=clause)


def _check_part(part: Subschema, schema: Json) -> Iterator[Flaw]:
    for keyword in REFERENCES:
        target = part.keywords.get(keyword)
        if isinstance(target, str):
            flaws = _check_reference(keyword, target, schema)
            yield from (flaw.inside(*part.clause, keyword) for flaw in flaws)
    pattern = part.keywords.get("pattern")
    if isinstance(pattern, str):
        yield from (flaw.inside(*part.clause, "pattern") for flaw in _check_regex(pattern))
    by_pattern = part.keywords.get("patternProperties")
    for name in by_pattern if isinstance(by_pattern, dict) else ():
        yield from (flaw.inside(*part.clause, "patternProperties", name) for flaw in _check_regex(name))


def _check_reference(keyword: str, target: str, schema: Json) -> Iterator[Flaw]:
    if target.startswith(PROJECT):
        return
    if not target.startswith("#"):
        yield from _check_address(keyword, target, schema)
    elif target == "#" or target.startswith("#/"):
        # With an `$id` in between, the pointer starts there and not at the whole schema.
        if any("$id" in part.keywords or "id" in part.keywords for part in subschemas(schema)):
            return
        try:
            resolve(schema, unquote(target[1:]))
        except LookupError:
            text = f"'{keyword}: {target}' points to nothing in the JSON Schema"
            yield Flaw(code="PC120", message=text)


def _check_address(keyword: str, target: str, schema: Json) -> Iterator[Flaw]:
    """A reference that is none to a file of the project: only what the schema itself is called is good."""
    names = [part.keywords.get("$id") for part in subschemas(schema)]
    bases = [name for name in names if isinstance(name, str)]
    address = target.partition("#")[0]
    if any(
        address in (name, urljoin(base, name)) or urljoin(base, address) in names for base in bases for name in bases
    ):
        return
    if _NETWORK.match(target) or any(_NETWORK.match(base) for base in bases):
        text = f"'{keyword}: {target}' leads out of the project, and a schema is never fetched"
        yield Flaw(code="PC120", message=text, help="save that schema beside the case and refer to its file")
    else:
        text = f"'{keyword}: {target}' cannot be followed from here"
        yield Flaw(code="PC120", message=text, help="write the schema in place, or in a file of its own")


def _check_regex(pattern: str) -> Iterator[Flaw]:
    try:
        compile_regex(pattern)
    except InvalidRegexError as error:
        yield Flaw(code="PC120", message=f"{show(pattern, limit=80)} is no regular expression: {error}")
