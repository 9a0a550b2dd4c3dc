"""The example suite on machines without Node.js: its Node programs are skipped, and the run says so."""

from __future__ import annotations

import shutil

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is tagged `node` where there is none."""
    if shutil.which("node") is None:
        for item in items:
            if item.get_closest_marker("node") is not None:
                item.add_marker(pytest.mark.skip(reason="needs Node.js, and `node` is not on the PATH"))
