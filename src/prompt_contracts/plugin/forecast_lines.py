"""What a run that may spend says of that above its results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from prompt_contracts.engine.placement import relative
from prompt_contracts.engine.projects import Project
from prompt_contracts.forecast import by_model
from prompt_contracts.plugin.items import CellItem
from prompt_contracts.plugin.row_shrinks import may_shrink
from prompt_contracts.renderers.forecast_text import forecast_text
from prompt_contracts.renderers.staleness_text import staleness_text
from prompt_contracts.trial import Cell

_Told = TypeVar("_Told")


class ForecastLines:
    """What asking some items will cost, and why they are asked."""

    def __init__(self, items: Sequence[pytest.Item], projects: Sequence[Project], *, top: Path) -> None:
        """`top` is the folder that paths are shown from."""
        self._tests = sum("prompt_contract" in getattr(item, "fixturenames", ()) for item in items)
        """Tests of Python that state a contract: what they ask, only their run tells."""
        self._items = [item for item in items if isinstance(item, CellItem) and item.cell.case.skip is None]
        self._may_shrink = may_shrink(self._items)
        self._projects = projects
        self._top = top

    @property
    def cost(self) -> str:
        """The calls, by model, with what they cost."""
        forecasts = by_model(each for project in self._projects for each in self._of(project, project.run.forecast))
        if not self._tests:
            is_nothing = not any(each.calls for each in forecasts)
            return f"{forecast_text(forecasts)}{' before a row fails' if is_nothing and self._may_shrink else ''}"
        tests = "1 test" if self._tests == 1 else f"{self._tests:,} tests"
        told = f"what {tests} in Python may ask, only {'its' if self._tests == 1 else 'their'} run tells"
        return f"{forecast_text(forecasts)}; {told}" if any(each.calls for each in forecasts) else told

    @property
    def unset_keys(self) -> list[str]:
        """The variables that hold keys for these calls and are not set."""
        cells = [(project, item.cell) for project in self._projects for item in self._items if item.project is project]
        return sorted({name for project, cell in cells for name in project.run.unset_keys([cell])})

    @property
    def causes(self) -> str:
        """What is stale or missing, and by which change; empty for a run that does not look."""
        return staleness_text(
            [
                replace(each, path=relative(project.root / each.path, self._top))
                for project in self._projects
                for each in self._of(project, project.run.staleness)
            ]
        )

    def _of(self, project: Project, told: Callable[[Iterable[Cell]], Sequence[_Told]]) -> Sequence[_Told]:
        return told([item.cell for item in self._items if item.project is project])
