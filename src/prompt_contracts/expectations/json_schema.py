"""A value held against a JSON Schema. No network; a hostile schema or value never raises.

`jsonschema` has the last word. It takes about a second to import, so a value that is valid beyond doubt
never loads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from prompt_contracts.expectations.mismatch import Absence, Mismatch, Value
from prompt_contracts.expectations.regular_expression import InvalidRegexError, is_found
from prompt_contracts.expectations.schema_dialect import (
    DEFAULT_DIALECT,
    MAX_DEPTH,
    dialect_of,
    subschemas,
)
from prompt_contracts.expectations.schema_fragment import is_surely_valid
from prompt_contracts.expectations.schema_violation import explain
from prompt_contracts.expectations.truth import LIMITED, UNKNOWN, Truth
from prompt_contracts.json_value import Json, canonical, is_deeper_than

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

SHOWN = 20
"""How many violations are told one by one."""

Files = tuple[tuple[str, str], ...]
"""Address and canonical JSON of each file that a schema refers to."""

_EXPECTED = "a value that is valid by the JSON Schema"


def violations(schema: Json, value: Value, *, files: Files = ()) -> Iterator[Mismatch]:
    """Each way in which a value breaks a JSON Schema, at most `SHOWN` of them and then their number."""
    if isinstance(value, Absence):
        yield unusable("there is no value")
        return
    instance = float(value) if isinstance(value, Decimal) else value
    if not isinstance(schema, (dict, bool)) or dialect_of(schema) is None:
        yield unusable("this is not a JSON Schema that can be used")
        return
    if is_deeper_than(schema, MAX_DEPTH):
        yield unusable("the schema is nested too deeply")
        return
    try:
        found = _find(canonical(schema), instance, files)
    except RecursionError:
        why = "the answer is nested too deeply, or the schema refers to itself without end"
        yield unusable(why, truth=LIMITED)
    except InvalidRegexError as error:
        yield unusable(str(error))
    except (ArithmeticError, ValueError, LookupError) as error:
        # Numbers beyond any double, references to nothing: such an answer cannot be called valid.
        yield unusable(f"{type(error).__name__}: {error}"[:200])
    else:
        yield from found[:SHOWN]
        if len(found) > SHOWN:
            yield Mismatch(reason="$schema", expected=_EXPECTED, got=f"{len(found) - SHOWN} more violations")


def unusable(why: str, *, truth: Truth = UNKNOWN) -> Mismatch:
    """The mismatch of a value that cannot be checked at all."""
    got = "a value that cannot be checked"
    return Mismatch(reason="$schema", expected=_EXPECTED, got=got, message=why, truth=truth)


def _find(schema_text: str, instance: Json, files: Files) -> list[Mismatch]:
    if is_surely_valid(schema_text, instance):
        return []
    from referencing.exceptions import Unresolvable

    try:
        errors = list(_last_word(schema_text, files).iter_errors(instance))
    except Unresolvable as error:
        return [unusable(f"a reference in the schema points to nothing: {error}"[:200])]
    return [mismatch for error in sorted(errors, key=_in_order) for mismatch in explain(error)]


def _in_order(error: ValidationError) -> list[tuple[int, int, str]]:
    return [(0, part, "") if isinstance(part, int) else (1, 0, part) for part in error.absolute_path]


@lru_cache(maxsize=128)
def _last_word(schema_text: str, files: Files) -> Validator:
    import jsonschema
    from referencing import Registry
    from referencing.jsonschema import specification_with

    schema = json.loads(schema_text)
    dialect = dialect_of(schema) or DEFAULT_DIALECT
    plain = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    keywords = {"pattern": _timed_pattern, "patternProperties": _timed_properties}
    timed: type[Validator] = jsonschema.validators.extend(plain, keywords)  # type: ignore[no-untyped-call] # by its stubs
    documents = {address: json.loads(text) for address, text in files}
    for document in (schema, *documents.values()):
        if isinstance(document, dict):
            # A reference to it would otherwise bring back the class without time limits.
            document.pop("$schema", None)
            _spell_out_false(document)
    specification = specification_with(dialect)
    resources = [(address, specification.create_resource(document)) for address, document in documents.items()]
    registry: Registry[Any] = Registry().with_resources(resources)
    return timed(schema, registry=registry, format_checker=plain.FORMAT_CHECKER)


def _spell_out_false(schema: Json) -> None:
    # Of a property whose schema is plain `false`, jsonschema does not say which property it is.
    for part in subschemas(schema):
        named = part.keywords.get("properties")
        if isinstance(named, dict):
            named.update({name: {"not": {}} for name, inner in named.items() if inner is False})


def _timed_pattern(_validator: Any, pattern: str, instance: Json, _schema: Json) -> Iterator[ValidationError]:
    from jsonschema.exceptions import ValidationError

    if not isinstance(instance, str):
        return
    # A slow pattern ends the whole validation: under `not`, a violation here would count as a match.
    if not is_found(pattern, instance):
        yield ValidationError("")


def _timed_properties(
    validator: Any, patterns: dict[str, Json], instance: Json, _schema: Json
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for pattern, schema in patterns.items():
        for key, item in instance.items():
            if is_found(pattern, key):
                yield from validator.descend(item, schema, path=key, schema_path=pattern)
