"""The operators of the pattern language: one table, and one small function each to check, match and describe.

Nothing here raises: a check yields flaws, a match yields mismatches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType

from prompt_contracts.expectations import json_schema, schema_definition
from prompt_contracts.expectations.flaw import ANYTHING, KIND_WORDS, Flaw, Subject, is_below
from prompt_contracts.expectations.mismatch import Mismatch, Value, cut, show_value
from prompt_contracts.expectations.operator_rule import Grammar, OperatorRule
from prompt_contracts.expectations.order import is_at_most, rank
from prompt_contracts.expectations.regular_expression import (
    InvalidRegexError,
    SlowRegexError,
    compile_regex,
    is_found,
)
from prompt_contracts.json_value import Json, json_type, show


def check_operators(pattern: Mapping[str, Json], subject: Subject, grammar: Grammar) -> Iterator[Flaw]:
    """The flaws of a conjunction of known operators, operand by operand and together."""
    for name, operand in pattern.items():
        rule = OPERATORS[name]
        if rule.kinds & subject.kinds:
            yield from (flaw.inside(name) for flaw in rule.check(operand, subject, grammar))
        else:
            text = f"{subject.name} is {subject.words}, on which '{name}' can never hold"
            yield Flaw(code="PC120", message=text, clause=(name,))
    if "$le" in pattern and "$ge" in pattern:
        yield from _check_bounds(pattern["$ge"], pattern["$le"])


def match_operators(pattern: Mapping[str, Json], value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """Every operator of a conjunction that does not hold."""
    for name, operand in pattern.items():
        rule = OPERATORS.get(name)
        if rule is None:
            yield Mismatch(reason=name, expected=f"something by '{name}'", got="an operator that is not known")
        else:
            yield from (found.inside(clause=(name,)) for found in rule.match(operand, value, grammar))


def describe_operators(pattern: Mapping[str, Json], kinds: frozenset[str], grammar: Grammar) -> str:
    """A conjunction in words, for a value that can have these JSON types."""
    known = ((OPERATORS.get(name), operand) for name, operand in pattern.items())
    return " and ".join(rule.describe(operand, kinds, grammar) for rule, operand in known if rule is not None)


def _check_bounds(low: Json, high: Json) -> Iterator[Flaw]:
    if rank(low) is None or rank(high) is None:
        return
    in_order = is_at_most(low, high)
    if in_order is None:
        text = f"nothing is both at least {show(low)} and at most {show(high)}: they have no common order"
        yield Flaw(code="PC120", message=text, clause=("$le",))
    elif not in_order:
        text = f"nothing is both at least {show(low)} and at most {show(high)}"
        yield Flaw(code="PC120", message=text, clause=("$le",), help="swap '$le' and '$ge'?")


def _check_any_of(operand: Json, subject: Subject, grammar: Grammar) -> Iterator[Flaw]:
    if not isinstance(operand, list):
        text = f"'$any_of' takes a list of patterns, not {show(operand, limit=80)}"
        yield Flaw(code="PC102", message=text, help=f"write [{show(operand, limit=80)}]")
    elif not operand:
        yield Flaw(code="PC120", message="'$any_of' with an empty list can never hold", help="list the patterns")
    else:
        for index, alternative in enumerate(operand):
            yield from (flaw.inside(index) for flaw in grammar.check(alternative, subject))


def _match_any_of(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    alternatives = operand if isinstance(operand, list) else []
    closest: tuple[Mismatch, ...] = ()
    for alternative in alternatives:
        found = tuple(grammar.match(alternative, value))
        if not found:
            return
        if any(mismatch.place for mismatch in found) and (not closest or len(found) < len(closest)):
            closest = found
    yield Mismatch(
        reason="$any_of",
        expected=cut(_describe_any_of(operand, _kinds_of(value), grammar)),
        got=show_value(value),
        message=_closest_words(closest),
    )


def _closest_words(closest: tuple[Mismatch, ...]) -> str:
    if not closest:
        return ""
    first = closest[0]
    place = ".".join(map(str, first.place)) or "the value"
    more = f", and {len(closest) - 1} more" if len(closest) > 1 else ""
    return f"the closest differs at {place}: expected {first.expected}, got {first.got}{more}"


def _kinds_of(value: Value) -> frozenset[str]:
    return frozenset({"number" if isinstance(value, Decimal) else json_type(value)})


def _describe_any_of(operand: Json, kinds: frozenset[str], grammar: Grammar) -> str:
    alternatives = operand if isinstance(operand, list) else []
    words = [grammar.describe(alternative, kinds) for alternative in alternatives]
    return words[0] if len(words) == 1 else f"one of {', '.join(words)}"


def _check_regex(operand: Json, subject: Subject, _grammar: Grammar) -> Iterator[Flaw]:
    if not isinstance(operand, str):
        text = f"'$regex' takes a regular expression as text, not {show(operand, limit=80)}"
        yield Flaw(code="PC102", message=text, help=f'write "{show(operand, limit=80)}", with quotes')
        return
    if not operand:
        yield from _check_idle("$regex", subject, "write the expression that must be found")
    try:
        compile_regex(operand)
    except InvalidRegexError as error:
        yield Flaw(code="PC120", message=f"{show(operand, limit=80)} is no regular expression: {error}")


def _check_idle(name: str, subject: Subject, hint: str) -> Iterator[Flaw]:
    # Where other types may come, it still says that this must be a text.
    if subject.kinds == {"string"}:
        yield Flaw(code="PC120", message=f"'{name}' with an empty text holds for every text", help=hint)


def _match_regex(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    expected, note = _describe_regex(operand, _kinds_of(value), grammar), ""
    if not isinstance(value, str) or not isinstance(operand, str):
        yield Mismatch(reason="$regex", expected=expected, got=show_value(value))
        return
    try:
        if is_found(operand, value):
            return
    except (SlowRegexError, InvalidRegexError) as error:
        note = str(error)
    got = show(value) if not note else f"{show(value, limit=80)}: {note}"
    yield Mismatch(reason="$regex", expected=expected, got=got)


def _describe_regex(operand: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    return f"a text matching /{operand}/" if isinstance(operand, str) else "a text"


def _check_contains(operand: Json, subject: Subject, grammar: Grammar) -> Iterator[Flaw]:
    if "array" in subject.kinds:
        yield from grammar.check(operand, ANYTHING)
    elif not isinstance(operand, str):
        text = f"{subject.name} is text, so '$contains' takes a text, not {show(operand, limit=80)}"
        is_scalar = not isinstance(operand, (dict, list))
        hint = f'write "{show(operand)}", with quotes' if is_scalar else "write one text, or use '$regex'"
        yield Flaw(code="PC102", message=text, help=hint)
    elif not operand:
        yield from _check_idle("$contains", subject, "write the text that must occur")


def _match_contains(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    if isinstance(value, str) and isinstance(operand, str) and operand in value:
        return
    if isinstance(value, list) and any(_holds(operand, element, grammar) for element in value):
        return
    expected = _describe_contains(operand, _kinds_of(value), grammar)
    yield Mismatch(reason="$contains", expected=expected, got=show_value(value))


def _holds(pattern: Json, value: Value, grammar: Grammar) -> bool:
    return next(grammar.match(pattern, value), None) is None


def _describe_contains(operand: Json, kinds: frozenset[str], grammar: Grammar) -> str:
    # Texts contain texts only; of a value that is neither a text nor a list, either would have done.
    fitting = {"string", "array"} & kinds if isinstance(operand, str) else {"array"}
    kind = {"string": "a text", "array": "a list"}[fitting.pop()] if len(fitting) == 1 else "a text or a list"
    return f"{kind} containing {grammar.describe(operand, ANYTHING.kinds)}"


def _check_le(operand: Json, subject: Subject, grammar: Grammar) -> Iterator[Flaw]:
    yield from _check_bound(operand, subject, grammar)
    if is_below(operand, subject):
        text = f"{subject.name} is never below {subject.least}, so it can never be at most {show(operand)}"
        yield Flaw(code="PC120", message=text, help=f"write a bound from {subject.least} on")


def _check_bound(operand: Json, subject: Subject, _grammar: Grammar) -> Iterator[Flaw]:
    found = rank(operand)
    kind = "string" if isinstance(operand, str) else "number"
    if found is None:
        text = f"a bound is a number, a date or a date-time, not {show(operand, limit=80)}"
        yield Flaw(code="PC102", message=text, help="write dates as 2024-05-01, date-times as 2024-05-01T12:30:00Z")
    elif kind not in subject.kinds:
        text = f"{subject.name} is {subject.words}, which has no order with {show(operand, limit=80)}"
        hint = "write the number without quotes" if kind == "string" else None
        yield Flaw(code="PC102", message=text, help=hint)


def _match_le(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    if not is_at_most(value, operand):
        yield _bound_mismatch("$le", _describe_le(operand, _kinds_of(value), grammar), operand, value)


def _match_ge(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    if not is_at_most(operand, value):
        yield _bound_mismatch("$ge", _describe_ge(operand, _kinds_of(value), grammar), operand, value)


def _bound_mismatch(name: str, expected: str, operand: Json, value: Value) -> Mismatch:
    have_order = is_at_most(operand, value) is not None
    return Mismatch(
        reason=name,
        expected=expected,
        got=show_value(value),
        message="" if have_order else f"no order between {_form_words(operand)} and {_form_words(value)}",
    )


def _form_words(value: Value) -> str:
    found = rank(value)
    if found is None and not isinstance(value, Decimal):
        return KIND_WORDS[json_type(value)]
    return f"a {'number' if found is None else found.form}"


def _describe_le(operand: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    return f"at most {show(operand)}"


def _describe_ge(operand: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    return f"at least {show(operand)}"


def _check_schema(operand: Json, _subject: Subject, _grammar: Grammar) -> Iterator[Flaw]:
    yield from schema_definition.check_schema(operand)


def _match_schema(operand: Json, value: Value, _grammar: Grammar) -> Iterator[Mismatch]:
    yield from json_schema.violations(operand, value)


def _describe_schema(_operand: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    return "a value that is valid by the JSON Schema"


_ORDERED = frozenset({"number", "string"})

OPERATORS: Mapping[str, OperatorRule] = MappingProxyType(
    {
        "$any_of": OperatorRule(check=_check_any_of, match=_match_any_of, describe=_describe_any_of),
        "$regex": OperatorRule(
            check=_check_regex, match=_match_regex, describe=_describe_regex, kinds=frozenset({"string"})
        ),
        "$contains": OperatorRule(
            check=_check_contains,
            match=_match_contains,
            describe=_describe_contains,
            kinds=frozenset({"string", "array"}),
        ),
        "$le": OperatorRule(check=_check_le, match=_match_le, describe=_describe_le, kinds=_ORDERED),
        "$ge": OperatorRule(check=_check_bound, match=_match_ge, describe=_describe_ge, kinds=_ORDERED),
        "$schema": OperatorRule(check=_check_schema, match=_match_schema, describe=_describe_schema),
    }
)
"""Every operator of this version, by the name it is written with."""

NOT_YET: tuple[str, ...] = (
    "$eq",
    "$all_of",
    "$not",
    "$type",
    "$loosely",
    "$approx",
    "$within",
    "$range",
    "$lt",
    "$gt",
    "$len",
    "$words",
    "$count",
    "$each",
    "$unordered",
    "$at",
    "$absent",
    "$check",
)
"""Operators that the language has and this version lacks; refused by name when a case is loaded."""
