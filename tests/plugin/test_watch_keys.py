"""`--pc-watch` in a terminal: a failed cell is recorded again by a key, after the price is told."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from prompt_contracts.plugin.recording_offer import FailedCell, Forecast, RecordingOffer
from tests.plugin.project import KEY, WEATHER, Project

pexpect = pytest.importorskip("pexpect", reason="pexpect drives no terminal here")
pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX"),
    pytest.mark.skipif(find_spec("watchfiles") is None, reason="watchfiles is an extra"),
]
OSLO = "cases/weather.yaml::picks_weather[oslo-house:small]"
LIMA = OSLO.replace("oslo", "lima")


class Watching:
    """A pytest that watches, in a terminal."""

    def __init__(self, project: Project, *, key: str | None = KEY) -> None:
        environ = {
            name: value for name, value in os.environ.items() if name not in ("CI", "HOUSE_KEY", "PYTEST_ADDOPTS")
        }
        if key is not None:
            environ["HOUSE_KEY"] = key
        self._terminal = pexpect.spawn(
            sys.executable,
            ["-m", "pytest", "cases", "--pc-watch", "-p", "no:cacheprovider"],
            cwd=str(project.root),
            env={**environ, "NO_COLOR": "1", "TERM": "dumb"},
            encoding="utf-8",
            timeout=60,
            dimensions=(40, 200),
            echo=False,
            use_poll=True,
        )

    def until(self, text: str) -> str:
        """What is shown up to a text."""
        self._terminal.expect_exact(text)
        return str(self._terminal.before)

    def type(self, line: str) -> None:
        self._terminal.sendline(line)

    def press_end_of_file(self) -> None:
        self._terminal.sendeof()
        time.sleep(0.5)  # more than once it is looked at what was typed

    def end(self) -> int:
        self._terminal.sendintr()
        self._terminal.expect(pexpect.EOF)
        self._terminal.wait()
        return int(self._terminal.exitstatus)

    def close(self) -> None:
        self._terminal.close(force=True)


@pytest.fixture
def changed(project: Project) -> Project:
    """Two recorded cells, whose prompt was changed since."""
    project.write(weather=WEATHER)
    project.record()
    project.write(weather=WEATHER.replace("Will it rain in", "Does it rain in"))
    project.server.asked.clear()
    return project


@pytest.fixture
def watching(changed: Project) -> Iterator[Watching]:
    watching = Watching(changed)
    yield watching
    watching.close()


def test_one_of_several_failed_cells_is_recorded_once_its_price_is_accepted(
    changed: Project, watching: Watching
) -> None:
    watching.until("watching 1 case file; r and Enter records a failed cell again; Ctrl-C ends it")
    watching.type("r")
    shown = watching.until("which one? Its number and Enter; Enter alone is none")
    assert re.findall(r"(\d)  (cases\S+)", shown) == [("1", OSLO), ("2", LIMA)]
    watching.type("2")
    watching.until(f"{LIMA}: 1 call: house:small 1 ")
    watching.until("; Enter records it again, anything else does not")
    assert changed.server.asked == []
    watching.type("")
    assert "1 passed" in watching.until("watching 1 case file; r and Enter")
    assert [b"Does it rain in Lima?" in asked.body for asked in changed.server.asked] == [True]

    watching.type("r")  # there is but one left
    watching.until(f"{OSLO}: 1 call: ")
    watching.until("anything else does not")
    watching.type("no")
    watching.until("nothing was recorded")
    watching.type("r")
    watching.until("anything else does not")
    watching.type("y")
    watching.until("watching 1 case file; Ctrl-C ends it")
    watching.type("r")
    watching.until("no cell has failed: there is nothing to record again")

    assert watching.end() == 2
    assert len(changed.server.asked) == 2


def test_a_change_is_run_and_ends_the_conversation(changed: Project, watching: Watching) -> None:
    watching.until("; r and Enter")
    watching.type("r")
    watching.until("which one?")
    changed.write(weather=WEATHER)
    assert "2 passed" in watching.until("watching 1 case file; Ctrl-C ends it")
    watching.type("1")
    watching.until("no cell has failed; Ctrl-C ends it")

    assert watching.end() == 2
    assert changed.server.asked == []


def test_what_was_typed_before_the_price_was_told_accepts_nothing(changed: Project, watching: Watching) -> None:
    watching.until("; r and Enter")
    watching.type("r")
    watching.until("which one?")
    watching.type("1")
    watching.type("")  # by somebody impatient
    watching.until("anything else does not")
    watching.press_end_of_file()
    watching.type("no")
    watching.until("nothing was recorded")

    assert watching.end() == 2
    assert changed.server.asked == []


def test_a_key_that_is_not_set_is_told_before_anybody_is_asked(changed: Project) -> None:
    watching = Watching(changed, key=None)
    try:
        watching.until("; r and Enter")
        watching.type("r")
        watching.until("which one?")
        watching.type("1")
        watching.until(f"{OSLO} cannot be recorded: key not set: HOUSE_KEY; set it in .env, or start again with it")
        watching.type("")
        assert watching.end() == 2
    finally:
        watching.close()
    assert changed.server.asked == []


def test_whoever_has_no_terminal_is_offered_nothing(changed: Project) -> None:
    """`tests/plugin/test_watch.py` reads a pipe, in which nothing may be told of keys."""
    terminal = pexpect.spawn(
        "/bin/sh",
        ["-c", f"{sys.executable} -m pytest cases --pc-watch -p no:cacheprovider | cat"],
        cwd=str(changed.root),
        encoding="utf-8",
        timeout=60,
        dimensions=(40, 200),
        use_poll=True,
    )
    try:
        terminal.expect_exact("watching 1 case file; Ctrl-C ends it")
    finally:
        terminal.sendintr()
        terminal.expect(pexpect.EOF)
        terminal.close(force=True)


def test_a_long_list_is_cut_and_what_is_not_in_it_proposes_nothing() -> None:
    said: list[str] = []
    offer = RecordingOffer(say=said.append, forecast=lambda cell: Forecast(cost=cell.nodeid))
    offer.note([FailedCell(f"cell {number}", Path("a.yaml")) for number in range(1, 26)], run=lambda _: True)

    assert offer.take("r") is None
    assert said[-1] == "and 5 more; which one? Its number and Enter; Enter alone is none"
    assert len(said) == 21
    assert offer.take("21") is None
    assert "Enter records it again" not in said[-1]
    offer.take("r")
    offer.take("20")
    assert said[-1] == "cell 20: cell 20; Enter records it again, anything else does not"
    assert offer.take("Y?") is None
    offer.take("r")
    offer.take("20")
    assert offer.take("") == FailedCell("cell 20", Path("a.yaml"))


def test_a_cell_that_is_gone_is_told() -> None:
    said: list[str] = []
    offer = RecordingOffer(say=said.append, forecast=lambda cell: None)
    offer.note([FailedCell("cell", Path("a.yaml"))], run=lambda _: True)

    assert offer.take("r") is None
    assert said == ["cell cannot be found any more"]


NUMBERS = """
version: 1
models: [house:small]
cases:
  - name: any_number
    user: "Say {{ n }}."
    given: {n: {$schema: {type: integer, minimum: 0, maximum: 1000}}}
    examples: 2
    expect: {text: fine}
"""


def test_a_generated_row_is_recorded_alone_and_not_shrunk(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(weather=NUMBERS)
    project.answer_text("fine")
    project.record()
    given = project.root / "cases/weather.given.yaml"
    before = given.read_bytes()
    project.write(weather=NUMBERS.replace("Say", "Tell"))
    project.answer_text("wrong")
    project.server.asked.clear()
    monkeypatch.setenv("PROMPT_CONTRACTS_EXAMPLES", "5")
    watching = Watching(project)
    try:
        watching.until("; r and Enter")
        watching.type("r")
        watching.until("which one?")
        watching.type("1")
        watching.until(": 1 call: house:small 1 ")
        watching.until("anything else does not")
        watching.type("")
        watching.until("; r and Enter")
        assert watching.end() == 2
    finally:
        watching.close()

    assert len(project.server.asked) == 1
    assert given.read_bytes() == before


def test_a_case_without_cells_is_told_of_with_its_way_on(project: Project) -> None:
    project.write(weather=NUMBERS)
    project.answer_text("fine")
    project.record()
    project.write(weather=NUMBERS.replace("maximum: 1000", "maximum: 900"))
    watching = Watching(project)
    try:
        shown = watching.until("watching 1 case file; Ctrl-C ends it")
        assert "--pc-record=stale makes others" in shown
        watching.type("r")
        watching.until("nothing to record again; cases/weather.yaml::any_number cannot run: what its 'help' says mends")
        project.write(weather=NUMBERS)
        watching.until("watching 1 case file; Ctrl-C ends it")
        watching.type("r")
        assert "cannot run" not in watching.until("there is nothing to record again\r\n")
        assert watching.end() == 2
    finally:
        watching.close()
