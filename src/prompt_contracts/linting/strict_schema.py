"""What strict mode asks of a JSON Schema, decided from the schema alone. Knows neither cases nor tools.

The rules are those that OpenAI documents for structured outputs. Other servers take wider or narrower sets.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json, resolve

_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
_REFUSED = (
    *("allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties"),
    *("propertyNames", "unevaluatedProperties", "unevaluatedItems", "minProperties", "maxProperties", "uniqueItems"),
    *("contains", "minContains", "maxContains", "default"),
)
_UNLISTED = ("minLength", "maxLength")
"""Keywords that OpenAI's documentation does not list as taken; local servers make use of them."""
_TYPED_BY = ("type", "enum", "const", "anyOf", "$ref", "allOf", "oneOf")
"""With one of these a schema says what it takes; the last two are refused by a rule of their own."""

# As OpenAI documents them for structured outputs (read in November 2026). Before 2025 they were 100 properties and
# 5 levels, and older versions of Azure still have those.
_MAX_PROPERTIES = 5000
_MAX_NESTING = 10
_MAX_ENUM_VALUES = 1000
_MAX_CHARACTERS = 120_000
_LONG_ENUM = 250
_MAX_LONG_ENUM_CHARACTERS = 15_000

_ESCAPE_OR_CLASS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
# Within a class or behind a backslash these signs are plain characters, hence the other expression.
_LOOK_AROUND = re.compile(r"\(\?<?[=!]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One schema inside the schema."""

    schema: Json
    at: tuple[str | int, ...]
    root: Mapping[str, Json]
    nesting: int
    """How many objects lie around it."""
    refused: tuple[str, ...]

    @property
    def keywords(self) -> Mapping[str, Json]:
        return self.schema if isinstance(self.schema, dict) else {}

    def has_type(self, name: str) -> bool:
        declared = self.keywords.get("type")
        return declared == name or (isinstance(declared, list) and name in declared)

    @property
    def is_object(self) -> bool:
        return self.has_type("object") or ("type" not in self.keywords and "properties" in self.keywords)


def strict_findings(schema: Mapping[str, Json], *, is_for_openai: bool) -> Iterator[Finding]:
    """PC140 for every rule of strict mode that a schema surely breaks, at every place, outermost first.

    The message is the end of a sentence about the places. `is_for_openai`: keywords that OpenAI does not document for
    strict mode count as refused.
    """
    refused = (*_REFUSED, *_UNLISTED) if is_for_openai else _REFUSED
    parts = tuple(_parts(schema, refused))
    for part in parts:
        for rule in _RULES:
            for broken in rule(part):
                yield broken.inside(*part.at)
    yield from _limits(parts)


def _broken(text: str, advice: str) -> Finding:
    return Finding(code="PC140", message=text, help=advice)


def _parts(schema: Mapping[str, Json], refused: tuple[str, ...]) -> Iterator[_Part]:
    """Every schema at a place where strict mode allows one, outermost first. Never recurses."""
    waiting = deque([_Part(schema=dict(schema), at=(), root=schema, nesting=0, refused=refused)])
    while waiting:
        part = waiting.popleft()
        yield part
        below = part.nesting + part.is_object
        for keyword, value in part.keywords.items():
            is_map = keyword in ("properties", "$defs", "definitions")
            # A definition nests where it is referred to, not where it stands.
            level = 0 if is_map and keyword != "properties" else below
            inner: list[tuple[tuple[str | int, ...], Json]] = []
            if is_map and isinstance(value, dict):
                inner = [((keyword, name), item) for name, item in value.items()]
            elif keyword == "items" and isinstance(value, dict) and value:
                inner = [((keyword,), value)]
            elif keyword == "anyOf" and isinstance(value, list):
                inner = [((keyword, index), item) for index, item in enumerate(value)]
            for at, item in inner:
                waiting.append(replace(part, schema=item, at=(*part.at, *at), nesting=level))


def _root(part: _Part) -> Iterator[Finding]:
    if part.at:
        return
    advice = "wrap it: type: object with one property"
    if "anyOf" in part.keywords:
        yield _broken("has anyOf, which only inner schemas may have", advice)
    if part.keywords.get("type") != "object":
        yield _broken("is not of type object", advice)


def _type(part: _Part) -> Iterator[Finding]:
    declared = part.keywords.get("type")
    names = declared if isinstance(declared, list) else [] if declared is None else [declared]
    for name in names:
        if name not in _TYPES:
            yield _broken(f"has the type {name!r}, which there is not", f"types are {', '.join(_TYPES)}")
    if part.at and not any(keyword in part.keywords for keyword in _TYPED_BY):
        yield _broken("says no type", "every schema needs a type, enum, const, anyOf or $ref")


def _closed(part: _Part) -> Iterator[Finding]:
    if part.is_object and part.keywords.get("additionalProperties") is not False:
        yield _broken("does not forbid other keys", "write additionalProperties: false in every object")


def _required(part: _Part) -> Iterator[Finding]:
    properties, required = part.keywords.get("properties"), part.keywords.get("required", [])
    if not part.is_object or not isinstance(properties, dict) or not isinstance(required, list):
        return
    absent = [name for name in properties if name not in required]
    if absent:
        advice = "require every property; one that may be absent is a union with null: type: [string, 'null']"
        yield _broken(f"does not require {_listed(absent)}", advice)


def _items(part: _Part) -> Iterator[Finding]:
    items = part.keywords.get("items")
    if part.has_type("array") and (not isinstance(items, dict) or not items):
        yield _broken("is an array without typed items", "write items: with a type")


def _keywords(part: _Part) -> Iterator[Finding]:
    for keyword in part.refused:
        if keyword in part.keywords:
            advice = "leave it out; what it says can stand in the description, and be checked in 'expect'"
            yield _broken(f"uses '{keyword}', which strict mode does not take", advice)


def _pattern(part: _Part) -> Iterator[Finding]:
    pattern = part.keywords.get("pattern")
    if isinstance(pattern, str) and _LOOK_AROUND.search(_ESCAPE_OR_CLASS.sub("", pattern)):
        yield _broken("has a pattern with look-around", "write it without (?=, (?!, (?<= and (?<!")


def _format(part: _Part) -> Iterator[Finding]:
    name = part.keywords.get("format")
    if isinstance(name, str) and name not in _FORMATS:
        yield _broken(f"has the format '{name}'", f"strict mode takes the formats {', '.join(_FORMATS)}")


def _reference(part: _Part) -> Iterator[Finding]:
    if part.at and "$ref" in part.keywords and len(part.keywords) > 1:
        others = [keyword for keyword in part.keywords if keyword != "$ref"]
        advice = "move them into the schema that it refers to"
        yield _broken(f"has {_listed(others)} beside '$ref', which must stand alone", advice)


# Not in OpenAI's documentation, only in issue reports.
def _alternatives(part: _Part) -> Iterator[Finding]:
    """Objects of one anyOf whose first keys are the same, and not told apart by what that key may be."""
    alternatives = part.keywords.get("anyOf")
    known: dict[str, list[Json]] = {}
    for alternative in alternatives if isinstance(alternatives, list) else []:
        properties = _target(alternative, part.root).get("properties")
        first = next(iter(properties.items()), None) if isinstance(properties, dict) else None
        if first is None:
            continue
        name, schema = first
        if any(not _are_apart(schema, other) for other in known.get(name, [])):
            advice = "begin each with a key of its own, or with one key that is another const in each"
            yield _broken(f"has alternatives that all begin with the key '{name}'", advice)
            return
        known.setdefault(name, []).append(schema)


def _target(schema: Json, root: Mapping[str, Json]) -> Mapping[str, Json]:
    if not isinstance(schema, dict):
        return {}
    reference = schema.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return schema
    try:
        found = resolve(dict(root), reference[1:])
    except LookupError:
        return {}
    return found if isinstance(found, dict) else {}


def _are_apart(left: Json, right: Json) -> bool:
    ours, theirs = _texts(left), _texts(right)
    return bool(ours) and bool(theirs) and not set(ours) & set(theirs)


def _texts(schema: Json) -> list[str]:
    """The texts that a schema lists in const or enum."""
    if not isinstance(schema, dict):
        return []
    listed = schema.get("enum")
    values = [*(listed if isinstance(listed, list) else []), schema.get("const")]
    return [value for value in values if isinstance(value, str)]


_RULES: tuple[Callable[[_Part], Iterator[Finding]], ...] = (
    *(_root, _type, _closed, _required, _items),
    *(_keywords, _pattern, _format, _reference, _alternatives),
)


def _limits(parts: tuple[_Part, ...]) -> Iterator[Finding]:
    maps = [part.keywords.get(key) for part in parts for key in ("properties", "$defs", "definitions")]
    names = [name for found in maps if isinstance(found, dict) for name in found]
    enums = [found for part in parts if isinstance(found := part.keywords.get("enum"), list)]
    properties = sum(len(found) for part in parts if isinstance(found := part.keywords.get("properties"), dict))
    characters = sum(map(len, names)) + sum(len(text) for part in parts for text in _texts(part.schema))
    longest = max(
        (sum(len(text) for text in enum if isinstance(text, str)) for enum in enums if len(enum) > _LONG_ENUM),
        default=0,
    )
    for count, limit, what in (
        (properties, _MAX_PROPERTIES, "properties"),
        (max((part.nesting for part in parts if part.is_object), default=0), _MAX_NESTING, "levels of objects"),
        (sum(map(len, enums)), _MAX_ENUM_VALUES, "values in its enums"),
        (characters, _MAX_CHARACTERS, "characters in its names, enums and constants"),
        (longest, _MAX_LONG_ENUM_CHARACTERS, f"characters in one enum of more than {_LONG_ENUM} values"),
    ):
        if count > limit:
            yield _broken(f"has {count:,} {what}", f"strict mode takes at most {limit:,}")


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
