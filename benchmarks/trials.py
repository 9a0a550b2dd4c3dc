"""Replays one cell of 400 trials that may stop early beside one that may not, and prints the ratio.

Every trial holds, so neither stops: what is measured is the price of looking.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.replay import ALONE, SCHEMA, Handler
from benchmarks.timing import compare, median_seconds

TRIALS = 400
ROUNDS = 7


def write_project(root: Path, port: int) -> None:
    """Two case files that differ in nothing but `stop_early`."""
    (root / "pyproject.toml").write_text(
        f'[tool.pytest.ini_options]\n[tool.prompt_contracts.providers.house]\nbase_url = "http://127.0.0.1:{port}/v1"\n'
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
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_project(root, server.server_address[1])
        recording = [*ALONE, "early", "whole", "--pc-record=rewrite"]
        subprocess.run(recording, cwd=root, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "NO_PROXY": "*"})
        server.shutdown()
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
