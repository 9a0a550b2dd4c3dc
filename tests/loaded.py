"""Runs pytest beside busy processes, where a test that waits for time fails: `python -m tests.loaded`.

Takes pytest's arguments. Ctrl-C ends the busy processes too.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

BUSY = 4


def burn() -> None:
    """Keep a processor busy until whoever started this is gone."""
    parent, number = os.getppid(), 0
    while os.getppid() == parent:
        for _ in range(100_000):
            number = (number * 31 + 7) % 1_000_003


@contextmanager
def busy_processes(count: int = BUSY) -> Iterator[None]:
    """So many processes that do nothing but compute, gone in the end whatever happens."""
    burners = [multiprocessing.get_context("spawn").Process(target=burn, daemon=True) for _ in range(count)]
    try:
        for burner in burners:
            burner.start()
        yield
    finally:
        for burner in burners:
            if burner.pid is not None:
                burner.kill()
                burner.join()


def main(arguments: Sequence[str]) -> int:
    """The exit code of pytest."""
    with busy_processes():
        return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
