"""Two sides, cell by cell -> what is different between them, and how sure that is."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal

from prompt_contracts.comparison import CellChange, ChangeKind, Contrast, Ratio, Side
from prompt_contracts.results.cell_pairs import CellPair, PairedSides, SideCells, trial_rate
from prompt_contracts.results.paired_statistics import (
    detectable_difference,
    mcnemar,
    paired_difference,
    ratio_interval,
)
from prompt_contracts.results.verdict_count import count_verdicts
from prompt_contracts.verdict import CaseResult, TrialResult

_Amount = Callable[[TrialResult], float | Decimal | None]
_ORDER: tuple[ChangeKind, ...] = ("worse", "lost", "better", "found", "wavering")


def contrast_of(sides: PairedSides, *, model: str | None = None, is_across_models: bool = False) -> Contrast:
    """The contrast of two sides, its p-value corrected for no other."""
    judged = [pair for pair in sides.pairs if pair.is_judged]
    changes = _changes(sides.pairs)
    counted = Counter(change.kind for change in changes)
    found = paired_difference([_difference(pair) for pair in judged], [pair.cluster for pair in judged])
    p_value = mcnemar(counted["worse"], counted["better"]) if judged else None
    bases, others = [pair.base for pair in sides.pairs], [pair.other for pair in sides.pairs]
    return Contrast(
        base=_side(sides.base, bases, [pair.base for pair in judged], sides.base_alone),
        other=_side(sides.other, others, [pair.other for pair in judged], sides.other_alone),
        model=model,
        is_across_models=is_across_models,
        pairs=len(sides.pairs),
        judged=len(judged),
        worse=counted["worse"],
        better=counted["better"],
        lost=counted["lost"],
        found=counted["found"],
        recontracted=sum(_contract(pair.base) != _contract(pair.other) for pair in judged),
        difference=None if found is None else found.value,
        interval=None if found is None else found.interval,
        p_value=p_value,
        p_adjusted=p_value,
        detectable=None if found is None else detectable_difference(found.error, len(judged)),
        cost=_ratio(judged, lambda trial: trial.cost),
        prompt_tokens=_ratio(judged, lambda trial: trial.usage.prompt_tokens),
        completion_tokens=_ratio(judged, lambda trial: trial.usage.completion_tokens),
        latency=_ratio(judged, lambda trial: trial.latency),
        changes=changes,
    )


def _side(side: SideCells, paired: Sequence[CaseResult], judged: Sequence[CaseResult], alone: tuple[str, ...]) -> Side:
    trials = [trial for result in paired for trial in result.trials]
    costs = [trial.cost for trial in trials if trial.cost is not None]
    cells = count_verdicts([result.verdict for result in paired])
    cost = sum(costs, Decimal(0)) if costs else None
    unpriced = len(trials) - len(costs)
    rates = [rate for result in judged if (rate := trial_rate(result)) is not None]
    return Side(
        label=side.label,
        cells=cells,
        trials=count_verdicts([trial.verdict for trial in trials]),
        rate=math.fsum(rates) / len(rates) if rates else None,
        cost=cost,
        unpriced=unpriced,
        cost_per_pass=None if cost is None or unpriced or not cells.passed else cost / cells.passed,
        alone=alone,
        broken=tuple(side.broken),
    )


def _contract(result: CaseResult) -> tuple[str, str]:
    """What was asked of a cell, as a text that is the same wherever it comes from."""
    return json.dumps(result.expect, sort_keys=True, default=str), result.requirement


def _difference(pair: CellPair) -> float:
    return (trial_rate(pair.other) or 0.0) - (trial_rate(pair.base) or 0.0)


def _changes(pairs: Sequence[CellPair]) -> tuple[CellChange, ...]:
    """The worst first; of one kind those that lost most, then in the order of the cells."""
    found = [
        (
            _ORDER.index(kind),
            _difference(pair),
            place,
            CellChange(kind=kind, name=pair.name, base=pair.base, other=pair.other),
        )
        for place, pair in enumerate(pairs)
        if (kind := _change(pair)) is not None
    ]
    return tuple(change for *_, change in sorted(found, key=lambda entry: entry[:3]))


def _change(pair: CellPair) -> ChangeKind | None:
    before, after = trial_rate(pair.base), trial_rate(pair.other)
    if before is None or after is None:
        return None if before is after else "found" if before is None else "lost"
    if pair.base.verdict != pair.other.verdict:
        return "better" if pair.other.verdict == "passed" else "worse"
    return None if before == after else "wavering"


def _ratio(judged: Sequence[CellPair], amount: _Amount) -> Ratio:
    """Of pairs that were judged: what an error took is no part of what an answer takes."""
    amounts = [(pair.cluster, _mean(pair.base, amount), _mean(pair.other, amount)) for pair in judged]
    known = [(cluster, one, other) for cluster, one, other in amounts if one is not None and other is not None]
    base, other = math.fsum(one for _, one, _ in known), math.fsum(after for *_, after in known)
    inside: dict[tuple[str, ...], list[tuple[float, float]]] = {}
    for cluster, before, after in known:
        inside.setdefault(cluster, []).append((before, after))
    sums = {key: (math.fsum(one for one, _ in own), math.fsum(two for _, two in own)) for key, own in inside.items()}
    return Ratio(
        value=other / base if base else None,
        interval=ratio_interval(sums) if base else None,
        base=base if known else None,
        other=other if known else None,
        cells=len(known),
        unknown=len(judged) - len(known),
    )


def _mean(result: CaseResult, amount: _Amount) -> float | None:
    """Over the judged trials; None as soon as one is unknown."""
    amounts = [amount(trial) for trial in result.trials if trial.verdict != "error"]
    known = [float(each) for each in amounts if each is not None]
    return math.fsum(known) / len(known) if known and len(known) == len(amounts) else None
