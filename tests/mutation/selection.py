"""Which tests run which lines, measured once, and which of them to run for a mutant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.mutation.contexts import NOTED
from tests.mutation.mutants import Mutant, statement_spans

_OPTIONS = ("-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "tests.mutation.contexts", "--hypothesis-seed=0")
PYTEST = (sys.executable, "-m", "pytest", *_OPTIONS)
FAST_SECONDS = 6.0
"""What the first tests for a mutant may take together; most mutants are killed by them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Tests by the lines that they run, and how long each takes."""

    tests: Mapping[str, Mapping[int, Sequence[str]]]
    """File -> line -> node ids, without parameters."""
    seconds: Mapping[str, float]

    def batches(self, mutant: Mutant, source: str) -> list[list[str]]:
        """Node ids for a mutant: those of its own room that are fast, then all others that run the line."""
        lines = self.tests.get(mutant.path, {})
        found: set[str] = set()
        for span in statement_spans(source, mutant.line):
            found = {test for line in span for test in lines.get(line, ())} & self.seconds.keys()
            if found:
                break
        room = f"tests/{Path(mutant.path).parent.name}/"
        if not found:  # such as a table: what is only imported is run by all
            found = {test for test in self.seconds if test.startswith(room)}
        ordered = sorted(found, key=lambda test: (not test.startswith(room), self.seconds[test]))
        spent, first = 0.0, 0
        while first < len(ordered) and (first == 0 or spent + self.seconds[ordered[first]] <= FAST_SECONDS):
            spent += self.seconds[ordered[first]]
            first += 1
        return [batch for batch in (ordered[:first], ordered[first:]) if batch]

    def estimate(self, batch: Iterable[str]) -> float:
        """Seconds that tests take."""
        return sum(self.seconds[test] for test in batch)


def digest(root: Path) -> str:
    """Changes with every change in the code or its tests."""
    files = sorted(path for folder in ("src", "tests") for path in (root / folder).rglob("*") if path.is_file())
    whole = sha256()
    for path in files:
        if "__pycache__" not in path.parts:
            whole.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def measured(
    root: Path, trees: Sequence[Path], folder: Path, *, tested: Sequence[str], rooms: Sequence[str]
) -> Coverage:
    """Run the tests once, in as many processes as there are trees, or read what came of it the last time.

    A test that fails on the code as it is, is left out: it would kill every mutant.
    """
    kept, mark = folder / "coverage.json", digest(root)
    known = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    if known.get("digest") != mark:
        known = {"digest": mark, **_measure(trees, folder, tested, rooms)}
        kept.write_text(json.dumps(known), encoding="utf-8")
    lines = {path: {int(line): tests for line, tests in found.items()} for path, found in known["tests"].items()}
    return Coverage(tests=lines, seconds=known["seconds"])


def _measure(trees: Sequence[Path], folder: Path, tested: Sequence[str], rooms: Sequence[str]) -> dict[str, object]:
    files = [path for name in tested for path in sorted((trees[0] / name).rglob("test_*.py"))]
    files.sort(key=lambda path: -path.stat().st_size)
    parts = [[path.relative_to(trees[0]).as_posix() for path in files[n :: len(trees)]] for n in range(len(trees))]
    with ThreadPoolExecutor(len(trees)) as pool:
        done = list(pool.map(lambda n: _covered(n, trees[n], folder, parts[n], rooms), range(len(trees))))
    seconds: dict[str, float] = {}
    tests: dict[str, dict[int, list[str]]] = {}
    for number, tree in enumerate(done):
        seconds |= _durations(_noted(folder, number))
        _add_contexts(folder / f"coverage-{number}.sqlite", tree, tests)
    return {"tests": tests, "seconds": seconds}


def _covered(number: int, tree: Path, folder: Path, files: Sequence[str], rooms: Sequence[str]) -> Path:
    data = folder / f"coverage-{number}.sqlite"
    data.unlink(missing_ok=True)
    settings = folder / f"coverage-{number}.ini"
    sources = "\n  ".join(str(tree / room) for room in rooms)
    settings.write_text(f"[run]\ndata_file = {data}\ncore = ctrace\nconcurrency = thread\nsource =\n  {sources}\n")
    command = [*PYTEST[:1], "-m", "coverage", "run", f"--rcfile={settings}", *PYTEST[1:], *files]
    variables = {**environment(tree), NOTED: str(_noted(folder, number))}
    log = folder / f"coverage-{number}.log"
    with log.open("wb") as out:
        subprocess.run(command, cwd=tree, env=variables, stdout=out, stderr=out, check=False)
    if not data.is_file():
        raise RuntimeError(f"the tests could not be run: see {log}")
    return tree


def environment(tree: Path) -> dict[str, str]:
    """Lets the code of a copy of the project be the one that is imported."""
    return {**os.environ, "PYTHONPATH": str(tree / "src")}


def _noted(folder: Path, number: int) -> Path:
    return folder / f"noted-{number}.json"


def _durations(noted: Path) -> dict[str, float]:
    """Seconds of each test function that passes with all of its parameters."""
    found = json.loads(noted.read_text("utf-8"))
    for test in found["failed"]:
        print(f"left out, it fails as things are: {test}")
    return {test: seconds for test, seconds in found["seconds"].items() if test not in found["failed"]}


def _add_contexts(data: Path, tree: Path, tests: dict[str, dict[int, list[str]]]) -> None:
    import coverage

    found = coverage.CoverageData(str(data))
    found.read()
    for path in found.measured_files():
        lines = tests.setdefault(Path(path).relative_to(tree).as_posix(), {})
        for line, contexts in found.contexts_by_lineno(path).items():
            lines.setdefault(line, []).extend(filter(None, contexts))
