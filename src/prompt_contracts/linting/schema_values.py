"""Which values a JSON Schema takes: whether one value or a bound is among them, and all where they are few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias
from urllib.parse import unquote

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json, equal, json_type, resolve, show
from prompt_contracts.patterns.number_operators import BOUNDS
from prompt_contracts.patterns.operator_rule import OperandKind
from prompt_contracts.patterns.operators import operators_taking
from prompt_contracts.spelling import nearest

_MOST_VALUES = 1_000
_MOST_REFERENCES = 32
_SIMPLE: dict[str, tuple[Json, ...]] = {"boolean": (True, False), "null": (None,)}
_UNREADABLE = frozenset(operators_taking(OperandKind.CODE, OperandKind.SCHEMA))


def finite_values(schema: Json, root: Json, *, depth: int = 0) -> tuple[Json, ...] | None:
    """All values that a schema may take, perhaps with some that it refuses; None where they may be many.

    `root` is the whole schema, in which `$ref` names others.
    """
    if not isinstance(schema, dict) or depth > _MOST_REFERENCES:
        return None
    if "$ref" in schema:
        target = _target(schema["$ref"], root)
        return None if target is None else finite_values(target, root, depth=depth + 1)
    found = _listed(schema)
    for keyword in ("anyOf", "oneOf"):
        parts = schema.get(keyword)
        if found is None and isinstance(parts, list) and parts:
            several = [finite_values(part, root, depth=depth + 1) for part in parts]
            found = None if None in several else tuple(value for values in several for value in values or ())
    for part in parts if found is None and isinstance(parts := schema.get("allOf"), list) else ():
        found = found or finite_values(part, root, depth=depth + 1)
    if found is None or len(found) > _MOST_VALUES:
        return None
    return (*found, None) if schema.get("nullable") is True and None not in found else found


def _listed(schema: dict[str, Json]) -> tuple[Json, ...] | None:
    if "const" in schema:
        return (schema["const"],)
    if isinstance(listed := schema.get("enum"), list):
        return tuple(listed)
    declared = schema.get("type")
    names = declared if isinstance(declared, list) else [declared]
    if names and all(isinstance(name, str) and name in _SIMPLE for name in names):
        return tuple(value for name in names for value in _SIMPLE[str(name)])
    return None


def _target(reference: Json, root: Json) -> Json:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    try:
        return resolve(root, unquote(reference[1:]))
    except (LookupError, ValueError):
        return None


def is_readable(pattern: Json) -> bool:
    """Whether nothing in a pattern runs code of the project or reads a schema."""
    if isinstance(pattern, dict):
        return not _UNREADABLE & pattern.keys() and all(map(is_readable, pattern.values()))
    return not isinstance(pattern, list) or all(map(is_readable, pattern))


_WORDS = {
    "boolean": "true or false",
    "number": "a number",
    "integer": "a whole number",
    "string": "text",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_LIMIT_WORDS = {
    "maximum": "at most",
    "exclusiveMaximum": "less than",
    "minimum": "at least",
    "exclusiveMinimum": "more than",
}
_GENERAL_HELP = "correct the pattern, or the schema of the tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundOperand:
    """One of the operators `$ge`, `$gt`, `$le`, `$lt` with its operand as written."""

    operator: str
    operand: Json

    def __str__(self) -> str:
        return f"{BOUNDS[self.operator].words} {show(self.operand, limit=80)}"


Operand: TypeAlias = "Json | BoundOperand"
"""What is held against a schema: a literal, an object or a list of patterns, or a bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Why a schema takes no value of the kind that is asked for."""

    law: str
    """What the schema says, as the end of a sentence about the value."""
    got: str
    help: str = _GENERAL_HELP


def conflict(atom: Operand, schema: Mapping[str, Json], *, is_loose: bool) -> Conflict | None:
    """Why no value that fits the atom is taken by the schema's own keywords; None when that is not certain.

    `is_loose`: texts compare without regard to case and punctuation.
    """
    if atom is None and schema.get("nullable") is True:
        return None
    return _by_type(atom, schema) or _by_list(atom, schema, is_loose=is_loose) or _by_limit(atom, schema)


def _by_type(atom: Operand, schema: Mapping[str, Json]) -> Conflict | None:
    declared = schema.get("type")
    names = declared if isinstance(declared, list) else [declared]
    known = [name for name in names if isinstance(name, str) and name in _WORDS]
    if not known or len(known) < len(names) or any(_has_type(atom, name) for name in known):
        return None
    words = " or ".join(_WORDS[name] for name in known)
    return Conflict(law=f"is {words}", got=_shown(atom), help=_type_help(atom, known))


def _has_type(atom: Operand, name: str) -> bool:
    if isinstance(atom, BoundOperand):
        kinds = {"number", "integer"} if _is_number(atom.operand) else {json_type(atom.operand)}
        return name in kinds
    if name == "integer":
        return json_type(atom) == "number" and (
            isinstance(atom, int) or (isinstance(atom, float) and atom.is_integer())
        )
    return json_type(atom) == name


def _type_help(atom: Operand, names: list[str]) -> str:
    value = atom.operand if isinstance(atom, BoundOperand) else atom
    if isinstance(value, str) and ("number" in names or "integer" in names):
        try:
            float(value)
        except ValueError:
            return _GENERAL_HELP
        return f"write {value}, without quotes"
    if _is_number(value) and "string" in names and not isinstance(atom, BoundOperand):
        return f'write "{show(value)}", with quotes'
    return _GENERAL_HELP


def _by_list(atom: Operand, schema: Mapping[str, Json], *, is_loose: bool) -> Conflict | None:
    """Outside `enum` or `const`. Objects and lists are patterns, not values: of them nothing is certain."""
    if isinstance(atom, (dict, list)) or (is_loose and isinstance(atom, str)):
        return None
    for listed in (schema.get("enum"), [schema["const"]] if "const" in schema else None):
        if isinstance(listed, list) and not any(_fits(value, atom) for value in listed):
            return _unlisted(atom, listed)
    return None


def _unlisted(atom: Operand, listed: list[Json]) -> Conflict:
    shown = ", ".join(show(value, limit=40) for value in listed[:10]) + (", …" if len(listed) > 10 else "")
    near = nearest(atom, [value for value in listed if isinstance(value, str)]) if isinstance(atom, str) else None
    advice = _GENERAL_HELP if near is None else f"did you mean '{near}'?"
    return Conflict(law=f"is {shown}" if len(listed) == 1 else f"is one of {shown}", got=_shown(atom), help=advice)


def _fits(value: Json, atom: Operand) -> bool:
    if not isinstance(atom, BoundOperand):
        return equal(value, atom)
    if not _is_number(value) or not _is_number(atom.operand):
        # Texts may be dates, which have an order of their own.
        return json_type(value) == json_type(atom.operand)
    left, right = _number(value), _number(atom.operand)
    return BOUNDS[atom.operator].holds((left > right) - (left < right))


def _by_limit(atom: Operand, schema: Mapping[str, Json]) -> Conflict | None:
    value = atom.operand if isinstance(atom, BoundOperand) else atom
    if not _is_number(value):
        return None
    for keyword, words in _LIMIT_WORDS.items():
        limit = schema.get(keyword)
        if _is_number(limit) and not _is_within(atom, _number(value), keyword, _number(limit)):
            return Conflict(law=f"is {words} {show(limit)}", got=_shown(atom))
    return None


def _is_within(atom: Operand, value: float, keyword: str, limit: float) -> bool:
    """Whether some value that fits the atom, whose number is `value`, keeps within one limit."""
    bound = BOUNDS[atom.operator] if isinstance(atom, BoundOperand) else None
    is_upper = keyword.endswith("aximum")
    if bound is not None and bound.is_upper is is_upper:
        return True  # it is open towards the side on which the limit leaves room
    is_open = keyword.startswith("exclusive") or (bound is not None and bound.is_strict)
    if value == limit:
        return not is_open
    return value < limit if is_upper else value > limit


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Json) -> float:
    return value if isinstance(value, int | float) else 0.0


def _shown(atom: Operand) -> str:
    if isinstance(atom, dict):
        return "an object"
    return "a list" if isinstance(atom, list) else str(atom) if isinstance(atom, BoundOperand) else show(atom, limit=80)
