"""Outcomes of a cell's trials -> its result."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence

from prompt_contracts.case import Case
from prompt_contracts.changed_fields import replace
from prompt_contracts.expectations.judgement import KEPT, Judgement, assess
from prompt_contracts.failure import Failure
from prompt_contracts.interaction import Interaction
from prompt_contracts.json_schema.time_limit import DEFAULT_SECONDS, time_limit
from prompt_contracts.outcome import Outcome
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.references import References
from prompt_contracts.results.repetition import repeats_of
from prompt_contracts.results.requirement import cell_verdict, tally
from prompt_contracts.trial import Cell
from prompt_contracts.truth import FALSE, LIMITED, Truth, all_hold
from prompt_contracts.turn import Facet, declares_error
from prompt_contracts.verdict import CaseResult, Problem, RawExchange, TrialResult, VerdictWord


def judge_trial(cell: Cell, outcome: Outcome, *, references: References, show_raw: bool = False) -> TrialResult:
    """One trial's result: an error that the case does not declare is the verdict `error`, never a failure."""
    error = undeclared_error(cell, outcome, references)
    judgement = Judgement(truth=LIMITED, failures=())
    if error is None:
        # For replies that are judged one by one; within the limit of a cell that one goes on.
        with time_limit(DEFAULT_SECONDS):
            judgement = _assess(cell.case, outcome, references)
    recorded = [interaction.recorded for interaction in outcome.interactions]
    costs = [entry.cost for entry in recorded if entry.cost is not None]
    facts = outcome.facts()
    facts["error"] = error or outcome.error
    # One question and one answer stand in the case and in the result already.
    if len(outcome.transcript) <= len(cell.case.messages) + 1:
        facts["transcript"] = ()
    return TrialResult(
        **facts,
        verdict=_verdict(judgement.truth),
        failures=judgement.failures,
        cost_source=", ".join(dict.fromkeys([cost.source for cost in costs])) or None,
        prices_as_of=max([cost.as_of for cost in costs if cost.as_of is not None], default=None),
        recorded_at=next(iter([entry.at for entry in reversed(recorded) if entry.at is not None]), None),
        is_replayed=_is_replayed(outcome),
        http_status=_http_status(outcome),
        raw=tuple(raw_exchanges(outcome.interactions)) if show_raw else (),
    )


def raw_exchanges(interactions: Sequence[Interaction]) -> Iterator[RawExchange]:
    """Requests and responses in their order, attempts that were sent again included."""
    for each in interactions:
        yield from raw_exchanges(each.earlier)
        body, response = each.request.body, each.response
        yield RawExchange(
            method=each.request.method,
            url=each.request.url,
            request=None if body is None else json.dumps(body, indent=2, ensure_ascii=False),
            status=None if response is None else response.status,
            response=None if response is None else response.text,
        )


def _is_replayed(outcome: Outcome) -> bool:
    """Whether all that was asked came from a recording; what a fault made up was not asked."""
    asked = [each.is_replayed for each in outcome.interactions if each.is_replayed or not each.is_injected]
    return bool(asked) and all(asked)


def _http_status(outcome: Outcome) -> int | None:
    responses = [each.response for each in outcome.interactions if each.response is not None]
    return responses[-1].status if responses else None


def _verdict(truth: Truth) -> VerdictWord:
    """A contract that a limit of ours left open is neither kept nor broken."""
    if truth.is_certain:
        return "passed"
    return "error" if truth.is_possible else "failed"


def undeclared_error(cell: Cell, outcome: Outcome, references: References) -> ProviderError | None:
    """The error in which a trial ended though its case does not expect it; None when there is a verdict.

    With `on_error: continue`, the error of a turn that expects nothing is no verdict; the last turn's always is.
    """
    case = cell.case
    held_back = held_back_error(outcome)
    if held_back is not None:
        return held_back
    if not outcome.turns:
        # Without any error there is none of another kind either.
        is_calm = outcome.error is None and outcome.recovered is None
        return outcome.error if is_calm or not case.declares_error else _other_error(case, outcome, references)
    for turn, came in zip(case.turns, outcome.turns, strict=False):
        if _expects_error(came):
            other = _other_error(replace(case, expect=_expected(came)), came, references)
            if other is not None:
                return other
            continue
        if came.error is None:
            continue
        is_passed_over = turn.on_error == "continue" and not _expected(came) and came is not outcome.turns[-1]
        if not is_passed_over and not (came is outcome.turns[-1] and case.declares_error):
            return came.error
    return _other_error(case, outcome, references)


def _other_error(case: Case, outcome: Outcome, references: References) -> ProviderError | None:
    from prompt_contracts.engine.other_error import other_error  # few cases declare an error

    return other_error(case, outcome, references)


def held_back_error(outcome: Outcome) -> ProviderError | None:
    """The first request that was held back for want of money: whatever came of that says nothing of the model."""
    for each in outcome.interactions:
        if each.failure is not None and each.failure.kind == "budget":
            return each.failure
    return None


def _expected(turn: Outcome) -> tuple[Facet, ...]:
    return () if turn.asked is None else turn.asked.expect


def _expects_error(turn: Outcome) -> bool:
    return declares_error({facet.name: facet.value for facet in _expected(turn)})


def _assess(case: Case, outcome: Outcome, references: References) -> Judgement:
    """The whole contract: that of each turn, and that of the case."""
    ended = () if outcome.stop is None else (outcome.stop,)
    unreached = () if ended else tuple(_unreached(case, outcome))
    turns = [_assess_turn(case, turn, number, references) for number, turn in enumerate(outcome.turns, start=1)]
    whole = [_assess_one(case, outcome, references)] if case.expect else []
    if whole and not (turns or ended or unreached):
        return whole[0]  # the conjunction of one
    return Judgement(
        truth=all_hold([*(FALSE for _ in (*ended, *unreached)), *(one.truth for one in (*turns, *whole))]),
        failures=tuple(
            itertools.chain(ended, *(one.failures for one in turns), unreached, *(w.failures for w in whole))
        ),
    )


def _assess_turn(case: Case, turn: Outcome, number: int, references: References) -> Judgement:
    if turn.asked is None or not turn.asked.expect:
        return KEPT
    said = replace(case, expect=turn.asked.expect, request=turn.asked.request)
    judgement = _assess_one(said, turn, references)
    placed = (replace(failure, path=f"turn {number}: {failure.path}") for failure in judgement.failures)
    return replace(judgement, failures=tuple(placed))


def _assess_one(case: Case, outcome: Outcome, references: References) -> Judgement:
    return assess(
        case, outcome, earlier=outcome.earlier, read_schema=references.read_schema, resolve=references.resolve
    )


def _unreached(case: Case, outcome: Outcome) -> Iterator[Failure]:
    """A turn that was never asked holds nothing, whatever the turns before it did."""
    reached = len(outcome.turns)
    if outcome.turns and reached < len(case.turns):
        turn = case.turns[reached]
        kind = "an error" if outcome.error is None else outcome.error.kind
        yield Failure(
            code="turns.unreached",
            path=f"turn {turn.number}",
            expected="to be asked",
            got=f"{kind} in turn {reached}, after which the conversation ended",
            location=turn.location,
            message="write on_error: continue in the turn that may fail",
        )


def cell_result(cell: Cell, trials: Sequence[TrialResult], *, cassette: str) -> CaseResult:
    """The result of a cell from the results of its trials."""
    verdict = cell_verdict(cell.case.require, tally(trial.verdict for trial in trials))
    return _result(cell, verdict, tuple(trials), cassette)


def problem_result(cell: Cell, problem: Problem, trials: Sequence[TrialResult], *, cassette: str) -> CaseResult:
    """The result of a cell that could not be asked, replayed or recorded; with the trials that were asked."""
    return _result(cell, "error", tuple(trials), cassette, problem)


def _result(
    cell: Cell,
    verdict: VerdictWord,
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
        relation=case.relation,
        prompt=case.prompt,
        provider=cell.target.provider,
        model=cell.target.model,
        verdict=verdict,
        trials=trials,
        requirement=str(case.require),
        repeats=repeats_of([trial.verdict for trial in trials], planned=case.trials),
        problem=problem,
        cassette=cassette,
        tags=case.tags,
        endpoint=cell.endpoint,
        endpoint_reason=cell.endpoint_reason,
        line=case.location.line,
        description=case.description,
        xfail=case.xfail,
        messages=case.messages,
        expect=case.facets,
    )
