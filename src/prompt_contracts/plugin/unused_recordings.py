"""What lies among the recordings and no cell uses, told at the end of a run of everything.

Told is only what is certain: nothing in a run that was narrowed, stopped or interrupted. Loads nothing of ours but
names until a case file was collected.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Sequence
from typing import Any

import pytest

from prompt_contracts.plugin.planned_cells import is_rehearsal
from prompt_contracts.plugin.stash import SESSION, SIGHTED, UNUSED_KEY, WATCH_ONLY

_MOST_NAMED = 5
_LONGEST_NAME = 300
_NARROWING = ("keyword", "markexpr", "lf", "stepwise", "deselect", "ignore", "ignore_glob", "pc_retry_errors")
"""Where pytest keeps the options by which a run is not of everything."""
_REPLACING = ("model", "trials")


class UnusedRecordings:
    """Finds the recordings that no cell uses, in one process or in the first worker of xdist."""

    name = "unused"

    def __init__(self, config: pytest.Config, *, is_failing: bool) -> None:
        self._config = config
        self._is_failing = is_failing
        self._is_narrowed = False
        self._told: list[str] | None = None
        """What the process that collected the cases found; None where it found nothing out."""
        self._others: list[str] = []
        """Those whose cell is there with other models, such as runs with --pc-model have."""
        self._interactions: dict[str, int] = {}
        self._command = "prompt-contracts cassettes prune"
        self._lines: list[str] = []

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Whoever deselects makes a run narrower."""
        self._is_narrowed = self._is_narrowed or bool(items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a cell tells of its own recording."""
        unused = getattr(report, UNUSED_KEY, 0)
        if unused:
            self._interactions[report.nodeid] = unused

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """What a worker of xdist found; one that was killed does not say."""
        found = getattr(node, "workeroutput", {}).get(UNUSED_KEY)
        if found is not None:
            self._told, self._others, self._command = list(found[0]), list(found[1]), str(found[2])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Look, unless nobody could be certain; a run that would end well ends with 1 where it is to fail."""
        worker: dict[str, Any] | None = getattr(self._config, "workerinput", None)
        if worker is None or worker.get("workerid") == "gw0":
            self._look(session)
        if worker is not None:
            if self._told is not None:
                self._config.workeroutput[UNUSED_KEY] = (self._told, self._others, self._command)  # type: ignore[attr-defined]
            return
        if self._told is None or self._is_cut(session):
            return
        line = _line(self._told, self._interactions.values(), self._command)
        self._lines = list(filter(None, (line, _line_of_others(self._others, self._command))))
        if line and self._is_failing and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(wrapper=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None]:
        """A line for each below all else."""
        yield
        for line in self._lines:
            colour = {"red": True} if self._is_failing else {"yellow": True}
            terminalreporter.write_line(line, **colour)

    def _look(self, session: pytest.Session) -> None:
        contracts = self._config.stash.get(SESSION, None)
        if contracts is None or self._is_cut(session) or not self._is_whole(session):
            return
        from prompt_contracts.plugin.orphaned_recordings import orphaned_recordings, pruning_command
        from prompt_contracts.renderers.inert_text import one_line

        sighted = self._config.stash.get(SIGHTED, None)
        found = orphaned_recordings(contracts.projects, sighted or ())
        if found is not None:
            here = self._config.invocation_params.dir
            # Names of files may be anybody's: none acts on a terminal, or keeps a worker from telling them.
            self._told, self._others = (
                [contracts.shown(one_line(contracts.from_here(path), _LONGEST_NAME)) for path in paths]
                for paths in found
            )
            self._command = pruning_command(self._config, contracts.projects, here)

    def _is_cut(self, session: pytest.Session) -> bool:
        """Whether some of what was collected did not run."""
        is_over = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        most = self._config.getoption("maxfail", 0)
        is_stopped = bool(session.shouldstop or session.shouldfail or (most and session.testsfailed >= most))
        return not is_over or is_stopped or self._is_narrowed

    def _is_whole(self, session: pytest.Session) -> bool:
        """Whether the run is of everything in the folders that were named, as the project has it."""
        option = self._config.option
        if WATCH_ONLY in os.environ or is_rehearsal(self._config):
            return False
        if any(getattr(option, name, None) for name in (*_NARROWING, "pc_replies", "pc_live")):
            return False
        if any(getattr(option, f"pc_{name}") or os.environ.get(_variable(name)) for name in _REPLACING):
            return False  # other runs use other recordings
        here = self._config.invocation_params.dir
        return all((here / argument).is_dir() for argument in self._config.args) and session.testscollected > 0


def _variable(name: str) -> str:
    return f"PROMPT_CONTRACTS_{name.upper()}"


def _line(files: Sequence[str], interactions: Iterable[int], command: str) -> str:
    counts = list(interactions)
    parts = []
    if files:
        parts.append(f"no cell uses {_named(files)}")
    if counts:
        total, recordings = sum(counts), len(counts)
        word = "1 interaction" if total == 1 else f"{total:,} interactions"
        where = "1 recording" if recordings == 1 else f"{recordings:,} recordings"
        parts.append(f"no trial replays {word} of {where} in use")
    return f"prompt-contracts: {', '.join(parts)}: {command}" if parts else ""


def _line_of_others(files: Sequence[str], command: str) -> str:
    if not files:
        return ""
    words = f"no case file names the model of {_named(files)}; runs with --pc-model may replay them"
    return f"prompt-contracts: {words}: {command} --other-models"


def _named(files: Sequence[str]) -> str:
    rest = len(files) - _MOST_NAMED
    named = ", ".join(files[:_MOST_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")
    return f"1 recording ({named})" if len(files) == 1 else f"{len(files):,} recordings ({named})"
