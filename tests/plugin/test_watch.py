"""`--pc-watch`: what a change affects is run again, and nothing else, until somebody interrupts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from importlib.util import find_spec
from queue import Empty, Queue

import pytest

from tests.plugin.project import WEATHER, Project

needs_watchfiles = pytest.mark.skipif(find_spec("watchfiles") is None, reason="watchfiles is an extra")
LONGEST = 60.0
"""Seconds for one line, on a machine that does much else."""
INCLUDING = WEATHER.replace("    user:", "    system: {$file: ../prompts/system.md}\n    user:")


# A shell may have handed us SIGINT to be ignored.
PROGRAM = """
import signal, sys, pytest
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(pytest.main(sys.argv[1:]))
"""


class Watching:
    """A pytest that watches, and what it prints."""

    def __init__(self, project: Project, *arguments: str) -> None:
        environ = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "--pc-watch", "-p", "no:cacheprovider", *arguments],
            cwd=project.root,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self._lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self._lines.put(line.rstrip("\n"))

    def until(self, text: str) -> list[str]:
        """The lines up to one that holds a text."""
        found: list[str] = []
        while not found or text not in found[-1]:
            try:
                found.append(self._lines.get(timeout=LONGEST))
            except Empty:
                pytest.fail(f"no line with {text!r} came after " + "\n".join(found))
        return found

    def end(self) -> int:
        """Interrupt it; its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.code()

    def code(self) -> int:
        """The exit code, once all is said."""
        code = self.process.wait(LONGEST)
        self._reader.join(LONGEST)
        return code


@pytest.fixture
def recorded(project: Project) -> Project:
    """Two case files, recorded, one of them with a prompt of its own."""
    (project.root / "prompts").mkdir()
    (project.root / "prompts/system.md").write_text("Be brief.\n")
    project.write(weather=WEATHER, included=INCLUDING)
    project.record()
    return project


def ran(lines: list[str]) -> list[str]:
    """The case files that a run has come to."""
    return [line.split()[0] for line in lines if line.startswith("cases/") and line.endswith("%]")]


@needs_watchfiles
def test_what_a_change_affects_is_run_again(recorded: Project) -> None:
    watching = Watching(recorded, "cases")
    try:
        assert ran(watching.until("watching 2 case files")) == ["cases/included.yaml", "cases/weather.yaml"]

        recorded.write(weather=WEATHER + "# changed\n")
        watching.until("cases/weather.yaml changed: running cases/weather.yaml")
        assert ran(watching.until("watching 2 case files")) == ["cases/weather.yaml"]

        (recorded.root / "prompts/system.md").write_text("Be very brief.\n")
        watching.until("prompts/system.md changed: running cases/included.yaml")
        lines = watching.until("watching 2 case files")
        assert any("PC202" in line for line in lines)
        assert not any("cases/weather.yaml" in line for line in lines)

        recorded.write(added=WEATHER)
        watching.until("cases/added.yaml changed: running cases/added.yaml")
        watching.until("watching 3 case files")
        (recorded.root / "cases/added.yaml").unlink()
        watching.until("cases/added.yaml gone: nothing to run")
    finally:
        code = watching.end()
    assert code == 2
    assert watching.until("the watch ended")


@needs_watchfiles
def test_ctrl_c_while_tests_run_ends_both(recorded: Project) -> None:
    (recorded.root / "conftest.py").write_text(
        "import time\n\n\ndef pytest_collection_finish():\n    print('COLLECTED', flush=True)\n    time.sleep(60)\n"
    )
    watching = Watching(recorded, "cases", "-s")
    watching.until("COLLECTED")

    assert watching.end() == 2
    assert any("KeyboardInterrupt" in line for line in watching.until("the watch ended"))


@needs_watchfiles
def test_a_run_that_is_called_wrongly_ends_the_watch(recorded: Project) -> None:
    watching = Watching(recorded, "cases", "--pc-trials=0")

    watching.until("--pc-trials 0: give a whole number from 1")
    assert watching.code() == 4


@needs_watchfiles
@pytest.mark.parametrize("mode", ["--pc-record=rewrite", "--pc-record=all", "--pc-live"])
def test_modes_that_pay_at_every_change_are_refused(project: Project, mode: str) -> None:
    result = project.run("--pc-watch", mode)

    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--pc-watch with a mode that asks for everything anew would pay at every change*"])


@needs_watchfiles
def test_rows_that_would_be_others_at_every_change_are_refused(project: Project) -> None:
    result = project.run("--pc-watch", "--pc-record=once", "--pc-examples=new")

    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--pc-watch --pc-examples=new would make other rows, and pay for them, at every*"])


def test_without_the_extra_it_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)

    result = project.run("--pc-watch")

    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--pc-watch needs the package watchfiles: pip install '*?watch?'"])


def test_the_help_watches_nothing(project: Project) -> None:
    assert project.run("--pc-watch", "--help").ret == 0
