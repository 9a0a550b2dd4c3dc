"""The facet `requests`: what was really asked, as the list of the request bodies that were sent."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.expectations.facet_rule import Breach, Scope, breach, dotted
from prompt_contracts.expectations.flaw import ANYTHING, Flaw, Subject
from prompt_contracts.expectations.satisfiability import check_not_vacuous
from prompt_contracts.expectations.truth import UNKNOWN
from prompt_contracts.json_value import Json
from prompt_contracts.outcome import Outcome

_REQUESTS = Subject(name="the list of requests", kinds=frozenset({"array"}))


def check_requests(expected: Json, scope: Scope) -> Iterator[Flaw]:
    """A pattern on a list."""
    # Of any other list the help would be $any_of: a list is what is wanted here.
    flaws = tuple(scope.language.check(expected, _REQUESTS))
    yield from flaws or check_not_vacuous(expected, _REQUESTS, scope.language)


def judge_requests(expected: Json, outcome: Outcome, scope: Scope) -> Iterator[Breach]:
    """The bodies, in the order in which they were sent; unknown where only replies are known."""
    # An application may well have asked nothing; of a reply that somebody already has, nobody knows.
    if not outcome.interactions and outcome.handled is None:
        wanted = scope.language.describe(expected, ANYTHING.kinds)
        note = "the requests behind this answer are not known"
        yield Breach(reason="unknown", path="requests", expected=wanted, got="unknown", message=note, truth=UNKNOWN)
        return
    bodies: list[Json] = [interaction.request.body for interaction in outcome.interactions]
    for found in scope.language.judge(expected, bodies):
        yield breach(found, dotted("requests", found.place))
