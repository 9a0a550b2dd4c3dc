"""The pytest face: hooks that delegate. Loading it imports pytest and the standard library, nothing else.

Everything heavier loads when the first case file is collected.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from prompt_contracts.plugin.bytecode_finder import find_bytecode

find_bytecode()

from prompt_contracts.plugin.contract_tests import ContractTests, complete_test
from prompt_contracts.plugin.declared_options import add_options
from prompt_contracts.plugin.found_results import FoundResults, put_plainly, told_by
from prompt_contracts.plugin.gate_options import least_strength
from prompt_contracts.plugin.options import (
    STEP_SUMMARY,
    cassette_name,
    check_options,
    is_judging_replies,
    is_replaying,
    is_retrying_errors,
    is_watching,
    report_paths,
)
from prompt_contracts.plugin.planned_cells import PlannedCells, is_rehearsal
from prompt_contracts.plugin.recording_care import recording_care
from prompt_contracts.plugin.remembered_errors import RememberedErrors
from prompt_contracts.plugin.run_gates import RunGates
from prompt_contracts.plugin.spending import Spending
from prompt_contracts.plugin.stash import (
    CAUSES_KEY,
    EACH_KEY,
    LOST_KEY,
    REFUSAL,
    SESSION,
    SIGHTED,
    WATCH_TOLD_IN,
    WIDTH_KEY,
)
from prompt_contracts.plugin.unasked_files import UnaskedFiles, is_yaml
from prompt_contracts.plugin.usage_errors import covered_lines, covered_usage_error, covered_usage_errors

if TYPE_CHECKING:
    from prompt_contracts.plugin.contract_face import PromptContract


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options `--pc-*` and their ini names."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Watches in place of a single run, where that was asked for."""
    option = config.option
    if option.help or option.version or hasattr(config, "workerinput"):
        return None
    with covered_usage_errors():
        if not is_watching(config):
            return None
        from prompt_contracts.plugin.watch_loop import Watch

        return Watch(config).run()


def pytest_configure(config: pytest.Config) -> None:
    """The markers that cells carry, and the collector of results."""
    config.addinivalue_line("markers", "provider(name): the provider that a prompt contract runs against")
    config.addinivalue_line("markers", "model(id): the provider:model that a prompt contract runs against")
    config.addinivalue_line("markers", "prompt(name): the prompt of a case with several that a contract is asked with")
    config.addinivalue_line("markers", "relation(id): the change under which a contract must hold")
    config.addinivalue_line(
        "markers", "prompt_contract(model, rows, trials, require): the cells of a test that states a contract"
    )
    config.add_cleanup(partial(_leave, config))
    with covered_usage_errors():
        check_options(config)
        _register(config)


def _leave(config: pytest.Config) -> None:
    """Spare the end of the process two searches for garbage in what items and their reports hold anyway."""
    # Cleanups run backwards: since 8.4 pytest, which is configured after us, has looked for what goes wrong in garbage.
    if SESSION in config.stash and pytest.version_tuple >= (8, 4):
        gc.freeze()


def _register(config: pytest.Config) -> None:
    config.pluginmanager.register(ContractTests(config), "prompt_contracts_tests")
    if WATCH_TOLD_IN in os.environ:
        from prompt_contracts.plugin.watched_cells import WatchedCells
        from prompt_contracts.plugin.watched_files import WatchedFiles

        config.pluginmanager.register(WatchedFiles(config), "prompt_contracts_watched_files")
        config.pluginmanager.register(WatchedCells(config), "prompt_contracts_watched_cells")
    config.pluginmanager.register(_Results(config), "prompt_contracts_results")
    if hasattr(config, "workerinput") or config.getoption("dist", "no") != "no":
        from prompt_contracts.plugin.packed_reports import PackedReports

        config.pluginmanager.register(PackedReports(config), "prompt_contracts_packed_reports")
    if not is_replaying(config):
        from prompt_contracts.plugin.row_shrinks import RowShrinks
        from prompt_contracts.plugin.row_storage import RowStorage

        config.pluginmanager.register(RowStorage(config), "prompt_contracts_rows")
        config.pluginmanager.register(RowShrinks(config), "prompt_contracts_row_shrinks")
    if not is_judging_replies(config):
        config.pluginmanager.register(UnaskedFiles(), "prompt_contracts_unasked_files")


@pytest.fixture
def prompt_contract(request: pytest.FixtureRequest) -> Generator[PromptContract, None, None]:
    """A contract that a test states itself: a provider on the loopback, recorded or replayed, and what must hold."""
    from prompt_contracts.plugin.driven_test import driven_test

    with driven_test(request) as contract:
        yield contract


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Keeps pytest out of the recordings: collectors for two folders a case would double a run's time."""
    name = cassette_name(config)
    # Asked of each file and folder of a project: names first, which takes a tenth of comparing paths.
    if collection_path.name.lower() != name.name.lower() and name.name:
        return None
    if collection_path == config.rootpath / name:
        return True
    if name.is_absolute() or collection_path.parts[-len(name.parts) :] != name.parts or not collection_path.is_dir():
        return None
    # Other plugins have folders of this name, too: nothing heavy is loaded for them.
    from prompt_contracts.engine.project import configuration_file
    from prompt_contracts.errors import UsageError as ContractUsageError

    try:
        return True if configuration_file(collection_path.parents[len(name.parts) - 1]) else None
    except ContractUsageError:
        return None  # told of when a case file of that project is collected


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A collector for what looks like a case file, which loads it in its turn; other YAML is left alone."""
    if not is_yaml(file_path):
        return None
    from prompt_contracts.cases.sniffing import may_be_case_file

    # A file that was typed is never passed over as somebody else's.
    is_named = parent.session.isinitpath(file_path)
    if not is_named and not may_be_case_file(file_path):
        return None
    from prompt_contracts.plugin.kept_garbage import garbage_kept

    with garbage_kept():  # 250 modules of ours
        from prompt_contracts.plugin.collector import CaseFileCollector

    parent.config.stash.setdefault(SIGHTED, {})[file_path] = is_named
    return CaseFileCollector.make(file_path, parent)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """A wrong option or configuration is told as such, and not as an id that was not found."""
    try:
        return (yield)
    except pytest.UsageError as error:
        raise covered_usage_error(session.config.stash.get(REFUSAL, None) or error) from None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A wrong option or configuration, or all missing keys at once, before the first request."""
    refusal = config.stash.get(REFUSAL, None)
    if refusal is not None:
        raise refusal
    session = config.stash.get(SESSION, None)
    if session is not None:
        session.after_collection(items)


def pytest_report_collectionfinish(config: pytest.Config, items: Sequence[pytest.Item]) -> list[str]:
    """The mode of the run and what it may cost, once there is a case file that it matters to."""
    session = config.stash.get(SESSION, None)
    return [] if session is None else covered_lines(session.header(items))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Puts a cell's result on its report, and our text in place of a traceback."""
    report = yield
    session = item.config.stash.get(SESSION, None)
    if session is not None:
        complete_test(item, call, report)
        session.complete_report(item, call, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, dict[str, Any] | None, dict[str, Any] | None]:
    """Makes plain data of what a report tells of a cell, for other processes and for files."""
    data = yield
    if data is not None:
        put_plainly(data)
    return data


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """No key in the traceback of a mistake of ours."""
    report = yield
    session = collector.config.stash.get(SESSION, None)
    if session is not None and report.failed:
        session.mask_report(report)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Closes connections; a worker tells what it spent."""
    contracts = session.config.stash.get(SESSION, None)
    if contracts is not None:
        contracts.close()
        contracts.tell_spending()


class _Results:
    """Collects the results that reports carry, in the process that prints the summary."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._found = FoundResults(is_each=config.getoption("dist", "no") == "each")
        self._spending = Spending()
        config.pluginmanager.register(self._spending, "prompt_contracts_spending")
        self._errors = RememberedErrors(config, is_retrying=is_retrying_errors(config))
        config.pluginmanager.register(self._errors, "prompt_contracts_errors")
        self._planned = PlannedCells(config)
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(self._planned, "prompt_contracts_planned_cells")
        for care in recording_care(config):
            config.pluginmanager.register(care, f"prompt_contracts_{care.name}")
        gates = RunGates(config, self._found, self._spending)
        if gates.are_set:
            config.pluginmanager.register(gates, "prompt_contracts_gates")
        strength = least_strength(config)
        if strength is not None:
            from prompt_contracts.plugin.strength_gate import StrengthGate

            config.pluginmanager.register(StrengthGate(config, strength), "prompt_contracts_strength")
        self._explained: dict[str, pytest.TestReport] = {}
        self._begun: dict[str, Any] = {}
        """Of tests in workers of xdist that run: what is to be said if their worker dies."""
        self._is_worker = hasattr(config, "workerinput")
        """Whether another process prints the summary: all that is told here is told there, too."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keeps what a report tells of a cell, and of money."""
        if self._is_worker:
            return
        self._spending.note(report)
        self._found.note(report)
        told = told_by(report)
        if report.outcome == "skipped":
            self._planned.skip(report)
        if told is not None:
            self._errors.note(report.nodeid, told)
        if hasattr(report, LOST_KEY):
            self._begun[report.nodeid] = getattr(report, LOST_KEY)
        elif report.when == "teardown":
            self._begun.pop(report.nodeid, None)
        if hasattr(report, CAUSES_KEY):
            self._explained[report.nodeid] = report

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Let pytest tell of a Ctrl-C that hit an instruction without a line."""
        from prompt_contracts.plugin.interruption import leave_out_places_without_line

        leave_out_places_without_line(excinfo)

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_handlecrashitem(self, report: pytest.TestReport) -> None:
        """A cell whose worker of xdist died is an error of ours, too, unless its result came before."""
        if self._found.is_settled(report):
            return
        if is_yaml(Path(report.nodeid.partition("::")[0])):
            from prompt_contracts.plugin.lost_cells import tell_of_loss

            tell_of_loss(report, self._config)
        else:
            from prompt_contracts.plugin.lost_tests import tell_of_lost_test

            tell_of_lost_test(report, self._begun.pop(report.nodeid, None), self._config)

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_xdist_setupnodes(self, config: pytest.Config) -> None:
        """Refuse reports that could not be written before any worker asks: the workers write none."""
        if report_paths(config) and not is_replaying(config):
            from prompt_contracts.plugin.session import session_of

            session_of(config).check_reports()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker what xdist does not: whether it runs every cell beside others, how wide its texts may be."""
        node.workerinput[WIDTH_KEY] = shutil.get_terminal_size().columns
        node.workerinput[EACH_KEY] = self._config.getoption("dist", "no") == "each"

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The table, after pytest's own summaries of failures; what was spent, also when nothing was judged."""
        if self._is_worker:
            return
        if self._found or self._spending.is_told or SESSION in self._config.stash:
            from prompt_contracts.plugin.session import session_of

            session_of(self._config).print_summary(terminalreporter, self._found.in_order(), self._spending)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """What many share is told once, and the report files are written, also when the run was interrupted.

        Not in a worker: all of its reports come here.
        """
        if self._is_worker:
            return
        if SESSION in self._config.stash:
            # First: what is still on its way is told by nobody.
            self._config.stash[SESSION].close()
        if len(self._explained) > 1:
            from prompt_contracts.plugin.session import session_of
            from prompt_contracts.plugin.shared_causes import tell_once

            session_of(self._config)  # with xdist, none of our items was made in this process
            tell_once(list(self._explained.values()), self._config)
        if self._found:
            from prompt_contracts.plugin.representation import colour_failures

            colour_failures(self._config)
        if is_rehearsal(self._config) or session.exitstatus == pytest.ExitCode.USAGE_ERROR:
            return  # a report of an earlier run says more than one of nothing
        if not report_paths(self._config) and not (self._found and os.environ.get(STEP_SUMMARY)):
            return
        from prompt_contracts.plugin.session import session_of

        try:
            session_of(self._config).write_reports(self._found.in_order(), self._spending)
        except pytest.UsageError as error:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
            sys.stderr.write(f"ERROR: {covered_usage_error(error)}\n")

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """What was spent, where a mistake somewhere else kept pytest from its summary."""
        contracts = config.stash.get(SESSION, None)
        if contracts is not None and not hasattr(config, "workerinput"):
            contracts.print_spending(self._spending)
