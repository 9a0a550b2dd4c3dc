"""The walk from a case file to a report, as ARCHITECTURE.md tells it, is the one that the code takes."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "prompt_contracts"
ROW = re.compile(
    r"^\| \d+ \| `(?P<file>[\w/]+)` `(?P<caller>[\w.]+)` \| `(?P<other>[\w/]+)` `(?P<callee>[\w.]+)` \|$", re.MULTILINE
)
WALK = [match.groupdict() for match in ROW.finditer((ROOT / "ARCHITECTURE.md").read_text("utf-8"))]


def found(file: str, name: str) -> ast.AST:
    """A function or a method, by its name within its module."""
    node: ast.AST = ast.parse((SOURCE / f"{file}.py").read_text("utf-8"))
    for part in name.split("."):
        node = next(
            each
            for each in ast.iter_child_nodes(node)
            if isinstance(each, (ast.ClassDef, ast.FunctionDef)) and each.name == part
        )
    return node


def called(node: ast.AST) -> set[str]:
    """The last names of everything that a function calls."""
    calls = (each.func for each in ast.walk(node) if isinstance(each, ast.Call))
    return {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}


def test_the_walk_has_at_most_eight_calls() -> None:
    assert 5 <= len(WALK) <= 8


@pytest.mark.parametrize("step", WALK, ids=[step["callee"] for step in WALK])
def test_each_step_of_the_walk_is_a_call_to_another_room(step: dict[str, str]) -> None:
    caller, callee = found(step["file"], step["caller"]), found(step["other"], step["callee"])

    assert isinstance(callee, ast.FunctionDef)
    assert callee.name in called(caller)
    assert step["file"].partition("/")[0] != step["other"].partition("/")[0]
