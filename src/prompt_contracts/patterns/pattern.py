"""Patterns: the one notion by which arguments, JSON, text, numbers and error fields are judged.

A JSON value is a literal, objects are closed, `$optional` and `$others` open them, operators are a
conjunction. What an operator means is not here. Nothing here raises, but for too deep nesting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import TypeGuard

from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Finding, unknown_name
from prompt_contracts.json_schema.time_limit import OutOfTimeError, tick
from prompt_contracts.json_value import Json, show
from prompt_contracts.mismatch import ABSENT, MISSING, Mismatch, Value, cut, kinds_of, show_value
from prompt_contracts.patterns.container_operators import MEMBER
from prompt_contracts.patterns.foreign_words import FOREIGN_OPERATORS
from prompt_contracts.patterns.loose_text import loosened
from prompt_contracts.patterns.operator_rule import Grammar, PatternContext
from prompt_contracts.patterns.operators import (
    OPERATORS,
    check_operators,
    describe_operators,
    explain_operators,
    operators_hold,
)
from prompt_contracts.patterns.order import is_same
from prompt_contracts.patterns.satisfiability import check_satisfiable
from prompt_contracts.patterns.subject import ANYTHING, Subject, check_kind
from prompt_contracts.truth import FALSE, TRUE, UNKNOWN, Truth, all_hold, truth_of

OBJECT_KEYS = ("$optional", "$others")
"""The keys with a `$` that belong to object patterns and are no operators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The pattern language in its context; what operators know as their grammar."""

    context: PatternContext = field(default_factory=PatternContext)

    def holds(self, pattern: Json, value: Value) -> Truth:
        """Whether a value matches a pattern; words nothing."""
        if isinstance(pattern, dict) and is_operators(pattern):
            return operators_hold(pattern, value, self)
        if value is ABSENT:
            return UNKNOWN
        if isinstance(pattern, dict):
            return _object_holds(pattern, value, self)
        if isinstance(pattern, list):
            return _list_holds(pattern, value, self)
        return TRUE if self._is_same(pattern, value) else FALSE

    def judge(self, pattern: Json, value: Value) -> tuple[Mismatch, ...]:
        """Why a value does not match its pattern; decided first, and worded only as far as the time suffices."""
        # Decided before it is worded: what was decided in time stays so when there is none left for words.
        truth = self.holds(pattern, value)
        if truth.is_certain:
            return ()
        try:
            return tuple(self.match(pattern, value))
        except OutOfTimeError as error:
            expected, got = self.describe(pattern, kinds_of(value)), show_value(value)
            return (Mismatch(reason="value", expected=expected, got=got, message=str(error), truth=truth),)

    def match(self, pattern: Json, value: Value) -> Iterator[Mismatch]:
        """Every place where a value differs from its pattern; none when it matches."""
        tick()
        if is_operators(pattern):
            yield from explain_operators(pattern, value, self)
        elif value is ABSENT:
            expected = self.describe(pattern, ANYTHING.kinds)
            yield Mismatch(reason="missing", expected=expected, got=MISSING, truth=UNKNOWN)
        elif isinstance(pattern, dict):
            yield from _match_object(pattern, value, self)
        elif isinstance(pattern, list):
            yield from _match_list(pattern, value, self)
        elif not self._is_same(pattern, value):
            yield Mismatch(reason="value", expected=show(pattern), got=show_value(value))

    def _is_same(self, literal: Json, value: Value) -> bool:
        if self.context.is_loose and isinstance(literal, str) and isinstance(value, str):
            return loosened(literal) == loosened(value)
        return is_same(literal, value)

    def check(self, pattern: Json, subject: Subject) -> Iterator[Finding]:
        """Everything wrong with a pattern as written, given what it will be held against."""
        if not isinstance(pattern, dict):
            yield from check_kind(pattern, subject)
            for index, element in enumerate(pattern if isinstance(pattern, list) else []):
                yield from (finding.inside(index) for finding in self.check(element, ANYTHING))
            return
        strange = [key for key in pattern if key.startswith("$") and key not in (*OPERATORS, *OBJECT_KEYS)]
        for key in strange:
            known = (*OPERATORS, *OBJECT_KEYS)
            yield unknown_name("operator", key, known=known, foreign=FOREIGN_OPERATORS).inside(key)
        if is_operators(pattern):
            known_part = {key: operand for key, operand in pattern.items() if key not in strange}
            findings = tuple(check_operators(known_part, subject, self))
            yield from findings or check_satisfiable(known_part, subject, self)
        else:
            yield from _check_object(pattern, subject, self)

    def describe(self, pattern: Json, kinds: frozenset[str]) -> str:
        """A pattern for a person, on one line, for a value that can have these JSON types."""
        return cut(_describe(pattern, kinds, self))

    def exact(self) -> Language:
        """The same language, where texts that are literals compare exactly."""
        if not self.context.is_loose:
            return self
        return Language(context=replace(self.context, is_loose=False))


_PLAIN = Language()


def match(pattern: Json, value: Value) -> Iterator[Mismatch]:
    """Every place where a value differs from a pattern that refers to nothing outside itself."""
    return _PLAIN.match(pattern, value)


def check(pattern: Json, subject: Subject) -> Iterator[Finding]:
    """Everything wrong with a pattern that refers to nothing outside itself."""
    return _PLAIN.check(pattern, subject)


def describe(pattern: Json) -> str:
    """A pattern for a person, on one line: JSON where it is a literal, words where it is not."""
    return _PLAIN.describe(pattern, ANYTHING.kinds)


def is_operators(pattern: Json) -> TypeGuard[dict[str, Json]]:
    """Whether a pattern is a conjunction of operators rather than an object or another literal."""
    if not isinstance(pattern, dict) or not pattern:
        return False
    for key in pattern:  # noqa: SIM110 - each pattern on each value comes by here, and `all` takes as long as the rest
        if not key.startswith("$") or key in OBJECT_KEYS:
            return False
    return True


def literals(pattern: Json) -> Iterator[Json]:
    """The scalars that a pattern names for the whole value: itself, or in `$any_of`."""
    if isinstance(pattern, dict):
        alternatives = pattern.get("$any_of") if is_operators(pattern) else None
        for alternative in alternatives if isinstance(alternatives, list) else []:
            yield from literals(alternative)
    elif not isinstance(pattern, list):
        yield pattern


def _object_holds(pattern: dict[str, Json], value: Value, grammar: Grammar) -> Truth:
    tick()
    plain = _plain(pattern)
    is_all_plain = len(plain) == len(pattern)
    if not (is_all_plain or _is_well_formed(pattern)):
        return UNKNOWN
    if not isinstance(value, dict):
        return FALSE
    optional = {} if is_all_plain else _optional(pattern)
    # Of two sets of keys, as of any two.
    if pattern.get("$others") != "allow" and not value.keys() <= plain.keys() | optional.keys():
        return FALSE
    return all_hold(_member_truths(plain, optional, value, grammar))


def _member_truths(
    plain: Mapping[str, Json], optional: Mapping[str, Json], value: dict[str, Json], grammar: Grammar
) -> Iterator[Truth]:
    for key, wanted in plain.items():
        if key in value:
            yield grammar.holds(wanted, value[key])
        else:
            # A key that is missing is a plain no, also where the pattern alone could not tell.
            yield truth_of(grammar.holds(wanted, ABSENT).is_certain)
    for key, wanted in optional.items():
        if key in value:
            yield grammar.holds(wanted, value[key])


def _list_holds(pattern: list[Json], value: Value, grammar: Grammar) -> Truth:
    if not isinstance(value, list) or len(value) != len(pattern):
        return FALSE
    return all_hold(map(grammar.holds, pattern, value))


def _match_object(pattern: dict[str, Json], value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    if not _is_well_formed(pattern):
        expected = "an object that a pattern could describe"
        yield Mismatch(reason="value", expected=expected, got=show_value(value), truth=UNKNOWN)
        return
    if not isinstance(value, dict):
        yield Mismatch(reason="value", expected=_say(pattern, grammar), got=show_value(value))
        return
    yield from _match_members(pattern, value, grammar)
    optional = _optional(pattern)
    if pattern.get("$others") != "allow":
        for key, extra in value.items():
            if key not in pattern and key not in optional:
                yield Mismatch(reason="unexpected", expected="no such key", got=show(extra), place=(key,))


def _match_members(pattern: dict[str, Json], value: dict[str, Json], grammar: Grammar) -> Iterator[Mismatch]:
    for key, wanted in _plain(pattern).items():
        if key in value:
            yield from (found.inside(place=(key,), clause=(key,)) for found in grammar.match(wanted, value[key]))
        elif not grammar.holds(wanted, ABSENT).is_certain:
            words = _say(wanted, grammar)
            yield Mismatch(reason="missing", expected=words, got=MISSING, place=(key,), clause=(key,))
    for key, wanted in _optional(pattern).items():
        if key in value:
            inner = grammar.match(wanted, value[key])
            yield from (found.inside(place=(key,), clause=("$optional", key)) for found in inner)


def _is_well_formed(pattern: Mapping[str, Json]) -> bool:
    has_stray = any(key.startswith("$") and key not in OBJECT_KEYS for key in pattern)
    return not has_stray and isinstance(pattern.get("$optional", {}), dict)


def _match_list(pattern: list[Json], value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    if not isinstance(value, list):
        yield Mismatch(reason="value", expected=_say(pattern, grammar), got=show_value(value))
        return
    for index, (wanted, element) in enumerate(zip(pattern, value, strict=False)):
        yield from (found.inside(place=(index,), clause=(index,)) for found in grammar.match(wanted, element))
    for index in range(len(value), len(pattern)):
        expected = _say(pattern[index], grammar)
        yield Mismatch(reason="missing", expected=expected, got=MISSING, place=(index,), clause=(index,))
    for index in range(len(pattern), len(value)):
        expected = f"{len(pattern)} element{'s' if len(pattern) != 1 else ''}"
        yield Mismatch(reason="unexpected", expected=expected, got=show(value[index]), place=(index,))


def _say(pattern: Json, grammar: Grammar) -> str:
    return grammar.describe(pattern, ANYTHING.kinds)


def _plain(pattern: Mapping[str, Json]) -> dict[str, Json]:
    return {key: wanted for key, wanted in pattern.items() if not key.startswith("$")}


def _optional(pattern: Mapping[str, Json]) -> dict[str, Json]:
    found = pattern.get("$optional")
    return found if isinstance(found, dict) else {}


def _check_object(pattern: dict[str, Json], subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    operators = [key for key in pattern if key in OPERATORS]
    if operators:
        text = f"'{operators[0]}' is an operator and stands beside keys of an object"
        beside = {key: wanted for key, wanted in pattern.items() if key not in operators}
        apart: Json = {"$all_of": [beside, {key: pattern[key] for key in operators}]}
        hint = f"write {show(apart, limit=200)}, or give the operator a key of its own"
        yield Finding(code="PC120", message=text, clause=(operators[0],), help=hint)
    elif "object" not in subject.kinds:
        found = check_kind(pattern, subject)
        yield from (replace(finding, help=_operator_help(pattern) or finding.help) for finding in found)
    for key, wanted in _plain(pattern).items():
        yield from (finding.inside(key) for finding in grammar.check(wanted, MEMBER))
    if "$optional" in pattern:
        yield from (finding.inside("$optional") for finding in _check_optional(pattern["$optional"], pattern, grammar))
    if "$others" in pattern and pattern["$others"] != "allow":
        text = f"'$others' takes 'allow', not {show(pattern['$others'], limit=80)}"
        hint = "leave '$others' out: other keys are forbidden without it"
        yield Finding(code="PC102", message=text, clause=("$others",), help=hint)


def _operator_help(pattern: Mapping[str, Json]) -> str | None:
    """How to write an operator that was written without its `$`."""
    if pattern and all(f"${key}" in OPERATORS for key in pattern):
        meant: Json = {f"${key}": operand for key, operand in pattern.items()}
        return f"write {show(meant, limit=200)}"
    return next((FOREIGN_OPERATORS[f"${key}"] for key in pattern if f"${key}" in FOREIGN_OPERATORS), None)


def _check_optional(optional: Json, pattern: Mapping[str, Json], grammar: Grammar) -> Iterator[Finding]:
    if not isinstance(optional, dict):
        text = f"'$optional' takes keys with their patterns, not {show(optional, limit=80)}"
        yield Finding(code="PC102", message=text, help="write $optional: {key: pattern}")
        return
    for key, wanted in optional.items():
        if key.startswith("$"):
            text = f"'{key}' stands where '$optional' takes plain keys"
            yield Finding(code="PC120", message=text, clause=(key,), help="write $optional: {key: pattern}")
        elif key in pattern:
            text = f"the key '{key}' is both required and optional"
            yield Finding(code="PC120", message=text, clause=(key,), help="keep one of the two")
        else:
            yield from (finding.inside(key) for finding in grammar.check(wanted, ANYTHING))


def _describe(pattern: Json, kinds: frozenset[str], grammar: Grammar) -> str:
    if is_operators(pattern):
        return describe_operators(pattern, kinds, grammar)
    if isinstance(pattern, list):
        return f"[{', '.join(_say(element, grammar) for element in pattern)}]"
    if not isinstance(pattern, dict):
        return show(pattern)
    members = [f"{show(key)}: {_say(wanted, grammar)}" for key, wanted in _plain(pattern).items()]
    members += [f"{show(key)} (optional): {_say(wanted, grammar)}" for key, wanted in _optional(pattern).items()]
    if pattern.get("$others") != "allow":
        return f"{{{', '.join(members)}}}"
    return f"any object with {', '.join(members)}" if members else "any object"
