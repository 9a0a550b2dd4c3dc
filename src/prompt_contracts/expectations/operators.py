"""The table of operators of the pattern language, and what a conjunction of them means. No operator is here.

Nothing here raises: a check yields flaws, a match yields mismatches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from prompt_contracts.expectations import container_operators as containers
from prompt_contracts.expectations import logic_operators as logic
from prompt_contracts.expectations import number_operators as numbers
from prompt_contracts.expectations import predicate_operator as predicate
from prompt_contracts.expectations import schema_operator as schema
from prompt_contracts.expectations import text_operators as texts
from prompt_contracts.expectations.flaw import Flaw, Subject
from prompt_contracts.expectations.mismatch import ABSENT, Mismatch, Value
from prompt_contracts.expectations.operator_rule import Grammar, OperatorRule
from prompt_contracts.json_value import Json, show

_TEXT = frozenset({"string"})
_LIST = frozenset({"array"})
_TEXT_OR_LIST = _TEXT | _LIST
_NUMBER = frozenset({"number"})


def check_operators(pattern: Mapping[str, Json], subject: Subject, grammar: Grammar) -> Iterator[Flaw]:
    """The flaws of a conjunction of known operators, operand by operand and together."""
    flaws = [flaw for name in pattern for flaw in _check_operator(name, pattern, subject, grammar)]
    yield from flaws
    edges = list(numbers.edges_of(pattern))
    lows = [edge for edge in edges if not numbers.BOUNDS[edge.operator].is_upper]
    highs = [edge for edge in edges if numbers.BOUNDS[edge.operator].is_upper]
    together = [flaw for low in lows for high in highs for flaw in _check_edges(low, high, subject)]
    yield from together
    if not flaws and not together:
        yield from _check_contradictions(pattern, grammar)


def _check_operator(name: str, pattern: Mapping[str, Json], subject: Subject, grammar: Grammar) -> Iterator[Flaw]:
    rule = OPERATORS[name]
    if rule.kinds & subject.kinds:
        yield from (flaw.inside(name) for flaw in rule.check(_operand(name, pattern), subject, grammar))
    else:
        text = f"{subject.name} is {subject.words}, on which '{name}' can never hold"
        yield Flaw(code="PC120", message=text, clause=(name,))


def _check_edges(low: numbers.Edge, high: numbers.Edge, subject: Subject) -> Iterator[Flaw]:
    is_one_range = low.clause[0] == high.clause[0]
    if not is_one_range:
        yield from numbers.check_interval([low], [high], subject)


def _check_contradictions(pattern: Mapping[str, Json], grammar: Grammar) -> Iterator[Flaw]:
    others = {name: operand for name, operand in pattern.items() if name not in ("$eq", "$absent")}
    if not others:
        return
    if "$absent" in pattern:
        text = f"'$absent' and '{next(iter(others))}' never hold together"
        yield Flaw(code="PC120", message=text, clause=("$absent",), help="write $any_of: [{$absent: true}, ...]")
    if "$eq" in pattern and not grammar.surroundings.is_loose and "$check" not in others:
        broken = next((one for one in match_operators(others, pattern["$eq"], grammar) if not one.is_undecided), None)
        if broken is not None:
            text = f"'$eq' and '{broken.clause[0]}' never hold together: {show(pattern['$eq'], limit=80)}"
            yield Flaw(code="PC120", message=f"{text} is not {broken.expected}", clause=("$eq",))


def match_operators(pattern: Mapping[str, Json], value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """Every operator of a conjunction that does not hold."""
    for name in pattern:
        rule = OPERATORS.get(name)
        if rule is None:
            got = "an operator that is not known"
            yield Mismatch(reason=name, expected=f"something by '{name}'", got=got, is_undecided=True)
        elif value is ABSENT and not rule.takes_absent:
            # Not False but undecided: a key that is not there is no reason for `$not` to hold.
            expected = rule.describe(_operand(name, pattern), frozenset(), grammar)
            yield Mismatch(reason="missing", expected=expected, got=ABSENT.value, clause=(name,), is_undecided=True)
        else:
            found = rule.match(_operand(name, pattern), value, grammar)
            yield from (one.inside(clause=(name,)) for one in found)


def describe_operators(pattern: Mapping[str, Json], kinds: frozenset[str], grammar: Grammar) -> str:
    """A conjunction in words, for a value that can have these JSON types."""
    known = ((OPERATORS[name], _operand(name, pattern)) for name in pattern if name in OPERATORS)
    return " and ".join(filter(None, (rule.describe(operand, kinds, grammar) for rule, operand in known)))


def _operand(name: str, pattern: Mapping[str, Json]) -> Json:
    sibling = OPERATORS[name].sibling
    if sibling is None:
        return pattern[name]
    return {key: pattern[key] for key in (name, sibling) if key in pattern}


def _logic(rule: OperatorRule) -> OperatorRule:
    return replace(rule, takes_absent=True)


OPERATORS: Mapping[str, OperatorRule] = MappingProxyType(
    {
        "$eq": OperatorRule(check=logic.check_eq, match=logic.match_eq, describe=logic.describe_eq),
        "$any_of": _logic(
            OperatorRule(check=logic.check_any_of, match=logic.match_any_of, describe=logic.describe_any_of)
        ),
        "$all_of": _logic(
            OperatorRule(check=logic.check_all_of, match=logic.match_all_of, describe=logic.describe_all_of)
        ),
        "$not": _logic(OperatorRule(check=logic.check_not, match=logic.match_not, describe=logic.describe_not)),
        "$type": OperatorRule(check=logic.check_type, match=logic.match_type, describe=logic.describe_type),
        "$regex": OperatorRule(
            check=texts.check_regex, match=texts.match_regex, describe=texts.describe_regex, kinds=_TEXT
        ),
        "$contains": OperatorRule(
            check=texts.check_contains,
            match=texts.match_contains,
            describe=texts.describe_contains,
            kinds=_TEXT_OR_LIST,
        ),
        "$loosely": OperatorRule(
            check=texts.check_loosely, match=texts.match_loosely, describe=texts.describe_loosely, kinds=_TEXT
        ),
        "$approx": OperatorRule(
            check=numbers.check_approx,
            match=numbers.match_approx,
            describe=numbers.describe_approx,
            kinds=_NUMBER,
            sibling="$within",
        ),
        "$within": OperatorRule(
            check=numbers.check_within,
            match=numbers.match_within,
            describe=numbers.describe_within,
            kinds=_NUMBER,
            sibling="$approx",
        ),
        "$range": OperatorRule(
            check=numbers.check_range,
            match=numbers.match_range,
            describe=numbers.describe_range,
            kinds=_NUMBER | _TEXT,
        ),
        **{name: numbers.bound_rule(name) for name in ("$lt", "$le", "$gt", "$ge")},
        "$len": OperatorRule(
            check=texts.check_len,
            match=texts.match_len,
            describe=texts.describe_len,
            kinds=_TEXT_OR_LIST | {"object"},
        ),
        "$words": OperatorRule(
            check=texts.check_words, match=texts.match_words, describe=texts.describe_words, kinds=_TEXT
        ),
        "$count": OperatorRule(
            check=texts.check_count, match=texts.match_count, describe=texts.describe_count, kinds=_TEXT
        ),
        "$each": OperatorRule(
            check=containers.check_each, match=containers.match_each, describe=containers.describe_each, kinds=_LIST
        ),
        "$unordered": OperatorRule(
            check=containers.check_unordered,
            match=containers.match_unordered,
            describe=containers.describe_unordered,
            kinds=_LIST,
        ),
        "$at": OperatorRule(check=containers.check_at, match=containers.match_at, describe=containers.describe_at),
        "$absent": _logic(
            OperatorRule(check=logic.check_absent, match=logic.match_absent, describe=logic.describe_absent)
        ),
        "$check": OperatorRule(
            check=predicate.check_predicate, match=predicate.match_predicate, describe=predicate.describe_predicate
        ),
        "$schema": OperatorRule(check=schema.check_schema, match=schema.match_schema, describe=schema.describe_schema),
    }
)
"""Every operator of this version, by the name it is written with."""
