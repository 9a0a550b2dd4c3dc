"""ARCHITECTURE's recipes, followed on a copy: whole they are green; of a row alone every other half is named."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.recipes import RECIPES, Edit, Recipe
from tests.house.test_house import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What the tests said of a copy in which every recipe was followed: first the rows alone, then the rest."""

    half: str
    code: int
    whole: str


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    project = tmp_path_factory.mktemp("copy")
    # Compiled files too, or each run would compile everything.
    for name in ("src", "tests", "docs"):
        shutil.copytree(ROOT / name, project / name)
    for name in ("pyproject.toml", "conftest.py"):
        shutil.copy2(ROOT / name, project / name)
    edits = [edit for recipe in RECIPES for edit in recipe.edits]
    apply(project, (edit for edit in edits if not edit.named))
    _, half = run(project)
    apply(project, (edit for edit in edits if edit.named))
    code, whole = run(project)
    return Followed(half=half, code=code, whole=whole)


def apply(project: Path, edits: Iterable[Edit]) -> None:
    """Every edit, in its order."""
    for edit in edits:
        if edit.script:
            subprocess.run([sys.executable, edit.script], cwd=project, env=environment(project), check=True)
            continue
        path = project / edit.file
        text = path.read_text("utf-8") if path.exists() else ""
        if edit.before:
            assert text.count(edit.before) == 1, f"{edit.file} has {text.count(edit.before)} times: {edit.before}"
            text = text.replace(edit.before, edit.text + edit.before)
        else:
            text += edit.text
        path.write_text(text, encoding="utf-8")


def environment(project: Path) -> dict[str, str]:
    """An environment in which the copy is imported, and no message is broken over lines."""
    return {**os.environ, "PYTHONPATH": str(project / "src"), "COLUMNS": "500"}


def run(project: Path) -> tuple[int, str]:
    """The exit code and the output of the tests that must name what is missing, in a process of their own."""
    tests = dict.fromkeys(test for recipe in RECIPES for test in recipe.tests)
    command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
    done = subprocess.run(command, cwd=project, env=environment(project), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_recipes_that_are_followed_are_green(followed: Followed) -> None:
    assert followed.code == 0, followed.whole


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.thing)
def test_of_a_row_alone_every_other_half_is_named(recipe: Recipe, followed: Followed) -> None:
    silent = [edit.named for edit in recipe.edits if edit.named and edit.named not in followed.half]

    assert silent == [], followed.half


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.thing)
def test_architecture_tells_the_recipe_and_counts_its_files(recipe: Recipe) -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    row = re.search(rf"^\| {recipe.thing} \((\d+) files\) \| (.+) \|$", text, re.MULTILINE)

    assert row is not None
    assert int(row[1]) == len(recipe.files)
    assert [name for name in recipe.files if Path(name).with_suffix("").name not in row[2]] == []
