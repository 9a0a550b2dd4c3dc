"""Holding an outcome against what a case expects. Pure: no network, nothing kept but compiled patterns."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.case import Case
from prompt_contracts.completion import Completion
from prompt_contracts.expectations.definition import scope_of
from prompt_contracts.expectations.expectation import judge_facet
from prompt_contracts.expectations.facet_rule import Breach, Scope
from prompt_contracts.expectations.operator_rule import ReadSchema, Resolve
from prompt_contracts.facet import Facet
from prompt_contracts.json_value import pointer
from prompt_contracts.outcome import Outcome
from prompt_contracts.verdict import Failure


def judge(
    case: Case,
    outcome: Outcome,
    *,
    earlier: tuple[Completion, ...] = (),
    read_schema: ReadSchema | None = None,
    resolve: Resolve | None = None,
) -> tuple[Failure, ...]:
    """Every clause of the case's `expect` that the outcome breaks; empty when the contract holds.

    `earlier` are the answers before the last one, in the order in which they came: their calls count too.
    `read_schema` gives the JSON of a file by its path inside the project; `resolve` the function that
    `package.module:function` names. Without them, what needs them does not hold.

    An outcome with an error is judged only for a case that declares `error`: for any other it is no
    broken contract, and the caller gives the verdict. For a case that `check_expect` accepts nothing is raised
    but `SlowRegexError`: an expression that does not end in time says nothing about the answer, right or wrong.
    """
    scope = scope_of(case, read_schema=read_schema, resolve=resolve, earlier=earlier)
    failures = [_failure(facet, found) for facet in case.expect for found in _breaches(facet, outcome, scope)]
    return (*failures, *_missing_choices(case, outcome))


def _breaches(facet: Facet, outcome: Outcome, scope: Scope) -> Iterator[Breach]:
    try:
        yield from tuple(judge_facet(facet.name, scope.expect[facet.name], outcome, scope))
    except RecursionError:
        yield Breach(
            reason="depth",
            path=facet.name,
            expected="an answer that can be compared",
            got="one that is nested too deeply",
        )


def _missing_choices(case: Case, outcome: Outcome) -> Iterator[Failure]:
    """Of `n` choices that were asked for every one must hold: one that did not come does not."""
    wanted = case.request.get("n")
    if outcome.completion is None or isinstance(wanted, bool) or not isinstance(wanted, (int, float)):
        return
    found = len(outcome.completion.choices)
    if wanted > 1 and found < wanted:
        expected, got = _count_words(int(wanted)), _count_words(found)
        yield Failure(code="choices.missing", path="choices", expected=expected, got=got, location=case.location)


def _count_words(count: int) -> str:
    return f"{count} choice{'s' if count != 1 else ''}"


def _failure(facet: Facet, found: Breach) -> Failure:
    return Failure(
        code=f"{facet.name}.{found.reason}",
        path=found.path,
        expected=found.expected,
        got=found.got,
        location=facet.locate(pointer(*found.clause)),
        message=found.message,
    )
