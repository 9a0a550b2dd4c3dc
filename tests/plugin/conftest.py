"""Fixtures of the plugin's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.plugin.project import Project, open_project
from tests.plugin.trap import Trap, open_trap
from tests.preloaded import preload

preload()


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A user's project that pytest is run in."""
    yield from open_project(pytester, monkeypatch)


@pytest.fixture
def trap(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trap]:
    """Where nobody may come; its port is in the environment as `TRAP`."""
    yield from open_trap(monkeypatch)
