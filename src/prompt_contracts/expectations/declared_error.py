"""The facet `error`: a case that expects the provider to fail, and how; and what an application makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from prompt_contracts.expectations.facet_rule import FacetContext, dotted
from prompt_contracts.finding import Finding, unknown_name
from prompt_contracts.json_value import Json, show
from prompt_contracts.mismatch import Mismatch
from prompt_contracts.outcome import Outcome
from prompt_contracts.patterns.pattern import is_operators
from prompt_contracts.patterns.subject import ANYTHING, Subject
from prompt_contracts.patterns.vocabulary import Vocabulary
from prompt_contracts.provider_error import ERROR_KINDS, ProviderError
from prompt_contracts.truth import UNKNOWN

FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "kind": frozenset({"string"}),
        "status": frozenset({"number", "null"}),
        "code": frozenset({"string", "null"}),
        "message": frozenset({"string"}),
        "attempts": frozenset({"number"}),
        "outcome": frozenset({"string"}),
        "handled": frozenset({"boolean"}),
    }
)
"""What can be said of an error, with its JSON types. A status or code of null: the provider gave none."""

_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType({"kind": ERROR_KINDS, "outcome": ("surfaced", "recovered")})


def check_error(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """A mapping of an error's fields to patterns, at least one."""
    if not isinstance(expected, dict):
        text = f"'error' takes the fields of an error with their patterns, not {show(expected, limit=80)}"
        hint = f"write {{kind: {expected}}}" if isinstance(expected, str) else "write error: {kind: rate_limit}"
        yield Finding(code="PC102", message=text, help=hint)
        return
    if not expected:
        hint = "write error: {outcome: surfaced} for any error"
        yield Finding(code="PC120", message="'error' without a field checks nothing", help=hint)
    for name, wanted in expected.items():
        if name not in FIELDS:
            yield unknown_name("field of an error", name, known=FIELDS).inside(name)
            continue
        words = f"write one of: {', '.join(_WORDS[name])}" if name in _WORDS else None
        subject = Subject(name=f"error.{name}", kinds=FIELDS[name], options=words)
        yield from (finding.inside(name) for finding in scope.language.check(wanted, subject))
        if name in _WORDS:
            words_of_it = Vocabulary(what=f"{name} of an error", words=_WORDS[name])
            yield from (finding.inside(name) for finding in words_of_it.check(wanted, scope.language))
        if name == "status":
            yield from (finding.inside(name) for finding in _check_status(wanted))
    if "handled" in expected and not (scope.case.is_application or scope.language.context.is_stand_in):
        text = "'handled' is about an application, and this case asks the model itself"
        hint = "give the case a 'handler' or a 'command', or leave 'handled' out"
        yield Finding(code="PC120", message=text, clause=("handled",), help=hint)
    if expected.get("outcome") == "recovered" and scope.case.retry.attempts == 1 and not scope.case.is_application:
        text = "nothing is recovered from: the case sends each request once"
        hint = "raise 'attempts' in 'retry'"
        yield Finding(code="PC120", message=text, clause=("outcome",), help=hint)


def _check_status(wanted: Json) -> Iterator[Finding]:
    """A number that is the status of no HTTP response."""
    for clause, status in _numbers(wanted):
        # RFC 9110 (15).
        if status not in range(100, 600):
            text = f"{show(status)} is no HTTP status"
            yield Finding(code="PC120", message=text, clause=clause, help="a status is a whole number from 100 to 599")


def _numbers(pattern: Json) -> Iterator[tuple[tuple[str | int, ...], int | float]]:
    """The numbers that a pattern compares the whole value with, with their clauses."""
    if isinstance(pattern, (int, float)) and not isinstance(pattern, bool):
        yield (), pattern
    elif is_operators(pattern):
        for name, operand in pattern.items():
            parts = enumerate(operand) if isinstance(operand, list) and name in ("$any_of", "$all_of") else ()
            if name in ("$eq", "$not"):
                yield from (((name, *clause), number) for clause, number in _numbers(operand))
            for index, part in parts:
                yield from (((name, index, *clause), number) for clause, number in _numbers(part))


def judge_error(expected: Json, outcome: Outcome, scope: FacetContext) -> Iterator[Mismatch]:
    """There must be an error, one that remains unless `outcome` says else, and each named field must match."""
    fields = expected if isinstance(expected, dict) else {}
    error = outcome.error or outcome.recovered
    # Without `outcome` an error is expected that remains: one that a retry got over is an answer.
    if error is None or (outcome.error is None and "outcome" not in fields):
        yield Mismatch(
            reason="answer",
            path="error",
            expected="an error that a retry gets over" if fields.get("outcome") == "recovered" else "an error",
            got="an answer",
            message=_answer_words(outcome),
        )
        return
    for name, wanted in fields.items():
        value = _field(name, outcome, error)
        if value is None and name in _MAY_BE_UNKNOWN:
            words = scope.language.describe(wanted, ANYTHING.kinds)
            yield Mismatch(
                reason="unknown",
                path=f"error.{name}",
                expected=words,
                got=_MAY_BE_UNKNOWN[name],
                clause=(name,),
                truth=UNKNOWN,
            )
            continue
        for found in scope.language.judge(wanted, value):
            note = f"the error is {error.kind}: {show(error.message, limit=80)}" if name == "outcome" else ""
            placed = found.inside(clause=(name,)).told_at(dotted(f"error.{name}", found.place))
            yield replace(placed, message=placed.message or note)


_MAY_BE_UNKNOWN = MappingProxyType({"attempts": "unknown", "handled": "no application"})
"""Fields of which None says that nobody knows -> what is said then."""


def _field(name: str, outcome: Outcome, error: ProviderError) -> Json:
    match name:
        case "outcome":
            return "recovered" if outcome.error is None else "surfaced"
        case "attempts":
            return outcome.attempts
        case "handled":
            return outcome.handled
        case _:
            value: str | int | None = getattr(error, name) if name in FIELDS else None
            return value


def _answer_words(outcome: Outcome) -> str:
    if outcome.recovered is not None:
        who = "the application" if outcome.retries == 0 else "a retry"
        return f"{who} got over an error of the kind {outcome.recovered.kind}: write outcome: recovered"
    choices = () if outcome.completion is None else outcome.completion.choices
    for choice in choices:
        if choice.tool_calls:
            return f"it calls {', '.join(call.name for call in choice.tool_calls)}"
        if choice.text:
            return f"it says {show(choice.text, limit=80)}"
    return ""
