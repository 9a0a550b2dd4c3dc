"""`--pc-min-strength`: how strong the contracts of a run are, told by its own answers, whoever ran its cells.

Loads nothing of ours but names until a cell was judged. Each cell is measured where it ran; what only the answers to
other rows can tell is added where all of them come together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from prompt_contracts.plugin.planned_cells import is_rehearsal
from prompt_contracts.plugin.stash import PLANNED, RAN_KEY, REPORT_KEY, SESSION, SIGHTED, STRENGTH, STRENGTH_KEY
from prompt_contracts.plugin.unasked_files import is_yaml

if TYPE_CHECKING:
    from prompt_contracts.engine.strength_tries import AnsweredCell
    from prompt_contracts.outcome import Outcome
    from prompt_contracts.plugin.cell_strengths import ToldStrength
    from prompt_contracts.plugin.items import CellItem
    from prompt_contracts.report import MissedStrength, Report
    from prompt_contracts.strength_found import StrengthFound
    from prompt_contracts.verdict import CaseResult


class StrengthGate:
    """Measures cells in the processes that run them, and holds the sum against a share in the one that tells it."""

    def __init__(self, config: pytest.Config, least: float) -> None:
        """`least` is the share that every case with a score is to reach."""
        self._config = config
        self._least = least
        self._is_worker = hasattr(config, "workerinput")
        self._answered: dict[str, AnsweredCell] = {}
        """By node id, of the cell that runs."""
        self._measured: dict[str, ToldStrength] = {}
        self._told: dict[tuple[str, str], ToldStrength] = {}
        """By node id and by worker."""
        self._ran: dict[str, bool] = {}
        """By node id, of the cells that were called, whether they have a contract of their own."""
        self._known: dict[str, int] = {}
        """Cases of all files that were read, as node ids without brackets, and how many cells each has."""
        self._unread: dict[str, None] = {}
        self._tests: set[str] = set()
        """Tests of Python that state contracts of their own: nothing of them is measured."""
        self._found: StrengthFound | None = None
        self._missed: tuple[MissedStrength, ...] = ()
        self._is_settled = False
        config.stash[STRENGTH] = self

    def keep(self, item: CellItem, result: CaseResult, outcomes: Sequence[Outcome]) -> None:
        """The answers of a cell that was judged: those that pass are measured before the next cell runs."""
        from prompt_contracts.engine.strength_measure import answered_cell, left_out_reason

        if left_out_reason(item.cell) is None:
            self._answered[item.nodeid] = answered_cell(item.cell, result, outcomes)

    def keep_replies(self, item: CellItem, result: CaseResult) -> None:
        """The replies to a cell that were judged."""
        from prompt_contracts.engine.strength_measure import left_out_reason, replied

        if left_out_reason(item.cell) is None:
            self._answered[item.nodeid] = replied(item.cell, result.trials)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Measure the cell: inside of what captures the output of functions of the project, which are asked again."""
        try:
            return (yield)
        finally:
            if SESSION in self._config.stash:
                self._measure(item)

    def _measure(self, item: pytest.Item) -> None:
        from prompt_contracts.plugin.cell_strengths import measured_item
        from prompt_contracts.plugin.items import CellItem
        from prompt_contracts.plugin.measuring_line import measuring_line

        if isinstance(item, CellItem):
            answered = self._answered.pop(item.nodeid, None)
            with nullcontext() if answered is None else measuring_line(self._config, item.nodeid):
                told = measured_item(item, answered)
            if told is not None:
                self._measured[item.nodeid] = told

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put what was measured on the last report of a cell, and whether it will be on that of its call."""
        report = yield
        cell = getattr(item, "cell", None)
        if call.when == "call" and cell is not None:
            from prompt_contracts.engine.strength_measure import has_contract_of_its_own

            setattr(report, RAN_KEY, has_contract_of_its_own(cell.case))
        told = self._measured.pop(item.nodeid, None) if call.when == "teardown" else None
        if told is not None:
            # pytest-forked carries reports away without a hook.
            is_carried = self._is_worker or self._config.pluginmanager.hasplugin("pytest_forked")
            setattr(report, STRENGTH_KEY, told.to_json() if is_carried else told)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a report tells, where the sum is made; a rerun replaces what came before."""
        if hasattr(report, REPORT_KEY) and not is_yaml(Path(report.nodeid.partition("::")[0])):
            self._tests.add(report.nodeid)
        if hasattr(report, RAN_KEY):
            self._ran[report.nodeid] = getattr(report, RAN_KEY)
        told = getattr(report, STRENGTH_KEY, None)
        if told is None or self._is_worker:
            return
        delattr(report, STRENGTH_KEY)  # pytest keeps its reports, and nobody else asks for the answers
        if isinstance(told, Mapping):
            from prompt_contracts.plugin.cell_strengths import ToldStrength

            told = ToldStrength.from_json(told)
        node = getattr(report, "node", None)
        self._told[report.nodeid, "" if node is None else node.gateway.id] = told

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """What there was to run, by a worker of xdist that was not killed."""
        known = getattr(node, "workeroutput", {}).get(STRENGTH_KEY)
        if known is not None:
            self._note(known)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell it, or sum it up: a run that would end well ends with 1 where a case is too weak."""
        if is_rehearsal(self._config):
            return
        if self._is_worker:
            self._config.workeroutput[STRENGTH_KEY] = self._own_cases()  # type: ignore[attr-defined]
            return
        self._settle()
        if self._missed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def held(self, report: Report) -> Report:
        """The report, and the contracts that are too weak; asked for when all cells have come to their end."""
        if is_rehearsal(self._config) or self._is_worker:
            return report
        from prompt_contracts.changed_fields import replace

        self._settle()
        return replace(report, missed_strength=self._missed)

    def _settle(self) -> None:
        """Sum up, once: the files of reports are written before the run is held against anything."""
        if self._is_settled:
            return
        self._is_settled = True
        self._note(self._own_cases())
        from prompt_contracts.changed_fields import replace
        from prompt_contracts.plugin.session import session_of
        from prompt_contracts.results.strength_gates import missed_strength, missing_strength

        if self._told:
            self._found = self._sum()
            masked = session_of(self._config).masked
            self._missed = tuple(
                replace(each, case=each.case and masked(each.case), why_none=masked(each.why_none))
                for each in missed_strength(self._found)
            )
        elif self._config.getoption("pc_min_strength") or self._known:
            # Set once for a project, it is not meant for runs of other tests; typed, it is meant for this one.
            self._missed = (missing_strength(self._least, why=self._why_nothing()),)

    @pytest.hookimpl(wrapper=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None]:
        """What was found, below the table."""
        yield
        if self._found is None:
            for missed in self._missed:
                terminalreporter.write_line(f"--pc-min-strength: {missed.why_none}, so nothing was measured", red=True)
            return
        from prompt_contracts.plugin.session import session_of
        from prompt_contracts.renderers.gate_text import missed_strength_text
        from prompt_contracts.renderers.strength_summary import strength_lines, unmeasured_line

        shown = session_of(self._config).shown
        for line in strength_lines(self._found):
            terminalreporter.write_line(shown(line))
        if unmeasured := unmeasured_line(self._found):
            terminalreporter.write_line(shown(unmeasured), yellow=True)
        if self._missed:
            text = missed_strength_text(self._missed)
            terminalreporter.write_line(shown(f"--pc-min-strength: {text}"), red=True)

    def _own_cases(self) -> dict[str, Any]:
        """What this process read, and the case files that it passed over."""
        contracts = self._config.stash.get(SESSION, None)
        if contracts is None:
            return {"cases": {}, "unread": []}
        from prompt_contracts.plugin.cell_strengths import cells_by_case, node_path

        found = contracts.projects.found
        read = {path for project in found for path in project.files}
        sighted: dict[Path, bool] = self._config.stash.get(SIGHTED, {})
        top = self._config.rootpath
        unread = [node_path(path, top) for path in sighted if path not in read]
        return {"cases": cells_by_case(found, top), "unread": unread}

    def _note(self, known: Mapping[str, Any]) -> None:
        self._known |= known["cases"]
        self._unread |= dict.fromkeys(known["unread"])

    def _sum(self) -> StrengthFound:
        from prompt_contracts.plugin.cell_strengths import CellStrengths

        strengths = CellStrengths(self._config)
        for (nodeid, _), told in sorted(self._told.items(), key=lambda one: one[0]):
            strengths.note(nodeid, told)
        return strengths.found(
            self._least, known=self._all_cases(), ran=self._ran, unread=tuple(self._unread), tests=len(self._tests)
        )

    def _why_nothing(self) -> str:
        if not self._ran:
            return "no cell ran"
        if any(self._ran.values()):
            return "the run ended before a cell that ran could be measured"
        return "only cells under changes ran, which are measured with the case as it is written"

    def _all_cases(self) -> dict[str, int]:
        """The cases of all files that were read; of workers that were ended before they told, what they collected."""
        planned = self._config.stash.get(PLANNED, None)
        if self._known or planned is None:
            return self._known
        return dict(Counter(each.partition("[")[0] for each in planned.ids))
