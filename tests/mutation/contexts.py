"""A plugin of pytest for the runs of `make mutants`: tells coverage which test runs, and notes how long each takes.

Coverage itself takes every property for one function of hypothesis, and would leave them all out.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

NOTED = "MUTATION_NOTED"
"""The variable with the path of the file for what was noted; without it nothing is written."""

_seconds: defaultdict[str, float] = defaultdict(float)
_failed: set[str] = set()


def _function(node_id: str) -> str:
    """The node id of a test function: without its parameters."""
    return node_id.partition("[")[0]


def pytest_collection_finish() -> None:
    """That a property fails is enough: nobody reads a smaller example."""
    settings.register_profile("mutants", settings.get_profile("calm"), phases=[Phase.explicit, Phase.generate])
    settings.load_profile("mutants")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """The lines that run from here on are those of this test."""
    coverage = sys.modules.get("coverage")
    measuring = None if coverage is None else coverage.Coverage.current()
    if measuring is not None:
        measuring.switch_context(_function(item.nodeid))
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up the seconds of a test with all of its parameters."""
    name = _function(report.nodeid)
    _seconds[name] += report.duration
    if report.failed:
        _failed.add(name)


def pytest_sessionfinish() -> None:
    """Write down what was noted, where that is asked for."""
    path = os.environ.get(NOTED)
    if path:
        Path(path).write_text(json.dumps({"seconds": _seconds, "failed": sorted(_failed)}), encoding="utf-8")
