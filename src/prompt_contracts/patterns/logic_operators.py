"""The operators that combine patterns or look at a value as a whole: `$eq`, `$type`, `$any_of` and the like.

A comparison that could not be made is neither true nor false here, so `$not` never makes it a pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from prompt_contracts.finding import Finding, suggest
from prompt_contracts.json_number import is_whole
from prompt_contracts.json_value import Json, show
from prompt_contracts.mismatch import (
    ABSENT,
    Absence,
    Mismatch,
    Value,
    cut,
    kinds_of,
    show_value,
    truth_of_all,
)
from prompt_contracts.patterns.loose_text import equal_loosely
from prompt_contracts.patterns.operator_rule import Grammar
from prompt_contracts.patterns.order import is_same
from prompt_contracts.patterns.subject import KIND_WORDS, Subject, check_kind
from prompt_contracts.truth import FALSE, TRUE, UNKNOWN, Truth, all_hold, one_holds, truth_of

TYPE_WORDS = (*KIND_WORDS, "integer")
"""What `$type` may name."""


def check_eq(operand: Json, subject: Subject, _grammar: Grammar) -> Iterator[Finding]:
    """Any value that the subject can have."""
    yield from check_kind(operand, subject)


def eq_holds(operand: Json, value: Value, grammar: Grammar) -> Truth:
    """The value itself, nothing in it read as an operator."""
    if grammar.context.is_loose and not isinstance(value, (Decimal, Absence)):
        return truth_of(equal_loosely(operand, value))
    return truth_of(is_same(operand, value))


def describe_eq(operand: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    """The value as JSON."""
    return show(operand)


def check_any_of(operand: Json, subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """A list of patterns, at least one."""
    yield from _check_list("$any_of", operand, subject, grammar, "can never hold")


def check_all_of(operand: Json, subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """A list of patterns, at least one."""
    yield from _check_list("$all_of", operand, subject, grammar, "checks nothing")


def _check_list(name: str, operand: Json, subject: Subject, grammar: Grammar, empty: str) -> Iterator[Finding]:
    if not isinstance(operand, list):
        text = f"'{name}' takes a list of patterns, not {show(operand, limit=80)}"
        yield Finding(code="PC102", message=text, help=f"write [{show(operand, limit=80)}]")
    elif not operand:
        yield Finding(code="PC120", message=f"'{name}' with an empty list {empty}", help="list the patterns")
    else:
        for index, alternative in enumerate(operand):
            yield from (finding.inside(index) for finding in grammar.check(alternative, subject))


def any_of_holds(operand: Json, value: Value, grammar: Grammar) -> Truth:
    """One of the patterns holds."""
    alternatives = operand if isinstance(operand, list) else []
    return one_holds(grammar.holds(alternative, value) for alternative in alternatives)


def explain_any_of(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """None of the patterns holds; the closest is told."""
    alternatives = operand if isinstance(operand, list) else []
    closest: tuple[Mismatch, ...] = ()
    undecided: tuple[Mismatch, ...] = ()
    truth = FALSE
    for alternative in alternatives:
        found = tuple(grammar.match(alternative, value))
        own = truth_of_all(found)
        truth = one_holds((truth, own))
        # Shown before the closest: that something could not be told is why this is no plain failure.
        if not own.is_refuted:
            undecided = undecided or found
        # One that differs as a whole is not close: saying so would repeat the alternatives.
        elif any(mismatch.place for mismatch in found) and (not closest or len(found) < len(closest)):
            closest = found
    yield Mismatch(
        reason="$any_of",
        expected=cut(describe_any_of(operand, kinds_of(value), grammar)),
        got=show_value(value),
        message=_why_undecided(undecided) or _closest_words(closest),
        truth=truth,
    )


def _why_undecided(found: tuple[Mismatch, ...]) -> str:
    return next((one.message or one.got for one in found if one.got != show_value(ABSENT)), "")


def _closest_words(closest: tuple[Mismatch, ...]) -> str:
    if not closest:
        return ""
    first = closest[0]
    place = ".".join(map(str, first.place)) or "the value"
    more = f", and {len(closest) - 1} more" if len(closest) > 1 else ""
    return f"the closest differs at {place}: expected {first.expected}, got {first.got}{more}"


def describe_any_of(operand: Json, kinds: frozenset[str], grammar: Grammar) -> str:
    """The alternatives in words."""
    alternatives = operand if isinstance(operand, list) else []
    words = [grammar.describe(alternative, kinds) for alternative in alternatives]
    return words[0] if len(words) == 1 else f"one of {', '.join(words)}"


def all_of_holds(operand: Json, value: Value, grammar: Grammar) -> Truth:
    """Every pattern holds."""
    if not isinstance(operand, list) or not operand:
        return UNKNOWN
    return all_hold(grammar.holds(wanted, value) for wanted in operand)


def explain_all_of(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """What does not hold of each pattern."""
    if not isinstance(operand, list) or not operand:
        expected = "what a list of patterns describes"
        yield Mismatch(reason="$all_of", expected=expected, got=show_value(value), truth=UNKNOWN)
        return
    for index, wanted in enumerate(operand):
        yield from (found.inside(clause=(index,)) for found in grammar.match(wanted, value))


def describe_all_of(operand: Json, kinds: frozenset[str], grammar: Grammar) -> str:
    """The patterns in words."""
    return " and ".join(grammar.describe(one, kinds) for one in (operand if isinstance(operand, list) else []))


def check_not(operand: Json, subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """A pattern that could hold: what never holds needs no `$not`."""
    yield from grammar.check(operand, subject)


def not_holds(operand: Json, value: Value, grammar: Grammar) -> Truth:
    """The pattern certainly does not hold."""
    return grammar.holds(operand, value).opposite


def explain_not(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """That the pattern holds, or why nobody can tell."""
    truth = not_holds(operand, value, grammar)
    expected = describe_not(operand, kinds_of(value), grammar)
    why = "" if truth.is_refuted else _why_undecided(tuple(grammar.match(operand, value))) or "it cannot be compared"
    yield Mismatch(reason="$not", expected=expected, got=show_value(value), message=why, truth=truth)


def describe_not(operand: Json, kinds: frozenset[str], grammar: Grammar) -> str:
    """The pattern in words, turned round."""
    return f"anything but {grammar.describe(operand, kinds)}"


def check_type(operand: Json, subject: Subject, _grammar: Grammar) -> Iterator[Finding]:
    """A JSON type that the subject can have, or a list of them."""
    names = operand if isinstance(operand, list) else [operand]
    if not names:
        yield Finding(code="PC120", message="'$type' with an empty list can never hold", help="list the types")
    for index, name in enumerate(names):
        clause = (index,) if isinstance(operand, list) else ()
        if not isinstance(name, str):
            text = f"'$type' takes the name of a JSON type, not {show(name, limit=80)}"
            hint = 'write "null", with quotes' if name is None else f"write one of: {', '.join(TYPE_WORDS)}"
            yield Finding(code="PC102", message=text, clause=clause, help=hint)
        elif name not in TYPE_WORDS:
            hint = suggest(name, TYPE_WORDS, "there are")
            yield Finding(code="PC102", message=f"'{name}' is no JSON type", clause=clause, help=hint)
        elif _kind(name) not in subject.kinds:
            text = f"{subject.name} is {subject.words}, never of the type {name}"
            yield Finding(code="PC120", message=text, clause=clause)
    if len(subject.kinds) == 1 and subject.kinds <= set(map(str, names)):
        text = f"{subject.name} is always {subject.words}, so '$type' checks nothing"
        yield Finding(code="PC120", message=text, help="leave '$type' out")


def _kind(name: str) -> str:
    return "number" if name == "integer" else name


def type_holds(operand: Json, value: Value, _grammar: Grammar) -> Truth:
    """The value has one of the types; 5.0 is an integer."""
    names = operand if isinstance(operand, list) else [operand]
    for kind in kinds_of(value):  # one, or none
        if kind in names:
            return TRUE
    is_integer = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and is_whole(value)
    return truth_of(is_integer and "integer" in names)


def describe_type(operand: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    """The types in words."""
    names = operand if isinstance(operand, list) else [operand]
    words = {**KIND_WORDS, "integer": "a whole number"}
    return " or ".join(words.get(str(name), str(name)) for name in names)


def check_absent(operand: Json, subject: Subject, _grammar: Grammar) -> Iterator[Finding]:
    """`true`, at the value of a key."""
    if operand is not True:
        text = f"'$absent' takes true, not {show(operand, limit=80)}"
        hint = "leave it out: a key that is named must be there" if operand is False else "write $absent: true"
        yield Finding(code="PC102", message=text, help=hint)
    elif not subject.can_be_absent:
        text = f"{subject.name} is always there, so '$absent' can never hold"
        yield Finding(code="PC120", message=text, help="write it at the value of a key, or under '$at'")


def absent_holds(operand: Json, value: Value, _grammar: Grammar) -> Truth:
    """There is nothing."""
    return truth_of(value is ABSENT) if operand is True else UNKNOWN


def describe_absent(_operand: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    """That there is nothing."""
    return "no such key"
