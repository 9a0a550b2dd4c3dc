"""A loopback server to ask, and short ways to a cell and its transport."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.transport.loopback import Loopback, Workshop


@pytest.fixture
def server() -> Iterator[Loopback]:
    """An HTTP server on this machine that notes what it is asked."""
    loopback = Loopback()
    yield loopback
    loopback.close()


@pytest.fixture
def workshop(tmp_path: Path, server: Loopback) -> Iterator[Workshop]:
    """A project folder with that server as its provider."""
    project = Workshop(root=tmp_path, base_url=server.base_url)
    yield project
    project.close()
