"""Results of cells under changes -> how each change did beside the base, for each model."""

from __future__ import annotations

from collections.abc import Sequence

from prompt_contracts.changed_fields import replace
from prompt_contracts.report import RelationSummary
from prompt_contracts.results.cell_pairs import CellPair
from prompt_contracts.results.paired_statistics import holm, mcnemar
from prompt_contracts.results.verdict_count import count_verdicts
from prompt_contracts.verdict import CaseResult, Sameness


def summarise_relations(results: Sequence[CaseResult]) -> tuple[RelationSummary, ...]:
    """One summary for each change and model, in the order in which they come."""
    bases = {_key(result): result for result in results if result.relation is None}
    groups: dict[tuple[str, str], list[CaseResult]] = {}
    for result in results:
        if result.relation is not None:
            groups.setdefault((result.relation, result.model_id), []).append(result)
    found = [_summary(relation, changed, bases) for (relation, _), changed in groups.items()]
    # The more one looks, the more often chance looks like something.
    adjusted = iter(holm([each.p_value for each in found if each.p_value is not None]))
    return tuple(each if each.p_value is None else replace(each, p_adjusted=next(adjusted)) for each in found)


def _key(result: CaseResult) -> tuple[str | None, ...]:
    return (result.path, result.case, result.row, result.prompt, result.model_id)


def _summary(
    relation: str, results: Sequence[CaseResult], bases: dict[tuple[str | None, ...], CaseResult]
) -> RelationSummary:
    pairs = [
        CellPair(base=bases[_key(result)], other=result)
        for result in results
        if _key(result) in bases and not result.has_own_contract
    ]
    judged = [(pair.base.verdict, pair.other.verdict) for pair in pairs if pair.is_judged]
    worse, better = judged.count(("passed", "failed")), judged.count(("failed", "passed"))
    return RelationSummary(
        relation=relation,
        provider=results[0].provider,
        model=results[0].model,
        cells=count_verdicts([result.verdict for result in results]),
        base=count_verdicts([pair.base.verdict for pair in pairs]) if pairs else None,
        pairs=len(judged),
        worse=worse,
        better=better,
        p_value=mcnemar(worse, better) if judged else None,
        same=_same([result.same for result in results if result.same is not None]),
    )


def _same(found: Sequence[Sameness]) -> Sameness | None:
    if not found:
        return None
    return Sameness(
        equal=sum(each.equal for each in found),
        compared=sum(each.compared for each in found),
        base_equal=sum(each.base_equal for each in found),
        base_compared=sum(each.base_compared for each in found),
    )
