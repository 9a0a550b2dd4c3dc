"""Replays suites of one-request cells beside as many tests that do nothing, and prints the ratios.

The largest is replayed by two workers of pytest-xdist, too, beside the empty tests under the same two.

Everything runs in an environment as a user has it. The cells are recorded once, from a server of this process.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.installation import add, install
from benchmarks.suite import PER_FILE, multiply_recordings, served, write_suite
from benchmarks.timing import Sample, compare

FEW, SMALL, MIDDLE, LARGE = 5, 200, 1000, 5000
WORKER_ROUNDS = 3
ROUNDS = {FEW: 15, SMALL: 7, MIDDLE: 7, LARGE: 3}


def record(pytest: list[str], root: Path) -> str:
    """One recorded file of a suite; the address that it was recorded from."""
    with served() as base_url:
        write_suite(root, cells=PER_FILE, base_url=base_url)
        environ = {**os.environ, "NO_PROXY": "*", "PYTHONPYCACHEPREFIX": str(root / "pycache")}
        command = [*pytest, "cases", "--pc-record=rewrite"]
        subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL, env=environ)
        return base_url


def compare_sizes(pytest: list[str], folder: Path) -> dict[int, list[tuple[Sample, Sample]]]:
    """For each size, replays beside runs of as many empty tests; for the smallest beside runs of none."""
    base_url = record(pytest, folder / "recorded")
    found = {}
    for size, rounds in ROUNDS.items():
        root = folder / str(size)
        write_suite(root, cells=size, base_url=base_url)
        multiply_recordings(folder / "recorded", root, cells=size)
        (root / "empty").mkdir()
        other = "empty" if size == FEW else "noop"
        found[size] = compare([*pytest, "cases"], [*pytest, other], folder=root, rounds=rounds)
    return found


def print_size(size: int, pairs: list[tuple[Sample, Sample]], aim: str, *, by: str = "") -> None:
    """One line for the ratio, one for what it is made of."""
    ratios = [cells.seconds / noop.seconds for cells, noop in pairs]
    print(f"replay of {size:,} cells beside {size:,} empty tests{by}, {len(pairs)} pairs")
    print(f"  ratio  median {statistics.median(ratios):.2f}  (min {min(ratios):.2f}, max {max(ratios):.2f}{aim})")
    # On a machine that others use, too, the processor's time says more than the clock's.
    computing = statistics.median(cells.cpu_seconds / noop.cpu_seconds for cells, noop in pairs)
    print(f"  ratio  of the processor's time, median {computing:.2f}")
    cells, noop = (statistics.median(pair[side].seconds for pair in pairs) for side in (0, 1))
    peak = max(pair[0].peak_megabytes for pair in pairs)
    print(f"  cells  {cells:.2f} s, empty tests {noop:.2f} s (medians); {1000 * cells / size:.2f} ms for each cell")
    print(f"  memory {peak:.0f} MB at the peak of a replay, {pairs[0][1].peak_megabytes:.0f} MB without")


def main() -> None:
    """Install, record, replay, print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        # No assertion is rewritten for either side, and no cache is written.
        python = install(folder / "venv")
        pytest = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        found = compare_sizes(pytest, folder)
        # Last, for a plugin more is more to load for all others.
        add(python, "pytest-xdist")
        both = [*pytest, "-n", "2"]
        shared = compare([*both, "cases"], [*both, "noop"], folder=folder / str(LARGE), rounds=WORKER_ROUNDS)
    few = [1000 * (cells.seconds - empty.seconds) for cells, empty in found[FEW]]
    print(f"replay of {FEW} cells, {len(few)} pairs with an empty run of pytest")
    print(f"  added  median {statistics.median(few):.0f} ms  (min {min(few):.0f}, max {max(few):.0f}; aim 250)")
    print_size(SMALL, found[SMALL], "")
    print_size(MIDDLE, found[MIDDLE], "; required 2.5, aim 2.0")
    print_size(LARGE, found[LARGE], "; required 2.5, aim 2.0; memory below 130 MB")
    print_size(LARGE, shared, "; aim 2.0", by=", two workers each")
    # Without the start, which every size pays once.
    start = statistics.median(cells.seconds for cells, _ in found[FEW])
    small, large = (
        (statistics.median(cells.seconds for cells, _ in found[size]) - start) / (size - FEW) for size in (SMALL, LARGE)
    )
    print(f"time for each cell, {LARGE:,} cells by {SMALL}, start apart: {large / small:.2f}  (aim 0.85 to 1.15)")


if __name__ == "__main__":
    main()
