"""Results of cells -> the report of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from prompt_contracts.report import Bill, BrokenResult, Report, Summary
from prompt_contracts.results.relation_sums import summarise_relations
from prompt_contracts.results.repetition import average_repeats
from prompt_contracts.results.statistics import clustered_wilson, percentile
from prompt_contracts.results.verdict_count import count_verdicts
from prompt_contracts.usage import Usage
from prompt_contracts.verdict import CaseResult, TrialResult


def build_report(
    results: Iterable[CaseResult],
    *,
    created_at: str | None,
    version: str,
    mode: str,
    broken: Sequence[BrokenResult] = (),
    spent: Bill | None = None,
) -> Report:
    """The report of a run; cells in the order in which they come, models and prompts in that of their names.

    `spent` is what the run paid, for whatever became of it; None takes it from the results.
    """
    ordered = tuple(results)
    trials = [trial for result in ordered for trial in result.trials]
    dates = [trial.prices_as_of for trial in trials if trial.prices_as_of is not None]
    return Report(
        created_at=created_at,
        version=version,
        mode=mode,
        models=summarise(ordered),
        prompts=_summarise_prompts(ordered),
        relations=summarise_relations(ordered),
        results=ordered,
        broken=tuple(broken),
        spent=spent or sum_of_costs([trial for trial in trials if not trial.is_replayed]),
        recorded=sum_of_costs([trial for trial in trials if trial.is_replayed]),
        prices_as_of=max(dates, default=None),
    )


def summarise(results: Sequence[CaseResult]) -> tuple[Summary, ...]:
    """One summary for each provider and model, ordered by id."""
    groups: dict[str, list[CaseResult]] = {}
    for result in results:
        groups.setdefault(result.model_id, []).append(result)
    return tuple(_summary(groups[model]) for model in sorted(groups))


def _summarise_prompts(results: Sequence[CaseResult]) -> tuple[Summary, ...]:
    groups: dict[tuple[str, str], list[CaseResult]] = {}
    for result in results:
        if result.prompt is not None:
            groups.setdefault((result.prompt, result.model_id), []).append(result)
    return tuple(_summary(groups[key], prompt=key[0]) for key in sorted(groups))


def _summary(results: Sequence[CaseResult], *, prompt: str | None = None) -> Summary:
    trials = [trial for result in results for trial in result.trials]
    counted = count_verdicts([trial.verdict for trial in trials])
    scored = [
        (float(trial.verdict == "passed"), (result.path, result.case))
        for result in results
        for trial in result.trials
        if trial.verdict != "error"
    ]
    interval = clustered_wilson([value for value, _ in scored], [case for _, case in scored])
    usage = Usage.total(trial.usage for trial in trials if trial.completion is not None)
    costs = [trial.cost for trial in trials if trial.cost is not None]
    latencies = [trial.latency for trial in trials if trial.latency is not None]
    return Summary(
        provider=results[0].provider,
        model=results[0].model,
        prompt=prompt,
        cells=count_verdicts([result.verdict for result in results]),
        trials=counted,
        rate=counted.rate,
        interval=None if interval is None else interval[0],
        design_effect=None if interval is None else interval[1],
        repeats=average_repeats([result.repeats for result in results if result.repeats is not None]),
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=usage.cached_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cost=sum(costs, Decimal(0)) if costs else None,
        unpriced=len(trials) - len(costs),
        latency_p50=percentile(latencies, 0.5),
        latency_p95=percentile(latencies, 0.95),
        retries=_retries(trials),
    )


def _retries(trials: Sequence[TrialResult]) -> int | None:
    known = [trial.retries for trial in trials if trial.retries is not None]
    return sum(known) if len(known) == len(trials) else None


def sum_of_costs(trials: Sequence[TrialResult]) -> Bill:
    """What these trials cost."""
    costs = [trial.cost for trial in trials if trial.cost is not None]
    return Bill(usd=sum(costs, Decimal(0)), unpriced=len(trials) - len(costs))
