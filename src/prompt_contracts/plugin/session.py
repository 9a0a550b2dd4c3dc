"""One pytest run's side of a contract run: options in, results and reports out."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts.engine.run import Run
from prompt_contracts.errors import UsageError
from prompt_contracts.plugin.options import report_paths, run_options
from prompt_contracts.report import Report
from prompt_contracts.verdict import CaseResult


class ContractSession:
    """Holds the engine's `Run` for one pytest run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        gc.unfreeze()  # what an earlier run of this process froze
        try:
            self.run = Run(run_options(config), environ=os.environ)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        self._report_paths = report_paths(config)
        self._broken: list[str] = []

    def after_collection(self, items: list[pytest.Item]) -> None:
        """Refuse to record without keys; take what was loaded out of garbage collection."""
        from prompt_contracts.plugin.collector import CellItem

        cells = [item.cell for item in items if isinstance(item, CellItem)]
        # What was collected lives to the end of the run, where pytest looks for garbage several times.
        gc.freeze()
        is_worker = hasattr(self._config, "workerinput")
        if is_worker or self._config.option.collectonly or self.run.options.mode == "none":
            return
        unset = self.run.unset_keys(cells)
        if unset:
            names = ", ".join(unset)
            raise pytest.UsageError(
                f"PC301 key not set: {names}. This run calls the providers of {len(cells)} cells; "
                "set the variables in the environment or in .env"
            )

    def header(self) -> list[str]:
        """One line about the run, and one about what makes it slow."""
        from prompt_contracts.cases.yaml_reader import HAS_LIBYAML

        options = self.run.options
        mode = {"none": "replay", "live": "live calls, nothing recorded"}.get(options.mode, f"record ({options.mode})")
        extras = [] if options.models is None else [f"models {', '.join(options.models)}"]
        if options.trials is not None:
            extras.append(f"trials {options.trials}")
        lines = [f"prompt-contracts: {'; '.join([mode, *extras])}"]
        if not HAS_LIBYAML:
            lines.append("prompt-contracts: PyYAML has no libyaml here, so reading YAML is about 30 times slower")
        return lines

    def complete_report(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Result and text of a cell onto its report."""
        from prompt_contracts.plugin.collector import ContractItem

        if isinstance(item, ContractItem):
            item.complete(call, report)

    def print_summary(self, terminal: pytest.TerminalReporter, found: Mapping[str, dict[str, Any]]) -> None:
        """The table of models."""
        from prompt_contracts.renderers.summary import summary_text

        report = self._report(found)
        if not report.results:
            return
        terminal.write_sep("=", "prompt contracts")
        width = shutil.get_terminal_size().columns
        terminal.write_line(summary_text(report, width=width))

    def write_reports(self, found: Mapping[str, dict[str, Any]]) -> None:
        """The files that `--pc-report` names; not in a worker, whose results the controller has."""
        if hasattr(self._config, "workerinput"):
            return
        from prompt_contracts.renderers.json_report import json_report

        for path in self._report_paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, self.run.masked(json_report(self._report(found))))

    def _report(self, found: Mapping[str, dict[str, Any]]) -> Report:
        results = [CaseResult.from_json(data) for data in found.values() if "verdict" in data]
        broken = [nodeid for nodeid, data in found.items() if "verdict" not in data]
        return self.run.report(results, broken=broken)

    def close(self) -> None:
        """Close connections."""
        self.run.close()


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
