"""Live runs beside the time that the waiting alone would take, and recording beside not recording.

The provider is a process of its own, on this machine, that takes 0.1 s or 1 s over every answer. Start-up is measured
with as many cells that are not asked, and taken off.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.installation import install
from benchmarks.suite import write_suite
from benchmarks.timing import Sample, measure

ROUNDS = 5
# The runner of the empty run ends with "no test was run": all of it is deselected.
_FINE = (0, 5)


@dataclass(frozen=True, kw_only=True)
class Load:
    """One row of the table."""

    cells: int
    latency: float
    concurrency: int
    aim: float

    @property
    def ideal(self) -> float:
        """Seconds of nothing but waiting."""
        return self.cells * self.latency / self.concurrency


LOADS = (
    Load(cells=500, latency=0.1, concurrency=32, aim=1.15),
    Load(cells=2000, latency=0.1, concurrency=64, aim=1.25),
    Load(cells=2000, latency=1.0, concurrency=256, aim=1.25),
)
RECORDED = Load(cells=1000, latency=0.1, concurrency=32, aim=1.3)


@contextmanager
def slow_server(latency: float) -> Iterator[str]:
    """The address of a provider that takes so many seconds over each answer."""
    command = [sys.executable, str(Path(__file__).with_name("slow_server.py")), str(latency)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def _started(python: Path, root: Path) -> Sample:
    """All that a run does but asking."""
    return measure([*_command(python), "--pc-live", "--deselect=cases"], folder=root, fine=_FINE)


def _command(python: Path) -> list[str]:
    return [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "cases"]


def _live(python: Path, root: Path, load: Load) -> Sample:
    return measure([*_command(python), "--pc-live", f"--pc-concurrency={load.concurrency}"], folder=root)


def _compare_with_ideal(python: Path, folder: Path, load: Load) -> None:
    with slow_server(load.latency) as base_url:
        root = folder / f"live_{load.cells}_{load.concurrency}"
        write_suite(root, cells=load.cells, base_url=base_url)
        pairs = [(_live(python, root, load), _started(python, root)) for _ in range(ROUNDS + 1)][1:]
    ratios = [(live.seconds - start.seconds) / load.ideal for live, start in pairs]
    cpu = statistics.median((live.cpu_seconds - start.cpu_seconds) / load.cells for live, start in pairs)
    print(f"live, {load.latency:g} s an answer, {load.cells:,} cells, {load.concurrency} at once")
    print(f"  {_told(ratios, load.aim)} to the ideal of {load.ideal:.2f} s; {1000 * cpu:.1f} ms of CPU a cell")
    print(f"  peak {max(live.peak_megabytes for live, _ in pairs):.0f} MB")


def _compare_recording(python: Path, folder: Path) -> None:
    with slow_server(RECORDED.latency) as base_url:
        root = folder / "recorded"
        write_suite(root, cells=RECORDED.cells, base_url=base_url)
        record = [*_command(python), "--pc-record=rewrite", f"--pc-concurrency={RECORDED.concurrency}"]
        pairs = [(measure(record, folder=root), _live(python, root, RECORDED)) for _ in range(ROUNDS + 1)][1:]
    ratios = [recorded.seconds / live.seconds for recorded, live in pairs]
    cpu = statistics.median((recorded.cpu_seconds - live.cpu_seconds) / RECORDED.cells for recorded, live in pairs)
    print(f"recording {RECORDED.cells:,} cells, {RECORDED.concurrency} at once, beside the same without recording")
    print(f"  {_told(ratios, RECORDED.aim)}; {1000 * cpu:.1f} ms of CPU more a call")


def _told(ratios: list[float], aim: float) -> str:
    return f"ratio  median {statistics.median(ratios):.2f}  (min {min(ratios):.2f}, max {max(ratios):.2f}; aim {aim})"


def main() -> None:
    """Measure all rows, or those whose numbers are given."""
    chosen = [int(number) for number in sys.argv[1:]] or range(len(LOADS) + 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = install(folder / "venv")
        for number in chosen:
            if number < len(LOADS):
                _compare_with_ideal(python, folder, LOADS[number])
            else:
                _compare_recording(python, folder)


if __name__ == "__main__":
    main()
