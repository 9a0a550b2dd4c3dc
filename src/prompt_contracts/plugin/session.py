"""One pytest run's side of a contract run: options in, results and reports out."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from threading import current_thread, main_thread
from typing import TYPE_CHECKING

import pytest

from prompt_contracts.engine.placement import relative
from prompt_contracts.engine.projects import Project, Projects
from prompt_contracts.errors import UsageError
from prompt_contracts.plugin.command import Commands
from prompt_contracts.plugin.found_results import CellTold
from prompt_contracts.plugin.gate_options import baseline_path, baseline_to_come, known_failures
from prompt_contracts.plugin.items import CellItem, ContractItem, Judged
from prompt_contracts.plugin.options import STEP_SUMMARY, cassette_name, has_matrix, report_paths, run_options
from prompt_contracts.plugin.planned_cells import is_rehearsal, with_unfinished
from prompt_contracts.plugin.replay_batch import ReplayBatch
from prompt_contracts.plugin.screen import Screen
from prompt_contracts.plugin.spending import Spending
from prompt_contracts.plugin.stash import BASELINE, DRIVEN, GATES, SESSION, SIGHTED, SPENT_KEY, WIDTH_KEY
from prompt_contracts.report import Bill, BrokenResult, Report
from prompt_contracts.secret import Environment
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import CaseResult

if TYPE_CHECKING:
    from prompt_contracts.comparison import Comparison
    from prompt_contracts.exchange.reply_file import ReplyFile
    from prompt_contracts.plugin.ahead import RunAhead
    from prompt_contracts.plugin.forecast_lines import ForecastLines
    from prompt_contracts.plugin.progress_display import ProgressWatch
    from prompt_contracts.wait import Wait


def session_of(config: pytest.Config) -> ContractSession:
    """What prompt-contracts knows of this pytest run; made when it is first needed."""
    session = config.stash.get(SESSION, None)
    if session is None:
        session = config.stash[SESSION] = ContractSession(config)
    return session


class ContractSession:
    """Holds the projects of one pytest run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        gc.unfreeze()  # what an earlier run of this process froze
        self._options = run_options(config)
        self.has_reports = bool(report_paths(config) or baseline_path(config) or os.environ.get(STEP_SUMMARY))
        """Whether the answers are told in the end: in files, or beside those of another run."""
        self.known_failures = known_failures(config)
        """What may fail, since it did before; None where nothing may."""
        self._screen = Screen(config)
        self.width: int = getattr(config, "workerinput", {}).get(WIDTH_KEY, 0) or self._screen.columns
        """Columns of the terminal on which our texts are shown."""
        self.projects = Projects(
            self._options,
            environ=Environment(os.environ),
            cassettes=cassette_name(config),
            top=config.rootpath,
            on_news=self.say,
        )
        self._commands = Commands(config, self._options)
        self._replies: ReplyFile | None = None
        self._has_told = False
        self._comparison: Comparison | str | None = None
        self._ahead: RunAhead | None = None
        self._batch = ReplayBatch()
        self._watch: ProgressWatch | None = None

    def judged(self, item: CellItem) -> Judged:
        """What came of asking an item's cell, perhaps before its turn, and the verdict on it."""
        if self._ahead is None:
            return self._batch.take(item)
        return item.judged(self._ahead.take(item))

    def _ask_ahead(self) -> None:
        """Have cells asked by threads, in a run that may ask a network."""
        from prompt_contracts.engine.lookahead import Lookahead
        from prompt_contracts.plugin.ahead import RunAhead
        from prompt_contracts.plugin.progress_display import progress_watch

        watch = self._watch = progress_watch(self._config, self._screen, self.projects, environ=os.environ)
        if watch is not None:
            self._config.pluginmanager.register(watch, "prompt_contracts_progress")
        lookahead = Lookahead(
            concurrency=self._options.concurrency,
            on_news=self._tell,
            on_stop=self.projects.stop,
            pulse=None if watch is None else watch.display.pulse,
            on_pulse=None if watch is None else watch.show,
        )
        self._ahead = RunAhead(self._config, lookahead, is_stopped_early=self._options.budget is not None)
        self._config.pluginmanager.register(self._ahead, "prompt_contracts_ahead")

    def say(self, news: Wait | str) -> None:
        """Tell of a wait while it lasts; what threads have to say, the one that waits for them tells."""
        if self._ahead is None or current_thread() is main_thread():
            self._tell(news)
        else:
            self._ahead.lookahead.say(news)

    def _tell(self, news: Wait | str) -> None:
        if self._watch is None:
            self._screen.line(str(news))
        else:
            self._watch.tell(news)

    @property
    def item_class(self) -> type[CellItem]:
        """The class of the items of cells."""
        if self._options.replies is None:
            return CellItem
        from prompt_contracts.plugin.reply_items import ReplyCellItem

        return ReplyCellItem

    def after_collection(self, items: list[pytest.Item]) -> None:
        """Refuse to record without keys; take what was loaded out of garbage collection."""
        # What was collected lives to the end of the run, where pytest looks for garbage several times.
        gc.freeze()
        if self.known_failures is not None:
            # Also of cells that were deselected: what is forgiven must not hang on what else runs.
            files = [loaded for project in self.projects.found for loaded in project.files.values()]
            self.known_failures.models |= {cell.target.id for loaded in files for cell in loaded.cells}
        if self._options.replies is not None and not self._config.option.collectonly:
            self._sort_replies(self._options.replies, items)
        if self._options.mode != "none" and not is_rehearsal(self._config):
            self._ask_ahead()
        cells = [item for item in items if isinstance(item, CellItem)]
        for project in self.projects.found:
            project.run.bases.announce(item.cell for item in cells if item.project is project)
        is_worker = hasattr(self._config, "workerinput")
        # What a worker raises here is lost: there each cell says by itself what it lacks.
        if is_worker or self._config.option.collectonly or self._options.mode == "none":
            return
        self.check_reports()
        unset: dict[str, None] = {}
        for project in self.projects.found:
            unset |= dict.fromkeys(project.run.unset_keys(item.cell for item in cells if item.project is project))
        if unset:
            raise pytest.UsageError(
                f"PC301 key not set: {', '.join(unset)}. This run would call a provider that needs it; "
                "set it in the environment or in .env"
            )
        self._check_budget(cells)
        try:
            for project in self.projects.found:
                own = [item.cell for item in cells if item.project is project]
                project.run.check_network(own)
                project.run.check_places(own)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None

    def _check_budget(self, cells: list[CellItem]) -> None:
        """Refuse a budget that cannot be kept, for all models at once."""
        if self._options.budget is None:
            return
        from prompt_contracts.engine.money import budget_problem

        found = [
            each
            for project in self.projects.found
            for each in project.run.unbounded(item.cell for item in cells if item.project is project)
        ]
        problem = budget_problem(found)
        if problem is not None:
            raise pytest.UsageError(f"PC320 {problem}")

    def check_reports(self) -> None:
        """Refuse reports that could not be written while nobody has been paid yet."""
        from prompt_contracts.transport.cassette_store import write_problem

        for path in report_paths(self._config):
            problem = write_problem(path)
            if problem is not None:
                raise pytest.UsageError(f"--pc-report {path}: cannot be written: {problem}: nobody was asked")

    def _sort_replies(self, path: Path, items: list[pytest.Item]) -> None:
        """Find the cell of each reply; what has none becomes a failing item."""
        from prompt_contracts.exchange.reply_file import ReplyFile
        from prompt_contracts.plugin.reply_items import StrayRepliesItem

        self._load_what_was_sighted()
        try:
            self._replies = ReplyFile(path, self.projects.found)
        except OSError as error:
            raise pytest.UsageError(f"--pc-replies {path}: cannot be read: {error.strerror}") from None
        if self._replies.problem_count or not self._replies.count:
            session = items[0].session if items else None
            if session is not None:
                items.append(StrayRepliesItem.make(session, path, self._replies))

    def _load_what_was_sighted(self) -> None:
        """Also the case files that `--lf` passed over, or that stand beside one that was typed: replies are theirs."""
        for path, is_named in self._config.stash.get(SIGHTED, {}).items():
            try:
                self.projects.of(path).load(path, is_named=is_named)
            except UsageError as error:
                raise pytest.UsageError(str(error)) from None

    def judge_replies(self, cell: Cell, project: Project) -> CaseResult | None:
        """The result of a cell from its replies; None when it has none."""
        from prompt_contracts.engine.replies import replies_result

        path = self._options.replies
        trials = () if self._replies is None or path is None else self._replies.trials(cell, project)
        if not trials:
            return None
        return replies_result(cell, trials, source=relative(path, project.root) if path else "")

    def header(self, items: Sequence[pytest.Item]) -> list[str]:
        """One line about the run and what it may cost, and one about what makes it slow."""
        from prompt_contracts.cases.yaml_reader import HAS_LIBYAML

        options = self._options
        mode = {"none": "replay", "live": "live calls, nothing recorded"}.get(options.mode, f"record ({options.mode})")
        if options.replies is not None:
            mode = f"replies of {options.replies.name}; nobody is asked"
        extras = [] if options.models is None else [f"models {', '.join(options.models)}"]
        if options.trials is not None:
            extras.append(f"trials {options.trials}")
        if options.budget is not None:
            extras.append(f"budget ${options.budget:f}")
        if options.is_code_refused:
            extras.append("no code of cases")
        if self._ahead is not None and self._ahead.deciders:
            names = ", ".join(self._ahead.deciders)
            extras.append(f"one cell at a time, since {names} may skip any of them when its turn comes")
        roots = [relative(project.root, self._config.rootpath) for project in self.projects.found]
        if roots not in ([], ["."]):
            extras.append(f"projects {', '.join(roots)}")
        forecast = self._forecast(items)
        lines = [f"prompt-contracts: {'; '.join([mode, *extras, *([] if forecast is None else [forecast.cost])])}"]
        if forecast is not None and (causes := forecast.causes):
            lines.append(f"prompt-contracts: {causes}")
        if not HAS_LIBYAML:
            lines.append("prompt-contracts: PyYAML has no libyaml here, so reading YAML is about 30 times slower")
        return lines

    def _forecast(self, items: Sequence[pytest.Item]) -> ForecastLines | None:
        """What asking these items will cost; nothing where nobody is asked, or nobody listens."""
        config = self._config
        is_planning = config.getoption("setuponly") or config.getoption("setupplan")
        if self._options.mode == "none" or is_planning or config.get_verbosity() < 0:
            return None
        from prompt_contracts.plugin.forecast_lines import ForecastLines

        return ForecastLines(items, self.projects.found, top=config.invocation_params.dir)

    def command(self, project: Project, *cells: Cell) -> str:
        """The command that runs cells of a file again from where pytest was started, with this run's options."""
        return self._commands.command(project.root / cells[0].case.path, *(each.case.item_name for each in cells))

    def test_command(self, item: pytest.Item) -> str:
        """The command that runs a test of Python again."""
        return self._commands.command(item.path, item.nodeid.partition("::")[2])

    def masked(self, text: str) -> str:
        """The text without any value of a secret, also for what belongs to no project."""
        return self.projects.masked(text)

    def shown(self, text: str) -> str:
        """A text as it may be seen: masked, and as this terminal takes it; else pytest would put it all on one line."""
        from prompt_contracts.renderers.inert_text import encodable, uncommanding

        return encodable(uncommanding(self.masked(text)), getattr(sys.__stdout__, "encoding", None) or "utf-8")

    def from_here(self, path: Path) -> str:
        """A path as it is typed where pytest was started."""
        return relative(path, self._config.invocation_params.dir)

    def command_for_all(self, mode: str) -> str:
        """The command that records what is missing, or what is stale too."""
        return self._commands.command_for_all(mode)

    def complete_report(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Result and text of a cell onto its report."""
        if isinstance(item, ContractItem):
            item.complete(call, report)
        if isinstance(item, ContractItem) or DRIVEN in item.stash:
            self.mask_report(report)
            if hasattr(self._config, "workerinput"):
                # A worker that is killed later tells nothing in the end.
                setattr(report, SPENT_KEY, self.projects.ledger.spent.to_json())

    def mask_report(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """No key in what pytest itself put on a report: the traceback of a mistake of ours, what was captured."""
        if report.sections:
            report.sections = [(name, self.masked(text)) for name, text in report.sections]
        if report.longrepr is not None and not isinstance(report.longrepr, tuple):
            text = str(report.longrepr)
            masked = self.masked(text)
            if masked != text:
                report.longrepr = masked

    def print_summary(self, terminal: pytest.TerminalReporter, found: Sequence[CellTold], spending: Spending) -> None:
        """What was recorded, the table of models, and what was spent."""
        from prompt_contracts.renderers.flaky_cells import flaky_lines
        from prompt_contracts.renderers.recording_summary import recording_lines
        from prompt_contracts.renderers.summary import summary_text

        self._has_told = True
        report = self.report(found, spending)
        comparison = self._compared(report)
        verbosity = self._config.get_verbosity()
        width = shutil.get_terminal_size().columns
        told = recording_lines(report, is_brief=verbosity < 0, has_all=verbosity > 0, width=width)
        lines = [*told, *self._unjudged()]
        recorded = "\n".join(lines)
        has_table = bool(report.results) or report.spent != Bill(usd=Decimal(0))
        if not has_table and not recorded:
            return
        terminal.write_sep("=", "prompt contracts")
        flaky = "\n".join(flaky_lines(report, width=width, has_all=verbosity > 0))
        table = ""
        if has_table:
            table = summary_text(
                report,
                width=width,
                budget=self._options.budget,
                is_coloured=self._screen.is_coloured,
                has_matrix=has_matrix(self._config),
                comparison=comparison,
            )
        for line in self.shown("\n\n".join(filter(None, (recorded, flaky, table)))).splitlines():
            terminal.write_line(line)

    def _unjudged(self) -> list[str]:
        """What was recorded for cells that a stopped run did not come to."""
        count = 0 if self._ahead is None else self._ahead.lookahead.unjudged_recordings
        if not count:
            return []
        cells = "1 cell was" if count == 1 else f"{count} cells were"
        mode = "stale" if self.projects.options.mode == "stale" else "once"
        return [f"{cells} recorded, in whole or in part, and not judged; --pc-record={mode} asks for the rest"]

    def print_spending(self, spending: Spending) -> None:
        """What was spent, unless the summary has told it."""
        from prompt_contracts.renderers.amounts import bill

        spent = self._spent(spending)
        if not self._has_told and spent != Bill(usd=Decimal(0)):
            self._config.get_terminal_writer().line(f"prompt-contracts: spent now {bill(spent)}")

    def tell_spending(self) -> None:
        """A worker's side: what it spent, for the process that prints it."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[SPENT_KEY] = self.projects.ledger.spent.to_json()

    def _spent(self, spending: Spending) -> Bill:
        own = self.projects.ledger.spent
        # A replay spends nothing, whoever of its workers dies.
        unknown = spending.unknown if self._options.mode != "none" else 0
        return Bill(usd=own.usd + spending.amount, unpriced=own.unpriced + unknown)

    def write_reports(self, found: Sequence[CellTold], spending: Spending) -> None:
        """The files that `--pc-report` names and GitHub's summary; `UsageError` for one that cannot be written."""
        from prompt_contracts.plugin.report_files import add_step_summary, write_report_files

        report = self.report(found, spending)
        comparison = self._compared(report)
        if trouble := add_step_summary(report, os.environ, comparison=comparison):
            self._screen.line(trouble)
        write_report_files(report, self._config, comparison=comparison)

    def _compared(self, report: Report) -> Comparison | str | None:
        """What is different from the baseline; worked out once, for the files and for the terminal."""
        baseline = self._config.stash.get(BASELINE, None)
        if self._comparison is None and baseline is not None:
            self._comparison = baseline.compared(report)
        elif baseline is None and (path := baseline_to_come(self._config)) is not None:
            name = self.from_here(path)
            self._comparison = f"nothing can be compared: {name} is not there yet; --pc-report={name} makes it"
        return self._comparison

    def report(self, found: Sequence[CellTold], spending: Spending) -> Report:
        """What the run found."""
        results = [told for told in found if isinstance(told, CaseResult)]
        broken = [told for told in found if isinstance(told, BrokenResult)]
        report = self.projects.report(results, broken=broken, spent=self._spent(spending))
        whole = with_unfinished(report, self._config)
        gates = self._config.stash.get(GATES, None)
        return whole if gates is None else gates.held(whole)

    def close(self) -> None:
        """Close connections."""
        self.projects.close()
