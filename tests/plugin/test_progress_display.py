"""The progress of a run on a real terminal: drawn beneath pytest's own output, and gone when it is over."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Event, Lock

import pytest

from prompt_contracts.plugin import progress_display
from prompt_contracts.plugin.progress_display import RedrawnLine, ToldLines
from prompt_contracts.progress import Progress
from prompt_contracts.report import Bill
from tests.plugin.project import Project, completion
from tests.transport.loopback import Answer, Asked

if os.name != "posix":
    pytest.skip("terminals of POSIX", allow_module_level=True)

import fcntl
import pty
import struct
import termios

WAIT = 120
# Whoever started these tests may have had Ctrl-C ignored.
DRAWN = re.compile(r"\x1bD\x1b\[A\x1b7\x1b\[B\r\x1b\[\?7l(.*?)\x1b\[K\x1b\[\?7h\x1b8")
CLEARED = "\x1b[J"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
CASES = """
version: 1
models: [house:small]
defaults: {request: {max_tokens: 9}}
cases:
""" + "".join(
    f"  - {{name: says_{number}, user: Say {number}., expect: {{text: '{number}'}}}}\n" for number in range(6)
)


def echo(asked: Asked) -> Answer:
    """What was asked for, but for one case that fails."""
    number = question(asked)
    return completion(text="nothing" if number == "3" else number)


def question(asked: Asked) -> str:
    return str(json.loads(asked.body)["messages"][-1]["content"]).removeprefix("Say ").removesuffix(".")


@dataclass
class Terminal:
    """pytest on a terminal of its own; `on_drawn` is called once the line has been seen."""

    project: Project
    columns: int = 80
    environ: dict[str, str] = field(default_factory=dict)
    written: str = ""
    status: int = 0

    def run(self, *arguments: str, on_drawn: Callable[[subprocess.Popen[bytes]], None] | None = None) -> Terminal:
        main, own = pty.openpty()
        fcntl.ioctl(own, termios.TIOCSWINSZ, struct.pack("HHHH", 24, self.columns, 0, 0))
        ours = ("CI", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "PY_COLORS")
        kept = {name: value for name, value in os.environ.items() if name not in ours}
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            cwd=self.project.root,
            env={**kept, "TERM": "xterm-256color", **self.environ},
            stdin=own,
            stdout=own,
            stderr=own,
        )
        os.close(own)
        read = b""
        while piece := _read(main):
            read += piece
            if on_drawn is not None and b"\x1b7" in read:
                on_drawn(process)
                on_drawn = None
        os.close(main)
        self.status = process.wait(WAIT)
        self.written = read.decode().replace("\r\n", "\n")
        return self

    @property
    def lines(self) -> list[str]:
        """The line as it was drawn each time, without colours."""
        return [COLOURS.sub("", found[1]) for found in DRAWN.finditer(self.written)]

    @property
    def rest(self) -> str:
        """What pytest itself wrote, without colours."""
        return COLOURS.sub("", DRAWN.sub("", self.written).replace(CLEARED, ""))

    @property
    def is_clean(self) -> bool:
        """Whether the line was gone whenever pytest went on to another one, and in the end."""
        is_drawn = False
        for part in re.split(f"({DRAWN.pattern.replace('(.*?)', '.*?')}|{re.escape(CLEARED)})", self.written):
            if DRAWN.fullmatch(part) or part == CLEARED:
                is_drawn = part != CLEARED
            elif is_drawn and "\n" in part:
                return False
        return not is_drawn


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other end is closed
        return b""


@pytest.fixture
def terminal(project: Project, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.delenv("COLUMNS")
    project.write(weather=CASES)
    project.answer(echo)
    return Terminal(project)


def test_pytests_own_output_comes_out_whole_beneath_and_above_the_line(terminal: Terminal) -> None:
    terminal.run("cases", "--pc-live", "--pc-budget=2")

    assert terminal.is_clean
    assert re.search(r"^cases/weather\.yaml \.\.\.F\.\. +\[100%\]$", terminal.rest, re.MULTILINE)
    assert re.match(r" 0/6  ✓ 0 │ \$\S+ of \$2\.00( │ house \d/8)?$", terminal.lines[0])
    assert {re.match(r" \S+", line)[0] for line in terminal.lines} <= {f" {number}/6" for number in range(7)}  # type: ignore[index]
    assert any("\x1b[32m" in line for line in DRAWN.findall(terminal.written))
    assert all(len(line) <= 79 for line in terminal.lines)
    assert re.match(r" 6/6  ✓ 5  ✗ 1 ", terminal.lines[-1])


def test_a_terminal_is_told_that_contracts_are_measured_and_a_pipe_is_not(terminal: Terminal) -> None:
    terminal.project.run("--pc-record=once", "-p", "no:xdist")

    terminal.run("cases", "--pc-min-strength=1%", "-v")
    piped = terminal.project.pytester.runpytest_subprocess("cases", "--pc-min-strength=1%", "-v")
    without = Terminal(terminal.project).run("cases", "-v")

    names = [f"measuring the contract of cases/weather.yaml::says_{number}[house:small]" for number in (0, 1, 2, 4, 5)]
    assert [line for line in terminal.lines if "says_3" not in line] == names
    assert all(len(line) <= 79 for line in terminal.lines)
    assert terminal.is_clean
    assert "measuring" not in piped.stdout.str() + piped.stderr.str()
    assert without.lines == []


def test_with_v_each_cell_has_its_line_and_a_narrow_terminal_without_colours_stays_so(terminal: Terminal) -> None:
    terminal.columns, terminal.environ = 40, {"NO_COLOR": "1"}

    terminal.run("cases", "--pc-live", "-v", "-x")

    assert terminal.is_clean
    assert re.findall(r"says_(\d)\[house:small\] (\w+)", terminal.rest)[:4] == [
        *((str(number), "PASSED") for number in range(3)),
        ("3", "FAILED"),
    ]
    assert terminal.lines
    assert all(len(line) <= 39 for line in terminal.lines)
    assert "\x1b[3" not in terminal.written


def test_nothing_is_drawn_while_somebody_elses_test_runs(terminal: Terminal) -> None:
    terminal.project.pytester.makepyfile(
        test_other="""
        def test_it_writes(capsys):
            with capsys.disabled():
                print("one\\ntwo")
        """
    )

    terminal.run("test_other.py", "cases", "--pc-live")

    assert "one\ntwo\n" in terminal.rest
    assert terminal.lines
    assert terminal.is_clean


def test_a_provider_that_waits_is_told_in_the_line_and_nowhere_else(terminal: Terminal) -> None:
    seen: Counter[str] = Counter()
    lock = Lock()

    def answer(asked: Asked) -> Answer:
        with lock:
            seen[question(asked)] += 1
            is_first = seen.total() == 1
        return Answer(status=429, headers=(("Retry-After", "1"),)) if is_first else echo(asked)

    terminal.project.answer(answer)

    terminal.run("cases", "--pc-live", "--pc-max-retries=2")

    assert any(line.endswith("│ house waiting 1s (429 ×1)") for line in terminal.lines)
    assert "waiting" not in terminal.rest
    assert terminal.is_clean


def test_after_ctrl_c_nothing_of_the_line_is_left(terminal: Terminal) -> None:
    is_over = Event()

    def answer(asked: Asked) -> Answer:
        if question(asked) != "0":
            is_over.wait(WAIT)
        return echo(asked)

    terminal.project.answer(answer)
    terminal.project.shorten_grace()
    try:
        terminal.run("cases", "--pc-live", on_drawn=lambda process: process.send_signal(signal.SIGINT))
    finally:
        is_over.set()

    assert terminal.status == pytest.ExitCode.INTERRUPTED
    assert terminal.is_clean
    assert "KeyboardInterrupt" in terminal.rest


def test_after_an_internal_error_nothing_of_the_line_is_left(terminal: Terminal) -> None:
    terminal.project.pytester.makeconftest("def pytest_runtest_logfinish(): raise ValueError('somebody erred')")

    terminal.run("cases", "--pc-live")

    assert terminal.status == pytest.ExitCode.INTERNAL_ERROR
    assert "INTERNALERROR> ValueError: somebody erred" in terminal.rest
    assert terminal.lines
    assert terminal.is_clean


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (("-q",), {}),
        (("-s",), {}),
        (("-n1",), {}),
        ((), {"TERM": "dumb"}),
        ((), {"CI": "true"}),
        (("--setup-show",), {}),
    ],
)
def test_nothing_is_drawn_where_it_would_be_in_the_way(
    terminal: Terminal, arguments: tuple[str, ...], environ: dict[str, str]
) -> None:
    terminal.environ = environ

    terminal.run("cases", "--pc-live", "-k", "says_1", *arguments)

    assert terminal.status == 0
    assert "\x1b7" not in terminal.written
    assert "1/1  ✓" not in terminal.written


def test_nothing_is_drawn_in_a_replay(terminal: Terminal) -> None:
    terminal.project.run("--pc-record=rewrite", "-k", "says_1")

    terminal.run("cases", "-k", "says_1")

    assert terminal.status == 0
    assert "\x1b7" not in terminal.written


def test_in_ci_plain_lines_say_the_same(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_display, "TOLD_EVERY", 0.0)
    monkeypatch.setenv("CI", "true")

    result = terminal.project.run("--pc-live")

    result.assert_outcomes(passed=5, failed=1)
    told = [line.removeprefix("prompt-contracts: ") for line in result.outlines if re.search(r": \d/6 ", line)]
    assert told[0].startswith("0/6  ✓ 0 │ $")
    assert told[-1].startswith("6/6  ✓ 5  ✗ 1 │ $0.00018 │ house 0/8")
    assert "\x1b" not in "".join(told)


@pytest.mark.parametrize(("arguments", "ci"), [((), ""), (("-q",), "true"), (("-s",), "true")])
def test_a_pipe_without_ci_and_a_quiet_run_get_no_lines(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], ci: str
) -> None:
    monkeypatch.setattr(progress_display, "TOLD_EVERY", 0.0)
    monkeypatch.setenv("CI", ci)

    result = terminal.project.run("--pc-live", *arguments)

    assert not [line for line in result.outlines if re.search(r"\d/6  ✓", line)]


class Paper:
    """What displays write on."""

    is_coloured = False
    columns = 80

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.now = 0.0

    def line(self, text: str) -> None:
        self.lines.append(text)

    draw = line


def nothing_done() -> Progress:
    return Progress(total=3, elapsed=1.0, spent=Bill(usd=Decimal(0)))


def test_a_log_gets_a_line_every_half_minute() -> None:
    paper = Paper()
    display = ToldLines(paper, monotonic=lambda: paper.now)

    for paper.now in (0, 29.9, 30, 31, 59.9, 61, 90):
        display.show(nothing_done)

    assert paper.lines == ["0/3  ✓ 0 │ $0"] * 2


def test_the_line_is_worked_out_a_few_times_a_second_and_put_back_at_once() -> None:
    paper, made = Paper(), Counter[str]()
    display = RedrawnLine(paper, monotonic=lambda: paper.now)

    def facts() -> Progress:
        made["facts"] += 1
        return nothing_done()

    for paper.now in (0, 0.01, 0.02, 0.19):
        display.show(facts)
    assert (made["facts"], len(paper.lines)) == (1, 1)

    display.clear()
    display.clear()
    display.show(facts)
    assert (made["facts"], len(paper.lines)) == (1, 3)
    assert paper.lines[1] == CLEARED
    assert paper.lines[2] == paper.lines[0]

    paper.now = 0.2
    display.show(facts)
    assert made["facts"] == 2
    display.renew()
    display.show(facts)
    assert made["facts"] == 3
    display.close()
    assert paper.lines[-1] == CLEARED
