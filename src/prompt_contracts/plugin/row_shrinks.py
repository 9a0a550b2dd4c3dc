"""Has generated rows that fail shrunk, each in the set-up of its own item: a plugin of runs that may ask a provider."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from prompt_contracts.plugin.row_options import shrink_calls
from prompt_contracts.plugin.stash import SESSION

if TYPE_CHECKING:
    from prompt_contracts.engine.projects import Project
    from prompt_contracts.engine.row_shrinking import RowShrinker, ShrunkRow
    from prompt_contracts.plugin.items import CellItem
    from prompt_contracts.trial import Cell

_MEMORY = "prompt_contracts_rows"


class RowShrinks:
    """Knows the verdicts on generated rows, and what is done about the first that fails."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._calls = shrink_calls(config)
        self._shrinkers: dict[Path, RowShrinker] = {}
        self._folder: TemporaryDirectory[str] | None = None
        self._told: dict[str, ShrunkRow] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        """Once a row has its verdict, and before it is reported."""
        yield
        if SESSION not in self._config.stash:
            return
        from prompt_contracts.plugin.items import CellItem

        if isinstance(item, CellItem) and item.result is not None and item.cell.case.example is not None:
            self._look_at(item)

    def _look_at(self, item: CellItem) -> None:
        from prompt_contracts.engine.row_shrinking import ShrunkRow
        from prompt_contracts.errors import PromptContractsError

        shrinker = self._shrinker(item.project)
        if item.result is None:
            return
        shrinker.note(item.cell, item.result)
        siblings = _cells(item.session.items, item.project)
        try:
            told = shrinker.shrink(item.cell, item.result, siblings=siblings)
        except (PromptContractsError, OSError) as error:
            told = ShrunkRow(text=f"not shrunk: {error}")
        if told is not None:
            self._told[item.nodeid] = told
        # A second set-up of the same item, such as a rerun, looks for nothing.
        told = self._told.get(item.nodeid)
        if item.result.verdict == "failed" and told is not None:
            item.result = replace(item.result, shrunk=told.text, shrunk_recordings=told.recordings)

    def _shrinker(self, project: Project) -> RowShrinker:
        if project.root not in self._shrinkers:
            from prompt_contracts.engine.row_shrinking import RowShrinker

            contracts = self._config.stash[SESSION]
            memory = self._memory()
            self._shrinkers[project.root] = RowShrinker(
                project.run,
                calls=self._calls,
                memory=memory,
                is_lasting=self._folder is None,
                tell=contracts.say,
            )
        return self._shrinkers[project.root]

    def _memory(self) -> Path:
        """Where what was asked is remembered: in pytest's cache, or where that is switched off for this run alone."""
        cache: pytest.Cache | None = getattr(self._config, "cache", None)
        if cache is not None:
            return cache.mkdir(_MEMORY)
        self._folder = self._folder or TemporaryDirectory(prefix="prompt-contracts-")
        return Path(self._folder.name)

    def pytest_unconfigure(self) -> None:
        """Leave nothing behind."""
        if self._folder is not None:
            self._folder.cleanup()

    def pytest_report_collectionfinish(self, items: list[pytest.Item]) -> list[str]:
        """What shrinking may take, before anything is asked."""
        if SESSION not in self._config.stash or self._config.get_verbosity() < 0 or not may_shrink(items):
            return []
        most = f"at most {self._calls} calls for each case and model (--pc-shrink-calls)"
        return [f"prompt-contracts: a generated row that fails is shrunk, with {most}"]


def may_shrink(items: Iterable[pytest.Item]) -> bool:
    """Whether a run that asks would ask more, should one of these items fail."""
    from prompt_contracts.plugin.items import CellItem

    cases = ((item.config, item.cell.case) for item in items if isinstance(item, CellItem))
    return any(case.example is not None and case.xfail is None and shrink_calls(config) > 0 for config, case in cases)


def _cells(items: Iterable[pytest.Item], project: Project) -> Iterator[Cell]:
    from prompt_contracts.plugin.items import CellItem

    return (item.cell for item in items if isinstance(item, CellItem) and item.project is project)
