"""The tutorial, typed from its first line to its last in an empty folder: every output is printed as it is shown."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT, read_page
from tests.docs.shown_runs import reading
from tests.neighbours import WITHOUT_NEIGHBOURS

TUTORIAL = read_page(ROOT / "docs/tutorial.md")


def test_the_tutorial_runs_as_it_is_shown(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    # The environment that the tutorial activates.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    with reading(pytester, monkeypatch) as reader:
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setenv("PYTEST_ADDOPTS", f"{WITHOUT_NEIGHBOURS} -W default")
        reader.serve("behaves")
        (pytester.path / "pyproject.toml").unlink()
        runs = [run for section in TUTORIAL.sections for run in reader.follow(section)]

    assert len(runs) == 11
    for run in runs:
        assert run.timeless().first_chunk_not_printed is None, "\n".join(run.printed)
