"""A JSON Schema -> a strategy of values that it takes, small at first. Each value is checked by our own validator."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from prompt_contracts.engine.properties.schema_formats import format_strategy
from prompt_contracts.engine.properties.schema_keywords import referred
from prompt_contracts.engine.properties.written_text import matching_text, plain_text
from prompt_contracts.json_schema.keywords import SCHEMA_TYPES
from prompt_contracts.json_schema.regular_expression import SlowRegexError
from prompt_contracts.json_schema.validation import UnusableError, is_valid
from prompt_contracts.json_value import Json, canonical

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_Schema = Mapping[str, Json]

_LARGEST = 2**53 - 1
"""What every reader of JSON takes for the same whole number."""

_MORE = 4
"""By how many elements a list, and by how many times ten characters a text may exceed what it must have."""


def schema_strategy(schema: Json) -> SearchStrategy[Json]:
    """Values that are valid by a schema with which nothing is wrong; empty where none can be made."""
    return value_strategy(schema, schema).filter(partial(_is_valid, schema))


def _is_valid(schema: Json, value: Json) -> bool:
    try:
        return is_valid(schema, value)
    except (UnusableError, SlowRegexError):
        return False


def value_strategy(schema: Json, whole: Json) -> SearchStrategy[Json]:
    """Values for one part of a schema; what keywords beside each other say is left to the check of the whole."""
    from hypothesis import strategies as st

    if not isinstance(schema, dict):
        return st.nothing() if schema is False else _anything()
    if "$ref" in schema:
        target = referred(schema["$ref"], whole)
        return value_strategy(_merged({key: schema[key] for key in schema if key != "$ref"}, target), whole)
    if "const" in schema:
        return st.just(schema["const"])
    if isinstance(choices := schema.get("enum"), list):
        return st.sampled_from([each for each in choices if _allows(schema, each)] or choices)
    for keyword in ("anyOf", "oneOf"):
        if isinstance(branches := schema.get(keyword), list):
            rest = {key: schema[key] for key in schema if key != keyword}
            return st.one_of([value_strategy(_merged(rest, branch), whole) for branch in branches])
    return st.one_of([_MAKERS[name](schema, whole) for name in _types(schema)])


def _allows(schema: _Schema, value: Json) -> bool:
    """Whether what stands beside an `enum` takes one of its values; references apart, which start at the whole."""
    beside: dict[str, Json] = {key: schema[key] for key in schema if key != "$ref"}
    return "$ref" in str(beside) or _is_valid(beside, value)


def _merged(around: _Schema, inner: Json) -> Json:
    """What a schema and one inside it say together; where both say the same word, the inner one's counts."""
    if not isinstance(inner, dict):
        return dict(around) if inner is True or inner is None else inner
    both: dict[str, Json] = {**around, **inner}
    for keyword in ("properties", "required"):
        outside, inside = around.get(keyword), inner.get(keyword)
        if isinstance(outside, dict) and isinstance(inside, dict):
            both[keyword] = {**outside, **inside}
        elif isinstance(outside, list) and isinstance(inside, list):
            both[keyword] = [*outside, *(each for each in inside if each not in outside)]
    return both


_IMPLIED: Mapping[str, tuple[str, ...]] = {
    "object": ("properties", "required", "additionalProperties", "minProperties", "maxProperties"),
    "array": ("items", "minItems", "maxItems", "uniqueItems"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


def _types(schema: _Schema) -> list[str]:
    declared = schema.get("type")
    if isinstance(declared, str):
        return [declared]
    if isinstance(declared, list):
        return [str(each) for each in declared]
    # A schema without a type takes every other type as well; the one that it speaks of is what is meant.
    implied = [name for name, words in _IMPLIED.items() if any(word in schema for word in words)]
    return implied or [*SCHEMA_TYPES]


def _anything() -> SearchStrategy[Json]:
    from hypothesis import strategies as st

    return st.one_of(st.none(), st.booleans(), st.integers(-1000, 1000), plain_text(0, 10))


def _string(schema: _Schema, _: Json) -> SearchStrategy[Json]:
    low = _count(schema, "minLength") or 0
    high = _count(schema, "maxLength")
    most = low + 10 * _MORE if high is None else high
    pattern, form = schema.get("pattern"), schema.get("format")
    if isinstance(pattern, str):
        found = matching_text(pattern, is_whole=False)
    elif isinstance(form, str) and (formed := format_strategy(form)) is not None:
        found = formed
    else:
        return plain_text(low, most)
    return found.filter(lambda text: low <= len(text) and (high is None or len(text) <= high))


def _whole(schema: _Schema, _: Json) -> SearchStrategy[Json]:
    from hypothesis import strategies as st

    low, high, step = _limits(schema)
    if step is not None:
        return _multiples(low, high, step).filter(lambda value: isinstance(value, int))
    least = None if low is None else math.ceil(low) + (1 if _excludes(schema, "Minimum", math.ceil(low)) else 0)
    most = None if high is None else math.floor(high) - (1 if _excludes(schema, "Maximum", math.floor(high)) else 0)
    least, most = _closed(least, most)
    return st.integers(least, most) if least <= most else st.nothing()


def _closed(least: int | None, most: int | None) -> tuple[int, int]:
    """Both ends, where one or both are open."""
    if least is None:
        return (-_LARGEST if most is None else min(most - 2**31, -_LARGEST)), _LARGEST if most is None else most
    return least, max(_LARGEST, least) if most is None else most


def _number(schema: _Schema, _: Json) -> SearchStrategy[Json]:
    from hypothesis import strategies as st

    low, high, step = _limits(schema)
    if step is not None:
        return _multiples(low, high, step)
    least, most = float(-_LARGEST if low is None else low), float(_LARGEST if high is None else high)
    if high is None:
        most = max(most, 2 * least)
    elif low is None:
        least = min(least, 2 * most)
    if least > most:
        return st.nothing()
    # Half of them with two digits after the point, as people write numbers; all of them shrink to whole ones.
    cents = _multiples(Decimal(repr(least)), Decimal(repr(most)), Decimal("0.01"))
    floats = st.floats(least, most, allow_nan=False, allow_infinity=False, allow_subnormal=False).map(_tidy)
    return cents | floats


def _tidy(number: float) -> Json:
    """A number as people write it: no `1.0`, no `-0.0`, and no `1e-280`."""
    return int(number) if number.is_integer() else round(number, 6) or 0


def _multiples(low: Decimal | None, high: Decimal | None, step: Decimal) -> SearchStrategy[Json]:
    from hypothesis import strategies as st

    first = -_LARGEST if low is None else math.ceil(low / step)
    last = _LARGEST if high is None else math.floor(high / step)

    def multiple(count: int) -> Json:
        return _tidy(float(count * step))

    return st.integers(first, last).map(multiple) if first <= last else st.nothing()


def _limits(schema: _Schema) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """The lower and the upper limit, whether they are reached or not, and what it must be a multiple of."""
    low = [found for key in ("minimum", "exclusiveMinimum") if (found := _decimal(schema, key)) is not None]
    high = [found for key in ("maximum", "exclusiveMaximum") if (found := _decimal(schema, key)) is not None]
    return max(low, default=None), min(high, default=None), _decimal(schema, "multipleOf")


def _excludes(schema: _Schema, end: str, limit: int) -> bool:
    """Whether a whole number is a limit that is not reached; draft 4 says so by a word of its own."""
    said = schema.get(f"exclusive{end}")
    if said is True:
        return _decimal(schema, end.lower()) == limit
    return _decimal(schema, f"exclusive{end}") == limit


def _decimal(schema: _Schema, keyword: str) -> Decimal | None:
    value = schema.get(keyword)
    return None if isinstance(value, bool) or not isinstance(value, (int, float)) else Decimal(repr(value))


def _count(schema: _Schema, keyword: str) -> int | None:
    found = _decimal(schema, keyword)
    return None if found is None else int(found)


def _object(schema: _Schema, whole: Json) -> SearchStrategy[Json]:
    from hypothesis import strategies as st

    properties = schema.get("properties")
    named = dict(properties) if isinstance(properties, dict) else {}
    required = schema.get("required")
    needed = [str(name) for name in required] if isinstance(required, list) else []
    must = {name: value_strategy(named.get(name, True), whole) for name in needed}
    may = {name: value_strategy(part, whole) for name, part in named.items() if name not in must and part is not False}
    return st.fixed_dictionaries(must, optional=may).filter(partial(_has_so_many, schema))


def _has_so_many(schema: _Schema, value: Mapping[str, Json]) -> bool:
    low, high = _count(schema, "minProperties") or 0, _count(schema, "maxProperties")
    return low <= len(value) and (high is None or len(value) <= high)


def _array(schema: _Schema, whole: Json) -> SearchStrategy[Json]:
    from hypothesis import strategies as st

    low = _count(schema, "minItems") or 0
    high = _count(schema, "maxItems")
    elements = value_strategy(schema.get("items", True), whole)
    most = low + _MORE if high is None else high
    if schema.get("uniqueItems") is True:
        return st.lists(elements, min_size=low, max_size=most, unique_by=canonical)
    return st.lists(elements, min_size=low, max_size=most)


def _null(_: _Schema, __: Json) -> SearchStrategy[Json]:
    from hypothesis import strategies as st

    return st.none()


def _boolean(_: _Schema, __: Json) -> SearchStrategy[Json]:
    from hypothesis import strategies as st

    return st.booleans()


_MAKERS: Mapping[str, Callable[[_Schema, Json], SearchStrategy[Json]]] = {
    "null": _null,
    "boolean": _boolean,
    "integer": _whole,
    "number": _number,
    "string": _string,
    "array": _array,
    "object": _object,
}
