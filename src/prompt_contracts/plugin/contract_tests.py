"""Tests that state a contract themselves, by the fixture: their cells, their end, and their results on reports.

Loads nothing of ours but names until such a test was collected.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

from prompt_contracts.plugin.contract_marks import FIXTURE, parametrize, which_trial
from prompt_contracts.plugin.stash import DRIVEN, LOST_KEY, REFUSAL, TRIALS

_TRIAL_RUNS = "prompt_contracts_trial_runs"


class ContractTests:
    """The hooks of such tests."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(trylast=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """The cells that a mark asks for; what stands in brackets for one comes last."""
        parametrize(metafunc)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: pytest.Collector) -> Generator[None, object, object]:  # noqa: ARG002
        """One item for all trials of a cell."""
        made = yield
        if isinstance(made, list) and any(which_trial(item) for item in made):
            from prompt_contracts.plugin.repeated_test import fold

            if not self._config.pluginmanager.hasplugin(_TRIAL_RUNS):
                self._config.pluginmanager.register(TrialRuns(self._config), _TRIAL_RUNS)
            return fold(made, which_trial)
        return made

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Look at the options of the run while nothing was asked."""
        if any(FIXTURE in getattr(item, "fixturenames", ()) for item in items):
            from prompt_contracts.errors import UsageError
            from prompt_contracts.plugin.session import session_of

            try:
                session_of(self._config)
            except (pytest.UsageError, UsageError) as error:
                if hasattr(self._config, "workerinput"):
                    return  # each of the tests says it
                self._config.stash.setdefault(REFUSAL, pytest.UsageError(str(error)))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """When the body is over, its contract was stated, and what was recorded is kept."""
        try:
            yield
        except BaseException as error:
            _conclude(item, error)
            raise
        _conclude(item, None)


class TrialRuns:
    """The hook of tests that are run several times; there once one of them was collected."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run all trials of a cell for one report."""
        repeated = item.stash.get(TRIALS, None)
        option = self._config.option
        if repeated is None or option.setuponly or option.setupplan:
            return None  # pytest's own way runs no body then
        repeated.run(nextitem)
        return True


def complete_test(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Put the result of such a test on the report of its body, and our text in place of a traceback."""
    test = item.stash.get(DRIVEN, None)
    if test is not None:
        from prompt_contracts.plugin.driven_result import complete

        complete(test, call, report)
    is_begun = report.when == "setup" and report.passed and FIXTURE in getattr(item, "fixturenames", ())
    if is_begun and hasattr(item.config, "workerinput"):
        from prompt_contracts.plugin.lost_tests import told_if_lost

        setattr(report, LOST_KEY, told_if_lost(item))


def _conclude(item: pytest.Item, raised: BaseException | None) -> None:
    test = item.stash.get(DRIVEN, None)
    if test is not None:
        from prompt_contracts.plugin.driven_result import conclude

        conclude(test, raised)
