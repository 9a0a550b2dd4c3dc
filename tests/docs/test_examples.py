"""What is committed as an example is what its documented commands make."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs/examples"
PROGRAMS = {"pytest": ["-m", "pytest", "-p", "no:cacheprovider"], "prompt-contracts": ["-m", "prompt_contracts"]}


def test_the_comparison_of_two_models_is_made_by_its_commands(tmp_path: Path) -> None:
    lines = (EXAMPLES / "README.md").read_text("utf-8").splitlines()
    commands = [shlex.split(line.removeprefix("$ ")) for line in lines if line.startswith("$ ")]
    places = {"results.json": str(tmp_path / "results.json"), "docs/examples/two-models.md": str(tmp_path / "made.md")}

    for program, *arguments in commands:
        moved = [_moved(each, places) for each in arguments]
        subprocess.run([sys.executable, *PROGRAMS[program], *moved], cwd=ROOT, check=True, capture_output=True)

    assert (tmp_path / "made.md").read_text("utf-8") == (EXAMPLES / "two-models.md").read_text("utf-8")


def test_the_table_of_the_readme_is_that_of_the_example_suite() -> None:
    shown = (ROOT / "README.md").read_text("utf-8").partition("```text\nmodel ")[2].partition("\n```")[0]

    run = subprocess.run(
        [sys.executable, *PROGRAMS["pytest"], "cases", "-q"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80"},
        check=True,
        capture_output=True,
        text=True,
    )

    assert f"\nmodel {shown}\n" in run.stdout


def _moved(argument: str, places: dict[str, str]) -> str:
    option, equals, value = argument.rpartition("=")
    return f"{option}{equals}{places.get(value, value)}"
