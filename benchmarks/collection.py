"""Runs few cells out of 1,000 case files beside a folder that holds only their files, and prints the ratios."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.suite import served, write_suite
from benchmarks.timing import compare, median_seconds

FILES, PER_FILE = 1_000, 5
NAMED = [f"cases/file_{number * 50}.yaml" for number in range(20)]
ROUNDS = 9
# Other plugins of the environment would slow both sides down alike and hide the difference.
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
ALONE = [*PYTEST, "-p", "no:xdist", "-p", "no:recording", "-p", "no:hypothesispytest"]
CHECK = [sys.executable, "-m", "prompt_contracts", "check"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is run in both folders."""

    title: str
    command: list[str]
    files: list[str]
    """The only ones of the small folder."""


QUESTIONS = (
    Question(title="one cell id", command=[*ALONE, f"{NAMED[0]}::case_1[house:m]"], files=NAMED[:1]),
    Question(title="one file", command=[*ALONE, NAMED[0]], files=NAMED[:1]),
    Question(title="20 files", command=[*ALONE, *NAMED], files=NAMED),
    Question(title="check of one file", command=[*CHECK, NAMED[0]], files=NAMED[:1]),
)


def copy_part(root: Path, files: list[str], to: Path) -> None:
    """The same project with only some of its case files."""
    shutil.copytree(root, to, ignore=shutil.ignore_patterns("cases", ".pytest_cache", "pycache"))
    (to / "cases").mkdir()
    for name in files:
        shutil.copy(root / name, to / name)


def main() -> None:
    """Record what is asked for, replay it in both folders in turn, print."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "all"
        with served() as base_url:
            write_suite(root, cells=FILES * PER_FILE, base_url=base_url, per_file=PER_FILE)
            recording = [*ALONE, *NAMED, "--pc-record=rewrite"]
            environ = {**os.environ, "NO_PROXY": "*"}
            subprocess.run(recording, cwd=root, check=True, stdout=subprocess.DEVNULL, env=environ)
        print(f"few of {FILES:,} case files of {PER_FILE} cells, beside a folder that holds only these, {ROUNDS} pairs")
        for number, question in enumerate(QUESTIONS):
            part = Path(folder) / f"part_{number}"
            copy_part(root, question.files, part)
            pairs = compare(question.command, question.command, folder=root, other_folder=part, rounds=ROUNDS)
            ratios = [whole.seconds / alone.seconds for whole, alone in pairs]
            whole, alone = median_seconds([pair[0] for pair in pairs]), median_seconds([pair[1] for pair in pairs])
            peak = max(pair[0].peak_megabytes for pair in pairs)
            print(
                f"  {question.title:18} ratio median {statistics.median(ratios):.2f}  (min {min(ratios):.2f}, "
                f"max {max(ratios):.2f}; aim 1.1)  {whole:.2f} s beside {alone:.2f} s, {peak:.0f} MB"
            )


if __name__ == "__main__":
    main()
