"""The facets that hold expectations: `any_of`, `all_of` and `not`.

What nobody can tell is neither true nor false here, so `not` never makes it a pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from prompt_contracts.expectations.expectation import (
    check_mapping,
    judge_facet,
    judge_mapping,
    mapping_truth,
    nested_scope,
    wanted_by,
)
from prompt_contracts.expectations.expectation_extent import check_not_idle, check_together
from prompt_contracts.expectations.facet_rule import FacetContext
from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json, show
from prompt_contracts.mismatch import Mismatch, cut, truth_of_all
from prompt_contracts.outcome import Outcome
from prompt_contracts.truth import Truth, all_hold, one_holds
from prompt_contracts.turn import COMBINATIONS, declares_error, members_of


def check_any_of_facets(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """Expectations, each of which could hold beside what stands around them."""
    others = {name: value for name, value in scope.expect.items() if name != "any_of"}
    around = replace(scope, wanted_outside=scope.wanted_outside | wanted_by(others, scope.facets))
    yield from _check("any_of", expected, around)


def check_all_of_facets(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """Expectations."""
    yield from _check("all_of", expected, scope)


def check_not_facet(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """Expectations without an error: one that is not expected is never a pass anyway."""
    yield from _check("not", expected, replace(scope, wanted_outside=frozenset()))
    for clause, member in members_of(expected):
        if _mentions_error(member):
            text = "an error under 'not' checks nothing: an error that is not expected is never a pass"
            yield Finding(
                code="PC120", message=text, clause=clause, help="write error: {kind: {$not: ...}} outside 'not'"
            )


def _mentions_error(expect: Json) -> bool:
    members = [inner for _, inner in members_of(expect)]
    return any(
        name == "error" or (name in COMBINATIONS and _mentions_error(value))
        for member in members
        for name, value in member.items()
    )


def _check(name: str, expected: Json, scope: FacetContext) -> Iterator[Finding]:
    findings = tuple(_check_members(name, expected, scope))
    yield from findings or check_not_idle(name, expected, scope)


def _check_members(name: str, expected: Json, scope: FacetContext) -> Iterator[Finding]:
    members = expected if isinstance(expected, list) else [expected]
    if not members:
        help_ = f"write {name}: [{{text: ...}}, {{json: ...}}]"
        yield Finding(code="PC120", message=f"'{name}' with an empty list checks nothing", help=help_)
    for index, member in enumerate(members):
        clause = (index,) if isinstance(expected, list) else ()
        if isinstance(member, dict):
            inside = nested_scope(member, scope)
            inner = tuple(check_mapping(member, inside)) or tuple(check_together(member, inside))
            yield from (finding.inside(*clause) for finding in inner)
        else:
            text = f"'{name}' takes expectations, not {show(member, limit=80)}"
            yield Finding(code="PC102", message=text, clause=clause, help=f"write {name}: [{{text: ...}}]")


def _judge(member: Mapping[str, Json], outcome: Outcome, scope: FacetContext) -> tuple[Mismatch, ...]:
    return tuple(judge_mapping(member, outcome, nested_scope(member, scope)))


def judge_all_of(expected: Json, outcome: Outcome, scope: FacetContext) -> Iterator[Mismatch]:
    """Every expectation holds."""
    for clause, member in members_of(expected):
        # Beside a member that may take an error for its own, the others need not.
        inside = scope if declares_error(member) else replace(scope, is_error_declared=True)
        for found in _judge(member, outcome, inside):
            yield replace(found, clause=(*clause, *found.clause))


def any_of_truth(expected: Json, outcome: Outcome, scope: FacetContext) -> Truth:
    """One of the expectations holds."""
    return one_holds(_truth(member, outcome, scope) for _, member in members_of(expected))


def all_of_truth(expected: Json, outcome: Outcome, scope: FacetContext) -> Truth:
    """All of the expectations hold."""
    return all_hold(_truth(member, outcome, scope) for _, member in members_of(expected))


def not_truth(expected: Json, outcome: Outcome, scope: FacetContext) -> Truth:
    """None of the expectations holds, and that is certain."""
    inside = replace(scope, is_error_declared=True)
    return all_hold(_truth(member, outcome, inside).opposite for _, member in members_of(expected))


def _truth(member: Mapping[str, Json], outcome: Outcome, scope: FacetContext) -> Truth:
    return mapping_truth(member, outcome, nested_scope(member, scope))


def judge_any_of(expected: Json, outcome: Outcome, scope: FacetContext) -> Iterator[Mismatch]:
    """One of the expectations holds; else the one that is broken least is told."""
    judged = [(clause, _judge(member, outcome, scope)) for clause, member in members_of(expected)]
    truth = one_holds(truth_of_all(found) for _, found in judged)
    if truth.is_certain:
        return
    # What could not be told is why the whole is undecided: more than how near the others came.
    undecided = [one for one in judged if not truth_of_all(one[1]).is_refuted]
    yield Mismatch(
        reason="none",
        path="answer",
        expected=f"one of {len(judged)} expectations to hold" if len(judged) != 1 else "the expectation to hold",
        got="none of them",
        message=_closest_words(undecided or judged),
        truth=truth,
    )


def _closest_words(judged: list[tuple[tuple[str | int, ...], tuple[Mismatch, ...]]]) -> str:
    if not judged:
        return ""
    clause, found = min(judged, key=lambda one: len(one[1]))
    first = found[0]
    number = f"number {int(clause[0]) + 1}" if clause else "it"
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    why = f" ({first.message})" if first.message else ""
    return cut(f"closest is {number}: {first.path}: expected {first.expected}, got {first.got}{why}{more}", limit=400)


def judge_not(expected: Json, outcome: Outcome, scope: FacetContext) -> Iterator[Mismatch]:
    """None of the expectations holds, and that is certain."""
    for clause, member in members_of(expected):
        # Without it an undeclared error would break the member, and `not` would hold of it.
        found = _judge(member, outcome, replace(scope, is_error_declared=True))
        truth = truth_of_all(found).opposite
        names = ", ".join(member)
        wanted = f"what breaks {names}" if len(member) == 1 else f"what breaks one of {names}"
        if truth.is_refuted:
            yield Mismatch(reason="holds", path="answer", expected=wanted, got="what keeps to it", clause=clause)
        elif not truth.is_certain:
            first = found[0]
            why = f"{first.path}: {first.got}" + (f" ({first.message})" if first.message else "")
            yield Mismatch(
                reason="unknown",
                path="answer",
                expected=wanted,
                got="nobody can tell",
                clause=clause,
                message=why,
                truth=truth,
            )


def error_is_met(expect: Mapping[str, Json], outcome: Outcome, scope: FacetContext) -> Truth:
    """Whether the error that came is one that the facets, or one of their alternatives, declare."""
    declared = expect.get("error")
    if declared is not None:
        return truth_of_all(judge_facet("error", declared, outcome, scope))
    return one_holds(
        error_is_met(member, outcome, nested_scope(member, scope))
        for name in ("any_of", "all_of")
        for _, member in members_of(expect.get(name))
    )
