"""What a handler costs in a replay: cells whose handler asks once beside bare ones that ask the same, in turn.

The first handler cell starts the process of the handlers; its start is told apart.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.suite import served

PAIRS, ROUNDS = 200, 5

HANDLER = """
import http.client
import json
import os
from urllib.parse import urlsplit


def ask(turn):
    address = urlsplit(turn.base_url)
    connection = http.client.HTTPConnection(address.hostname, address.port)
    body = json.dumps({"model": turn.model, "messages": turn.messages})
    connection.request("POST", address.path + "/chat/completions", body, {"content-type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer["choices"][0]["message"]["content"]
"""

CONFTEST = """
import json
import time

import pytest

TIMES = []


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    started = time.perf_counter()
    try:
        return (yield)
    finally:
        TIMES.append((item.name.split("-")[0], time.perf_counter() - started))


def pytest_unconfigure():
    with open("times.json", "w") as file:
        json.dump(TIMES, file)
"""


def write_suite(root: Path, base_url: str) -> None:
    """Handler cells and bare ones in turn, in one file."""
    (root / "cases").mkdir()
    (root / "bots.py").write_text(HANDLER)
    (root / "conftest.py").write_text(CONFTEST)
    (root / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\n"
        f'[tool.prompt_contracts.providers.house]\nbase_url = "{base_url}"\n'
        '[tool.prompt_contracts.prices."house:m"]\ninput = 1.0\noutput = 2.0\n'
    )
    expect = "expect: {text: {$contains: Oslo}}"
    cases = "".join(
        # A bare one first: what every replay loads is no part of the start of the handlers.
        f"  - {{name: bare-{number}, user: 'Question {number}?', {expect}}}\n"
        f"  - {{name: handler-{number}, user: 'Question {number}?', handler: 'bots:ask', {expect}}}\n"
        for number in range(PAIRS)
    )
    (root / "cases/pairs.yaml").write_text(f"version: 1\nmodels: [house:m]\ncases:\n{cases}")


def run(root: Path, *options: str) -> list[tuple[str, float]]:
    """The kind and the seconds of each cell of one run, in their order."""
    # As users run it: Python keeps compiled modules.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ = {**kept, "NO_PROXY": "*", "PYTHONPYCACHEPREFIX": str(root / "pycache")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "cases", *options]
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL, env=environ)
    times: list[tuple[str, float]] = json.loads((root / "times.json").read_text())
    return times


def main() -> None:
    """Record, replay, print."""
    costs, bare, starts = [], [], []
    with tempfile.TemporaryDirectory() as name, served() as base_url:
        root = Path(name).resolve()
        write_suite(root, base_url)
        run(root, "--pc-record=rewrite")
        for _ in range(ROUNDS):
            times = [seconds for _, seconds in run(root)]
            pairs = list(zip(times[::2], times[1::2], strict=True))
            starts.append(1000 * (pairs[0][1] - statistics.median(handler for _, handler in pairs)))
            costs.append(1000 * statistics.median(handler - plain for plain, handler in pairs[1:]))
            bare.append(1000 * statistics.median(plain for plain, _ in pairs[1:]))
    print(f"replay of {PAIRS} handler cells and {PAIRS} bare ones in turn, {ROUNDS} rounds")
    print(f"  cost   of a handler over a bare cell, median {statistics.median(costs):.2f} ms ", end="")
    print(f"(min {min(costs):.2f}, max {max(costs):.2f}; aim 3.00); a bare cell takes {statistics.median(bare):.2f} ms")
    print(f"  start  of their process and import of the handler, median {statistics.median(starts):.0f} ms ", end="")
    print(f"(min {min(starts):.0f}; aim 150 over the import)")


if __name__ == "__main__":
    main()
