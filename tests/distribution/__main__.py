"""What is released, made and tried: `make dist`, or `python -m tests.distribution` where `build` and the checkers are.

The wheel is built from the source distribution. Both hold what is under version control and nothing else. The wheel is
installed into an empty environment, makes a project in an empty folder, and runs it there without keys and proxies; the
source distribution runs tests of its own, with the packages of `.venv`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fresh_environment import ROOT, FreshEnvironment

DIST = ROOT / "dist"
ONLY_HERE = {".ci/run"}
"""What no release has a use for."""
SMOKE = ("tests/house", "tests/scaffold", "tests/cli/test_init.py", "tests/docs/test_reference.py")
STEPS = (
    ("init", ("prompt-contracts", "init"), "files written"),
    ("replay", ("pytest", "cases"), "6 passed"),
    ("check", ("prompt-contracts", "check", "cases"), ""),
    ("init, again", ("prompt-contracts", "init"), "nothing to do"),
)


def main() -> int:
    """1 where anything is wrong, else 0."""
    wheel, source = _build()
    wrong = [*_differences(wheel, source)]
    with TemporaryDirectory() as folder:
        wrong += [*_tried(wheel, Path(folder)), *_tests_of(source, Path(folder))]
    print("\n".join(wrong) or f"fine: {wheel.name}, {source.name}, in {DIST.name}/")
    return int(bool(wrong))


def _build() -> tuple[Path, Path]:
    shutil.rmtree(DIST, ignore_errors=True)
    # Pins what the build itself installs.
    environ = {**os.environ, "PIP_CONSTRAINT": str(ROOT / "constraints.txt")}
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(DIST), str(ROOT)], env=environ, check=True)
    (wheel,), (source,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(source)], check=True)
    subprocess.run([sys.executable, "-m", "check_wheel_contents", str(wheel)], check=True)
    return wheel, source


def _differences(wheel: Path, source: Path) -> Iterator[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    kept = {*listed.split("\0")} - {""}
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    yield from _difference(wheel, packed, {name.removeprefix("src/") for name in kept if name.startswith("src/")})
    with tarfile.open(source) as bundle:
        unpacked = {name.partition("/")[2] for name in bundle.getnames()}
    yield from _difference(source, unpacked, (kept - ONLY_HERE) | {"PKG-INFO"})


def _difference(archive: Path, there: set[str], wanted: set[str]) -> Iterator[str]:
    yield from (f"{archive.name} lacks {name}" for name in sorted(wanted - there))
    yield from (f"{archive.name} should not have {name}" for name in sorted(there - wanted))


def _tried(wheel: Path, folder: Path) -> Iterator[str]:
    environment = FreshEnvironment(folder=folder / "environment")
    environment.create(str(wheel))
    project = folder / "project"
    project.mkdir()
    for name, words, said in STEPS:
        done = environment.run(project, *words)
        is_right = done.returncode == 0 and said in done.stdout
        print(f"{name}: {'fine' if is_right else 'wrong'}", flush=True)
        if not is_right:
            yield f"{name} went wrong in the empty environment:\n{done.stdout}"


def _tests_of(source: Path, folder: Path) -> Iterator[str]:
    with tarfile.open(source) as bundle:
        bundle.extractall(folder, filter="data")
    unpacked = folder / source.name.removesuffix(".tar.gz")
    command = [str(ROOT / ".venv/bin/python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", *SMOKE]
    environ = {**os.environ, "PYTHONPATH": str(unpacked / "src")}
    done = subprocess.run(command, cwd=unpacked, env=environ, capture_output=True, text=True, check=False)
    print(f"tests of the source distribution: {done.stdout.strip().splitlines()[-1]}", flush=True)
    if done.returncode != 0:
        yield f"tests of the source distribution:\n{done.stdout}{done.stderr}"


if __name__ == "__main__":
    sys.exit(main())
