"""Patterns that every value of a type satisfies or does not: of none of them nobody can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prompt_contracts.expectations.flaw import ANYTHING
from prompt_contracts.expectations.number_extent import numbers_of
from prompt_contracts.expectations.operator_rule import Grammar
from prompt_contracts.expectations.operators import OPERATORS
from prompt_contracts.expectations.pattern_formula import LITERAL, Atom, Formula, formula_of
from prompt_contracts.expectations.schema_dialect import subschemas
from prompt_contracts.expectations.truth import UNKNOWN
from prompt_contracts.json_value import Json


def is_decided(atom: Atom, kind: str) -> bool:
    """Whether an atom is either true or false of each value of a JSON type; False promises nothing."""
    if atom.name == LITERAL:
        return all(_is_decided_anywhere(part, atom.grammar) for part in _members(atom.operand))
    rule = OPERATORS.get(atom.name)
    if rule is None or kind not in rule.kinds:
        return rule is not None and atom.name not in _WITH_ORDER
    if atom.name in _BOUNDS:
        return kind == "number" and numbers_of(atom.name, atom.operand) is not None
    read = _READERS.get(atom.name)
    return read is not None and read(atom, kind)


def _of_text(atom: Atom, _kind: str) -> bool:
    return isinstance(atom.operand, str)


def _of_amount(atom: Atom, _kind: str) -> bool:
    return _is_decided(atom.operand, "number", atom.grammar)


def _of_count(atom: Atom, _kind: str) -> bool:
    wanted = atom.operand if isinstance(atom.operand, dict) else {}
    return isinstance(wanted.get("of"), str) and _is_decided(wanted.get("is"), "number", atom.grammar)


def _of_part(atom: Atom, kind: str) -> bool:
    return kind == "string" or _is_decided_anywhere(atom.operand, atom.grammar.exact())


def _of_schema(atom: Atom, _kind: str) -> bool:
    schema = atom.operand
    return isinstance(schema, (dict, bool)) and not any("$ref" in one.keywords for one in subschemas(schema))


_BOUNDS = ("$lt", "$le", "$gt", "$ge", "$range")
_WITH_ORDER = (*_BOUNDS, "$approx")
"""Operators of which nobody can tell whether they hold of what has no order with their operand."""

_READERS: Mapping[str, Callable[[Atom, str], bool]] = {
    "$absent": lambda atom, _: atom.operand is True,
    "$approx": lambda atom, _: atom.grammar.holds(atom.pattern, 0) != UNKNOWN,
    "$contains": _of_part,
    "$count": _of_count,
    "$each": lambda atom, _: _is_decided_anywhere(atom.operand, atom.grammar),
    "$eq": lambda _, __: True,
    "$len": _of_amount,
    "$loosely": _of_text,
    "$regex": _of_text,
    "$schema": _of_schema,
    "$type": lambda _, __: True,
    "$words": _of_amount,
}


def _members(pattern: Json) -> Iterator[Json]:
    """The patterns inside a literal."""
    if isinstance(pattern, list):
        yield from pattern
    elif isinstance(pattern, dict):
        optional = pattern.get("$optional")
        yield from (wanted for key, wanted in pattern.items() if not key.startswith("$"))
        yield from optional.values() if isinstance(optional, dict) else ()


def _is_decided_anywhere(pattern: Json, grammar: Grammar) -> bool:
    return all(_is_decided(pattern, kind, grammar) for kind in ANYTHING.kinds)


def _is_decided(pattern: Json, kind: str, grammar: Grammar) -> bool:
    return _is_whole(formula := formula_of(pattern, grammar)) and all(is_decided(one, kind) for one in formula.atoms())


def _is_whole(formula: Formula) -> bool:
    """Whether it has parts wherever it needs some."""
    return (formula.link in ("atom", "one") or bool(formula.parts)) and all(map(_is_whole, formula.parts))
