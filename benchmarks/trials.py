"""Replays one cell of 400 trials that may stop early beside one that may not, and prints the ratio.

Every trial holds, so neither stops: what is measured is the price of looking.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.suite import served
from benchmarks.timing import compare, median_seconds

TRIALS = 400
ROUNDS = 7
# Other plugins of the environment would slow both sides down alike and hide the difference.
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
ALONE = [*PYTEST, "-p", "no:xdist", "-p", "no:recording", "-p", "no:hypothesispytest"]
SCHEMA = "{type: object, properties: {city: {type: string}, stops: {type: array, minItems: 1}}, required: [city]}"


def write_project(root: Path, base_url: str) -> None:
    """Two case files that differ in nothing but `stop_early`."""
    (root / "pyproject.toml").write_text(
        f'[tool.pytest.ini_options]\n[tool.prompt_contracts.providers.house]\nbase_url = "{base_url}"\n'
    )
    for name, is_stopped in (("early", "true"), ("whole", "false")):
        (root / name).mkdir()
        (root / name / f"{name}.yaml").write_text(
            "version: 1\nmodels: [house:m]\ncases:\n  - name: rain\n    user: Will it rain?\n"
            f"    trials: {TRIALS}\n    stop_early: {is_stopped}\n"
            f"    expect: {{json: {{$schema: {SCHEMA}}}}}\n"
        )


def main() -> None:
    """Record, replay, print."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with served() as base_url:
            write_project(root, base_url)
            recording = [*ALONE, "early", "whole", "--pc-record=rewrite"]
            environ = {**os.environ, "NO_PROXY": "*"}
            subprocess.run(recording, cwd=root, check=True, stdout=subprocess.DEVNULL, env=environ)
        pairs = compare([*ALONE, "early"], [*ALONE, "whole"], folder=root, rounds=ROUNDS)
        ratios = [early.seconds / whole.seconds for early, whole in pairs]
        early, whole = median_seconds([pair[0] for pair in pairs]), median_seconds([pair[1] for pair in pairs])
        print(f"{TRIALS} trials with stop_early beside {TRIALS} without, {ROUNDS} pairs")
        print(
            f"  ratio  median {statistics.median(ratios):.2f}  (min {min(ratios):.2f}, max {max(ratios):.2f}; aim 1.1)"
        )
        print(f"  early  {early:.2f} s, whole {whole:.2f} s (medians)")


if __name__ == "__main__":
    main()
