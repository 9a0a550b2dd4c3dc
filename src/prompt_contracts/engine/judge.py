"""Outcomes of a cell's trials -> its result."""

from __future__ import annotations

from collections.abc import Sequence

from prompt_contracts.engine.references import References
from prompt_contracts.expectations.definition import declares_error
from prompt_contracts.expectations.judgement import judge
from prompt_contracts.expectations.regular_expression import SlowRegexError
from prompt_contracts.outcome import Outcome
from prompt_contracts.results.requirement import cell_verdict
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import CaseResult, Failure, Problem, TrialResult, Verdict


def judge_trial(cell: Cell, outcome: Outcome, *, references: References) -> TrialResult:
    """One trial's result: an error that the case does not declare is the verdict `error`, never a failure."""
    failures: tuple[Failure, ...] = ()
    if is_undeclared_error(cell, outcome):
        verdict: Verdict = "error"
    else:
        try:
            failures = judge(cell.case, outcome, read_schema=references.read_schema, resolve=references.resolve)
            verdict = "failed" if failures else "passed"
        except SlowRegexError as error:
            failures, verdict = (_undecided(cell, str(error)),), "error"
    recorded = [interaction.recorded for interaction in outcome.interactions]
    costs = [entry.cost for entry in recorded if entry.cost is not None]
    return TrialResult(
        trial=outcome.trial,
        verdict=verdict,
        failures=failures,
        completion=outcome.completion,
        error=outcome.error,
        usage=outcome.usage,
        cost=outcome.cost,
        cost_source=", ".join(dict.fromkeys(cost.source for cost in costs)) or None,
        prices_as_of=max((cost.as_of for cost in costs if cost.as_of is not None), default=None),
        latency=outcome.latency,
        attempts=outcome.attempts,
        recorded_at=recorded[-1].at if recorded else None,
        is_replayed=bool(outcome.interactions) and all(each.is_replayed for each in outcome.interactions),
    )


def _undecided(cell: Cell, reason: str) -> Failure:
    return Failure(
        code="expect.timeout",
        path="expect",
        expected="a regular expression that ends in time",
        got="one that does not on this answer",
        location=cell.case.location,
        message=reason,
    )


def is_undeclared_error(cell: Cell, outcome: Outcome) -> bool:
    """Whether a trial ended in an error that its case does not expect."""
    return outcome.error is not None and not declares_error(cell.case)


def cell_result(cell: Cell, trials: Sequence[TrialResult], *, cassette: str) -> CaseResult:
    """The result of a cell from the results of its trials."""
    return _result(cell, cell_verdict(cell.case.require, [trial.verdict for trial in trials]), tuple(trials), cassette)


def problem_result(cell: Cell, problem: Problem, trials: Sequence[TrialResult], *, cassette: str) -> CaseResult:
    """The result of a cell that could not be asked, replayed or recorded; with the trials that were asked."""
    return _result(cell, "error", tuple(trials), cassette, problem)


def _result(
    cell: Cell,
    verdict: Verdict,
    trials: tuple[TrialResult, ...],
    cassette: str,
    problem: Problem | None = None,
) -> CaseResult:
    case = cell.case
    return CaseResult(
        id=cell.id,
        path=case.path,
        case=case.name,
        row=case.row,
        provider=cell.target.provider,
        model=cell.target.model,
        verdict=verdict,
        trials=trials,
        requirement=str(case.require),
        problem=problem,
        cassette=cassette,
        tags=case.tags,
    )
