"""What is certain of a pattern before any value is known: an interval that holds every truth it can have.

An abstract interpreter over the JSON types. A pattern is read as a formula over atoms; each atom is as true as its
operand allows, and all worlds are tried in which the atoms go together. What is not certain is left open, so a
verdict here is never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prompt_contracts.json_value import Json, json_type
from prompt_contracts.mismatch import ABSENT
from prompt_contracts.patterns.decidability import is_decided
from prompt_contracts.patterns.nullable_regex import is_always_found
from prompt_contracts.patterns.number_extent import numbers_of
from prompt_contracts.patterns.number_operators import ORDERED
from prompt_contracts.patterns.operator_rule import Grammar
from prompt_contracts.patterns.operators import OPERATORS
from prompt_contracts.patterns.pattern_formula import LITERAL, SETTLED_FACET, Atom, Formula, formula_of
from prompt_contracts.patterns.possible_world import AMOUNT, Domain, World
from prompt_contracts.patterns.schema_extent import schema_truth
from prompt_contracts.patterns.subject import ANYTHING, Subject
from prompt_contracts.truth import FALSE, LIMITED, TRUE, UNKNOWN, Truth

EITHER = Truth(0, 2)
"""Some values match and others do not, for all that is known."""

_MOST_ATOMS = 64
_MOST_STEPS = 2000
"""Beyond these, trying all worlds could take longer than anybody waits."""


def domains_of(subject: Subject) -> Iterator[Domain]:
    """The types that a subject can have."""
    for kind in sorted(subject.kinds):
        is_number = kind == "number"
        least = subject.least if is_number else None
        yield Domain(kind=kind, least=least, is_whole=is_number and subject.is_whole)


def truths_of(pattern: Json, subject: Subject, grammar: Grammar) -> Iterator[Truth]:
    """Of a pattern, in each domain of a subject."""
    formula = formula_of(pattern, grammar)  # once for all of them: it costs as much as deciding it
    for domain in domains_of(subject):
        yield _truth_in(formula, domain)


def _truth_in(formula: Formula, domain: Domain) -> Truth:
    # So few values that each can be asked.
    if domain.kind in ("boolean", "null"):
        values: tuple[Json, ...] = (True, False) if domain.kind == "boolean" else (None,)
        return _span(formula_truth(formula, {"": World(domain=domain, value=value)}) for value in values)
    return formula_truth(formula, {"": World(domain=domain)})


def truth_anywhere(pattern: Json, grammar: Grammar) -> Truth:
    """Of a pattern on a value of any type."""
    return _span(truths_of(pattern, ANYTHING, grammar))


def _span(truths: Iterator[Truth]) -> Truth:
    found = list(truths)
    return Truth(min(one.least for one in found), max(one.most for one in found))


def formula_truth(formula: Formula, worlds: Mapping[str, World]) -> Truth:
    """Of a formula about several values, each in a world of its own; other atoms may be anything."""
    atoms = {atom.identity: atom for atom in formula.atoms()}
    ranges = {key: _range(atom, worlds.get(atom.about)) for key, atom in atoms.items()}
    plain = formula.truth(lambda atom: Truth(ranges[atom.identity][0], ranges[atom.identity][-1]))
    if plain.least == plain.most or len(atoms) > _MOST_ATOMS:
        return plain
    return _Search(formula, tuple(atoms.values()), ranges).run(worlds) or plain


class _Search:
    """All worlds, depth first, but for those that can tell nothing new."""

    def __init__(self, formula: Formula, atoms: tuple[Atom, ...], ranges: Mapping[str, tuple[int, ...]]) -> None:
        self._formula = formula
        self._atoms = atoms
        self._ranges = ranges

    def run(self, worlds: Mapping[str, World]) -> Truth | None:
        """An interval around what was found; None where it took too long."""
        found: list[int] = []
        open_: list[tuple[Mapping[str, World], Mapping[str, int]]] = [(worlds, {})]
        for _ in range(_MOST_STEPS):
            if not open_:
                return Truth(min(found), max(found)) if found else None
            around, told = open_.pop()
            truth = self._formula.truth(lambda atom: self._known(atom, told))  # noqa: B023 # called at once
            # It lies inside what was found already: whatever comes of it changes nothing.
            if found and min(found) <= truth.least and truth.most <= max(found):
                continue
            if truth.least == truth.most:
                found.append(truth.least)
            else:
                open_.extend(self._next(around, told))
        return None

    def _known(self, atom: Atom, told: Mapping[str, int]) -> Truth:
        if atom.identity in told:
            return Truth(told[atom.identity], told[atom.identity])
        span = self._ranges[atom.identity]
        return Truth(span[0], span[-1])

    def _next(
        self, worlds: Mapping[str, World], told: Mapping[str, int]
    ) -> Iterator[tuple[Mapping[str, World], Mapping[str, int]]]:
        atom = self._atoms[len(told)]
        for truth in self._ranges[atom.identity]:
            world = worlds.get(atom.about)
            after = None if world is None else world.assuming(atom, truth)
            if world is None or after is not None:
                more = worlds if after is None else {**worlds, atom.about: after}
                yield more, {**told, atom.identity: truth}


def _range(atom: Atom, world: World | None) -> tuple[int, ...]:
    """The truths that an atom can have in a world of which no more is known than its domain."""
    if world is None:
        return (0, 2) if atom.name == SETTLED_FACET else (0, 1, 2)
    if world.value is not ABSENT and not atom.is_opaque:
        truth = atom.grammar.holds(atom.pattern, world.value)
        return tuple(range(truth.least, truth.most + 1))
    truth = _atom_truth(atom, world.domain)
    if truth == EITHER and is_decided(atom, world.domain.kind):
        return (0, 2)
    return tuple(range(truth.least, truth.most + 1))


def _atom_truth(atom: Atom, domain: Domain) -> Truth:
    if atom.name == LITERAL:
        return _literal(atom, domain)
    rule = OPERATORS.get(atom.name)
    if rule is None or atom.name == "$check":
        return LIMITED
    if atom.name == "$within":
        return TRUE
    if domain.kind not in rule.kinds:
        # What has no order with a bound is neither inside nor outside.
        return UNKNOWN if atom.name in (*ORDERED, "$approx") else FALSE
    return READERS[atom.name](atom, domain)


def _literal(atom: Atom, domain: Domain) -> Truth:
    pattern = atom.operand
    if json_type(pattern) != domain.kind:
        return FALSE
    if isinstance(pattern, list):
        # The least is 0 because a list of another length is a plain no.
        return Truth(0, min((truth_anywhere(one, atom.grammar).most for one in pattern), default=2))
    if isinstance(pattern, dict):
        if pattern == {"$others": "allow"}:
            return TRUE
        plain = [wanted for key, wanted in pattern.items() if not key.startswith("$")]
        return Truth(0, min((_member(wanted, atom.grammar) for wanted in plain), default=2))
    return _same_kind(atom, domain)


def _member(pattern: Json, grammar: Grammar) -> int:
    """How true a pattern can be of what stands under a key, or of nothing there."""
    absent = 2 if grammar.holds(pattern, ABSENT).is_certain else 0
    return max(absent, truth_anywhere(pattern, grammar).most)


def _same_kind(atom: Atom, domain: Domain) -> Truth:
    value = atom.operand
    if json_type(value) != domain.kind:
        return FALSE
    if domain.kind != "number":
        return TRUE if value is None else EITHER
    return _numeric(atom, domain)


def _numeric(atom: Atom, domain: Domain) -> Truth:
    found = numbers_of("$eq" if atom.name == LITERAL else atom.name, atom.operand)
    if found is None:
        return EITHER
    if domain.fitting(found).is_empty:
        return FALSE
    return TRUE if domain.fitting(found.others).is_empty else EITHER


def _bound(atom: Atom, domain: Domain) -> Truth:
    ends = atom.operand if isinstance(atom.operand, list) else [atom.operand]
    kinds = {json_type(end) for end in ends}
    if domain.kind not in kinds:
        return UNKNOWN
    if len(kinds) > 1:
        return Truth(0, 1)  # beyond one end, and without an order with the other
    return _numeric(atom, domain) if domain.kind == "number" else EITHER


def _type(atom: Atom, domain: Domain) -> Truth:
    names = atom.operand if isinstance(atom.operand, list) else [atom.operand]
    if domain.kind in names or (domain.is_whole and "integer" in names):
        return TRUE
    return EITHER if domain.kind == "number" and "integer" in names else FALSE


def _regex(atom: Atom, _domain: Domain) -> Truth:
    return TRUE if isinstance(atom.operand, str) and is_always_found(atom.operand) else EITHER


def _open(_atom: Atom, _domain: Domain) -> Truth:
    """It may hold and may fail, for all that is read of the operand here."""
    return EITHER


def _amount(atom: Atom, _domain: Domain) -> Truth:
    return _truth_in(formula_of(atom.operand, atom.grammar), AMOUNT)


def _count(atom: Atom, _domain: Domain) -> Truth:
    wanted = atom.operand if isinstance(atom.operand, dict) else {}
    if not {"of", "is"} <= wanted.keys():
        return EITHER
    of = wanted["of"]
    least = 1 if isinstance(of, str) and is_always_found(of) else 0
    return _truth_in(formula_of(wanted["is"], atom.grammar), Domain(kind="number", least=least, is_whole=True))


def _each(atom: Atom, _domain: Domain) -> Truth:
    """It holds of the empty list."""
    return Truth(truth_anywhere(atom.operand, atom.grammar).least, 2)


def _contains(atom: Atom, domain: Domain) -> Truth:
    operand = atom.operand
    if domain.kind == "string":
        return (TRUE if operand == "" else EITHER) if isinstance(operand, str) else FALSE
    return Truth(0, truth_anywhere(operand, atom.grammar.exact()).most)


def _unordered(atom: Atom, _domain: Domain) -> Truth:
    parts = atom.operand if isinstance(atom.operand, list) else []
    return Truth(0, min((truth_anywhere(one, atom.grammar).most for one in parts), default=2))


def _absent(atom: Atom, _domain: Domain) -> Truth:
    return atom.grammar.holds(atom.pattern, None)


def _schema(atom: Atom, domain: Domain) -> Truth:
    is_request = atom.operand == "request"
    return schema_truth(atom.grammar.context.request_schema if is_request else atom.operand, domain)


READERS: Mapping[str, Callable[[Atom, Domain], Truth]] = {
    "$absent": _absent,
    "$contains": _contains,
    "$count": _count,
    "$each": _each,
    "$eq": _same_kind,
    "$len": _amount,
    "$regex": _regex,
    "$schema": _schema,
    "$type": _type,
    "$unordered": _unordered,
    "$words": _amount,
    **dict.fromkeys(ORDERED, _bound),
    **dict.fromkeys(("$all_of", "$any_of", "$approx", "$at", "$check", "$loosely", "$not", "$within"), _open),
}
"""What the operand of each operator tells of its truth."""
