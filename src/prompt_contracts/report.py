"""The result of a whole run, as it is printed and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from typing import Any, Self

from prompt_contracts.data_class import dataclass
from prompt_contracts.plain_data import PlainData, read_noun
from prompt_contracts.report_columns import REPORT_COLUMNS, rows_of
from prompt_contracts.report_page import report_table
from prompt_contracts.verdict import CaseResult, Repeats, Sameness

FORMAT_VERSION = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval(PlainData):
    """A confidence interval; that of a rate has both ends from 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill(PlainData):
    """A sum of money that says what it leaves out."""

    usd: Decimal = field(metadata={"key": "known_usd"})
    """US dollars over the trials whose cost is known."""
    unpriced: int = 0
    """Trials whose cost is unknown: above 0 makes `usd` a lower bound."""

    @property
    def is_exact(self) -> bool:
        """Whether nothing is left out."""
        return self.unpriced == 0

    def to_json(self) -> dict[str, Any]:
        """`usd` is null as soon as something is left out; the known part stands beside it."""
        data = PlainData.to_json(self)
        return {"usd": data["known_usd"] if self.is_exact else None, **data}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(PlainData):
    """How many cells, or trials, ended how."""

    passed: int = 0
    failed: int = 0
    errors: int = 0
    """Without a verdict on the model; they are no part of a rate."""

    @property
    def scored(self) -> int:
        """Those with a verdict on the model."""
        return self.passed + self.failed

    @property
    def rate(self) -> float | None:
        """Passed ones over those with a verdict; None when there is none."""
        return self.passed / self.scored if self.scored else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(PlainData):
    """All cells of one provider and model, or those of one prompt with them."""

    provider: str
    model: str
    prompt: str | None = None
    """None for all prompts together."""
    cells: Count
    trials: Count
    rate: float | None
    """Passed trials over judged ones; None when none was judged."""
    interval: Interval | None
    """Of `rate`: Wilson, 95 %, on the number of judged trials divided by the design effect."""
    design_effect: float | None
    """How many times the variance of `rate` is what it would be if trials of one case had nothing in common; at
    least 1, and 1 where nothing varies. None when no trial was judged."""
    repeats: tuple[Repeats, ...] = ()
    """One for each number of trials above 1 that its cells have."""
    prompt_tokens: int | None
    """Sum over all trials; None as soon as one is unknown."""
    completion_tokens: int | None
    cached_tokens: int | None
    reasoning_tokens: int | None
    unpriced: int
    """Trials whose cost is unknown: above 0 makes `cost` a lower bound."""
    latency_p50: float | None
    latency_p95: float | None
    """Seconds, over the trials whose latency is known."""
    cost: Decimal | None = field(metadata={"key": "cost_usd"})
    """US dollars over all trials whose cost is known; None when none is."""
    retries: int | None = None
    """How often a failed request was sent again, over all trials; None as soon as one is unknown."""

    @property
    def id(self) -> str:
        """`provider:model`."""
        return f"{self.provider}:{self.model}"

    @property
    def cost_per_pass(self) -> Decimal | None:
        """US dollars for each cell that passed; None when a cost is unknown or no cell passed."""
        if self.cost is None or self.unpriced or not self.cells.passed:
            return None
        return self.cost / self.cells.passed


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationSummary(PlainData):
    """All cells of one provider and model under one change, beside the same cells as they are written."""

    relation: str
    provider: str
    model: str
    cells: Count
    base: Count | None = None
    """How the same cells ended without the change; None where none was run, and where something else holds under it."""
    pairs: int = 0
    """Cells with a verdict on both sides."""
    worse: int = 0
    """Pairs that passed as they are written, and failed under the change."""
    better: int = 0
    p_value: float | None = None
    """The exact McNemar test of the two; None without a pair."""
    p_adjusted: float | None = None
    """`p_value` after Holm's correction for all changes and models of the report."""
    same: Sameness | None = None
    """Over all cells whose cases say `same`."""

    @property
    def model_id(self) -> str:
        """`provider:model`."""
        return f"{self.provider}:{self.model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenResult(PlainData):
    """A case, or a whole file, that could not run as it is written."""

    id: str
    """The pytest node id."""
    place: int = 0
    """Where it stands among all that came of its case file, from 0."""
    message: str = ""
    """What is wrong with it, and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedRate(PlainData):
    """A model whose trials pass less often than was asked for."""

    model: str
    """`provider:model`."""
    wanted: float
    rate: float | None
    """None where no trial was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedStrength(PlainData):
    """A case whose contract is weaker than was asked for, or is not known to be as strong."""

    case: str | None
    """`<case file>::<case>`; None for the run as a whole, where no case has a score."""
    wanted: float
    score: float | None
    """None where nobody knows."""
    why_none: str = ""
    """Why nobody does, in a sentence; empty where there is a score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(PlainData):
    """Everything one run found.

    >>> from prompt_contracts import Report, run
    >>> report = run("cases/greets.yaml")
    >>> [(each.id, each.cells.passed) for each in report.models]
    [('house:small', 1)]
    >>> Report.from_json(report.to_json()) == report
    True
    """

    created_at: str | None
    """ISO 8601, UTC; None of a replay, which is the same whenever it runs."""
    version: str
    """Of prompt-contracts."""
    mode: str
    """`none` for replay, a recording mode, or `live`."""
    spent: Bill
    """What was paid in this run, attempts that were run again included; nothing in a replay."""
    recorded: Bill
    """What the replayed answers cost when they were recorded."""
    prices_as_of: str | None = None
    """The newest date of the price data behind the costs."""
    models: tuple[Summary, ...]
    prompts: tuple[Summary, ...] = ()
    """One for each prompt and model; empty where no case has prompts."""
    relations: tuple[RelationSummary, ...] = ()
    """One for each change and model; empty where no case names any."""
    broken: tuple[BrokenResult, ...] = ()
    """What could not be loaded."""
    not_run: tuple[str, ...] = ()
    """The node ids of the cells that were selected and have no result: the run was stopped before, or something other
    than the contract kept them from running. Skipped cells are none of them."""
    missed_rates: tuple[MissedRate, ...] = ()
    """The models that did not reach the rate of `--pc-min-pass-rate`: the run failed, whatever its cells did."""
    missed_strength: tuple[MissedStrength, ...] = ()
    """The cases that did not reach the share of `--pc-min-strength`: the run failed, whatever its cells did."""
    results: tuple[CaseResult, ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON report."""
        return {"format": FORMAT_VERSION, **PlainData.to_json(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The report that `to_json` wrote; `ValueError` when its format is another one."""
        if data.get("format") != FORMAT_VERSION:
            raise ValueError(f"report format {data.get('format')!r}: this version reads {FORMAT_VERSION}")
        return read_noun(cls, data)

    def to_pandas(self) -> Any:
        """A data frame with a row for each trial, and the columns of the CSV report; pandas has to be installed."""
        try:
            import pandas as pd
        except ImportError:
            raise ImportError("Report.to_pandas needs pandas, which is not installed: pip install pandas") from None
        broken = ((one.id, one.message) for one in self.broken)
        return pd.DataFrame(list(rows_of(self.results, broken)), columns=list(REPORT_COLUMNS))

    def _repr_html_(self) -> str:
        """The tables that a notebook shows."""
        models = [
            (each.id, f"{each.cells.passed}/{each.cells.passed + each.cells.failed + each.cells.errors}", each.cost)
            for each in self.models
        ]
        return report_table(models, self.results, [(one.id, one.message) for one in self.broken])
