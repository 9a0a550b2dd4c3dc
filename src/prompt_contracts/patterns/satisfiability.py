"""Whether a pattern can hold and can fail at all, told from the pattern alone.

An abstract interpreter over the JSON types: for each it gives an interval that surely holds every truth that the
pattern can have of any value of the type. What is not certain is left open, so a verdict here is never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json, exact_text, json_type
from prompt_contracts.mismatch import ABSENT
from prompt_contracts.patterns.nullable_regex import is_always_found
from prompt_contracts.patterns.number_extent import NumberInterval, covers_all, interval_of
from prompt_contracts.patterns.operator_rule import Grammar
from prompt_contracts.patterns.operators import OPERATORS
from prompt_contracts.patterns.order import compare, number
from prompt_contracts.patterns.subject import ANYTHING, Subject
from prompt_contracts.truth import FALSE, LIMITED, TRUE, UNKNOWN, Truth, all_hold, one_holds

EITHER = Truth(0, 2)
"""Some values match and others do not, for all that is known."""

_LITERAL = ""
"""Stands where an operator does for a pattern that is none."""
_BOUNDS = ("$lt", "$le", "$gt", "$ge", "$range")
_AMOUNTS = ("$len", "$words")
_OPAQUE = ("$check", "$schema")
"""Operators of which only running them tells anything."""
_DECIDED = frozenset({"$eq", "$type", "$regex", "$loosely", "$any_of", "$all_of", "$not"})
"""Operators that every value satisfies or does not: never unknown."""
_MOST_SPLITS = 200

Atom = tuple[str, Json]
"""An operator with its operand, or a literal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Domain:
    """The values of one JSON type that are looked at."""

    kind: str
    least: int | None = None
    is_whole: bool = False


_AMOUNT = _Domain(kind="number", least=0, is_whole=True)


def check_satisfiable(pattern: dict[str, Json], subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """The finding of operators that no value of the subject satisfies together."""
    is_combined = len(pattern) > 1 or any(name in ("$any_of", "$all_of", "$not") for name in pattern)
    if is_combined and not can_hold(pattern, subject, grammar):
        what = "no value" if subject.kinds == ANYTHING.kinds else f"nothing that {subject.name} can be"
        text = f"{what} satisfies this pattern: {grammar.describe(pattern, subject.kinds)}"
        yield Finding(code="PC120", message=text, help="one part of it refuses what another asks for")


def check_not_vacuous(pattern: Json, subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """The finding of a pattern that every value of the subject satisfies."""
    if not can_fail(pattern, subject, grammar):
        text = f"{subject.name} always satisfies this pattern, so it checks nothing"
        yield Finding(code="PC120", message=text, help="ask for something that an answer can fail, or leave it out")


def can_hold(pattern: Json, subject: Subject, grammar: Grammar) -> bool:
    """Whether some value of the subject may match; False is certain."""
    if subject.can_be_absent and grammar.holds(pattern, ABSENT).is_possible:
        return True
    return any(_Reading(grammar).truth(pattern, domain).is_possible for domain in _domains(subject))


def can_fail(pattern: Json, subject: Subject, grammar: Grammar) -> bool:
    """Whether some value of the subject may not match; False is certain."""
    return not all(_Reading(grammar).truth(pattern, domain).is_certain for domain in _domains(subject))


def _domains(subject: Subject) -> Iterator[_Domain]:
    for kind in sorted(subject.kinds):
        is_number = kind == "number"
        least = subject.least if is_number else None
        yield _Domain(kind=kind, least=least, is_whole=is_number and subject.is_whole)


class _Reading:
    """One pass over a pattern; it gives up on splitting alternatives where that would take long."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._splits = 0

    def truth(self, pattern: Json, domain: _Domain) -> Truth:
        """An interval that holds every truth that a pattern can have in a domain."""
        return self._together(list(_atoms(pattern)), domain)

    def _anywhere(self, pattern: Json) -> Truth:
        """The same for a value of any type."""
        truths = [self.truth(pattern, domain) for domain in _domains(ANYTHING)]
        return Truth(min(one.least for one in truths), max(one.most for one in truths))

    def _together(self, atoms: Sequence[Atom], domain: _Domain) -> Truth:
        loose = all_hold(self._atom(atom, domain) for atom in atoms)
        if not loose.is_possible:
            return loose
        most = min(refutation for refutation in self._most(atoms, domain))
        return Truth(min(loose.least, most), most)

    def _most(self, atoms: Sequence[Atom], domain: _Domain) -> Iterator[int]:
        """How true all atoms can be at once, by each way to tell."""
        yield 2  # whatever is true
        yield from self._by_values(atoms, domain)
        if domain.kind == "number":
            interval = NumberInterval(whole=domain.is_whole or any(atom == ("$type", "integer") for atom in atoms))
            for name, operand in atoms:
                interval = interval.narrowed(interval_of(name, operand))
            yield 0 if interval.is_empty else 2
        elif domain.kind == "string":
            yield _by_dates(atoms)
        for name in _AMOUNTS:
            operands = [operand for own, operand in atoms if own == name]
            if len(operands) > 1:
                yield self.truth({"$all_of": operands}, _AMOUNT).most
        yield _by_opposites(atoms)
        yield from self._by_alternatives(atoms, domain)

    def _by_values(self, atoms: Sequence[Atom], domain: _Domain) -> Iterator[int]:
        """Where an atom leaves a few values only, each of them tells for itself."""
        if domain.kind in ("boolean", "null"):
            values: list[Json] | None = [True, False] if domain.kind == "boolean" else [None]
        else:
            lists = (self._values(atom) for atom in atoms)
            values = next((found for found in lists if found is not None), None)
        if values is None:
            return
        known = [atom for atom in atoms if not _is_opaque(atom[1]) and atom[0] not in _OPAQUE]
        # `$within` says nothing without its sibling, which is read elsewhere.
        read = [_pattern(atom) for atom in known if atom[0] not in ("$approx", "$within")]
        fitting = (value for value in values if json_type(value) == domain.kind)
        yield max((all_hold(self._grammar.holds(one, value) for one in read).most for value in fitting), default=0)

    def _values(self, atom: Atom) -> list[Json] | None:
        """All values that an atom can hold of, where they are few and simple; None where not."""
        name, operand = atom
        if name in (_LITERAL, "$eq") and not isinstance(operand, (dict, list)):
            is_vague = isinstance(operand, str) and self._grammar.context.is_loose
            return None if is_vague else [operand]
        if name == "$any_of" and isinstance(operand, list):
            found = [self._values(next(iter(_atoms(one)))) if _is_single(one) else None for one in operand]
            return None if None in found else [value for values in found for value in values or ()]
        return None

    def _by_alternatives(self, atoms: Sequence[Atom], domain: _Domain) -> Iterator[int]:
        at = next((at for at, (name, operand) in enumerate(atoms) if name == "$any_of" and operand), None)
        alternatives = None if at is None else atoms[at][1]
        if at is None or not isinstance(alternatives, list):
            return
        self._splits += len(alternatives)
        if self._splits <= _MOST_SPLITS:
            rest = [*atoms[:at], *atoms[at + 1 :]]
            yield max(self._together([*rest, *_atoms(one)], domain).most for one in alternatives)

    def _atom(self, atom: Atom, domain: _Domain) -> Truth:
        name, operand = atom
        if name == _LITERAL:
            return self._literal(operand, domain)
        rule = OPERATORS.get(name)
        if rule is None or name in _OPAQUE:
            return LIMITED
        if name == "$within":
            return TRUE
        if domain.kind not in rule.kinds:
            # What has no order with a bound is neither inside nor outside.
            return UNKNOWN if name in (*_BOUNDS, "$approx") else FALSE
        read = _READERS.get(name)
        return EITHER if read is None else read(self, operand, domain)

    def _literal(self, pattern: Json, domain: _Domain) -> Truth:
        if json_type(pattern) != domain.kind:
            return FALSE
        if isinstance(pattern, list):
            return Truth(0, min((self._anywhere(one).most for one in pattern), default=2))
        if isinstance(pattern, dict):
            return self._object(pattern)
        return _same_kind(pattern, domain)

    def _object(self, pattern: Mapping[str, Json]) -> Truth:
        if pattern == {"$others": "allow"}:
            return TRUE
        plain = [wanted for key, wanted in pattern.items() if not key.startswith("$")]
        return Truth(0, min(map(self._member, plain), default=2))

    def _member(self, pattern: Json) -> int:
        """How true a pattern can be of what stands under a key, or of nothing there."""
        absent = 2 if self._grammar.holds(pattern, ABSENT).is_certain else 0
        return max(absent, self._anywhere(pattern).most)

    def negation(self, operand: Json, domain: _Domain) -> Truth:
        """Of `$not`."""
        return self.truth(operand, domain).opposite

    def absence(self, operand: Json, _domain: _Domain) -> Truth:
        """Of `$absent`, on what is there."""
        return self._grammar.holds({"$absent": operand}, None)

    def amount(self, operand: Json, _domain: _Domain) -> Truth:
        """Of `$len` and `$words`."""
        return self.truth(operand, _AMOUNT)

    def each(self, operand: Json, _domain: _Domain) -> Truth:
        """Of `$each`, which holds of the empty list."""
        return Truth(self._anywhere(operand).least, 2)

    def contains(self, operand: Json, domain: _Domain) -> Truth:
        """Of `$contains`."""
        if domain.kind == "string":
            return (TRUE if operand == "" else EITHER) if isinstance(operand, str) else FALSE
        return Truth(0, self._anywhere(operand).most)

    def unordered(self, operand: Json, _domain: _Domain) -> Truth:
        """Of `$unordered`."""
        parts = operand if isinstance(operand, list) else []
        return Truth(0, min((self._anywhere(one).most for one in parts), default=2))

    def count(self, operand: Json, _domain: _Domain) -> Truth:
        """Of `$count`."""
        wanted = operand if isinstance(operand, dict) else {}
        return self.truth(wanted["is"], _AMOUNT) if {"of", "is"} <= wanted.keys() else EITHER

    def alternatives(self, operand: Json, domain: _Domain) -> Truth:
        """Of `$any_of`."""
        parts = operand if isinstance(operand, list) else []
        truth = one_holds(self.truth(part, domain) for part in parts)
        if truth.is_certain or not truth.is_possible or not self._are_complete(parts, domain):
            return truth
        return TRUE

    def _are_complete(self, parts: Sequence[Json], domain: _Domain) -> bool:
        """Whether each value of the domain satisfies one of the alternatives, though none is satisfied by all."""
        if domain.kind in ("boolean", "null"):
            values: tuple[Json, ...] = (True, False) if domain.kind == "boolean" else (None,)
            read = [part for part in parts if not _is_opaque(part)]
            return all(one_holds(self._grammar.holds(part, value) for part in read).is_certain for value in values)
        texts = {exact_text(part) for part in parts if _is_decided(part)}
        for part in parts:
            if isinstance(part, dict) and part.keys() == {"$not"} and exact_text(part["$not"]) in texts:
                return True
        for name in _AMOUNTS:
            amounts = [part[name] for part in parts if isinstance(part, dict) and part.keys() == {name}]
            if len(amounts) > 1 and domain.kind in OPERATORS[name].kinds:
                return self.truth({"$any_of": amounts}, _AMOUNT).is_certain
        return domain.kind == "number" and covers_all(map(_interval, parts), least=domain.least)


def _atoms(pattern: Json) -> Iterator[Atom]:
    """A pattern as a conjunction that holds no other one."""
    if not (isinstance(pattern, dict) and pattern and all(key in OPERATORS for key in pattern)):
        is_strange = isinstance(pattern, dict) and any(key in OPERATORS for key in pattern)
        yield ("$check", None) if is_strange else (_LITERAL, pattern)
        return
    for name, operand in pattern.items():
        if name == "$all_of" and isinstance(operand, list) and operand:
            for part in operand:
                yield from _atoms(part)
        elif name == "$approx":
            yield name, {key: pattern[key] for key in ("$approx", "$within") if key in pattern}
        else:
            yield name, operand


def _is_single(pattern: Json) -> bool:
    return len(list(_atoms(pattern))) == 1


def _pattern(atom: Atom) -> Json:
    name, operand = atom
    return operand if name == _LITERAL else {name: operand}


def _names(pattern: Json) -> Iterator[str]:
    """Every operator anywhere in a pattern."""
    if isinstance(pattern, dict):
        for key, inner in pattern.items():
            yield key
            yield from _names(inner)
    elif isinstance(pattern, list):
        for inner in pattern:
            yield from _names(inner)


def _is_opaque(pattern: Json) -> bool:
    return any(name in _OPAQUE for name in _names(pattern))


def _is_decided(pattern: Json) -> bool:
    return not isinstance(pattern, (dict, list)) or all(name in _DECIDED for name in _names(pattern))


def _same_kind(value: Json, domain: _Domain) -> Truth:
    if json_type(value) != domain.kind:
        return FALSE
    if domain.kind != "number":
        return TRUE if value is None else EITHER
    exact = number(value)
    is_below = domain.least is not None and exact is not None and exact < domain.least
    is_broken = domain.is_whole and exact is not None and exact != exact.to_integral_value()
    return FALSE if is_below or is_broken else EITHER


def _type(operand: Json, domain: _Domain) -> Truth:
    names = operand if isinstance(operand, list) else [operand]
    if domain.kind in names or (domain.is_whole and "integer" in names):
        return TRUE
    return EITHER if domain.kind == "number" and "integer" in names else FALSE


def _regex(operand: Json) -> Truth:
    return TRUE if isinstance(operand, str) and is_always_found(operand) else EITHER


def _bound(name: str, operand: Json, domain: _Domain) -> Truth:
    interval = interval_of(name, operand)
    if (domain.kind == "string") != (interval is None):
        return UNKNOWN
    if interval is None:
        return EITHER
    if domain.least is None:
        return EITHER
    everything = NumberInterval(low=number(domain.least), whole=domain.is_whole)
    if everything.narrowed(interval).is_empty:
        return FALSE
    return TRUE if covers_all([interval], least=domain.least) else EITHER


def _interval(pattern: Json) -> NumberInterval | None:
    """The numbers of which a pattern certainly holds, where it says nothing else."""
    if not isinstance(pattern, dict) or not pattern or any(name not in _BOUNDS for name in pattern):
        return None
    interval = NumberInterval()
    for name, operand in pattern.items():
        found = interval_of(name, operand)
        if found is None:
            return None
        interval = interval.narrowed(found)
    return interval


def _by_dates(atoms: Iterable[Atom]) -> int:
    """Bounds that cross, or have no common order: of no text are both known to hold."""
    ends = [(name, operand) for name, operand in atoms if name in _BOUNDS and isinstance(operand, str)]
    ranges = [
        operand for name, operand in atoms if name == "$range" and isinstance(operand, list) and len(operand) == 2
    ]
    lows = [*(each for each in ends if each[0] in ("$gt", "$ge")), *(("$ge", low) for low, _ in ranges)]
    highs = [*(each for each in ends if each[0] in ("$lt", "$le")), *(("$le", high) for _, high in ranges)]
    for lower, low in lows:
        for upper, high in highs:
            order = compare(low, high)
            if order is None or order > 0 or (order == 0 and (lower, upper) != ("$ge", "$le")):
                return 1
    return 2


def _by_opposites(atoms: Sequence[Atom]) -> int:
    """A pattern and its negation: at best unknown."""
    texts = {exact_text([name, operand]) for name, operand in atoms}
    for name, operand in atoms:
        if name == "$not" and all(exact_text([own, inner]) in texts for own, inner in _atoms(operand)):
            return 1
    return 2


_Read = Callable[[_Reading, Json, _Domain], Truth]

_READERS: Mapping[str, _Read] = {
    "$eq": lambda _, operand, domain: _same_kind(operand, domain),
    "$type": lambda _, operand, domain: _type(operand, domain),
    "$regex": lambda _, operand, __: _regex(operand),
    "$not": _Reading.negation,
    "$any_of": _Reading.alternatives,
    "$absent": _Reading.absence,
    "$len": _Reading.amount,
    "$words": _Reading.amount,
    "$count": _Reading.count,
    "$each": _Reading.each,
    "$contains": _Reading.contains,
    "$unordered": _Reading.unordered,
    "$lt": lambda _, operand, domain: _bound("$lt", operand, domain),
    "$le": lambda _, operand, domain: _bound("$le", operand, domain),
    "$gt": lambda _, operand, domain: _bound("$gt", operand, domain),
    "$ge": lambda _, operand, domain: _bound("$ge", operand, domain),
    "$range": lambda _, operand, domain: _bound("$range", operand, domain),
}
"""Operators of which their operand tells something; the others may hold and may fail."""
