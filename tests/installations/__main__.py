"""Moves into a pytest project with many plugins: `make test-installations`, or `python -m tests.installations 8.3 9.0`.

For each version of pytest an environment under `.installations/`, with the newest versions of the other plugins that
fit. In it: `init`, the sample cases, and the project's own tests before and after, alone and with every plugin at work.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fresh_environment import ROOT, FreshEnvironment

FOLDER = ROOT / ".installations"
PROJECT = Path(__file__).with_name("project")
PYTESTS = {"8.3": "pytest==8.3.*", "8.4": "pytest==8.4.*", "9.0": "pytest==9.0.*", "newest": "pytest"}
PLUGINS = ("recording", "xdist", "html", "rerunfailures", "randomly", "asyncio", "sugar")
OWN = 4
"""The tests that the project has before."""
SAMPLES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command, and how many tests are to pass."""

    words: tuple[str, ...]
    passed: int | None = None


STEPS = (
    Step(words=("pytest",), passed=OWN),
    Step(words=("prompt-contracts", "init")),
    Step(words=("pytest", "cases"), passed=SAMPLES),
    Step(words=("pytest",), passed=OWN),
    Step(words=("pytest", "tests", "cases"), passed=OWN + SAMPLES),
    Step(words=("pytest", "tests", "cases", "-n", "2"), passed=OWN + SAMPLES),
    Step(words=("pytest", "cases", "--html=report.html", "--self-contained-html"), passed=SAMPLES),
    Step(words=("pytest", "cases", "-p", "no:sugar", "-p", "no:randomly", "--record-mode=none"), passed=SAMPLES),
    Step(words=("pytest", "cases", "--block-network", "--randomly-seed=7"), passed=SAMPLES),
    Step(words=("pytest", "tests", "cases", "-n", "2", "--reruns=2", "--html=all.html"), passed=OWN + SAMPLES),
    Step(words=("pytest", "cases", "--lf", "--junitxml=junit.xml", "--pc-report=pc.html"), passed=SAMPLES),
    Step(words=("prompt-contracts", "doctor")),
)


def main() -> int:
    """1 where anything is wrong, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.installations", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="VERSION", help=f"which: {', '.join(PYTESTS)}; all where none is")
    parser.add_argument("--keep", action="store_true", help="leave the environments; they are kept where one is wrong")
    arguments = parser.parse_args()
    if unknown := {*arguments.names} - {*PYTESTS}:
        parser.error(f"no such version: {', '.join(sorted(unknown))}")
    FOLDER.mkdir(exist_ok=True)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(FOLDER), str(ROOT)]
    subprocess.run(build, check=True)
    (wheel,) = FOLDER.glob("*.whl")
    wrong = [one for name in arguments.names or PYTESTS for one in _wrong(name, wheel)]
    print("\n".join(wrong) or "fine", flush=True)
    if not wrong and not arguments.keep:
        shutil.rmtree(FOLDER)
    return int(bool(wrong))


def _wrong(name: str, wheel: Path) -> Iterator[str]:
    environment = FreshEnvironment(folder=FOLDER / name / "environment")
    environment.create(str(wheel), PYTESTS[name], *(f"pytest-{plugin}" for plugin in PLUGINS))
    project = FOLDER / name / "project"
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(PROJECT, project)
    versions = environment.run(project, "python", "-m", "pip", "list", "--format=freeze").stdout
    print(f"{name}:", *re.findall(r"^(pytest(?:-\w+)?==\S+)$", versions, re.MULTILINE), flush=True)
    for step in STEPS:
        done = environment.run(project, *step.words)
        line = " ".join(step.words)
        print(f"{name}: {line}: {_counts(done.stdout) or done.returncode}", flush=True)
        if done.returncode != 0 or (step.passed is not None and _passed(done.stdout) != step.passed):
            yield f"{name}: {line} went wrong:\n{done.stdout}"


def _passed(printed: str) -> int:
    """How many passed, by the last line or by the lines that pytest-sugar has in its place."""
    return int(next(iter(re.findall(r"(\d+) passed", printed)[-1:]), 0))


def _counts(printed: str) -> str:
    words = r"\d+ (?:passed|failed|errors?|rerun|warnings?|skipped|deselected)"
    return ", ".join(dict.fromkeys(re.findall(words, printed[-2000:])))


if __name__ == "__main__":
    sys.exit(main())
