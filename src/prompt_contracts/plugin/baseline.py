"""The run that this one is held against: what it says of each cell, and what is different now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts.comparison import Comparison
from prompt_contracts.errors import UsageError
from prompt_contracts.report import Report
from prompt_contracts.results.cell_pairs import CellKey, cell_key, is_across_models, model_free_key, trial_rate
from prompt_contracts.verdict import CaseResult

_THIS = "this run"
FORGIVEN = "failed in the baseline too"
"""Why a failure does not count."""
ANOTHER_MODEL = f"{FORGIVEN}, with "
"""The same where the cell of another model failed there; its name follows."""


class Baseline:
    """A report, read once and before anybody is asked."""

    def __init__(self, path: Path, *, shown: str) -> None:
        """`pytest.UsageError` where the file is no report."""
        from prompt_contracts.exchange.report_file import read_report

        try:
            self.report = read_report(path, shown=shown)
        except UsageError as error:
            raise pytest.UsageError(f"--pc-compare {error}") from None
        self._label = path.stem

    def compared(self, report: Report) -> Comparison | str:
        """What is different in this run, or why that cannot be told."""
        from prompt_contracts.results.comparisons import LabelledReport, compare_runs

        base, this = (
            LabelledReport(label=label, report=each) for label, each in ((self._label, self.report), (_THIS, report))
        )
        try:
            return compare_runs(base, [this])
        except UsageError as error:
            return str(error)

    def failures(self) -> dict[str, list[Any]]:
        """What a process needs that runs cells, as plain data: the models, and the keys of the cells that failed."""
        results = self.report.results
        failed = [list(cell_key(each)) for each in results if each.verdict == "failed" and trial_rate(each) is not None]
        return {"models": list(dict.fromkeys(each.model_id for each in results)), "failed": failed}


class KnownFailures:
    """The cells that failed in the baseline: they are forgiven here."""

    def __init__(self, failures: Mapping[str, list[Any]]) -> None:
        self.models: set[str] = set()
        """Those of this run, of deselected cells too: once its cells are known."""
        self._models: list[str] = failures["models"]
        self._failed: set[CellKey] = {tuple(key) for key in failures["failed"]}

    @property
    def reason(self) -> str:
        """Why a failure does not count; with the model, where it is another one that failed there."""
        return f"{ANOTHER_MODEL}{self._models[0]}" if is_across_models(self._models, self.models) else FORGIVEN

    def has(self, result: CaseResult) -> bool:
        """Whether a cell failed there, too.

        Paired as in a comparison: without the model where each run has one alone, and another.
        """
        if is_across_models(self._models, self.models):
            return (*model_free_key(result), self._models[0]) in self._failed
        return cell_key(result) in self._failed
