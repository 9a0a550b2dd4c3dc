"""The facets on a case as a whole: `usage`, `cost`, `latency`, `requests`, `check`. Unknown is not zero."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal

from prompt_contracts.expectations.facet_rule import FacetContext, dotted
from prompt_contracts.finding import Finding, unknown_name
from prompt_contracts.json_value import Json, show
from prompt_contracts.mismatch import Mismatch
from prompt_contracts.outcome import Outcome
from prompt_contracts.patterns.predicate import EXAMPLE, check_function_name, complaints, spoken_name
from prompt_contracts.patterns.satisfiability import check_not_vacuous
from prompt_contracts.patterns.subject import ANYTHING, Subject
from prompt_contracts.truth import UNKNOWN
from prompt_contracts.usage import Usage

_COUNTS = tuple(field.name for field in fields(Usage))
# Other APIs, the Responses API among them, call the same counts so.
_OTHER_NAMES = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}


def check_usage(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """A mapping of token counts to patterns on numbers."""
    example = "write usage: {completion_tokens: {$le: 300}}"
    if not isinstance(expected, dict):
        text = f"'usage' takes token counts with their patterns, not {show(expected, limit=80)}"
        yield Finding(code="PC102", message=text, help=example)
    elif not expected:
        yield Finding(code="PC120", message="'usage' without a token count checks nothing", help=example)
    else:
        for name, wanted in expected.items():
            if name in _COUNTS:
                yield from (
                    finding.inside(name)
                    for finding in scope.language.check(wanted, _number(f"usage.{name}", is_whole=True))
                )
            else:
                yield _unknown_count(name).inside(name)


def _unknown_count(name: str) -> Finding:
    finding = unknown_name("token count", name, known=_COUNTS)
    ours = _OTHER_NAMES.get(name)
    return finding if ours is None else replace(finding, help=f"did you mean '{ours}'?")


def judge_usage(expected: Json, outcome: Outcome, scope: FacetContext) -> Iterator[Mismatch]:
    """Every named count, over the requests of the trial."""
    is_known = _is_answered(outcome)
    for name, wanted in expected.items() if isinstance(expected, dict) else ():
        count: int | None = getattr(outcome.usage, name) if name in _COUNTS and is_known else None
        yield from _judge_amount(wanted, count, f"usage.{name}", (name,), scope)


def check_cost(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """A pattern on a number of US dollars."""
    yield from scope.language.check(expected, _number("cost", unit="US dollars"))


def judge_cost(expected: Json, outcome: Outcome, scope: FacetContext) -> Iterator[Mismatch]:
    """The sum in US dollars, compared digit by digit."""
    # None is unknown and never zero: a budget must not be kept because nobody counted.
    cost = None if _is_made_up(outcome) else outcome.cost
    yield from _judge_amount(expected, cost, "cost", (), scope)


def check_latency(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """A pattern on a number of seconds."""
    yield from scope.language.check(expected, _number("latency", unit="seconds"))


def judge_latency(expected: Json, outcome: Outcome, scope: FacetContext) -> Iterator[Mismatch]:
    """Seconds as recorded, over the requests of the trial."""
    latency = None if _is_made_up(outcome) else outcome.latency
    yield from _judge_amount(expected, latency, "latency", (), scope)


def _is_answered(outcome: Outcome) -> bool:
    """Whether a model counted tokens: of a request that only failed nobody knows what it used."""
    return outcome.completion is not None or bool(outcome.earlier)


def _is_made_up(outcome: Outcome) -> bool:
    """Whether faults alone answered: nobody can tell what the real thing would have taken."""
    asked = outcome.interactions
    return not _is_answered(outcome) and bool(asked) and all(each.is_injected for each in asked)


def _number(name: str, *, is_whole: bool = False, unit: str | None = None) -> Subject:
    return Subject(name=name, kinds=frozenset({"number"}), least=0, is_whole=is_whole, unit=unit)


def _judge_amount(
    wanted: Json, amount: Decimal | float | None, path: str, clause: tuple[str, ...], scope: FacetContext
) -> Iterator[Mismatch]:
    if amount is None:
        expected = scope.language.describe(wanted, ANYTHING.kinds)
        yield Mismatch(reason="unknown", path=path, expected=expected, got="unknown", clause=clause, truth=UNKNOWN)
        return
    for found in scope.language.judge(wanted, amount):
        yield found.inside(clause=clause).told_at(dotted(path, found.place))


_REQUESTS = Subject(name="the list of requests", kinds=frozenset({"array"}))


def check_requests(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """A pattern on a list."""
    # Of any other list the help would be $any_of: a list is what is wanted here.
    findings = tuple(scope.language.check(expected, _REQUESTS))
    yield from findings or check_not_vacuous(expected, _REQUESTS, scope.language)


def judge_requests(expected: Json, outcome: Outcome, scope: FacetContext) -> Iterator[Mismatch]:
    """The bodies, in the order in which they were sent; unknown where only replies are known."""
    # An application may well have asked nothing; of a reply that somebody already has, nobody knows.
    if not outcome.interactions and outcome.handled is None:
        wanted = scope.language.describe(expected, ANYTHING.kinds)
        note = "the requests behind this answer are not known"
        yield Mismatch(reason="unknown", path="requests", expected=wanted, got="unknown", message=note, truth=UNKNOWN)
        return
    bodies: list[Json] = [interaction.request.body for interaction in outcome.interactions]
    for found in scope.language.judge(expected, bodies):
        yield found.told_at(dotted("requests", found.place))


def check_check(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """The name of a function, or a list of them."""
    names = expected if isinstance(expected, list) else [expected]
    if not names:
        yield Finding(code="PC120", message="'check' with an empty list checks nothing", help=EXAMPLE)
    for index, name in enumerate(names):
        clause = (index,) if isinstance(expected, list) else ()
        yield from (finding.inside(*clause) for finding in check_function_name("check", name, scope.language.context))


def judge_check(expected: Json, outcome: Outcome, scope: FacetContext) -> Iterator[Mismatch]:
    """Every function says nothing against the outcome."""
    for index, name in enumerate(expected if isinstance(expected, list) else [expected]):
        clause = (index,) if isinstance(expected, list) else ()
        for complaint in complaints(name, outcome, scope.language.context):
            yield Mismatch(
                reason="refused" if complaint.truth.is_refuted else "unknown",
                path="check",
                expected=f"what {spoken_name(name)} accepts",
                got="what it refuses" if complaint.truth.is_refuted else "no judgement",
                clause=clause,
                message=complaint.text,
                truth=complaint.truth,
            )
