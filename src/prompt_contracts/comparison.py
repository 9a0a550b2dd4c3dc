"""What became of the same cells in two runs, under two models, or with two prompts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from typing import Any, Literal, Self

from prompt_contracts.data_class import dataclass
from prompt_contracts.plain_data import PlainData, read_noun
from prompt_contracts.report import Count, Interval
from prompt_contracts.verdict import CaseResult

COMPARISON_FORMAT = 1

ComparedBy = Literal["run", "model", "prompt"]
"""What the two sides of each contrast are."""
ChangeKind = Literal["worse", "lost", "better", "found", "wavering"]
"""Passed before and fails now; is an error now; failed before and passes now; was an error before; has the same verdict
and another share of trials that pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio(PlainData):
    """How many times an amount is what it was; 1.2 is a fifth more."""

    value: float | None
    """`other / base`; None where nothing is known, and where the base has none of it, such as a model that is free."""
    interval: Interval | None
    """95 %, of a bootstrap over cases; None where `value` is, and where there are too few cases to tell."""
    base: float | None
    """What `base` took, summed over `cells`, each by the mean of its judged trials; None of no cells."""
    other: float | None
    """What `other` took, likewise."""
    cells: int
    """The judged pairs with a known amount on both sides: these alone are compared."""
    unknown: int
    """The judged pairs that are left out, since an amount is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side(PlainData):
    """One side of a contrast: what became of those of its cells that have a partner on the other side."""

    label: str
    """The name of the run, `provider:model`, or the name of the prompt; no two sides of a comparison share one."""
    cells: Count
    """Of the paired cells."""
    trials: Count
    """Of the paired cells."""
    rate: float | None
    """The mean, over the pairs that were judged, of the share of a cell's judged trials that passed; None without
    such a pair."""
    cost: Decimal | None = field(metadata={"key": "cost_usd"})
    """US dollars over the trials of the paired cells whose cost is known; None when none is."""
    unpriced: int
    """Trials of the paired cells whose cost is unknown: above 0 makes `cost` a lower bound."""
    cost_per_pass: Decimal | None = field(metadata={"key": "cost_per_pass_usd"})
    """US dollars for each paired cell that passed; None when a cost is unknown or no cell passed."""
    alone: tuple[str, ...] = ()
    """The node ids of this side's cells that have no partner on the other: they are no part of anything else here."""
    broken: tuple[str, ...] = ()
    """The node ids of what could not be loaded in the run of this side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellChange(PlainData):
    """A cell that is not what it was."""

    kind: ChangeKind
    name: str
    """The node id, without what the two sides differ in."""
    base: CaseResult
    other: CaseResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast(PlainData):
    """One side held against the base, cell by cell."""

    base: Side
    other: Side
    model: str | None = None
    """`provider:model`: runs of several models are held against each other model by model. None where the sides hold
    one model each, and where they are models or prompts."""
    is_across_models: bool = False
    """Whether runs of different models were paired: each of them has one model alone."""
    pairs: int
    """Cells that are on both sides."""
    judged: int
    """Pairs with a verdict on the model on both sides: rates and tests are about these."""
    worse: int
    """Pairs that passed and fail now."""
    better: int
    """Pairs that failed and pass now."""
    lost: int
    """Pairs that had a verdict and are an error now."""
    found: int
    """Pairs that were an error and have a verdict now."""
    recontracted: int = 0
    """Judged pairs whose contract is not the same on both sides: what they expect, or of how many trials."""
    difference: float | None
    """`other.rate - base.rate`, from -1 to 1; None when no pair was judged."""
    interval: Interval | None
    """Of `difference`, 95 %, clustered by case, from -1 to 1."""
    p_value: float | None
    """Of the exact McNemar test on `worse` and `better`; 1 where both are 0, None when no pair was judged."""
    p_adjusted: float | None
    """`p_value` after Holm's correction for all contrasts of the comparison."""
    detectable: float | None
    """The smallest difference of pass rates that these cells could have shown, at 5 % and with a power of 80 %; None
    where they could have shown none."""
    cost: Ratio
    prompt_tokens: Ratio
    completion_tokens: Ratio
    latency: Ratio
    changes: tuple[CellChange, ...] = ()
    """What changed, the worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(PlainData):
    """What was held against one base."""

    by: ComparedBy
    contrasts: tuple[Contrast, ...]
    """One for each side but the base, in the order in which they were given, and for each model of two runs; never
    empty."""
    left_out: tuple[str, ...] = ()
    """The node ids of what is in no contrast: cells of a model that one run alone has, cells without a prompt, and,
    within a run, what could not be loaded."""
    missing: tuple[str, ...] = ()
    """Between runs: the node ids of the cells of the base that another run has not."""
    unproved: tuple[str, ...] = ()
    """Between runs: the node ids of the cells that did not pass in another run, though nobody expects that, and of
    which the base has no verdict."""

    def to_json(self) -> dict[str, Any]:
        """The JSON of a comparison."""
        return {"format": COMPARISON_FORMAT, **PlainData.to_json(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The comparison that `to_json` wrote; `ValueError` when its format is another one."""
        if data.get("format") != COMPARISON_FORMAT:
            raise ValueError(f"comparison format {data.get('format')!r}: this version reads {COMPARISON_FORMAT}")
        return read_noun(cls, data)
