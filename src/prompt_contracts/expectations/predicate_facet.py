"""The facet `check`: functions of the project on the whole outcome."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.expectations.facet_rule import Breach, Scope
from prompt_contracts.expectations.flaw import Flaw
from prompt_contracts.expectations.predicate import EXAMPLE, check_name, complaints, said
from prompt_contracts.json_value import Json
from prompt_contracts.outcome import Outcome


def check_check(expected: Json, scope: Scope) -> Iterator[Flaw]:
    """The name of a function, or a list of them."""
    names = expected if isinstance(expected, list) else [expected]
    if not names:
        yield Flaw(code="PC120", message="'check' with an empty list checks nothing", help=EXAMPLE)
    for index, name in enumerate(names):
        clause = (index,) if isinstance(expected, list) else ()
        yield from (flaw.inside(*clause) for flaw in check_name("check", name, scope.language.surroundings))


def judge_check(expected: Json, outcome: Outcome, scope: Scope) -> Iterator[Breach]:
    """Every function says nothing against the outcome."""
    for index, name in enumerate(expected if isinstance(expected, list) else [expected]):
        clause = (index,) if isinstance(expected, list) else ()
        for complaint in complaints(name, outcome, scope.language.surroundings):
            yield Breach(
                reason="refused" if complaint.truth.is_refuted else "unknown",
                path="check",
                expected=f"what {said(name)} accepts",
                got="what it refuses" if complaint.truth.is_refuted else "no judgement",
                clause=clause,
                message=complaint.text,
                truth=complaint.truth,
            )
