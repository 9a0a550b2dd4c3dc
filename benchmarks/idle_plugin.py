"""What an installed plugin adds to a pytest run that has no case files: the aim is at most 30 ms."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.timing import compare

ROUNDS = 15


def main() -> None:
    """Run an empty folder with and without the plugin."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    alone = [*pytest, "-p", "no:xdist", "-p", "no:recording", "-p", "no:hypothesispytest"]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "pytest.ini").write_text("[pytest]\n")
        pairs = compare(alone, [*alone, "-p", "no:prompt_contracts"], folder=root, rounds=ROUNDS)
    added = [1000 * (with_plugin.seconds - without.seconds) for with_plugin, without in pairs]
    ratio = statistics.median(with_plugin.seconds / without.seconds for with_plugin, without in pairs)
    print(f"plugin installed, no case files, {ROUNDS} pairs of empty runs")
    print(f"  added  median {statistics.median(added):.0f} ms  (min {min(added):.0f}, max {max(added):.0f}; aim 30)")
    print(f"  ratio  {ratio:.3f}")


if __name__ == "__main__":
    main()
