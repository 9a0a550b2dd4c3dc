"""The result of a whole run, as it is printed and written."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from prompt_contracts.verdict import CaseResult

FORMAT_VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A confidence interval of a rate; both ends from 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A sum of money that says what it leaves out."""

    usd: Decimal
    """US dollars over the trials whose cost is known."""
    unpriced: int = 0
    """Trials whose cost is unknown: above 0 makes `usd` a lower bound."""

    @property
    def is_exact(self) -> bool:
        """Whether nothing is left out."""
        return self.unpriced == 0

    def to_json(self) -> dict[str, Any]:
        """`usd` is null as soon as something is left out; the known part stands beside it."""
        known = format(self.usd, "f")
        return {"usd": known if self.is_exact else None, "known_usd": known, "unpriced": self.unpriced}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Bill:
        """The bill that `to_json` wrote."""
        return cls(usd=Decimal(data["known_usd"]), unpriced=data["unpriced"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSummary:
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
    prompt_tokens: int | None
    """Sum over all trials; None as soon as one is unknown."""
    completion_tokens: int | None
    cached_tokens: int | None
    reasoning_tokens: int | None
    cost: Decimal | None
    """US dollars over all trials whose cost is known; None when none is."""
    unpriced: int
    """Trials whose cost is unknown: above 0 makes `cost` a lower bound."""
    latency_p50: float | None
    latency_p95: float | None
    """Seconds, over the trials whose latency is known."""

    @property
    def id(self) -> str:
        """`provider:model`."""
        return f"{self.provider}:{self.model}"

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back."""
        data = asdict(self)
        cost = data.pop("cost")
        return {**data, "cost_usd": None if cost is None else format(cost, "f")}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ModelSummary:
        """The summary that `to_json` wrote."""
        data = dict(data)
        cost, interval = data.pop("cost_usd"), data["interval"]
        return cls(
            **{
                **data,
                "interval": None if interval is None else Interval(**interval),
                "cost": None if cost is None else Decimal(cost),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything one run found."""

    created_at: str
    """ISO 8601, UTC."""
    version: str
    """Of prompt-contracts."""
    mode: str
    """`none` for replay, a recording mode, or `live`."""
    models: tuple[ModelSummary, ...]
    results: tuple[CaseResult, ...]
    broken: tuple[str, ...] = ()
    """Node ids of cases that could not be loaded."""
    spent: Bill
    """What was paid in this run, attempts that were run again included; nothing in a replay."""
    recorded: Bill
    """What the replayed answers cost when they were recorded."""
    prices_as_of: str | None = None
    """The newest date of the price data behind the costs."""

    def to_json(self) -> dict[str, Any]:
        """The JSON report."""
        return {
            "format": FORMAT_VERSION,
            "created_at": self.created_at,
            "version": self.version,
            "mode": self.mode,
            "spent": self.spent.to_json(),
            "recorded": self.recorded.to_json(),
            "prices_as_of": self.prices_as_of,
            "models": [model.to_json() for model in self.models],
            "broken": list(self.broken),
            "results": [result.to_json() for result in self.results],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Report:
        """The report that `to_json` wrote; `ValueError` when its format is another one."""
        if data.get("format") != FORMAT_VERSION:
            raise ValueError(f"report format {data.get('format')!r}: this version reads {FORMAT_VERSION}")
        return cls(
            created_at=data["created_at"],
            version=data["version"],
            mode=data["mode"],
            models=tuple(ModelSummary.from_json(model) for model in data["models"]),
            results=tuple(CaseResult.from_json(result) for result in data["results"]),
            broken=tuple(data["broken"]),
            spent=Bill.from_json(data["spent"]),
            recorded=Bill.from_json(data["recorded"]),
            prices_as_of=data["prices_as_of"],
        )
