"""Measures contracts: mutants a second on one core, and what 1,000 replayed cells take beside a plain replay of them.

The speed is measured on the tasks of the Berkeley leaderboard where they lie on the machine, with contracts that name
every argument; everything counts, from the answer to the score. Only the processor's time is told.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.replay import record
from benchmarks.suite import multiply_recordings, write_suite
from benchmarks.timing import compare
from prompt_contracts.case import Case
from prompt_contracts.engine.strength_tries import TrialMeans, tried_mutants
from prompt_contracts.outcome import Outcome
from prompt_contracts.results.strength_sums import cell_strength, place_sums, state_counts
from tests.bfcl_contracts import STRENGTHS, answered, case_for, contracts, records

CELLS = 1_000
ROUNDS = 5


class NoReferences:
    """A project that has neither functions nor files."""

    is_code_refused = True

    def read_schema(self, path: str) -> Any:
        """There is no file."""
        raise LookupError(path)

    def missing(self, name: str) -> str | None:
        """There is no function."""
        return name

    def look_up(self, name: str) -> object:
        """There is nothing."""
        raise LookupError(name)

    def resolve(self, name: str) -> Any:
        """There is no function."""
        raise LookupError(name)


def measure_all(work: list[tuple[Case, Outcome]]) -> int:
    """How many mutants were made, judged and summed up."""
    means = TrialMeans(references=NoReferences(), masked_json=lambda value: value, has_rare=False)
    total = 0
    for case, outcome in work:
        (tried,) = tried_mutants(answered(case, outcome), means)
        made = list(tried.values())
        cell_strength("a", place_sums(made), counts=state_counts(made), silent_on=())
        total += len(made)
    return total


def print_speed() -> None:
    """Mutants a second, full contracts."""
    right = {each.task["id"]: each for each in records() if each.is_right}
    work = [
        (case_for(each.task, found[STRENGTHS[-1]]), each.outcome)
        for each in right.values()
        if STRENGTHS[-1] in (found := contracts(each.task))
    ]
    if not work:
        print("mutants a second: not measured, the leaderboard's data is not there")
        return
    speeds, total = list[float](), 0
    for _ in range(ROUNDS):
        started = time.process_time()
        total = measure_all(work)
        speeds.append(total / (time.process_time() - started))
    print(f"{total:,} mutants of {len(work)} answers, full contracts, one core")
    print(f"  {statistics.median(speeds):,.0f} mutants a second (required 5,000, aim 8,000)")


def print_replay() -> None:
    """The command beside a plain replay of the same cells."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    strength = [sys.executable, "-m", "prompt_contracts", "strength", "cases"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        base_url = record(pytest, folder / "recorded")
        root = folder / "many"
        write_suite(root, cells=CELLS, base_url=base_url)
        multiply_recordings(folder / "recorded", root, cells=CELLS)
        printed = subprocess.run(
            [*strength, "--format", "json"], cwd=root, check=True, capture_output=True, env={**os.environ}
        ).stdout
        mutants = sum(sum(case["counts"].values()) for case in json.loads(printed)["cases"])
        pairs = compare(strength, [*pytest, "cases"], folder=root, rounds=ROUNDS)
    added = statistics.median(one.cpu_seconds - other.cpu_seconds for one, other in pairs)
    whole = statistics.median(one.cpu_seconds for one, _ in pairs)
    print(f"strength of {CELLS:,} replayed cells, {mutants / CELLS:.0f} mutants each")
    print(f"  {whole:.1f} s, {added:.1f} s more than a plain replay (required 6, aim 4)")


def main() -> None:
    """Measure and print."""
    print_speed()
    print_replay()


if __name__ == "__main__":
    main()
