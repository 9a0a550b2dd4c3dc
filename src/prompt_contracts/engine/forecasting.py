"""Cells that are about to be asked -> what that will cost: by their old recordings, else by size and limits.

It is told before every run that may spend, so it looks at some hundred cells at most and lets them stand for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.money import Money
from prompt_contracts.forecast import ModelForecast, Share, Staleness, by_model
from prompt_contracts.interaction import Interaction
from prompt_contracts.transport.cell_transport import Transport
from prompt_contracts.trial import Cell

_MOST_CELLS = 600
"""Of which recordings are read, or requests made: half a second or so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Estimate:
    """What one cell is going to ask."""

    calls: int
    usd: Decimal | None
    is_recorded: bool = False
    is_open: bool = False


class Forecaster:
    """Estimates for one project."""

    def __init__(
        self,
        *,
        transport: Transport,
        money: Money,
        now: Callable[[], datetime],
        stale: Callable[[Cell], Staleness] | None = None,
    ) -> None:
        """`stale` tells what has to be asked where nothing else is."""
        self._stale = stale
        self._transport = transport
        self._money = money
        self._now = now

    def forecast(self, cells: Iterable[Cell], *, most_cells: int = _MOST_CELLS) -> tuple[ModelForecast, ...]:
        """What these cells will ask, for each model in the order of its first cell."""
        asked = [cell for cell in cells if self._transport.needs_key(cell)]
        groups: dict[tuple[str, bool], list[Cell]] = {}
        for cell in asked:
            groups.setdefault((cell.target.id, self._transport.has_recording(cell)), []).append(cell)
        share = max(most_cells // max(len(groups), 1), 1)
        return by_model(self._group(model, cells, share) for (model, _), cells in groups.items())

    def _group(self, model: str, cells: Sequence[Cell], most: int) -> ModelForecast:
        estimates = [self._estimate(cell) for cell in _sample(cells, most)]
        factor = Decimal(len(cells)) / len(estimates)
        recorded = [each for each in estimates if each.usd is not None and each.is_recorded]
        bounded = [each for each in estimates if each.usd is not None and not each.is_recorded]
        return ModelForecast(
            model=model,
            recorded=_share(recorded, factor),
            bounded=_share(bounded, factor),
            unknown=_share([each for each in estimates if each.usd is None], factor),
            is_open=any(each.is_open for each in estimates),
        )

    def _estimate(self, cell: Cell) -> _Estimate:
        recorded = self._transport.recorded(cell)
        return self._by_recording(cell, recorded) if recorded else self._by_limits(cell)

    def _by_recording(self, cell: Cell, recorded: Sequence[Interaction]) -> _Estimate:
        numbers = {each.recorded.trial for each in recorded}
        trials = len(numbers - {None}) or 1
        wanted = cell.case.trials
        if self._transport.keeps_recorded:
            wanted = max(wanted - trials, 0)
        elif self._stale is not None:
            wanted = self._stale(cell).trials
        elif cell.case.stop_early:
            wanted = min(wanted, trials)
        costs = [self._cost(cell, each) for each in recorded]
        known = [cost for cost in costs if cost is not None]
        usd = sum(known, Decimal(0)) * wanted / trials if len(known) == len(costs) else None
        return _Estimate(calls=round(len(recorded) * wanted / trials), usd=usd, is_recorded=True)

    def _cost(self, cell: Cell, interaction: Interaction) -> Decimal | None:
        recorded = interaction.recorded
        if recorded.cost is None:
            # Recorded by somebody else, or before it had a price: as if it came now.
            at = self._now().astimezone(UTC).isoformat()
            fresh = replace(interaction, is_replayed=False, recorded=replace(recorded, at=at))
            cost = self._money.price(cell.target, fresh)
            return None if cost is None else cost.usd
        return recorded.cost.usd

    def _by_limits(self, cell: Cell) -> _Estimate:
        case = cell.case
        bounds = self._money.bounds(cell)
        calls = case.trials * max(len(bounds), 1)
        # What earlier answers and results of tools bring into the next request is not known yet.
        is_open = case.is_application or case.tool_results is not None
        amounts = [bound.usd for bound in bounds]
        known = [amount for amount in amounts if amount is not None]
        is_free = len(known) == len(amounts) and not any(known)
        is_bounded = len(known) == len(amounts) and (is_free or not (is_open or case.turns))
        usd = sum(known, Decimal(0)) * case.trials if is_bounded else None
        return _Estimate(calls=calls, usd=usd, is_open=is_open)


def _sample(cells: Sequence[Cell], most: int) -> Sequence[Cell]:
    """Some of the cells, evenly from the first to the last."""
    if len(cells) <= most:
        return cells
    return [cells[index * len(cells) // most] for index in range(most)]


def _share(estimates: Sequence[_Estimate], factor: Decimal) -> Share:
    """What these cells, and as many times more as the factor says, are estimated at."""
    return Share(
        calls=round(sum(each.calls for each in estimates) * factor),
        usd=sum((each.usd for each in estimates if each.usd is not None), Decimal(0)) * factor,
        cells=round(len(estimates) * factor),
        looked_at=len(estimates),
    )
