"""One pytest run's side of a contract run: options in, results and reports out."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import pytest

from prompt_contracts.engine.run import Run
from prompt_contracts.errors import UsageError
from prompt_contracts.plugin.options import report_paths, run_options
from prompt_contracts.report import Report
from prompt_contracts.secret import Environment
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import CaseResult

if TYPE_CHECKING:
    from prompt_contracts.engine.loading import LoadedFile
    from prompt_contracts.exchange.reply_file import ReplyFile
    from prompt_contracts.plugin.collector import CellItem


class ContractSession:
    """Holds the engine's `Run` for one pytest run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        gc.unfreeze()  # what an earlier run of this process froze
        try:
            self.run = Run(run_options(config), environ=Environment(os.environ), on_wait=self._say)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        self._options = _repeated_options(config, self.run)
        self._replies: ReplyFile | None = None
        self.files: dict[str, LoadedFile] = {}
        """The case files of this run, by path."""

    def _say(self, line: str) -> None:
        """Tell of a wait while it lasts; a worker of xdist has nobody to tell."""
        if not hasattr(self._config, "workerinput") and self._config.get_verbosity() >= 0:
            writer = self._config.get_terminal_writer()
            writer.line()
            writer.line(f"prompt-contracts: {line}")

    @property
    def item_class(self) -> type[CellItem]:
        """The class of the items of cells."""
        if self.run.options.replies is None:
            from prompt_contracts.plugin.collector import CellItem

            return CellItem
        from prompt_contracts.plugin.reply_items import ReplyCellItem

        return ReplyCellItem

    def after_collection(self, items: list[pytest.Item]) -> None:
        """Refuse to record without keys; take what was loaded out of garbage collection."""
        from prompt_contracts.plugin.collector import CellItem

        # What was collected lives to the end of the run, where pytest looks for garbage several times.
        gc.freeze()
        if self.run.options.replies is not None and not self._config.option.collectonly:
            self._sort_replies(self.run.options.replies, items)
        is_worker = hasattr(self._config, "workerinput")
        if is_worker or self._config.option.collectonly or self.run.options.mode == "none":
            return
        cells = [item.cell for item in items if isinstance(item, CellItem)]
        unset = self.run.unset_keys(cells)
        if unset:
            raise pytest.UsageError(
                f"PC301 key not set: {', '.join(unset)}. This run would call a provider that needs it; "
                "set it in the environment or in .env"
            )
        try:
            self.run.check_network(cells)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None

    def _sort_replies(self, path: Path, items: list[pytest.Item]) -> None:
        """Find the cell of each reply; what has none becomes a failing item."""
        from prompt_contracts.exchange.reply_file import ReplyFile
        from prompt_contracts.plugin.reply_items import StrayRepliesItem

        try:
            self._replies = ReplyFile(path, self.run, tuple(self.files.values()))
        except OSError as error:
            raise pytest.UsageError(f"--pc-replies {path}: cannot be read: {error.strerror}") from None
        if self._replies.problem_count or not self._replies.count:
            session = items[0].session if items else None
            if session is not None:
                items.append(StrayRepliesItem.make(session, path, self._replies))

    def judge_replies(self, cell: Cell) -> CaseResult | None:
        """The result of a cell from its replies; None when it has none."""
        from prompt_contracts.engine.replies import replies_result

        path = self.run.options.replies
        trials = () if self._replies is None or path is None else self._replies.trials(cell)
        if not trials:
            return None
        shown = Path(os.path.relpath(path, self._config.rootpath)).as_posix() if path else ""
        return replies_result(cell, trials, source=shown)

    def header(self) -> list[str]:
        """One line about the run, and one about what makes it slow."""
        from prompt_contracts.cases.yaml_reader import HAS_LIBYAML

        options = self.run.options
        mode = {"none": "replay", "live": "live calls, nothing recorded"}.get(options.mode, f"record ({options.mode})")
        if options.replies is not None:
            mode = f"replies of {options.replies.name}; nobody is asked"
        extras = [] if options.models is None else [f"models {', '.join(options.models)}"]
        if options.trials is not None:
            extras.append(f"trials {options.trials}")
        lines = [f"prompt-contracts: {'; '.join([mode, *extras])}"]
        if not HAS_LIBYAML:
            lines.append("prompt-contracts: PyYAML has no libyaml here, so reading YAML is about 30 times slower")
        return lines

    def command(self, cell: Cell) -> str:
        """The command that runs this cell again from where pytest was started, with this run's options."""
        path = os.path.relpath(self._config.rootpath / cell.case.path, self._config.invocation_params.dir)
        name = f"{Path(path).as_posix()}::{cell.case.item_name}"
        return " ".join(["pytest", quote(name), *self._options])

    def from_here(self, path: Path) -> str:
        """A path as it is typed where pytest was started."""
        return Path(os.path.relpath(path, self._config.invocation_params.dir)).as_posix()

    def command_for_all(self, mode: str) -> str | None:
        """The command that records what did not pass; None where pytest remembers nothing of that."""
        if not self._config.pluginmanager.hasplugin("cacheprovider"):
            return None
        option = self._config.option
        chosen = self._config.args if self._config.args_source is pytest.Config.ArgsSource.ARGS else []
        narrowed = [f"{name} {quote(text)}" for name, text in (("-k", option.keyword), ("-m", option.markexpr)) if text]
        words = ["pytest", *map(quote, chosen), *narrowed, *self._options, "--lf", f"--pc-record={mode}"]
        return " ".join(words)

    def complete_report(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Result and text of a cell onto its report."""
        from prompt_contracts.plugin.collector import ContractItem

        if isinstance(item, ContractItem):
            item.complete(call, report)
            self.mask_report(report)

    def mask_report(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """No key in what pytest itself put on a report: the traceback of a mistake of ours, what was captured."""
        report.sections = [(name, self.run.masked(text)) for name, text in report.sections]
        if report.longrepr is not None and not isinstance(report.longrepr, tuple):
            text = str(report.longrepr)
            masked = self.run.masked(text)
            if masked != text:
                report.longrepr = masked

    def print_summary(
        self, terminal: pytest.TerminalReporter, found: Mapping[str, dict[str, Any]], replaced: Sequence[dict[str, Any]]
    ) -> None:
        """The table of models."""
        from prompt_contracts.renderers.summary import summary_text

        report = self._report(found, replaced)
        if not report.results:
            return
        terminal.write_sep("=", "prompt contracts")
        text = shown(summary_text(report, width=shutil.get_terminal_size().columns))
        for line in text.splitlines():
            terminal.write_line(line)

    def write_reports(self, found: Mapping[str, dict[str, Any]], replaced: Sequence[dict[str, Any]]) -> None:
        """The files that `--pc-report` names; `UsageError` for one that cannot be written."""
        from prompt_contracts.renderers.json_report import json_report

        text = json_report(Report.from_json(self.run.masked_json(self._report(found, replaced).to_json())))
        for path in report_paths(self._config):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            except OSError as error:
                raise pytest.UsageError(f"--pc-report {path}: cannot be written: {error.strerror}") from None

    def _report(self, found: Mapping[str, dict[str, Any]], replaced: Sequence[dict[str, Any]]) -> Report:
        results = [CaseResult.from_json(data) for data in found.values() if "verdict" in data]
        again = [CaseResult.from_json(data) for data in replaced if "verdict" in data]
        broken = [nodeid for nodeid, data in found.items() if "verdict" not in data]
        return self.run.report(results, replaced=again, broken=broken)

    def close(self) -> None:
        """Close connections."""
        self.run.close()


def shown(text: str) -> str:
    """A text as the terminal of this process can show it: pytest would put all of it on one line instead."""
    from prompt_contracts.renderers.inert_text import encodable

    return encodable(text, getattr(sys.__stdout__, "encoding", None) or "utf-8")


def _repeated_options(config: pytest.Config, run: Run) -> list[str]:
    """The options without which a command that runs one cell again would mean something else."""
    options = run.options
    repeated = [f"--pc-model={model}" for model in options.models or ()]
    if options.trials is not None:
        repeated.append(f"--pc-trials={options.trials}")
    if options.replies is not None:
        repeated.append(f"--pc-replies={os.path.relpath(options.replies, config.invocation_params.dir)}")
    if config.getoption("pc_cassettes"):
        repeated.append(f"--pc-cassettes={os.path.relpath(options.cassettes, config.invocation_params.dir)}")
    return [quote(option) for option in repeated]
