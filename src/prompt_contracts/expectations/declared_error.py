"""The facet `error`: a case that expects the provider to fail, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from prompt_contracts.expectations import pattern
from prompt_contracts.expectations.facet_rule import Breach, Scope, breach, dotted
from prompt_contracts.expectations.flaw import ANYTHING, Flaw, Subject, later_version, suggest, unknown_name
from prompt_contracts.json_value import Json, show
from prompt_contracts.outcome import Outcome
from prompt_contracts.provider_error import ERROR_KINDS

FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "kind": frozenset({"string"}),
        "status": frozenset({"number", "null"}),
        "code": frozenset({"string", "null"}),
        "message": frozenset({"string"}),
        "attempts": frozenset({"number"}),
        "outcome": frozenset({"string"}),
    }
)
"""What can be said of an error, with its JSON types. A status or code of null: the provider gave none."""

NOT_YET = ("handled",)
"""What the language can say of an error and this version cannot."""

_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType({"kind": ERROR_KINDS, "outcome": ("surfaced",)})
_WORDS_NOT_YET: Mapping[str, tuple[str, ...]] = MappingProxyType({"outcome": ("recovered",)})


def check_error(expected: Json, scope: Scope) -> Iterator[Flaw]:
    """A mapping of an error's fields to patterns, at least one."""
    if not isinstance(expected, dict):
        text = f"'error' takes the fields of an error with their patterns, not {show(expected, limit=80)}"
        hint = f"write {{kind: {expected}}}" if isinstance(expected, str) else "write error: {kind: rate_limit}"
        yield Flaw(code="PC102", message=text, help=hint)
        return
    if not expected:
        hint = "write error: {outcome: surfaced} for any error"
        yield Flaw(code="PC120", message="'error' without a field checks nothing", help=hint)
    for name, wanted in expected.items():
        if name not in FIELDS:
            yield unknown_name("field of an error", name, known=FIELDS, not_yet=NOT_YET).inside(name)
            continue
        words = f"write one of: {', '.join(_WORDS[name])}" if name in _WORDS else None
        subject = Subject(name=f"error.{name}", kinds=FIELDS[name], options=words)
        yield from (flaw.inside(name) for flaw in scope.language.check(wanted, subject))
        if name in _WORDS:
            yield from (flaw.inside(name) for flaw in _check_words(wanted, name))


def _check_words(wanted: Json, name: str) -> Iterator[Flaw]:
    what, known, not_yet = f"{name} of an error", _WORDS[name], _WORDS_NOT_YET.get(name, ())
    for clause, word in pattern.literals(wanted):
        if not isinstance(word, str) or word in known:
            continue
        if word in not_yet:
            yield later_version(f"'{name}: {word}'").inside(*clause)
        else:
            hint = suggest(word, known, "there are", not_yet=not_yet)
            yield Flaw(code="PC102", message=f"'{word}' is no {what}", clause=clause, help=hint)


def judge_error(expected: Json, outcome: Outcome, scope: Scope) -> Iterator[Breach]:
    """There must be an error, and each named field of it must match."""
    if outcome.error is None:
        yield Breach(
            reason="answer",
            path="error",
            expected="an error",
            got="an answer",
            message=_answer_words(outcome),
        )
        return
    for name, wanted in expected.items() if isinstance(expected, dict) else ():
        if name == "attempts" and outcome.attempts is None:
            words = scope.language.describe(wanted, ANYTHING.kinds)
            yield Breach(
                reason="unknown",
                path="error.attempts",
                expected=words,
                got="unknown",
                clause=(name,),
                is_undecided=True,
            )
            continue
        for found in scope.language.match(wanted, _field(outcome, name)):
            yield breach(found.inside(clause=(name,)), dotted(f"error.{name}", found.place))


def _field(outcome: Outcome, name: str) -> Json:
    if name == "outcome":
        return "surfaced"
    if name == "attempts":
        return outcome.attempts
    value: str | int | None = getattr(outcome.error, name) if name in FIELDS else None
    return value


def _answer_words(outcome: Outcome) -> str:
    choices = () if outcome.completion is None else outcome.completion.choices
    for choice in choices:
        if choice.tool_calls:
            return f"it calls {', '.join(call.name for call in choice.tool_calls)}"
        if choice.text:
            return f"it says {show(choice.text, limit=80)}"
    return ""
