"""A format of report files is one module and one row: options, help, errors and files follow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from tests.plugin.project import Project

MODULE = r'''"""The ids of the cells, a line each."""


def ids_report(report):
    """The lines."""
    return "".join(f"{result.id} {result.verdict}\n" for result in report.results)
'''


@pytest.fixture
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with one more format."""
    package = tmp_path_factory.mktemp("source") / "prompt_contracts"
    shutil.copytree(str(files("prompt_contracts")), package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "renderers/ids_report.py").write_text(MODULE, encoding="utf-8")
    table = package / "renderers/report_formats.py"
    row = '    ".json": "json_report",\n'
    text = table.read_text("utf-8")
    assert row in text
    table.write_text(text.replace(row, f'{row}    ".ids": "ids_report",\n'), encoding="utf-8")
    return package.parent


def run_with(source: Path, project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Pytest with the package of a folder, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "cases", *arguments],
        cwd=project.root,
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_new_format_is_written_beside_the_others(extended: Path, project: Project) -> None:
    result = run_with(extended, project, "--pc-live", "--pc-report=out/run.ids", "--pc-report=run.json")

    assert result.returncode == 0, result.stdout + result.stderr
    assert (project.root / "out/run.ids").read_text("utf-8").splitlines() == [
        "cases/weather.yaml::picks_weather[oslo-house:small] passed",
        "cases/weather.yaml::picks_weather[lima-house:small] passed",
    ]
    assert (project.root / "run.json").read_text("utf-8").startswith("{")


def test_a_new_format_is_known_to_the_help_and_to_the_error_of_an_unknown_one(extended: Path, project: Project) -> None:
    told = run_with(extended, project, "--help").stdout
    refused = run_with(extended, project, "--pc-report=run.odd")

    assert "by extension: .json, .ids, .html" in " ".join(told.split())
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert (
        "--pc-report run.odd: this version writes .json, .ids, .html, .jsonl, .csv, .md reports only" in refused.stderr
    )
