"""One violation of a JSON Schema, put into words. Decides nothing, and imports no validator to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json, pointer, show
from prompt_contracts.mismatch import MISSING, Mismatch, cut

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_PHRASES = {
    "const": "{}",
    "exclusiveMaximum": "less than {}",
    "exclusiveMinimum": "more than {}",
    "maxItems": "at most {} elements",
    "maxLength": "at most {} characters",
    "maxProperties": "at most {} keys",
    "maximum": "at most {}",
    "minItems": "at least {} elements",
    "minLength": "at least {} characters",
    "minProperties": "at least {} keys",
    "minimum": "at least {}",
    "multipleOf": "a multiple of {}",
    "uniqueItems": "elements of which no two are equal",
}
_ARTICLES = {"array": "an array", "integer": "an integer", "null": "null", "object": "an object"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Violation:
    """What `jsonschema` reports, with types."""

    keyword: str | None
    """None where the schema is `false`."""
    wanted: Json
    """The keyword's value."""
    instance: Json
    schema: Json
    """The schema that holds the keyword."""
    message: str
    place: tuple[str | int, ...]
    branches: tuple[ValidationError, ...]
    """What each branch of `anyOf` and `oneOf` found wrong."""


def explain(error: ValidationError) -> Iterator[Mismatch]:
    """The mismatches of one reported violation; clauses are paths in the schema."""
    violation = _read(error)
    words = _WORDS.get(violation.keyword, _generic)
    clause = tuple(error.absolute_schema_path)
    yield from (found.inside(place=violation.place, clause=clause) for found in words(violation))


def _read(error: ValidationError) -> _Violation:
    # The stubs of jsonschema leave these attributes without a type.
    reported: Any = error
    return _Violation(
        keyword=reported.validator,
        wanted=reported.validator_value,
        instance=reported.instance,
        schema=reported.schema,
        message=reported.message,
        place=tuple(reported.absolute_path),
        branches=tuple(reported.context or ()),
    )


def _mismatch(violation: _Violation, expected: str, *, message: str = "") -> Mismatch:
    got = show(violation.instance, limit=100)
    return Mismatch(reason="$schema", expected=expected, got=got, message=message)


def _generic(violation: _Violation) -> Iterator[Mismatch]:
    wanted = show(violation.wanted, limit=100)
    phrase = _PHRASES.get(violation.keyword or "")
    if phrase is None:
        expected = f"what {violation.keyword} {wanted} allows"
        yield _mismatch(violation, expected, message=cut(violation.message))
    else:
        yield _mismatch(violation, phrase.format(wanted))


def _not(violation: _Violation) -> Iterator[Mismatch]:
    yield from _false(violation) if violation.wanted == {} else _generic(violation)


def _false(violation: _Violation) -> Iterator[Mismatch]:
    yield _mismatch(violation, "nothing: the schema allows no value here")


def _type(violation: _Violation) -> Iterator[Mismatch]:
    kinds = violation.wanted if isinstance(violation.wanted, list) else [violation.wanted]
    yield _mismatch(violation, " or ".join(_ARTICLES.get(str(kind), f"a {kind}") for kind in kinds))


def _enum(violation: _Violation) -> Iterator[Mismatch]:
    values = violation.wanted if isinstance(violation.wanted, list) else []
    yield _mismatch(violation, f"one of {cut(', '.join(show(value, limit=60) for value in values))}")


def _pattern(violation: _Violation) -> Iterator[Mismatch]:
    yield _mismatch(violation, f"a text matching /{violation.wanted}/", message=violation.message)


def _format(violation: _Violation) -> Iterator[Mismatch]:
    yield _mismatch(violation, f"a text of the format {violation.wanted}")


def _required(violation: _Violation) -> Iterator[Mismatch]:
    # jsonschema reports one error per missing key and names the key only in its message.
    keys = violation.wanted if isinstance(violation.wanted, list) else []
    key = next((key for key in keys if violation.message.startswith(f"{key!r} is")), None)
    if isinstance(key, str):
        yield Mismatch(reason="$schema", expected="a required key", got=MISSING, place=(key,))
    else:
        yield from _generic(violation)


def _additional(violation: _Violation) -> Iterator[Mismatch]:
    schema, instance = violation.schema, violation.instance
    # jsonschema reports all further keys in one error; which ones is plain to see only without patterns.
    is_plain = isinstance(schema, dict) and "patternProperties" not in schema
    if not is_plain or not isinstance(schema, dict) or not isinstance(instance, dict):
        yield from _generic(violation)
        return
    named = schema.get("properties")
    for key, extra in instance.items():
        if not isinstance(named, dict) or key not in named:
            got = show(extra, limit=100)
            yield Mismatch(reason="$schema", expected="no such key", got=got, place=(key,))


def _branches(violation: _Violation) -> Iterator[Mismatch]:
    from jsonschema.exceptions import best_match

    count = len(violation.wanted) if isinstance(violation.wanted, list) else 0
    number = "exactly one" if violation.keyword == "oneOf" else "one"
    expected = f"a match of {number} of {count} schemas"
    closest = best_match(violation.branches)
    if closest is None:
        yield _mismatch(violation, expected, message="more than one of them matches" if count > 1 else "")
        return
    reason = next(explain(closest))
    place = pointer(*reason.place) or "the value itself"
    message = f"the closest differs at {place}: expected {reason.expected}, got {reason.got}"
    yield _mismatch(violation, expected, message=message)


_WORDS: dict[str | None, Callable[[_Violation], Iterator[Mismatch]]] = {
    None: _false,
    "additionalProperties": _additional,
    "anyOf": _branches,
    "enum": _enum,
    "format": _format,
    "not": _not,
    "oneOf": _branches,
    "pattern": _pattern,
    "required": _required,
    "type": _type,
}
