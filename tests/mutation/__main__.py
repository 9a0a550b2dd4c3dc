"""Puts sampled mutants into copies of the project and runs the tests: `make mutants`.

What was found is kept in `.mutants/`, so that a run that was broken off goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.mutation.mutants import Mutant, sample
from tests.mutation.selection import PYTEST, Coverage, digest, environment, measured

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".mutants"
ROOMS = ("src/prompt_contracts/expectations", "src/prompt_contracts/transport")
TESTED = ("tests/expectations", "tests/transport", "tests/oracle")
"""Folders with the tests of these rooms: which lines they run is measured."""
OTHERS = {
    "expectations": (
        "tests/plugin/test_outcomes.py",
        "tests/plugin/test_turns.py",
        "tests/plugin/test_tool_loops.py",
        "tests/plugin/test_other_errors.py",
        "tests/cli/test_judge.py",
    ),
    "transport": (
        "tests/plugin/test_outcomes.py",
        "tests/plugin/test_retries.py",
        "tests/engine/test_retried_answers.py",
        "tests/engine/test_real_recordings.py",
        "tests/engine/test_threads.py",
    ),
}
"""What is run after them: files in which mutants of a room are noticed by what a user sees."""
OTHERS_OF_FILES = {
    "src/prompt_contracts/transport/exchange.py": ("tests/plugin/test_linked_recordings.py",),
    "src/prompt_contracts/transport/strays.py": ("tests/plugin/test_shared_causes.py",),
    "src/prompt_contracts/transport/wire_log.py": ("tests/plugin/test_logs.py",),
}
"""What is run before them: what only a whole project shows of one file."""
OTHERS_SECONDS = 100.0
"""What they take together, generously."""
LIMIT = 'ulimit -v 8000000 2>/dev/null; exec "$@"'
"""A mutant that fills the memory ends itself, not the machine."""

Fate = Literal["killed", "timeout", "survived", "untested"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What became of a mutant."""

    mutant: Mutant
    fate: Fate
    by: str
    """The test that failed; of a survivor, how many were run."""


class Workshop:
    """Copies of the project, one for each process, and the tests that are run in them."""

    def __init__(self, jobs: int) -> None:
        self.trees = [FOLDER / f"tree-{number}" for number in range(jobs)]
        self._free: queue.SimpleQueue[Path] = queue.SimpleQueue()
        self._age = 0
        self._sound: frozenset[str] = frozenset()
        for tree in self.trees:
            _copy(tree)
            self._free.put(tree)

    def check_others(self) -> None:
        """Leave out the other files that fail as things are: they would kill every mutant."""
        names = sorted({name for names in (*OTHERS.values(), *OTHERS_OF_FILES.values()) for name in names})
        with ThreadPoolExecutor(len(self.trees)) as pool:
            passed = list(pool.map(self._passes, names))
        self._sound = frozenset(name for name, passes in zip(names, passed, strict=True) if passes)
        for name in sorted({*names} - self._sound):
            print(f"left out, it fails as things are: {name}", flush=True)

    def _passes(self, name: str) -> bool:
        tree = self._free.get()
        try:
            return (tree / name).is_file() and _run(tree, [name], 60 + 5 * OTHERS_SECONDS)[0] == 0
        finally:
            self._free.put(tree)

    def judge(self, mutant: Mutant, coverage: Coverage) -> Found:
        """Run the tests that could notice a mutant, the likeliest first, until one fails."""
        tree = self._free.get()
        target = tree / mutant.path
        source = target.read_text("utf-8")
        try:
            self._write(target, mutant.code)
            return _judged(tree, mutant, coverage, source, self._sound)
        finally:
            self._write(target, source)
            self._free.put(tree)

    def _write(self, target: Path, code: str) -> None:
        target.write_text(code, encoding="utf-8")
        self._age += 1
        seconds = target.stat().st_mtime + self._age  # a byte code is told from an older one by whole seconds
        os.utime(target, (seconds, seconds))


def _copy(tree: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    shutil.rmtree(tree, ignore_errors=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)


def _judged(tree: Path, mutant: Mutant, coverage: Coverage, source: str, sound: frozenset[str]) -> Found:
    wanted = (*OTHERS_OF_FILES.get(mutant.path, ()), *OTHERS[Path(mutant.path).parent.name])
    others = [name for name in wanted if name in sound]
    batches = [(batch, coverage.estimate(batch)) for batch in coverage.batches(mutant, source)]
    for batch, estimate in (*batches, (others, OTHERS_SECONDS)):
        seconds = 60 + 5 * estimate
        code, said = _run(tree, batch, seconds)
        if code is None:
            return Found(mutant=mutant, fate="timeout", by=f"nothing after {seconds:.0f} s")
        if code != 0:
            failed = next((line for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))), "")
            return Found(mutant=mutant, fate="killed", by=failed or said.strip()[-200:])
    count = sum(len(batch) for batch, _ in batches)
    return Found(mutant=mutant, fate="survived" if count else "untested", by=f"{count} tests of the room")


def _run(tree: Path, tests: Sequence[str], seconds: float) -> tuple[int | None, str]:
    process = subprocess.Popen(
        ["/bin/sh", "-c", LIMIT, "sh", *PYTEST, "-x", "--tb=no", *tests],
        cwd=tree,
        env=environment(tree),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        return None, ""
    else:
        return process.returncode, said.decode("utf-8", "replace")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Record:
    """What became of mutants, line by line in a file: nothing is lost when a run is broken off."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._path = FOLDER / "found.jsonl"
        lines = self._path.read_text("utf-8").splitlines() if self._path.is_file() else []
        # What was killed stays dead; what survived may be noticed by a test that was changed since.
        self._known = {
            entry["key"]: entry
            for entry in map(json.loads, lines)
            if entry["fate"] in ("killed", "timeout") or entry["mark"] == mark
        }

    def find(self, mutant: Mutant) -> Found | None:
        """What became of a mutant in an earlier run; None when it is to be judged."""
        entry = self._known.get(mutant.key)
        return None if entry is None else Found(mutant=mutant, fate=entry["fate"], by=entry["by"])

    def add(self, found: Found) -> None:
        """Write it down at once."""
        entry = {"key": found.mutant.key, "fate": found.fate, "by": found.by, "mark": self._mark}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def judge_all(mutants: Sequence[Mutant], jobs: int) -> list[Found]:
    """What became of each, those that were judged before taken from the record."""
    workshop, record = Workshop(jobs), Record(digest(ROOT))
    print("measuring which tests run which lines ...", flush=True)
    coverage = measured(ROOT, workshop.trees, FOLDER, tested=TESTED, rooms=ROOMS)
    workshop.check_others()
    found = [known for each in mutants if each.equivalent is None and (known := record.find(each)) is not None]
    judged = {each.mutant.key for each in found}
    waiting = [mutant for mutant in mutants if mutant.key not in judged and mutant.equivalent is None]
    print(f"{len(mutants)} mutants, {len(waiting)} of them to judge, {len(coverage.seconds)} tests", flush=True)
    pool = ThreadPoolExecutor(jobs)
    try:
        for number, done in enumerate(
            as_completed([pool.submit(workshop.judge, each, coverage) for each in waiting]), 1
        ):
            result = done.result()
            record.add(result)
            found.append(result)
            place = f"{result.mutant.path}:{result.mutant.line}"
            print(f"{number}/{len(waiting)} {result.fate} {place} {result.by[:150]}", flush=True)
    finally:
        pool.shutdown(cancel_futures=True)
    return found


def summary(found: Sequence[Found], equivalents: Sequence[Mutant] = ()) -> str:
    """The numbers, every mutant that nothing noticed, and those that nobody can notice."""
    fates = Counter(each.fate for each in found)
    alive = sorted(
        (e for e in found if e.fate in ("survived", "untested")), key=lambda e: (e.mutant.path, e.mutant.line)
    )
    suspects = [each for each in alive if each.mutant.likely_equivalent]
    killed = fates["killed"] + fates["timeout"]
    judged = max(len(found) - len(suspects), 1)
    lines = [
        f"{len(equivalents) + len(found)} mutants, {len(equivalents)} of them known to be equivalent",
        f"the other {len(found)}: {killed} killed ({fates['timeout']} of them by a timeout), {len(alive)} survived",
        f"{len(suspects)} survivors look equivalent; {killed} of the other {judged} are killed: {killed / judged:.1%}",
    ]
    for each in alive:
        why = f" (likely equivalent: {each.mutant.likely_equivalent})" if each.mutant.likely_equivalent else ""
        lines += ["", f"{each.mutant.path}:{each.mutant.line} {each.fate}, {each.by}{why}", each.mutant.operator]
        lines.append(each.mutant.change)
    for mutant in sorted(equivalents, key=lambda mutant: (mutant.path, mutant.line)):
        lines += ["", f"{mutant.path}:{mutant.line} equivalent: {mutant.equivalent}", mutant.change]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Judge a sample; 0 whatever survived: what it says is for people."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="mutants (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="which of all possible ones (default: 1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    options = parser.parse_args(arguments)
    FOLDER.mkdir(exist_ok=True)
    mutants = sample(ROOT, ROOMS, seed=options.seed, count=options.count)
    equivalents = [mutant for mutant in mutants if mutant.equivalent is not None]
    text = summary(judge_all(mutants, options.jobs), equivalents)
    (FOLDER / "survivors.txt").write_text(text, encoding="utf-8")
    print(f"\n{text}\nwritten to {FOLDER / 'survivors.txt'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
