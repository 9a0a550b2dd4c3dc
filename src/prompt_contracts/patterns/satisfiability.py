"""Findings of patterns that can never hold, or never fail. How that is told stands elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json
from prompt_contracts.mismatch import ABSENT
from prompt_contracts.patterns.operator_rule import Grammar, OperandKind
from prompt_contracts.patterns.operators import operators_taking
from prompt_contracts.patterns.pattern_truth import truths_of
from prompt_contracts.patterns.subject import ANYTHING, Subject

_COMBINING = operators_taking(OperandKind.SAME, OperandKind.COUNT)


def check_satisfiable(pattern: dict[str, Json], subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """The finding of operators that no value of the subject satisfies together."""
    # An operator by itself has been checked by its own rule, in better words.
    is_combined = len(pattern) > 1 or any(name in pattern for name in _COMBINING)
    # A schema that nothing at all satisfies has been told by what checks it.
    is_narrow = "$schema" in pattern and subject.kinds != ANYTHING.kinds
    if (is_combined or is_narrow) and not can_hold(pattern, subject, grammar):
        what = "no value" if subject.kinds == ANYTHING.kinds else f"nothing that {subject.name} can be"
        text = f"{what} satisfies this pattern: {grammar.describe(pattern, subject.kinds)}"
        yield Finding(code="PC120", message=text, help=_impossible_help(pattern, subject))


def _impossible_help(pattern: dict[str, Json], subject: Subject) -> str:
    if pattern.keys() != {"$schema"}:
        return "one part of it refuses what another asks for"
    where = "; a schema of the answer as JSON stands under 'json'" if subject.kinds == {"string"} else ""
    return f"{subject.name} is {subject.words}, which the schema never takes{where}"


def check_not_vacuous(pattern: Json, subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """The finding of a pattern that every value of the subject satisfies."""
    if not can_fail(pattern, subject, grammar):
        text = f"{subject.name} always satisfies this pattern, so it checks nothing"
        yield Finding(code="PC120", message=text, help="ask for something that an answer can fail, or leave it out")


def can_hold(pattern: Json, subject: Subject, grammar: Grammar) -> bool:
    """Whether some value of the subject may match; False is certain."""
    if subject.can_be_absent and grammar.holds(pattern, ABSENT).is_possible:
        return True
    return any(truth.is_possible for truth in truths_of(pattern, subject, grammar))


def can_fail(pattern: Json, subject: Subject, grammar: Grammar) -> bool:
    """Whether some value of the subject may not match; False is certain."""
    return not all(truth.is_certain for truth in truths_of(pattern, subject, grammar))
