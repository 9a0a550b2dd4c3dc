"""What the reports of a run tell of its cells, as plain data, in the process that prints the summary.

Loads nothing of ours but names.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import pytest

from prompt_contracts.plugin.stash import REPORT_KEY

_Key = tuple[str, str]
_BY_WORTH = ("passed", "failed", "error")


class FoundResults:
    """One result for each cell, however many processes told of it, and whenever."""

    def __init__(self, *, is_each: bool) -> None:
        """`is_each` tells that several workers run every cell."""
        self._is_each = is_each
        self._found: dict[_Key, Mapping[str, Any]] = {}
        self._repeated: set[_Key] = set()

    def __bool__(self) -> bool:
        return bool(self._found)

    def note(self, report: pytest.TestReport) -> None:
        """Keep the last result of each cell: a rerun replaces what came before."""
        result = getattr(report, REPORT_KEY, None)
        if result is None:
            return
        key = self._key(report)
        self._found[key] = result
        # A word of pytest-rerunfailures.
        if str(report.outcome) == "rerun":
            self._repeated.add(key)
        else:
            self._repeated.discard(key)

    def is_settled(self, report: pytest.TestReport) -> bool:
        """Whether the worker that sent a report has told the result of its cell."""
        key = self._key(report)
        return key in self._found and key not in self._repeated

    def in_order(self) -> dict[str, Mapping[str, Any]]:
        """The results by node id, in the order of the case files; where workers differ, the worse."""
        found: dict[str, Mapping[str, Any]] = {}
        for (nodeid, _), result in sorted(self._found.items(), key=_place):
            if nodeid not in found or _worth(result) > _worth(found[nodeid]):
                found[nodeid] = result
        return found

    def _key(self, report: pytest.TestReport) -> _Key:
        node = getattr(report, "node", None)
        return (report.nodeid, node.gateway.id if self._is_each and node is not None else "")


def is_judged(result: Mapping[str, Any]) -> bool:
    """Whether it is the result of a cell, and not the mark of a case that cannot run."""
    return "verdict" in result


def _place(entry: tuple[_Key, Mapping[str, Any]]) -> tuple[tuple[str, ...], int, _Key]:
    """As pytest goes through folders by itself, whoever told it or a plugin to go another way."""
    key, result = entry
    return PurePosixPath(key[0].partition("::")[0]).parts, result["place"], key


def _worth(result: Mapping[str, Any]) -> int:
    return _BY_WORTH.index(result["verdict"]) if is_judged(result) else len(_BY_WORTH)
