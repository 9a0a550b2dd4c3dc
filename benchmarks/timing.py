"""Runs whole processes in turn and compares them; used by every benchmark."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run of one command."""

    seconds: float
    """Wall time."""
    cpu_seconds: float
    peak_megabytes: float


def measure(command: Sequence[str], *, folder: Path, fine: Sequence[int] = (0, 5)) -> Sample:
    """Run a command to its end; an exit code that is not fine (0 and 5, nothing collected) stops the benchmark."""
    # As users run it: Python keeps compiled modules. They go to the benchmark's own folder.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = str(folder / "pycache")
    started = time.perf_counter()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=folder, env=environ, stdout=quiet, stderr=quiet)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    code = os.waitstatus_to_exitcode(status)
    if code not in fine:
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    return Sample(seconds=seconds, cpu_seconds=usage.ru_utime + usage.ru_stime, peak_megabytes=usage.ru_maxrss / 1024)


def compare(
    one: Sequence[str], other: Sequence[str], *, folder: Path, rounds: int, other_folder: Path | None = None
) -> list[tuple[Sample, Sample]]:
    """The two commands in turn, in one folder or each in its own, after one round that is not counted."""
    beside = other_folder or folder
    pairs = [(measure(one, folder=folder), measure(other, folder=beside)) for _ in range(rounds + 1)]
    return pairs[1:]


def median_seconds(samples: Sequence[Sample]) -> float:
    """The median wall time."""
    return statistics.median(sample.seconds for sample in samples)
