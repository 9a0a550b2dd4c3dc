"""Whether a run may end well though every item did: the rates that models must reach. Hands the baseline to workers.

Loads nothing of ours but names while none of its options is given.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from prompt_contracts.plugin.found_results import FoundResults
from prompt_contracts.plugin.gate_options import (
    baseline_path,
    baseline_to_come,
    is_failing_on_regressions,
    least_pass_rate,
)
from prompt_contracts.plugin.planned_cells import is_rehearsal
from prompt_contracts.plugin.spending import Spending
from prompt_contracts.plugin.stash import BASELINE, BASELINE_KEY, GATES, MODEL_KEY, SESSION, STRENGTH

if TYPE_CHECKING:
    from prompt_contracts.report import MissedRate, Report


class RunGates:
    """What a run is held against as a whole."""

    def __init__(self, config: pytest.Config, found: FoundResults, spending: Spending) -> None:
        """`pytest.UsageError` for an option that is wrong, and for a baseline that cannot be read."""
        self._config = config
        self._found = found
        self._spending = spending
        self._least = least_pass_rate(config)
        self._hands_over = is_failing_on_regressions(config)
        self._models: set[str] = set()
        """Of all cells that came by, those that were skipped too."""
        self._missed: tuple[MissedRate, ...] = ()
        self._is_untested = False
        config.stash[GATES] = self
        path = baseline_path(config)
        # A worker of xdist may run where the file is not: it is handed what it needs.
        if path is not None and baseline_to_come(config) is None and not hasattr(config, "workerinput"):
            from prompt_contracts.plugin.baseline import Baseline

            config.stash[BASELINE] = Baseline(path, shown=str(path))

    @property
    def are_set(self) -> bool:
        """Whether there is anything to do: hooks that do nothing would cost every test of every run."""
        return self._least is not None or self._hands_over

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of xdist what failed in the baseline."""
        if self._hands_over:
            node.workerinput[BASELINE_KEY] = self._config.stash[BASELINE].failures()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the model of a cell on its first report: of what is skipped nothing else tells."""
        report = yield
        cell = getattr(item, "cell", None)
        if self._least is not None and cell is not None and call.when == "setup":
            setattr(report, MODEL_KEY, cell.target.id)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the models."""
        model = getattr(report, MODEL_KEY, None)
        if model is not None:
            self._models.add(model)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A run that would end well ends with 1 where a model does not reach its rate; any other code stays."""
        if self._least is None or is_rehearsal(self._config) or hasattr(self._config, "workerinput"):
            return
        self._hold()
        if (self._missed or self._is_untested) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def held(self, report: Report) -> Report:
        """The report, and what its models and contracts did not reach."""
        strength = self._config.stash.get(STRENGTH, None)
        report = report if strength is None else strength.held(report)
        if self._least is None:
            return report
        from dataclasses import replace

        from prompt_contracts.results.gates import missed_rates

        return replace(report, missed_rates=missed_rates(report, self._models, self._least))

    def _hold(self) -> None:
        if not self._found and not self._models:
            # Set once for a project, it is not meant for runs of other tests; typed, it is meant for this one.
            self._is_untested = bool(self._config.getoption("pc_min_pass_rate")) or SESSION in self._config.stash
            return
        from prompt_contracts.plugin.session import session_of

        self._missed = session_of(self._config).report(self._found.in_order(), self._spending).missed_rates

    def _tell_of_forgiven(self, terminal: pytest.TerminalReporter) -> None:
        """A model that is forgiven what another one did is news, and not what everybody expects."""
        if not self._hands_over:
            return
        from prompt_contracts.plugin.baseline import ANOTHER_MODEL

        reasons = [getattr(told, "xfail", None) or "" for told in self._found.in_order()]
        models = [reason.removeprefix(ANOTHER_MODEL) for reason in reasons if reason.startswith(ANOTHER_MODEL)]
        if models:
            cells = "1 cell is" if len(models) == 1 else f"{len(models)} cells are"
            told = f"--pc-fail-on regression: {cells} forgiven since another model failed in the baseline: {models[0]}"
            terminal.write_line(told, yellow=True)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """What was missed, below the table."""
        if self._is_untested:
            terminalreporter.write_line("--pc-min-pass-rate: no cell ran, so no rate was reached", red=True)
        self._tell_of_forgiven(terminalreporter)
        if self._missed:
            from prompt_contracts.plugin.session import session_of
            from prompt_contracts.renderers.gate_text import missed_rate_text

            shown = session_of(self._config).shown
            for missed in self._missed:
                terminalreporter.write_line(shown(f"--pc-min-pass-rate: {missed_rate_text(missed)}"), red=True)
