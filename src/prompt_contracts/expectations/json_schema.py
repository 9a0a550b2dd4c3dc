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

from prompt_contracts.expectations.mismatch import Mismatch, Value
from prompt_contracts.expectations.regular_expression import InvalidRegexError, SlowRegexError, is_found
from prompt_contracts.expectations.schema_dialect import MAX_DEPTH, dialect_of, is_deeper_than, subschemas
from prompt_contracts.expectations.schema_fragment import is_surely_valid
from prompt_contracts.expectations.schema_violation import explain
from prompt_contracts.json_value import Json, canonical

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

SHOWN = 20
"""How many violations are told one by one."""

_EXPECTED = "a value that is valid by the JSON Schema"


def violations(schema: Json, value: Value) -> Iterator[Mismatch]:
    """Each way in which a value breaks a JSON Schema, at most `SHOWN` of them and then their number."""
    instance = float(value) if isinstance(value, Decimal) else value
    if not isinstance(schema, (dict, bool)) or dialect_of(schema) is None:
        yield _unusable("this is not a JSON Schema that can be used")
        return
    if is_deeper_than(schema, MAX_DEPTH):
        yield _unusable("the schema is nested too deeply")
        return
    try:
        found = _find(canonical(schema), instance)
    except RecursionError:
        yield _unusable("the answer is nested too deeply, or the schema refers to itself without end")
    except (ArithmeticError, ValueError, LookupError) as error:
        # Numbers beyond any double, references to nothing: such an answer cannot be called valid.
        yield _unusable(f"{type(error).__name__}: {error}"[:200])
    else:
        yield from found[:SHOWN]
        if len(found) > SHOWN:
            yield Mismatch(reason="$schema", expected=_EXPECTED, got=f"{len(found) - SHOWN} more violations")


def _unusable(why: str) -> Mismatch:
    return Mismatch(reason="$schema", expected=_EXPECTED, got="a value that cannot be checked", message=why)


def _find(schema_text: str, instance: Json) -> list[Mismatch]:
    if is_surely_valid(schema_text, instance):
        return []
    from referencing.exceptions import Unresolvable

    try:
        errors = list(_last_word(schema_text).iter_errors(instance))
    except Unresolvable as error:
        return [_unusable(f"a reference in the schema points to nothing: {error}"[:200])]
    return [mismatch for error in sorted(errors, key=_in_order) for mismatch in explain(error)]


def _in_order(error: ValidationError) -> list[tuple[int, int, str]]:
    return [(0, part, "") if isinstance(part, int) else (1, 0, part) for part in error.absolute_path]


@lru_cache(maxsize=128)
def _last_word(schema_text: str) -> Validator:
    import jsonschema
    from referencing import Registry

    schema = json.loads(schema_text)
    plain = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    keywords = {"pattern": _timed_pattern, "patternProperties": _timed_properties}
    timed: type[Validator] = jsonschema.validators.extend(plain, keywords)  # type: ignore[no-untyped-call] # by its stubs
    if isinstance(schema, dict):
        # A `$ref` back to the root would otherwise bring back the class without time limits.
        schema.pop("$schema", None)
        _spell_out_false(schema)
    return timed(schema, registry=Registry(), format_checker=plain.FORMAT_CHECKER)


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
    try:
        if not is_found(pattern, instance):
            yield ValidationError("")
    except (SlowRegexError, InvalidRegexError) as error:
        yield ValidationError(str(error))


def _timed_properties(
    validator: Any, patterns: dict[str, Json], instance: Json, _schema: Json
) -> Iterator[ValidationError]:
    from jsonschema.exceptions import ValidationError

    if not isinstance(instance, dict):
        return
    for pattern, schema in patterns.items():
        for key, item in instance.items():
            try:
                is_named = is_found(pattern, key)
            except (SlowRegexError, InvalidRegexError) as error:
                yield ValidationError(str(error))
            else:
                if is_named:
                    yield from validator.descend(item, schema, path=key, schema_path=pattern)
