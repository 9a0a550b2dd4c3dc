"""The example of a tested application in Python: replayed by `make cases`, and read by type checkers as by users."""

from __future__ import annotations

import json
import os
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
    assert sorted(len(cell["trials"]) for cell in cells) == [1, 1, 1, 1, 1, 3]


def test_make_cases_replays_it_too() -> None:
    assert f"pytest -q {EXAMPLE}" in (ROOT / "Makefile").read_text("utf-8")


def test_mypy_reads_it_as_that_of_a_user(tmp_path: Path) -> None:
    """Without our settings: `py.typed` alone says what there is."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--explicit-package-bases", EXAMPLE]
    environ = {**os.environ, "MYPY_CACHE_DIR": str(tmp_path), "MYPYPATH": "."}

    result = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout


def test_mypy_knows_a_word_that_no_facet_has(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "from prompt_contracts import PromptContract\n\n"
        "def test_bot(prompt_contract: PromptContract) -> None:\n"
        '    with prompt_contract.provider("house:small") as provider:\n'
        "        pass\n"
        '    prompt_contract.expect(provider, order="strickt", txt="a")\n'
    )

    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", wrong.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert '"strickt"' in result.stdout or "order" in result.stdout
    assert '"txt"' in result.stdout


def test_pyright_reads_it_as_that_of_a_user() -> None:
    pyright = os.environ.get("PYRIGHT") or shutil.which("pyright")
    if pyright is None:
        pytest.skip("pyright is not installed: npm install pyright, and PYRIGHT=…/node_modules/.bin/pyright")

    result = subprocess.run(
        [pyright, "--pythonpath", sys.executable, EXAMPLE], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout
