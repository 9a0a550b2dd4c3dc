"""Fixtures of the plugin's tests."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest

from tests.plugin.project import Project, open_project
from tests.plugin.trap import Trap, open_trap

# Every run within pytest forgets the modules that it loaded: what is loaded out here is loaded once.
for _name in (
    "httpcore",
    "httpx",
    "jsonschema",
    "jsonschema_rs",
    "regex",
    "rich.console",
    "rich.table",
    "vcr.cassette",
):
    importlib.import_module(_name)
for _name in ("engine.run", "plugin.collector", "plugin.session", "renderers.summary"):
    importlib.import_module(f"prompt_contracts.{_name}")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A user's project that pytest is run in."""
    yield from open_project(pytester, monkeypatch)


@pytest.fixture
def trap(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trap]:
    """Where nobody may come; its port is in the environment as `TRAP`."""
    yield from open_trap(monkeypatch)
