"""How far a run has come, shown while it lasts: a line beneath pytest's own output, or lines of a log in CI.

Everything here happens in pytest's own thread.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Mapping
from typing import Protocol

import pytest

from prompt_contracts.engine.projects import Projects
from prompt_contracts.engine.run_progress import RunProgress
from prompt_contracts.plugin.items import ContractItem
from prompt_contracts.plugin.screen import Screen
from prompt_contracts.progress import Fate, Progress
from prompt_contracts.wait import Wait

REDRAWN_EVERY = 0.2
TOLD_EVERY = 30.0
_LOOKED_AT_EVERY = 1.0
_DUMB = ("dumb", "unknown")


CLEARED_BELOW = "\x1b[J"


def below(text: str) -> str:
    """What draws a text on the line below the one that pytest is writing."""
    # Where the cursor is, nobody knows: pytest wraps its lines, too. So one line is scrolled in where there is none
    # below, which keeps the column, and the place is saved only then. What is too wide after all must not wrap.
    return f"\x1bD\x1b[A\x1b7\x1b[B\r\x1b[?7l{text}\x1b[K\x1b[?7h\x1b8"


class Paper(Protocol):
    """What is written on, such as `Screen`."""

    @property
    def is_coloured(self) -> bool:
        """Whether it takes colours."""

    @property
    def columns(self) -> int:
        """How wide it is."""

    def line(self, text: str) -> None:
        """A line of its own."""

    def draw(self, text: str) -> None:
        """The text as it is."""


class Display(Protocol):
    """Where progress is shown."""

    pulse: float
    """Seconds after which whoever waits may show it again."""
    tells_waits: bool
    """Whether it says that providers wait, so that nobody else has to."""

    def renew(self) -> None:
        """There is another verdict."""

    def clear(self) -> None:
        """Somebody else is about to write."""

    def show(self, progress: Callable[[], Progress]) -> None:
        """The facts as they are now, if it is time for them."""

    def close(self) -> None:
        """The run is over."""


class RedrawnLine:
    """One line below the one that pytest is writing."""

    pulse = REDRAWN_EVERY
    tells_waits = True

    def __init__(self, screen: Paper, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._monotonic = monotonic
        self._due = float("-inf")
        self._text = ""
        self._is_drawn = False

    def renew(self) -> None:
        """What is drawn next may stay for long: it must not be of a moment ago."""
        self._due = float("-inf")

    def clear(self) -> None:
        """All that is below the cursor."""
        if self._is_drawn:
            self._screen.draw(CLEARED_BELOW)
            self._is_drawn = False

    def show(self, progress: Callable[[], Progress]) -> None:
        """Draw it, with what was known a moment ago where that was drawn just now."""
        now = self._monotonic()
        is_due = now >= self._due
        if self._is_drawn and not is_due:
            return
        if is_due:
            self._due = now + REDRAWN_EVERY
            self._text = self._made(progress())
        self._is_drawn = True
        self._screen.draw(below(self._text))

    def close(self) -> None:
        """Leave no trace."""
        self.clear()

    def _made(self, progress: Progress) -> str:
        from prompt_contracts.renderers.progress_text import progress_text

        return progress_text(
            progress,
            width=self._screen.columns - 1,
            is_coloured=self._screen.is_coloured,
            encoding=_encoding(),
        )


class ToldLines:
    """A plain line every half minute, for a log."""

    pulse = _LOOKED_AT_EVERY
    tells_waits = False

    def __init__(self, screen: Paper, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._monotonic = monotonic
        self._due = monotonic() + TOLD_EVERY

    def renew(self) -> None:
        """It can wait for the next line."""

    def clear(self) -> None:
        """Nothing is in the way."""

    def show(self, progress: Callable[[], Progress]) -> None:
        """A line, if the last one is long ago."""
        now = self._monotonic()
        if now >= self._due:
            from prompt_contracts.renderers.progress_text import progress_text

            self._due = now + TOLD_EVERY
            self._screen.line(progress_text(progress(), encoding=_encoding()).strip())

    def close(self) -> None:
        """Nothing is left behind."""


class ProgressWatch:
    """Counts verdicts, and has them shown: a plugin of runs that ask a network."""

    def __init__(
        self,
        display: Display,
        screen: Screen,
        projects: Projects,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.display = display
        self._screen = screen
        self._projects = projects
        self._monotonic = monotonic
        self._own: frozenset[str] = frozenset()
        self._progress: RunProgress | None = None
        self._is_held = False

    def tell(self, news: Wait | str) -> None:
        """What happens while cells are asked; a wait is part of the line, where there is one."""
        if isinstance(news, Wait):
            if self._progress is not None:
                self._progress.note_wait(news)
            if self.display.tells_waits:
                self.show()
                return
        self.display.clear()
        self._screen.line(str(news))
        self.show()

    def show(self) -> None:
        """Show how far the run has come."""
        progress = self._progress
        if progress is not None and not self._is_held:
            ledger, projects = self._projects.ledger, self._projects
            self.display.show(lambda: progress.facts(spent=ledger.settled, statuses=projects.status()))

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """From the first item to the last, or to whatever ends the run."""
        self._own = frozenset(item.nodeid for item in session.items if isinstance(item, ContractItem))
        budget = self._projects.options.budget
        self._progress = RunProgress(len(self._own), budget=budget, monotonic=self._monotonic)
        try:
            return (yield)
        finally:
            self._progress = None
            self.display.close()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> Generator[None, object, object]:
        """Others write; and a test that is none of ours may write whenever it likes."""
        self._is_held = nodeid not in self._own
        return (yield from self._aside())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, object, object]:
        """Others write, and one more cell may have come to its end."""
        fate = _fate(report) if report.nodeid in self._own else None
        if fate is not None and self._progress is not None:
            self._progress.note(report.nodeid, fate)
            self.display.renew()
        return (yield from self._aside())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logfinish(self) -> Generator[None, object, object]:
        """Others write."""
        return (yield from self._aside())

    def pytest_enter_pdb(self) -> None:
        """A person has the terminal, to the end of this item."""
        self._is_held = True
        self.display.clear()

    def _aside(self) -> Generator[None, object, object]:
        self.display.clear()
        try:
            return (yield)
        finally:
            self.show()


def progress_watch(
    config: pytest.Config, screen: Screen, projects: Projects, *, environ: Mapping[str, str]
) -> ProgressWatch | None:
    """What shows the progress of this run; None where it would be in the way."""
    display = _display(config, screen, environ)
    return None if display is None else ProgressWatch(display, screen, projects)


def _display(config: pytest.Config, screen: Screen, environ: Mapping[str, str]) -> Display | None:
    if _is_quiet(config):
        return None
    if _is_log(environ):
        return ToldLines(screen)
    return RedrawnLine(screen) if takes_a_redrawn_line(config, environ) else None


def _is_quiet(config: pytest.Config) -> bool:
    is_silent = config.get_verbosity() < 0 or config.getoption("capture", "no") in ("no", "tee-sys")
    return is_silent or hasattr(config, "workerinput")


def _is_log(environ: Mapping[str, str]) -> bool:
    return environ.get("CI", "").lower() not in ("", "0", "false", "no")


def takes_a_redrawn_line(config: pytest.Config, environ: Mapping[str, str]) -> bool:
    """Whether this run writes on a terminal that nobody else draws on."""
    if _is_quiet(config) or _is_log(environ):
        return False
    is_shared = any(config.getoption(name, None) for name in ("setupshow", "usepdb", "trace", "log_cli_level"))
    return not (is_shared or config.getini("log_cli") or environ.get("TERM") in _DUMB) and _is_plain_terminal(config)


def _is_plain_terminal(config: pytest.Config) -> bool:
    """Whether pytest itself writes to a terminal: whoever replaces its reporter draws there as well."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    return type(reporter).__name__ == "TerminalReporter" and bool(reporter.isatty())


def _encoding() -> str:
    return getattr(sys.__stdout__, "encoding", None) or "utf-8"


def _fate(report: pytest.TestReport) -> Fate | None:
    """What a report says of its cell, in the words of pytest's summary."""
    if report.failed:
        return "failed" if report.when == "call" else "error"
    if report.skipped:
        return "xfailed" if hasattr(report, "wasxfail") else "skipped"
    return "passed" if report.when == "call" and report.passed else None
