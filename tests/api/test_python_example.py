"""The example of a tested application in Python: replayed by `make cases`, and read by type checkers as by users."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = "examples/python"


def test_the_example_is_replayed_without_a_key(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    # One of its tests is a coroutine, and needs a plugin that others can do without.
    environ = {name: value for name, value in os.environ.items() if name not in ("TINY_API_KEY", "PYTEST_ADDOPTS")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", EXAMPLE, f"--pc-report={report}"]

    result = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout
    cells = json.loads(report.read_text("utf-8"))["results"]
    assert {cell["verdict"] for cell in cells} == {"passed"}
    assert sorted(len(cell["trials"]) for cell in cells) == [1, 1, 1, 1, 1, 1, 1, 3]


def test_make_cases_replays_it_too() -> None:
    assert f"pytest -q {EXAMPLE}" in (ROOT / "Makefile").read_text("utf-8")


@pytest.fixture(scope="module")
def read_by_mypy(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What mypy says of the example and of a file with two mistakes, in one run: each reads all that they import.

    Without our settings: `py.typed` alone says what there is. What mypy has read is kept, as `make lint` keeps it.
    """
    folder = tmp_path_factory.mktemp("user")
    (folder / "wrong.py").write_text(
        "from prompt_contracts import PromptContract\n\n"
        "def test_bot(prompt_contract: PromptContract) -> None:\n"
        '    with prompt_contract.provider("house:small") as provider:\n'
        "        pass\n"
        '    prompt_contract.expect(provider, order="strickt", txt="a")\n'
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--explicit-package-bases"]
    cache = ROOT / ".mypy_cache" / "example"
    environ = {**os.environ, "MYPY_CACHE_DIR": str(cache), "MYPYPATH": f".{os.pathsep}{folder}"}
    files = [EXAMPLE, str(folder / "wrong.py")]

    result = subprocess.run([*command, *files], cwd=ROOT, env=environ, capture_output=True, text=True, check=False)

    assert result.returncode == 1, result.stdout + result.stderr
    return result.stdout.splitlines()


def test_mypy_reads_it_as_that_of_a_user(read_by_mypy: list[str]) -> None:
    there = len(list((ROOT / EXAMPLE).rglob("*.py")))

    assert [line for line in read_by_mypy if not re.match(r"(\S*wrong\.py:6: |Found )", line)] == []
    assert read_by_mypy[-1].endswith(f" in 1 file (checked {there + 1} source files)")


def test_mypy_knows_a_word_that_no_facet_has(read_by_mypy: list[str]) -> None:
    mistakes = "\n".join(line for line in read_by_mypy if "wrong.py:6: error" in line)

    assert '"strickt"' in mistakes or "order" in mistakes
    assert '"txt"' in mistakes


def test_pyright_reads_it_as_that_of_a_user() -> None:
    pyright = os.environ.get("PYRIGHT") or shutil.which("pyright")
    if pyright is None:
        pytest.skip("pyright is not installed: npm install pyright, and PYRIGHT=…/node_modules/.bin/pyright")

    result = subprocess.run(
        [pyright, "--pythonpath", sys.executable, EXAMPLE], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout
