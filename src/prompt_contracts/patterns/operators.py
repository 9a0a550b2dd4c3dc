"""The table of operators of the pattern language, and what a conjunction of them means. No operator is here.

Nothing here raises: a check yields findings, an explanation mismatches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json, show
from prompt_contracts.mismatch import ABSENT, Mismatch, Value, kinds_of, show_value
from prompt_contracts.patterns import container_operators as containers
from prompt_contracts.patterns import logic_operators as logic
from prompt_contracts.patterns import number_operators as numbers
from prompt_contracts.patterns import predicate
from prompt_contracts.patterns import schema_operator as schema
from prompt_contracts.patterns import text_operators as texts
from prompt_contracts.patterns.operator_rule import Grammar, OperandKind, OperatorRule
from prompt_contracts.patterns.subject import Subject
from prompt_contracts.truth import UNKNOWN, Truth, all_hold

_TEXT = frozenset({"string"})
_LIST = frozenset({"array"})
_TEXT_OR_LIST = _TEXT | _LIST
_NUMBER = frozenset({"number"})


def check_operators(pattern: Mapping[str, Json], subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """The findings of a conjunction of known operators, operand by operand and together."""
    findings = [finding for name in pattern for finding in _check_operator(name, pattern, subject, grammar)]
    yield from findings
    edges = list(numbers.edges_of(pattern))
    lows = [edge for edge in edges if not numbers.BOUNDS[edge.operator].is_upper]
    highs = [edge for edge in edges if numbers.BOUNDS[edge.operator].is_upper]
    together = [finding for low in lows for high in highs for finding in _check_edges(low, high, subject)]
    yield from together
    # Otherwise the same mistake would be told twice, the second time in harder words.
    if not findings and not together:
        yield from _check_contradictions(pattern, grammar)


def _check_operator(name: str, pattern: Mapping[str, Json], subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    rule = OPERATORS[name]
    if rule.kinds & subject.kinds:
        yield from (finding.inside(name) for finding in rule.check(_operand(name, pattern), subject, grammar))
    else:
        text = f"{subject.name} is {subject.words}, on which '{name}' can never hold"
        yield Finding(code="PC120", message=text, clause=(name,))


def _check_edges(low: numbers.Edge, high: numbers.Edge, subject: Subject) -> Iterator[Finding]:
    is_one_range = low.clause[0] == high.clause[0]
    if not is_one_range:
        yield from numbers.check_interval([low], [high], subject)


def _check_contradictions(pattern: Mapping[str, Json], grammar: Grammar) -> Iterator[Finding]:
    others = {name: operand for name, operand in pattern.items() if name not in ("$eq", "$absent")}
    if not others:
        return
    if "$absent" in pattern:
        text = f"'$absent' and '{next(iter(others))}' never hold together"
        yield Finding(code="PC120", message=text, clause=("$absent",), help="write $any_of: [{$absent: true}, ...]")
    # A function is not run before there is an answer.
    if "$eq" in pattern and not grammar.context.is_loose and "$check" not in others:
        found = explain_operators(others, pattern["$eq"], grammar)
        broken = next((one for one in found if one.truth.is_refuted), None)
        if broken is not None:
            text = f"'$eq' and '{broken.clause[0]}' never hold together: {show(pattern['$eq'], limit=80)}"
            yield Finding(code="PC120", message=f"{text} is not {broken.expected}", clause=("$eq",))


def operators_hold(pattern: Mapping[str, Json], value: Value, grammar: Grammar) -> Truth:
    """Whether every operator of a conjunction holds."""
    if len(pattern) == 1:  # as almost every one
        return _operator_holds(next(iter(pattern)), pattern, value, grammar)
    return all_hold(_operator_holds(name, pattern, value, grammar) for name in pattern)


def _operator_holds(name: str, pattern: Mapping[str, Json], value: Value, grammar: Grammar) -> Truth:
    rule = OPERATORS.get(name)
    if rule is None or (value is ABSENT and not rule.takes_absent):
        # A key that is not there is no reason for `$not` to hold.
        return UNKNOWN
    return rule.holds(pattern[name] if rule.sibling is None else _operand(name, pattern), value, grammar)


def explain_operators(pattern: Mapping[str, Json], value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """Every operator of a conjunction that does not hold."""
    for name in pattern:
        truth = _operator_holds(name, pattern, value, grammar)
        if not truth.is_certain:
            yield from (one.inside(clause=(name,)) for one in _explain(name, pattern, value, grammar, truth))


def _explain(
    name: str, pattern: Mapping[str, Json], value: Value, grammar: Grammar, truth: Truth
) -> Iterator[Mismatch]:
    rule = OPERATORS.get(name)
    if rule is None:
        got = "an operator that is not known"
        yield Mismatch(reason=name, expected=f"something by '{name}'", got=got, truth=truth)
        return
    operand = _operand(name, pattern)
    if value is ABSENT and not rule.takes_absent:
        expected = rule.describe(operand, frozenset(), grammar)
        yield Mismatch(reason="missing", expected=expected, got=ABSENT.value, truth=truth)
    elif rule.explain is None:
        expected = rule.describe(operand, kinds_of(value), grammar)
        yield Mismatch(reason=name, expected=expected, got=show_value(value), truth=truth)
    else:
        yield from rule.explain(operand, value, grammar)


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
        "$eq": OperatorRule(
            operand=OperandKind.LITERAL,
            check=logic.check_eq,
            holds=logic.eq_holds,
            describe=logic.describe_eq,
        ),
        "$any_of": _logic(
            OperatorRule(
                operand=OperandKind.SAME,
                check=logic.check_any_of,
                holds=logic.any_of_holds,
                describe=logic.describe_any_of,
                explain=logic.explain_any_of,
            )
        ),
        "$all_of": _logic(
            OperatorRule(
                operand=OperandKind.SAME,
                check=logic.check_all_of,
                holds=logic.all_of_holds,
                describe=logic.describe_all_of,
                explain=logic.explain_all_of,
            )
        ),
        "$not": _logic(
            OperatorRule(
                operand=OperandKind.SAME,
                check=logic.check_not,
                holds=logic.not_holds,
                describe=logic.describe_not,
                explain=logic.explain_not,
            )
        ),
        "$type": OperatorRule(
            operand=OperandKind.WORD,
            check=logic.check_type,
            holds=logic.type_holds,
            describe=logic.describe_type,
        ),
        "$regex": OperatorRule(
            operand=OperandKind.TEXT,
            check=texts.check_regex,
            holds=texts.regex_holds,
            describe=texts.describe_regex,
            explain=texts.explain_regex,
            kinds=_TEXT,
        ),
        "$contains": OperatorRule(
            operand=OperandKind.INSIDE,
            check=texts.check_contains,
            holds=texts.contains_holds,
            describe=texts.describe_contains,
            explain=texts.explain_contains,
            kinds=_TEXT_OR_LIST,
        ),
        "$loosely": OperatorRule(
            operand=OperandKind.TEXT,
            check=texts.check_loosely,
            holds=texts.loosely_holds,
            describe=texts.describe_loosely,
            kinds=_TEXT,
        ),
        "$approx": OperatorRule(
            operand=OperandKind.NUMBER,
            check=numbers.check_approx,
            holds=numbers.approx_holds,
            describe=numbers.describe_approx,
            kinds=_NUMBER,
            sibling="$within",
        ),
        "$within": OperatorRule(
            operand=OperandKind.NUMBER,
            check=numbers.check_within,
            holds=numbers.within_holds,
            describe=numbers.describe_within,
            kinds=_NUMBER,
            sibling="$approx",
        ),
        "$range": OperatorRule(
            operand=OperandKind.BOUNDS,
            check=numbers.check_range,
            holds=numbers.range_holds,
            describe=numbers.describe_range,
            explain=numbers.explain_range,
            kinds=_NUMBER | _TEXT,
        ),
        **{name: numbers.bound_rule(name) for name in ("$lt", "$le", "$gt", "$ge")},
        "$len": OperatorRule(
            operand=OperandKind.AMOUNT,
            check=texts.check_len,
            holds=texts.len_holds,
            describe=texts.describe_len,
            explain=texts.explain_len,
            kinds=_TEXT_OR_LIST | {"object"},
        ),
        "$words": OperatorRule(
            operand=OperandKind.AMOUNT,
            check=texts.check_words,
            holds=texts.words_hold,
            describe=texts.describe_words,
            explain=texts.explain_words,
            kinds=_TEXT,
        ),
        "$count": OperatorRule(
            operand=OperandKind.COUNT,
            check=texts.check_count,
            holds=texts.count_holds,
            describe=texts.describe_count,
            explain=texts.explain_count,
            kinds=_TEXT,
        ),
        "$each": OperatorRule(
            operand=OperandKind.INSIDE,
            check=containers.check_each,
            holds=containers.each_holds,
            describe=containers.describe_each,
            explain=containers.explain_each,
            kinds=_LIST,
        ),
        "$unordered": OperatorRule(
            operand=OperandKind.INSIDE,
            check=containers.check_unordered,
            holds=containers.unordered_holds,
            describe=containers.describe_unordered,
            explain=containers.explain_unordered,
            kinds=_LIST,
        ),
        "$at": OperatorRule(
            operand=OperandKind.INSIDE,
            check=containers.check_at,
            holds=containers.at_holds,
            describe=containers.describe_at,
            explain=containers.explain_at,
        ),
        "$absent": _logic(
            OperatorRule(
                operand=OperandKind.WORD,
                check=logic.check_absent,
                holds=logic.absent_holds,
                describe=logic.describe_absent,
            )
        ),
        "$check": OperatorRule(
            operand=OperandKind.CODE,
            check=predicate.check_predicate,
            holds=predicate.predicate_holds,
            describe=predicate.describe_predicate,
            explain=predicate.explain_predicate,
        ),
        "$schema": OperatorRule(
            operand=OperandKind.SCHEMA,
            check=schema.check_schema_operand,
            holds=schema.schema_holds,
            describe=schema.describe_schema,
            explain=schema.explain_schema,
        ),
    }
)
"""Every operator of this version, by the name it is written with."""


def operators_taking(*operands: OperandKind) -> tuple[str, ...]:
    """The operators under which such a thing stands."""
    return tuple(name for name, rule in OPERATORS.items() if rule.operand in operands)
