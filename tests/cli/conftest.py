"""Fixtures of the commands' tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.replies import WEATHER, Folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Folder:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return Folder(path=tmp_path, capsys=capsys)


@pytest.fixture
def cases(folder: Folder) -> Folder:
    """A working directory with the weather cases."""
    folder.write("cases/weather.yaml", WEATHER)
    return folder
