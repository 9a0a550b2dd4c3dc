"""`prompt-contracts reduce` at a terminal."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from time import sleep

import pytest

from tests.cli.test_reduce import CASES, CELL, Model
from tests.transport.loopback import Answer, Asked, Loopback

pexpect = pytest.importorskip("pexpect", reason="pexpect drives no terminal here")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX")


def test_a_line_at_the_bottom_says_how_far_it_has_come_and_goes_away(tmp_path: Path) -> None:
    server, model = Loopback(), Model()

    def answer(asked: Asked) -> Answer:
        sleep(0.02)
        return model(asked)

    server.answer = answer
    tmp_path.joinpath("prompt_contracts.toml").write_text(f'[providers.house]\nbase_url = "{server.base_url}"\n')
    tmp_path.joinpath("cases").mkdir()
    tmp_path.joinpath("cases/weather.yaml").write_text(CASES)
    environ = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR", "FORCE_COLOR")}

    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "prompt_contracts", "reduce", CELL],
        cwd=str(tmp_path),
        env={**environ, "TERM": "xterm"},
        encoding="utf-8",
        timeout=60,
        dimensions=(24, 90),
        use_poll=True,
    )
    try:
        terminal.expect_exact("calls", timeout=60)
        terminal.expect(pexpect.EOF)
        shown = terminal.before
    finally:
        terminal.close(force=True)
        server.close()

    drawn = re.findall(r"\r([^\r\n]*)\x1b\[K", shown)
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in drawn]
    assert terminal.exitstatus == 0
    assert any(re.match(r" \d+/250 calls │ \d+ of 40 pieces left, trying \d+ │ \$", line) for line in plain)
    assert "\x1b[32m" in shown
    assert max(map(len, plain)) < 90
    # What is said beneath begins on a line that was cleared, and nothing of it is left behind.
    assert "pieces left, trying" not in re.sub(r"\r[^\r\n]*\x1b\[K(?=\r)", "", shown)
