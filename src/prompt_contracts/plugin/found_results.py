"""What the reports of a run tell of its cells, in the process that prints the summary.

Loads nothing of ours but names until a report tells something.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from prompt_contracts.plugin.stash import REPORT_KEY

if TYPE_CHECKING:
    from prompt_contracts.report import BrokenResult
    from prompt_contracts.verdict import CaseResult

_Key = tuple[str, str]
_BY_WORTH = ("passed", "failed", "error")
CellTold: TypeAlias = "CaseResult | BrokenResult"
"""The result of a cell, or what is said of a case that cannot run."""


def put_result(told: CellTold, report: pytest.TestReport, config: pytest.Config) -> None:
    """Put on a report what it tells of a cell."""
    # As plain data it takes many times the memory: it becomes that where it leaves the process. But pytest-forked
    # carries reports away without a hook.
    is_plain = config.pluginmanager.hasplugin("pytest_forked")
    setattr(report, REPORT_KEY, told.to_json() if is_plain else told)


def told_by(report: pytest.TestReport) -> CellTold | None:
    """What a report tells of a cell; None of other tests, and before the last of a cell's reports."""
    told = getattr(report, REPORT_KEY, None)
    if isinstance(told, (str, Mapping)):  # from another process
        told = read_told(_plain(told))
        setattr(report, REPORT_KEY, told)
    return told


def put_plainly(data: dict[str, Any]) -> None:
    """Make plain data of what a report tells of a cell, in a report that is to leave the process."""
    told = data.get(REPORT_KEY)
    if told is not None:
        data[REPORT_KEY] = _plain(told)


def _plain(told: CellTold | Mapping[str, Any] | str) -> Mapping[str, Any]:
    if isinstance(told, str):
        found: Mapping[str, Any] = json.loads(told)
        return found
    return told if isinstance(told, Mapping) else told.to_json()


def read_told(data: Mapping[str, Any]) -> CellTold:
    """What was told of a cell, from plain data."""
    from prompt_contracts.report import BrokenResult
    from prompt_contracts.verdict import CaseResult

    return CaseResult.from_json(data) if "verdict" in data else BrokenResult.from_json(data)


class FoundResults:
    """One result for each cell, however many processes told of it, and whenever."""

    def __init__(self, *, is_each: bool) -> None:
        """`is_each` tells that several workers run every cell."""
        self._is_each = is_each
        self._found: dict[_Key, CellTold] = {}
        self._repeated: set[_Key] = set()

    def __bool__(self) -> bool:
        return bool(self._found)

    def note(self, report: pytest.TestReport) -> None:
        """Keep the last result of each cell: a rerun replaces what came before."""
        told = told_by(report)
        if told is None:
            return
        key = self._key(report)
        self._found[key] = told
        # A word of pytest-rerunfailures.
        if str(report.outcome) == "rerun":
            self._repeated.add(key)
        else:
            self._repeated.discard(key)

    def is_settled(self, report: pytest.TestReport) -> bool:
        """Whether the worker that sent a report has told the result of its cell."""
        key = self._key(report)
        return key in self._found and key not in self._repeated

    def in_order(self) -> tuple[CellTold, ...]:
        """What is known of each cell, in the order of the case files; where workers differ, the worse."""
        found: dict[str, CellTold] = {}
        for (nodeid, _), told in sorted(self._found.items(), key=_place):
            if nodeid not in found or _worth(told) > _worth(found[nodeid]):
                found[nodeid] = told
        return tuple(found.values())

    def _key(self, report: pytest.TestReport) -> _Key:
        node = getattr(report, "node", None)
        return (report.nodeid, node.gateway.id if self._is_each and node is not None else "")


def _place(entry: tuple[_Key, CellTold]) -> tuple[tuple[str, ...], int, _Key]:
    """As pytest goes through folders by itself, whoever told it or a plugin to go another way."""
    key, told = entry
    return _parts(key[0].partition("::")[0]), told.place, key


@lru_cache(maxsize=256)
def _parts(file: str) -> tuple[str, ...]:
    return PurePosixPath(file).parts


def _worth(told: CellTold) -> int:
    verdict = getattr(told, "verdict", None)
    return len(_BY_WORTH) if verdict is None else _BY_WORTH.index(verdict)
