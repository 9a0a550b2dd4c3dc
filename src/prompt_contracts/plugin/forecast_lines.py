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
from prompt_contracts.renderers.forecast_text import forecast_text
from prompt_contracts.renderers.staleness_text import staleness_text
from prompt_contracts.trial import Cell

_Told = TypeVar("_Told")


class ForecastLines:
    """What asking some items will cost, and why they are asked."""

    def __init__(self, items: Sequence[pytest.Item], projects: Sequence[Project], *, top: Path) -> None:
        """`top` is the folder that paths are shown from."""
        self._items = [item for item in items if isinstance(item, CellItem) and item.cell.case.skip is None]
        self._projects = projects
        self._top = top

    @property
    def cost(self) -> str:
        """The calls, by model, with what they cost."""
        return forecast_text(
            by_model(each for project in self._projects for each in self._of(project, project.run.forecast))
        )

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
