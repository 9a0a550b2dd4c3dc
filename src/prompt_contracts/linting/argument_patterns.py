"""Expected arguments that the tool's own schema never takes. Only what is certain is said; the rest is quiet.

Literals, bounds and alternatives are held against the schema, key by key. Judges no answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import unquote

from prompt_contracts.case import Case
from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Finding, suggest
from prompt_contracts.json_value import Json, json_type, resolve, show
from prompt_contracts.linting.schema_values import BoundOperand, Operand, conflict, finite_values, is_readable
from prompt_contracts.mismatch import ABSENT
from prompt_contracts.patterns.operator_rule import OperandKind, PatternContext
from prompt_contracts.patterns.operators import OPERATORS, operators_taking
from prompt_contracts.patterns.pattern import OBJECT_KEYS, Language, is_operators

_BOUNDS = operators_taking(OperandKind.BOUND)
_OF_PRESENT_VALUES = frozenset(name for name, rule in OPERATORS.items() if not rule.takes_absent)
"""Operators that never hold on a key that is not there."""

_MOST_SHOWN = 10
_EXACT = Language()
_LOOSE = Language(context=PatternContext(is_loose=True))
_MAX_REFERENCES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remark:
    """Something about a pattern that its schema contradicts."""

    message: str
    help: str | None
    is_impossible: bool = True
    """Whether nothing that the schema takes can match; else only a part of the pattern is idle."""
    clause: tuple[str | int, ...] = ()

    def inside(self, *clause: str | int) -> _Remark:
        return replace(self, clause=(*clause, *self.clause))


# No frozen dataclass: one is made for each key of each pattern, and a frozen one costs thrice as much.
class _Around(NamedTuple):
    """What a pattern and a schema are about."""

    tool: str
    root: Json
    """The whole schema of the tool's arguments."""
    is_loose: bool
    keys: tuple[str | int, ...] = ()
    """From the arguments to the value."""
    references: int = 0
    """How many `$ref` were followed: a circle of them ends."""

    def at(self, key: str | int) -> _Around:
        return self._replace(keys=(*self.keys, key))

    @property
    def words(self) -> str:
        if not self.keys:
            return f"the tool '{self.tool}'"
        return f"the argument '{'.'.join(map(str, self.keys))}' of '{self.tool}'"

    @property
    def language(self) -> Language:
        """The language of patterns, as the expectation has it."""
        return _LOOSE if self.is_loose else _EXACT

    @property
    def part(self) -> str:
        """What a key inside is called."""
        return "key" if self.keys else "argument"


def argument_findings(case: Case) -> Iterator[Finding]:
    """What the expected calls of a case ask for and their tools never take; clauses start with the facet's name."""
    schemas = {tool.name: tool.parameters for tool in case.tools}
    expect = {facet.name: facet.value for facet in case.expect}
    if schemas:
        yield from _of_expect(expect, schemas, is_loose=False)


def _of_expect(expect: Mapping[str, Json], schemas: Mapping[str, Json], *, is_loose: bool) -> Iterator[Finding]:
    is_loose = is_loose or expect.get("strings") == "loose"
    for name, value in expect.items():
        if not isinstance(value, list):
            continue
        for index, entry in enumerate(value):
            if not isinstance(entry, dict):
                continue
            if name == "tool_calls":
                found = _of_call(entry, schemas, is_loose=is_loose)
            elif name in ("any_of", "all_of"):
                found = _of_expect(entry, schemas, is_loose=is_loose)
            else:
                continue
            yield from (finding.inside(name, index) for finding in found)


def _of_call(entry: Mapping[str, Json], schemas: Mapping[str, Json], *, is_loose: bool) -> Iterator[Finding]:
    for name, pattern in entry.items():
        if pattern is not None and isinstance(schema := schemas.get(name), dict):
            around = _Around(tool=name, root=schema, is_loose=is_loose)
            for remark in _remarks(pattern, schema, around):
                yield Finding(code="PC143", message=remark.message, help=remark.help, clause=(name, *remark.clause))


def _remarks(pattern: Json, schema: Json, around: _Around) -> Iterator[_Remark]:
    """Where a pattern and a schema contradict each other."""
    if not is_operators(pattern):
        yield from _meet(pattern, schema, around)
        return
    found = [remark.inside(name) for name in pattern for remark in _of_operator(name, pattern[name], schema, around)]
    yield from found
    if not any(remark.is_impossible for remark in found):
        yield from _meet_finite(pattern, schema, around)


def _meet_finite(pattern: dict[str, Json], schema: Json, around: _Around) -> Iterator[_Remark]:
    """Operators that hold of none of the few values that a schema takes, as the real matcher tells."""
    values = finite_values(schema, around.root)
    if values is None or not around.keys or not is_readable(pattern):
        return
    if not any(around.language.holds(pattern, value).is_possible for value in values):
        shown = ", ".join(show(value, limit=40) for value in values[:_MOST_SHOWN])
        rest = ", …" if len(values) > _MOST_SHOWN else ""
        law = f"is {'one of ' if len(values) > 1 else ''}{shown}{rest} by the tool's schema"
        wanted = around.language.describe(pattern, frozenset(map(json_type, values)))
        yield _Remark(
            message=f"{around.words} {law}, never {wanted}", help="correct the pattern, or the schema of the tool"
        )


def _of_operator(name: str, operand: Json, schema: Json, around: _Around) -> Iterator[_Remark]:
    if name == "$eq" and not isinstance(operand, (dict, list)):
        yield from _meet(operand, schema, around)
    elif name in _BOUNDS:
        yield from _meet(BoundOperand(operator=name, operand=operand), schema, around)
    elif name == "$range" and isinstance(operand, list) and len(operand) == 2:
        for index, operator in enumerate(("$ge", "$le")):
            bound = BoundOperand(operator=operator, operand=operand[index])
            yield from (remark.inside(index) for remark in _meet(bound, schema, around))
    elif name == "$all_of" and isinstance(operand, list):
        for index, part in enumerate(operand):
            yield from (remark.inside(index) for remark in _remarks(part, schema, around))
    elif name == "$any_of" and isinstance(operand, list):
        yield from _of_alternatives(operand, schema, around)


def _of_alternatives(alternatives: list[Json], schema: Json, around: _Around) -> Iterator[_Remark]:
    found = [tuple(_remarks(alternative, schema, around)) for alternative in alternatives]
    impossible = [next((remark for remark in remarks if remark.is_impossible), None) for remarks in found]
    first = impossible[0] if impossible else None
    if first is not None and all(impossible):
        others = ", and no other alternative fits either" if len(impossible) > 1 else ""
        yield _Remark(message=first.message + others, help=first.help)
    else:
        for index, remarks in enumerate(found):
            yield from (remark.inside(index) for remark in remarks if not remark.is_impossible)


def _meet(atom: Operand, schema: Json, around: _Around) -> Iterator[_Remark]:
    """A pattern without operators at its top, or a bound, against one schema."""
    if schema is False:
        yield _Remark(message=f"{around.words} is never given: its schema is false", help="leave it out")
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        # In older drafts nothing beside it counts: what it names must hold in all of them.
        yield from _meet_reference(atom, schema["$ref"], around)
        return
    yield from _meet_combined(atom, schema, around)
    # That the arguments are no object at all is said of the tool itself, and of the pattern itself.
    said = conflict(atom, schema, is_loose=around.is_loose) if around.keys else None
    if said is not None:
        yield _Remark(message=f"{around.words} {said.law} by the tool's schema, never {said.got}", help=said.help)
    elif isinstance(atom, dict):
        yield from _meet_object(atom, schema, around)
    elif isinstance(atom, list):
        yield from _meet_list(atom, schema, around)


def _meet_reference(atom: Operand, reference: Json, around: _Around) -> Iterator[_Remark]:
    if not isinstance(reference, str) or not reference.startswith("#") or around.references >= _MAX_REFERENCES:
        return
    try:
        target = resolve(around.root, unquote(reference[1:]))
    except (LookupError, ValueError):
        return
    yield from _meet(atom, target, around._replace(references=around.references + 1))


def _meet_combined(atom: Operand, schema: Mapping[str, Json], around: _Around) -> Iterator[_Remark]:
    every = schema.get("allOf")
    for part in every if isinstance(every, list) else []:
        yield from _meet(atom, part, around)
    for keyword in ("anyOf", "oneOf"):
        alternatives = schema.get(keyword)
        if not isinstance(alternatives, list) or not alternatives:
            continue
        if all(any(remark.is_impossible for remark in _meet(atom, one, around)) for one in alternatives):
            text = f"this fits none of the alternatives in '{keyword}' of the schema of {around.words}"
            yield _Remark(message=text, help="correct the pattern, or the schema of the tool")


def _meet_list(elements: list[Json], schema: Mapping[str, Json], around: _Around) -> Iterator[_Remark]:
    if "prefixItems" in schema or isinstance(schema.get("items"), list):
        return
    for index, element in enumerate(elements):
        yield from (remark.inside(index) for remark in _remarks(element, schema.get("items"), around.at(index)))


def _meet_object(pattern: dict[str, Json], schema: Mapping[str, Json], around: _Around) -> Iterator[_Remark]:
    optional = pattern.get("$optional", {})
    if any(key.startswith("$") and key not in OBJECT_KEYS for key in pattern) or not isinstance(optional, dict):
        return
    plain = {key: wanted for key, wanted in pattern.items() if not key.startswith("$")}
    properties = schema.get("properties")
    described = properties if isinstance(properties, dict) else {}
    for key, wanted in plain.items():
        if _is_present(wanted) or (key in described and not around.language.holds(wanted, ABSENT).is_certain):
            yield from (remark.inside(key) for remark in _of_key(key, wanted, schema, around))
    for key, wanted in optional.items():
        for remark in _of_key(key, wanted, schema, around):
            yield replace(remark.inside("$optional", key), is_impossible=False)
    for key in _texts(schema.get("required")):
        if key in optional:
            text = f"{around.words} requires the {around.part} '{key}', which is called optional here"
            clause = ("$optional", key)
            yield _Remark(message=text, help="move it out of '$optional'", is_impossible=False, clause=clause)
        elif key not in plain and pattern.get("$others") != "allow":
            text = f"{around.words} requires the {around.part} '{key}', which this pattern leaves no room for"
            yield _Remark(message=text, help=f"write what '{key}' must be, or $others: allow")


def _of_key(key: str, wanted: Json, schema: Mapping[str, Json], around: _Around) -> Iterator[_Remark]:
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        return
    if key in properties:
        yield from _remarks(wanted, properties[key], around.at(key))
    elif "patternProperties" in schema:
        return
    elif schema.get("additionalProperties") is False:
        text = f"{around.words} has no {around.part} '{key}', and its schema allows no others"
        yield _Remark(message=text, help=suggest(key, properties, f"the {around.part}s are"))
    else:
        yield from _remarks(wanted, schema.get("additionalProperties"), around.at(key))


def _texts(value: Json) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _is_present(pattern: Json) -> bool:
    """Whether a pattern surely does not hold on a key that is not there."""
    if not is_operators(pattern):
        return True
    for name, operand in pattern.items():
        parts = operand if isinstance(operand, list) else []
        if name in _OF_PRESENT_VALUES or (name == "$all_of" and any(map(_is_present, parts))):
            return True
        if name == "$any_of" and all(map(_is_present, parts)):
            return True
    return False
