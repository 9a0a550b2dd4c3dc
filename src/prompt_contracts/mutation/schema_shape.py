"""A JSON Schema as mutation needs it: keys, kinds and enumerations, as far as they are plainly written."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json, equal, json_type, resolve

_MOST_REFERENCES = 20
_SAMPLES: dict[str, Json] = {
    "string": "banana",
    "number": 4321,
    "integer": 4321,
    "boolean": True,
    "array": [],
    "object": {},
    "null": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a schema says of one value; says nothing where there is none, or where it is hard to tell."""

    schema: Json = None
    root: Json = None
    """The whole schema, for its `$ref`s."""

    @property
    def enum(self) -> list[Json]:
        """The values that may stand here; empty where any may."""
        found = self._get("enum")
        return found if isinstance(found, list) else []

    @property
    def properties(self) -> dict[str, Json]:
        """The keys of an object with their schemas."""
        found = self._get("properties")
        return found if isinstance(found, dict) else {}

    def at(self, key: str) -> Shape:
        """The shape of the value of a key."""
        return _plain_shape(self.properties.get(key), self.root)

    def sample(self, *, depth: int = 0) -> Json:
        """A value that may well be valid: of an object, its required keys."""
        if self.enum:
            return self.enum[0]
        kind = self._get("type")
        kind = kind[0] if isinstance(kind, list) and kind else kind
        required = self._get("required")
        if depth < 3 and (self.properties or kind == "object") and isinstance(required, list):
            return {key: self.at(key).sample(depth=depth + 1) for key in required if isinstance(key, str)}
        return _SAMPLES.get(kind, "banana") if isinstance(kind, str) else "banana"

    def other_member(self, value: Json) -> Iterator[Json]:
        """The member of the enumeration that comes after a value; none where there is no other one."""
        others = [member for member in self.enum if not equal(member, value)]
        place = next((at for at, member in enumerate(self.enum) if equal(member, value)), -1)
        following = [member for member in self.enum[place + 1 :] if not equal(member, value)]
        yield from (following or others)[:1]

    def _get(self, keyword: str) -> Json:
        return self.schema.get(keyword) if isinstance(self.schema, dict) else None


def shape_of(schema: Json) -> Shape:
    """The shape of a whole schema."""
    return _plain_shape(schema, schema)


def _plain_shape(schema: Json, root: Json) -> Shape:
    """The shape without references and without the ways to say "or null"."""
    for _ in range(_MOST_REFERENCES):
        if not isinstance(schema, dict):
            break
        reference, inner = schema.get("$ref"), _only_alternative(schema)
        if isinstance(reference, str) and reference.startswith("#"):
            try:
                schema = resolve(root, reference[1:])
            except (LookupError, ValueError):
                return Shape(root=root)
        elif inner is not None:
            schema = inner
        else:
            break
    return Shape(schema=schema, root=root)


def keys_of(schema: Json) -> Iterator[str]:
    """Every key of an object that a schema names, at any depth."""
    waiting = [schema]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            properties = found.get("properties")
            yield from properties if isinstance(properties, dict) else ()
            waiting += found.values()
        elif isinstance(found, list):
            waiting += found


def _only_alternative(schema: dict[str, Json]) -> Json:
    for name in ("anyOf", "oneOf", "allOf"):
        parts = schema.get(name)
        if isinstance(parts, list):
            real = [part for part in parts if not (isinstance(part, dict) and part.get("type") == "null")]
            if len(real) == 1:
                return real[0]
    return None


def is_enumerated(shape: Shape, value: Json) -> bool:
    """Whether a value is one of those that its schema lists, or would have to be."""
    return bool(shape.enum) and json_type(value) not in ("array", "object")
