"""The facets `usage`, `cost` and `latency`: tokens, money and time. Unknown is not zero, and never holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal

from prompt_contracts.expectations.facet_rule import Breach, Scope, breach, dotted
from prompt_contracts.expectations.flaw import ANYTHING, Flaw, Subject, unknown_name
from prompt_contracts.expectations.truth import UNKNOWN
from prompt_contracts.json_value import Json, show
from prompt_contracts.outcome import Outcome
from prompt_contracts.usage import Usage

_COUNTS = tuple(field.name for field in fields(Usage))
# Other APIs, the Responses API among them, call the same counts so.
_OTHER_NAMES = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}


def check_usage(expected: Json, scope: Scope) -> Iterator[Flaw]:
    """A mapping of token counts to patterns on numbers."""
    example = "write usage: {completion_tokens: {$le: 300}}"
    if not isinstance(expected, dict):
        text = f"'usage' takes token counts with their patterns, not {show(expected, limit=80)}"
        yield Flaw(code="PC102", message=text, help=example)
    elif not expected:
        yield Flaw(code="PC120", message="'usage' without a token count checks nothing", help=example)
    else:
        for name, wanted in expected.items():
            if name in _COUNTS:
                yield from (
                    flaw.inside(name) for flaw in scope.language.check(wanted, _number(f"usage.{name}", is_whole=True))
                )
            else:
                yield _unknown_count(name).inside(name)


def _unknown_count(name: str) -> Flaw:
    flaw = unknown_name("token count", name, known=_COUNTS)
    ours = _OTHER_NAMES.get(name)
    return flaw if ours is None else replace(flaw, help=f"did you mean '{ours}'?")


def judge_usage(expected: Json, outcome: Outcome, scope: Scope) -> Iterator[Breach]:
    """Every named count, over the requests of the trial."""
    is_known = _is_answered(outcome)
    for name, wanted in expected.items() if isinstance(expected, dict) else ():
        count: int | None = getattr(outcome.usage, name) if name in _COUNTS and is_known else None
        yield from _judge_amount(wanted, count, f"usage.{name}", (name,), scope)


def check_cost(expected: Json, scope: Scope) -> Iterator[Flaw]:
    """A pattern on a number of US dollars."""
    yield from scope.language.check(expected, _number("cost", unit="US dollars"))


def judge_cost(expected: Json, outcome: Outcome, scope: Scope) -> Iterator[Breach]:
    """The sum in US dollars, compared digit by digit."""
    cost = None if _is_made_up(outcome) else outcome.cost
    yield from _judge_amount(expected, cost, "cost", (), scope)


def check_latency(expected: Json, scope: Scope) -> Iterator[Flaw]:
    """A pattern on a number of seconds."""
    yield from scope.language.check(expected, _number("latency", unit="seconds"))


def judge_latency(expected: Json, outcome: Outcome, scope: Scope) -> Iterator[Breach]:
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
    wanted: Json, amount: Decimal | float | None, path: str, clause: tuple[str, ...], scope: Scope
) -> Iterator[Breach]:
    if amount is None:
        expected = scope.language.describe(wanted, ANYTHING.kinds)
        yield Breach(reason="unknown", path=path, expected=expected, got="unknown", clause=clause, truth=UNKNOWN)
        return
    for found in scope.language.judge(wanted, amount):
        yield breach(found.inside(clause=clause), dotted(path, found.place))
