"""What a run is going to ask, and what that costs as far as it can be told before. Data only."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from prompt_contracts.data_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Staleness:
    """What of a cell's recording cannot serve any more."""

    kind: Literal["recorded", "missing", "stale", "untold"]
    """`untold`: only its run can tell."""
    path: str
    """The case file."""
    parts: tuple[str, ...] = ()
    """What of its request is another one, such as `system prompt`."""
    trials: int = 0
    """How many have to be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Some of the calls to a model, all estimated in one way."""

    calls: int = 0
    usd: Decimal = Decimal(0)
    """US dollars of all of them."""
    cells: int = 0
    looked_at: int = 0
    """Of how many of the cells the rest was estimated."""

    def __add__(self, other: Share) -> Share:
        return Share(
            calls=self.calls + other.calls,
            usd=self.usd + other.usd,
            cells=self.cells + other.cells,
            looked_at=self.looked_at + other.looked_at,
        )

    @property
    def is_sampled(self) -> bool:
        """Whether some of the cells stand for the others."""
        return self.looked_at < self.cells


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelForecast:
    """What one model is going to be asked."""

    model: str
    """`provider:model`."""
    recorded: Share = Share()
    """By what the same cells cost when they were recorded."""
    bounded: Share = Share()
    """By the most that each request can cost."""
    unknown: Share = Share()
    """Of unknown cost; `usd` says nothing."""
    is_open: bool = False
    """Whether there may be more calls: an application, or a model that calls tools, asks as often as it likes."""

    def __add__(self, other: ModelForecast) -> ModelForecast:
        return ModelForecast(
            model=self.model,
            recorded=self.recorded + other.recorded,
            bounded=self.bounded + other.bounded,
            unknown=self.unknown + other.unknown,
            is_open=self.is_open or other.is_open,
        )

    @property
    def calls(self) -> int:
        """All calls."""
        return self.recorded.calls + self.bounded.calls + self.unknown.calls


def by_model(forecasts: Iterable[ModelForecast]) -> tuple[ModelForecast, ...]:
    """The same with one for each model, in the order in which they are first met."""
    found: dict[str, ModelForecast] = {}
    for each in forecasts:
        found[each.model] = found[each.model] + each if each.model in found else each
    return tuple(found.values())
