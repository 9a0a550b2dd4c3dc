"""`prompt-contracts reduce`, ended from outside: by a person, or without a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Condition
from time import monotonic, sleep

import pytest

from tests.cli.test_reduce import CASES, CELL, Model
from tests.transport.loopback import Answer, Asked, Loopback

pytestmark = pytest.mark.skipif(os.name == "nt", reason="ends a process by signals")
LONGEST = 60.0
# A shell may have handed us SIGINT to be ignored.
PROGRAM = """
import signal, sys
from prompt_contracts.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main(sys.argv[1:]))
"""


class PausingModel:
    """The model with the planted fault; at one call it answers nothing until it is told to go on."""

    def __init__(self) -> None:
        self.answered: list[str] = []
        self.pauses_at: int | None = None
        self._model = Model()
        self._came = 0
        self._news = Condition()

    def __call__(self, asked: Asked) -> Answer:
        with self._news:
            self._came += 1
            self._news.notify_all()
            if self._came == self.pauses_at:
                self._news.wait_for(lambda: self.pauses_at is None, LONGEST)
                return Answer(status=500)  # nobody is there any more, or somebody who was told to leave
            self.answered.append(asked.body.decode())
            return self._model(asked)

    def wait_until_paused(self, folder: Path) -> None:
        """Until the call has come, and whatever was answered before is remembered."""
        with self._news:
            assert self._news.wait_for(lambda: self.pauses_at is not None and self._came >= self.pauses_at, LONGEST)
        end = monotonic() + LONGEST
        while remembered(folder) < len(self.answered):
            assert monotonic() < end
            sleep(0.01)

    def go_on(self) -> None:
        with self._news:
            self.pauses_at = None
            self._news.notify_all()


def remembered(folder: Path) -> int:
    return sum(path.read_text().count("\n- request:") for path in folder.glob("*.yaml"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Loopback]:
    server = Loopback()
    tmp_path.joinpath("prompt_contracts.toml").write_text(f'[providers.house]\nbase_url = "{server.base_url}"\n')
    tmp_path.joinpath("cases").mkdir()
    tmp_path.joinpath("cases/weather.yaml").write_text(CASES)
    yield server
    server.close()


def started(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "reduce", CELL],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [(5, 2, "interrupted; the same command goes on"), (31, 1, "stopped: interrupted")],
    ids=["at the start", "in the search"],
)
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_no_answer_is_asked_for_twice(
    server: Loopback, tmp_path: Path, end: signal.Signals, number: int, code: int, said: str
) -> None:
    server.answer = model = PausingModel()
    model.pauses_at = number

    first = started(tmp_path)
    model.wait_until_paused(tmp_path / "reduced/asks/asked")
    first.send_signal(end)
    if end == signal.SIGKILL:
        first.communicate(timeout=LONGEST)
        model.go_on()
    else:
        sleep(0.1)
        model.go_on()
        out, err = first.communicate(timeout=LONGEST)
        assert said in out + err
        assert first.returncode == code, err
    before = len(model.answered)
    second = started(tmp_path)
    out, err = second.communicate(timeout=LONGEST)

    assert second.returncode == 0, err
    assert "3 of 40 pieces left; nothing else of it can go:\n" in out
    assert before < len(model.answered)
    # The whole prompt ten times, the others until each was settled: no more than if nobody had ended it.
    assert f"  {len(model.answered)} calls, " in out
    assert max(Counter(model.answered).values()) == 10
