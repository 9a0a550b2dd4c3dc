"""The validator that has the last word on a JSON Schema, and says what is wrong. Slow to import; never the network.

It is `jsonschema`, with our own regexes (which end in time), exact numbers and the formats that both validators share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import FunctionType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from prompt_contracts.json_number import exact, is_number, is_whole
from prompt_contracts.json_schema.dialect import DIALECTS, dialect_of, subschemas
from prompt_contracts.json_schema.keywords import DEFAULT_DIALECT
from prompt_contracts.json_schema.own_keywords import OWN_KEYWORDS, IsKept
from prompt_contracts.json_schema.regular_expression import is_found
from prompt_contracts.json_value import Json, equal, exact_text, read_exact_text

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

Files = tuple[tuple[str, str], ...]
"""Address and exact text of each file that a schema refers to."""

_DRAFT_4 = DIALECTS[-1]


class DanglingReferenceError(LookupError):
    """A reference points to nothing."""


def says_valid(schema_text: str, value: Json, files: Files) -> bool:
    """Whether a value is valid by a schema, which is given as exact text. Raises `DanglingReferenceError`."""
    with _references_that_hold():
        return _validator(schema_text, files).is_valid(value)


def find_errors(schema_text: str, value: Json, files: Files) -> list[ValidationError]:
    """Everything wrong with a value, in the order of the places. Raises `DanglingReferenceError`."""
    with _references_that_hold():
        return sorted(_validator(schema_text, files).iter_errors(value), key=_in_order)


@contextmanager
def _references_that_hold() -> Iterator[None]:
    from referencing.exceptions import Unresolvable

    try:
        yield
    except Unresolvable as error:
        raise DanglingReferenceError(f"a reference in the schema points to nothing: {error}") from None


def _in_order(error: ValidationError) -> list[tuple[int, int, str]]:
    return [(0, part, "") if isinstance(part, int) else (1, 0, part) for part in error.absolute_path]


@lru_cache(maxsize=128)
def _validator(schema_text: str, files: Files) -> Validator:
    import jsonschema
    from referencing import Registry
    from referencing.jsonschema import specification_with

    schema: Any = read_exact_text(schema_text)
    dialect = dialect_of(schema) or DEFAULT_DIALECT
    plain = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    # jsonschema knows `int` and `float`; numbers with more digits than a double are of a class of our own.
    checker = plain.TYPE_CHECKER.redefine("number", lambda _, value: is_number(value))
    keywords = {**_KEYWORDS}
    if dialect == _DRAFT_4:  # there a bound is exclusive by a word of its own, and 5.0 is no integer
        keywords = {name: keyword for name, keyword in keywords.items() if "imum" not in name} | _DRAFT_4_BOUNDS
    else:
        checker = checker.redefine("integer", lambda _, value: is_number(value) and is_whole(value))
    if _UNEVALUATED in plain.VALIDATORS:
        keywords[_UNEVALUATED] = _in_time(plain.VALIDATORS[_UNEVALUATED])
    ours: type[Validator] = jsonschema.validators.extend(plain, keywords, type_checker=checker)  # type: ignore[no-untyped-call] # by its stubs
    documents = {address: read_exact_text(text) for address, text in files}
    for document in (schema, *documents.values()):
        _prepare(document)
    specification = specification_with(dialect)
    resources = [(address, specification.create_resource(document)) for address, document in documents.items()]
    # Given even where it is empty: without one jsonschema fetches over the network (deprecated since its 4.18).
    registry: Registry[Any] = Registry().with_resources(resources)
    return ours(schema, registry=registry)


def _prepare(document: Json) -> None:
    for part in subschemas(document):
        if isinstance(part.keywords, dict):
            # A schema that names its dialect would bring back the class without our keywords.
            part.keywords.pop("$schema", None)
        named = part.keywords.get("properties")
        if isinstance(named, dict):
            # Of a property whose schema is plain `false`, jsonschema does not say which property it is.
            named.update({name: {"not": {}} for name, inner in named.items() if inner is False})


Keyword = Callable[[Any, Any, Any, Any], Iterator["ValidationError"]]


def _keyword(is_kept: IsKept) -> Keyword:
    """A keyword of `jsonschema` that is kept or broken; the words are found elsewhere."""

    def judge(_validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
        from jsonschema.exceptions import ValidationError

        # A slow pattern ends the whole validation: under `not`, a violation here would count as a match.
        if not is_kept(wanted, instance):
            yield ValidationError("")

    return judge


def _bound(holds: Callable[[Any, Any], bool]) -> Keyword:
    return _keyword(lambda wanted, instance: not is_number(instance) or holds(exact(instance), exact(wanted)))


def _older_bound(side: int, exclusive: str) -> Keyword:
    """A bound that a word beside it makes exclusive; `side` is where a value must not lie."""

    def judge(_validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        from jsonschema.exceptions import ValidationError

        if is_number(instance):
            order = exact(instance).compare(exact(wanted)) * side
            if order > 0 or (order == 0 and schema.get(exclusive) is True):
                yield ValidationError("")

    return judge


def _are_unique(is_wanted: Any, instance: Any) -> bool:
    return (
        # By their exact texts: linear in time, where comparing each with each is not.
        is_wanted is not True or not isinstance(instance, list) or len(set(map(exact_text, instance))) == len(instance)
    )


def _properties_by_pattern(
    validator: Any, patterns: dict[str, Json], instance: Json, _schema: Json
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for pattern, schema in patterns.items():
        for key, item in instance.items():
            if is_found(pattern, key):
                yield from validator.descend(item, schema, path=key, schema_path=pattern)


def _other_properties(validator: Any, wanted: Json, instance: Json, schema: Any) -> Iterator[ValidationError]:
    from jsonschema.exceptions import ValidationError

    if not isinstance(instance, dict):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    others = [key for key in instance if key not in named and not any(is_found(one, key) for one in patterns)]
    if isinstance(wanted, dict):
        for key in others:
            yield from validator.descend(instance[key], wanted, path=key)
    elif wanted is False and others:
        keys = ", ".join(map(repr, sorted(others)))
        yield ValidationError(f"none of the schema's keys or patterns allows {keys}")


_UNEVALUATED = "unevaluatedProperties"


def _in_time(keyword: Any) -> Keyword:
    """`unevaluatedProperties` of `jsonschema`, which searches with Python's `re`, with our own search in its place."""
    finder = "find_evaluated_property_keys_by_schema"
    # jsonschema 4.26 hands no search in: the function is run with other globals, and its module is left alone.
    names = {**keyword.__globals__[finder].__globals__, "re": SimpleNamespace(search=is_found)}
    names[finder] = FunctionType(keyword.__globals__[finder].__code__, names)
    ours: Keyword = FunctionType(keyword.__code__, {**keyword.__globals__, finder: names[finder]})
    return ours


_KEYWORDS: dict[str, Keyword] = {
    **{name: _keyword(is_kept) for name, is_kept in OWN_KEYWORDS.items()},
    "additionalProperties": _other_properties,
    # Python's `==`, on which jsonschema builds, knows doubles only; these compare the digits as they are written.
    "const": _keyword(equal),
    "enum": _keyword(lambda wanted, instance: any(equal(one, instance) for one in wanted)),
    "exclusiveMaximum": _bound(lambda value, bound: value < bound),
    "exclusiveMinimum": _bound(lambda value, bound: value > bound),
    "maximum": _bound(lambda value, bound: value <= bound),
    "minimum": _bound(lambda value, bound: value >= bound),
    "patternProperties": _properties_by_pattern,
    "uniqueItems": _keyword(_are_unique),
}
_DRAFT_4_BOUNDS = {
    "maximum": _older_bound(1, "exclusiveMaximum"),
    "minimum": _older_bound(-1, "exclusiveMinimum"),
}
