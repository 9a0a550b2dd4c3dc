"""The tests that somebody's project has: with a plugin at work in each."""

import asyncio
from pathlib import Path

import pytest


def test_plain() -> None:
    assert sorted([2, 1]) == [1, 2]


async def test_of_pytest_asyncio() -> None:
    await asyncio.sleep(0)


@pytest.mark.flaky(reruns=1)
def test_of_pytest_rerunfailures(request: pytest.FixtureRequest) -> None:
    mark = Path(str(request.config.rootpath), f".ran-{request.node.name}")
    if not mark.exists():
        mark.touch()
        raise AssertionError("it passes the second time")
    mark.unlink()
