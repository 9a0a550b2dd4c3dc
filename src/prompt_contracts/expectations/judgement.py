"""Holding an outcome against what a case expects. Pure: no network, nothing kept but compiled patterns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prompt_contracts.case import Case
from prompt_contracts.changed_fields import replace
from prompt_contracts.completion import Completion
from prompt_contracts.data_class import dataclass
from prompt_contracts.expectations.combination import error_is_met
from prompt_contracts.expectations.definition import scope_of
from prompt_contracts.expectations.expectation import is_per_choice, judge_facet
from prompt_contracts.expectations.facet_rule import FacetContext
from prompt_contracts.failure import Failure
from prompt_contracts.json_schema.time_limit import OutOfTimeError
from prompt_contracts.json_value import Json, pointer
from prompt_contracts.mismatch import Mismatch
from prompt_contracts.outcome import Outcome
from prompt_contracts.references import ReadSchema, Resolve
from prompt_contracts.truth import FALSE, LIMITED, TRUE, Truth, all_hold
from prompt_contracts.turn import Facet


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What an outcome is by a contract."""

    truth: Truth
    """How sure it is that the contract holds; what a limit of ours left open is neither kept nor broken."""
    failures: tuple[Failure, ...]
    """Every clause that does not certainly hold."""


KEPT = Judgement(truth=TRUE, failures=())


def broken_clauses(
    case: Case,
    outcome: Outcome,
    *,
    earlier: tuple[Completion, ...] = (),
    read_schema: ReadSchema | None = None,
    resolve: Resolve | None = None,
) -> tuple[Failure, ...]:
    """Every clause of the case's `expect` that the outcome does not certainly keep; empty when the contract holds.

    The same as the failures of `assess`.
    """
    return assess(case, outcome, earlier=earlier, read_schema=read_schema, resolve=resolve).failures


def assess(
    case: Case,
    outcome: Outcome,
    *,
    earlier: tuple[Completion, ...] = (),
    read_schema: ReadSchema | None = None,
    resolve: Resolve | None = None,
) -> Judgement:
    """An outcome held against what a case expects.

    `earlier` are the answers before the last one, in the order in which they came: their calls count too.
    `read_schema` gives the JSON of a file by its path inside the project; `resolve` the function that
    `package.module:function` names. Without them, what needs them does not hold.

    An outcome with an error is judged only for a case that declares `error`: for any other it is no
    broken contract, and the caller gives the verdict. For a case that `check_expect` accepts nothing is raised.
    """
    scope = scope_of(case, read_schema=read_schema, resolve=resolve, earlier=earlier)
    found = [(facet, one) for facet in case.expect for one in _mismatches(facet, outcome, scope)]
    missing = _missing_choices(case, outcome)
    if not (found or missing):
        return KEPT
    truth = all_hold([*(one.truth for _, one in found), *(FALSE for _ in missing)])
    return Judgement(truth=truth, failures=(*(_failure(facet, one) for facet, one in found), *missing))


def _mismatches(facet: Facet, outcome: Outcome, scope: FacetContext) -> Iterable[Mismatch]:
    """Everything in which an outcome breaks one facet; each of several choices must keep to it by itself."""
    value = scope.expect[facet.name]
    answer = outcome.completion
    if answer is None or len(answer.choices) <= 1 or not is_per_choice(facet.name, value, scope.facets):
        return _within_limits(facet, value, outcome, scope)
    return _of_each_choice(facet, value, answer, outcome, scope)


def _of_each_choice(
    facet: Facet, value: Json, answer: Completion, outcome: Outcome, scope: FacetContext
) -> Iterator[Mismatch]:
    # Budgets and functions inside a combination still see all choices.
    inside = replace(scope, whole=outcome)
    for index, choice in enumerate(answer.choices):
        alone = replace(outcome, completion=replace(answer, choices=(choice,)))
        for found in _within_limits(facet, value, alone, inside):
            yield replace(found, path=f"choices[{index}].{found.path}")


def _within_limits(facet: Facet, value: Json, outcome: Outcome, scope: FacetContext) -> tuple[Mismatch, ...]:
    try:
        return tuple(judge_facet(facet.name, value, outcome, scope))
    except RecursionError:
        expected, got = "an answer that can be compared", "one that is nested too deeply"
        return (Mismatch(reason="depth", path=facet.name, expected=expected, got=got, truth=LIMITED),)
    except OutOfTimeError as error:
        expected, got = "patterns that end in time", "no judgement"
        return (
            Mismatch(reason="time", path=facet.name, expected=expected, got=got, message=str(error), truth=LIMITED),
        )


def error_is_declared(case: Case, outcome: Outcome, *, resolve: Resolve | None = None) -> bool:
    """Whether the error of an outcome may be one that the case, or one of its alternatives, declares."""
    scope = scope_of(case, read_schema=None, resolve=resolve)
    return not error_is_met(scope.expect, outcome, scope).is_refuted


def has_all_choices(case: Case, outcome: Outcome) -> bool:
    """Whether as many choices came as were asked for."""
    return not _missing_choices(case, outcome)


def _missing_choices(case: Case, outcome: Outcome) -> tuple[Failure, ...]:
    """Of `n` choices that were asked for every one must hold: one that did not come does not."""
    wanted = case.request.get("n")
    if outcome.completion is None or isinstance(wanted, bool) or not isinstance(wanted, (int, float)):
        return ()
    found = len(outcome.completion.choices)
    # Ollama drops `n` without a word and sends one; Groq takes no other (server source; SDK 1.7.0).
    if wanted <= 1 or found >= wanted:
        return ()
    expected, got = _count_words(int(wanted)), _count_words(found)
    return (Failure(code="choices.missing", path="choices", expected=expected, got=got, location=case.location),)


def _count_words(count: int) -> str:
    return f"{count} choice{'s' if count != 1 else ''}"


def _failure(facet: Facet, found: Mismatch) -> Failure:
    return Failure(
        code=f"{facet.name}.{found.reason}",
        path=found.path,
        expected=found.expected,
        got=found.got,
        location=facet.locate(pointer(*found.clause)),
        message=found.message,
    )
