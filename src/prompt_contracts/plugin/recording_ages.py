"""How old the answers are that a run replayed: what is older than the limit is told at its end, and in no report."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import UTC, datetime

import pytest

from prompt_contracts.plugin.stash import AGED, OLDEST_KEY

_MOST_NAMED = 5


def _utc_now() -> datetime:
    return datetime.now(UTC)


class RecordingAges:
    """Holds the recordings that a run replayed against a number of days, whichever process replayed them."""

    name = "ages"

    def __init__(
        self, config: pytest.Config, *, days: int, is_failing: bool, now: Callable[[], datetime] = _utc_now
    ) -> None:
        self._config = config
        config.stash[AGED] = True
        self._days = days
        self._is_failing = is_failing
        self._now = now
        self._dates: dict[str, str] = {}
        self._line = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the date on the first report of a cell, for the process that tells of it."""
        report = yield
        oldest = getattr(item, "oldest", None)
        if call.when == "setup" and oldest is not None and hasattr(item, "cell"):
            setattr(report, OLDEST_KEY, oldest)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the date; a rerun replaces what came before."""
        oldest = getattr(report, OLDEST_KEY, None)
        if oldest is not None:
            self._dates[report.nodeid] = oldest

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hold them against the limit; a run that would end well ends with 1 where it is to fail."""
        now = self._now()
        ages = {name: _days(date, now) for name, date in sorted(self._dates.items()) if date}
        old = {name: age for name, age in ages.items() if age > self._days}
        unknown = len(self._dates) - len(ages)
        if not old and not unknown:
            return
        self._line = _line(old, unknown, total=len(self._dates), days=self._days)
        # Nobody can show that what has no date is young enough: a gate takes that for no.
        if self._is_failing and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(wrapper=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None]:
        """One line below all else."""
        yield
        if self._line:
            from prompt_contracts.plugin.session import session_of

            colour = {"red": True} if self._is_failing else {"yellow": True}
            terminalreporter.write_line(session_of(self._config).shown(self._line), **colour)


def _days(date: str, now: datetime) -> int:
    moment = datetime.fromisoformat(date)
    return (now - (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)).days


def _line(old: dict[str, int], unknown: int, *, total: int, days: int) -> str:
    parts = []
    if old:
        oldest = sorted(old, key=lambda name: -old[name])
        rest = len(oldest) - _MOST_NAMED
        named = ", ".join(f"{name} {old[name]:,} d" for name in oldest[:_MOST_NAMED])
        parts.append(
            f"{len(old):,} of {total:,} replayed recordings older than {days:,} days "
            f"({named}{f' and {rest:,} more' if rest > 0 else ''})"
        )
    if unknown:
        parts.append(f"{unknown:,} of {total:,} of unknown age")
    return f"--pc-max-age: {', '.join(parts)}; --pc-record=rewrite records them again"
