"""The result of a whole run, as it is printed and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

from prompt_contracts.plain_data import PlainData, read_noun
from prompt_contracts.verdict import CaseResult, Repeats

FORMAT_VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval(PlainData):
    """A confidence interval of a rate; both ends from 0 to 1."""

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
class ModelSummary(PlainData):
    """All cells of one provider and model."""

    provider: str
    model: str
    passed: int
    failed: int
    errors: int
    """Cells without a verdict on the model; they are no part of the rate."""
    rate: float | None
    """Passed cells over judged ones; None when none was judged."""
    interval: Interval | None
    """Wilson, 95 %."""
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

    @property
    def id(self) -> str:
        """`provider:model`."""
        return f"{self.provider}:{self.model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(PlainData):
    """Everything one run found."""

    created_at: str
    """ISO 8601, UTC."""
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
    models: tuple[ModelSummary, ...]
    broken: tuple[str, ...] = ()
    """Node ids of cases that could not be loaded."""
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
