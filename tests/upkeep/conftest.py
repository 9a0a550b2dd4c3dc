"""Fixtures of the tests of recordings' upkeep."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.upkeep.recordings import Cassettes, open_cassettes


@pytest.fixture
def cassettes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cassettes:
    """A project with two cases, both of them recorded."""
    return open_cassettes(tmp_path, monkeypatch, capsys)
