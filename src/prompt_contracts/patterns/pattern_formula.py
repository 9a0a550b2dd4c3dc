"""A pattern as a formula: atoms that hold or do not hold of one value, and what combines them. Decides nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json, exact_text
from prompt_contracts.patterns.operator_rule import Grammar, OperandKind
from prompt_contracts.patterns.operators import OPERATORS, operators_taking
from prompt_contracts.truth import UNKNOWN, Truth, all_hold, one_holds
from prompt_contracts.turn import UNKNOWN_VALUE

LITERAL = ""
"""Stands where an operator does for a pattern that is none."""
STRANGE = "$check"
"""Stands for what cannot be read: like a function, it may hold or not."""
FACET = "$facet"
"""Stands for a facet as a whole: what it says is not looked at."""
SETTLED_FACET = "$settled_facet"
"""Stands for one that every answer keeps or breaks."""
OPAQUE = operators_taking(OperandKind.CODE, OperandKind.SCHEMA)
"""Operators of which only running them tells anything of a value."""


_UNKNOWN = UNKNOWN_VALUE["$schema"]["$comment"]
_NUMBERS = itertools.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """An operator with its operand, or a literal."""

    name: str
    operand: Json
    grammar: Grammar
    about: str = ""
    """Which of several values it is about."""
    identity: str = field(init=False)
    """The same for atoms that are always equally true."""

    def __post_init__(self) -> None:
        """It is built once, for it is looked up often."""
        shown: Json = [self.about, self.grammar.context.is_loose, self.name, self.operand]
        text = exact_text(shown)
        # Two values that nobody knows yet need not be the same.
        object.__setattr__(self, "identity", f"{next(_NUMBERS)} {text}" if _UNKNOWN in text else text)

    @property
    def pattern(self) -> Json:
        """It as a pattern."""
        if self.name == LITERAL or (self.name == "$approx" and isinstance(self.operand, dict)):
            return self.operand
        return {self.name: self.operand}

    @property
    def is_opaque(self) -> bool:
        """Whether nothing but an answer tells its truth of a value."""
        return self.name == "$within" or any(name in OPAQUE for name in _keys(self.pattern))


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """An atom, or formulas of which all hold, one holds, or the only one does not."""

    link: Literal["atom", "all", "one", "not"]
    parts: tuple[Formula, ...] = ()
    atom: Atom | None = None

    def atoms(self) -> Iterator[Atom]:
        """Every atom in it, in order."""
        if self.atom is not None:
            yield self.atom
        for part in self.parts:
            yield from part.atoms()

    def truth(self, of: Callable[[Atom], Truth]) -> Truth:
        """Its truth by those of its atoms."""
        if self.atom is not None:
            return of(self.atom)
        truths = (part.truth(of) for part in self.parts)
        if self.link == "one":
            return one_holds(truths)
        if not self.parts:
            return UNKNOWN
        return all_hold(truths) if self.link == "all" else next(truths).opposite


def formula_of(pattern: Json, grammar: Grammar, *, about: str = "") -> Formula:
    """A pattern as a formula about one value."""
    if not (isinstance(pattern, dict) and pattern and all(key in OPERATORS for key in pattern)):
        is_strange = isinstance(pattern, dict) and any(key in OPERATORS for key in pattern)
        return _atom(STRANGE if is_strange else LITERAL, pattern, grammar, about)
    parts = [
        _operator(name, pattern, grammar, about) for name in pattern if name != "$within" or "$approx" not in pattern
    ]
    return parts[0] if len(parts) == 1 else Formula(link="all", parts=tuple(parts))


def _operator(name: str, pattern: dict[str, Json], grammar: Grammar, about: str) -> Formula:
    operand = pattern[name]
    if name in ("$any_of", "$all_of") and isinstance(operand, list):
        inner = tuple(formula_of(part, grammar, about=about) for part in operand)
        return Formula(link="one" if name == "$any_of" else "all", parts=inner)
    if name == "$not":
        return Formula(link="not", parts=(formula_of(operand, grammar, about=about),))
    if name == "$approx":
        operand = {key: pattern[key] for key in ("$approx", "$within") if key in pattern}
    return _atom(name, operand, grammar, about)


def _atom(name: str, operand: Json, grammar: Grammar, about: str) -> Formula:
    return Formula(link="atom", atom=Atom(name=name, operand=operand, grammar=grammar, about=about))


def _keys(pattern: Json) -> Iterator[str]:
    """Every key anywhere in a pattern."""
    if isinstance(pattern, dict):
        for key, inner in pattern.items():
            yield key
            yield from _keys(inner)
    elif isinstance(pattern, list):
        for inner in pattern:
            yield from _keys(inner)
