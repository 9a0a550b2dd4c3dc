"""Reports of cells on their way from a worker of xdist: each of them one value, and what arrives is what was sent.

xdist takes data apart value by value, in Python. A cell has three reports of some fifty values, and to send them took
longer than to judge it. Loads nothing of ours but names.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Generator
from contextlib import suppress
from typing import Any

import pytest

from prompt_contracts.plugin.stash import PACKED_KEY, REPORT_KEY, SPENT_KEY

_KIND = "$report_type"
"""Where pytest says what is to be made of the data."""
_FORMAT = 4
"""Every Python since 3.4 reads it: a worker may run another one than the controller."""


class PackedReports:
    """Packs in a worker, unpacks in the process that it reports to."""

    def __init__(self, config: pytest.Config) -> None:
        self._is_packing = PACKED_KEY in getattr(config, "workerinput", {})

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker that there is somebody who unpacks."""
        node.workerinput[PACKED_KEY] = True

    # First, so that other plugins see what is in the data, on both sides.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_report_to_serializable(self) -> Generator[None, dict[str, Any] | None, dict[str, Any] | None]:
        """Pack what only a worker's report of ours has: the money that it spent so far."""
        data = yield
        return pack(data) if self._is_packing and data is not None and SPENT_KEY in data else data

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_report_from_serializable(self, data: dict[str, Any]) -> Generator[None, object, object]:
        """Unpack, in place: pytest makes a report of this very object."""
        packed = data.pop(PACKED_KEY, None)
        if packed is not None:
            # xdist adds some of its own.
            unpacked = {**unpack(packed), **data}
            data.clear()
            data.update(unpacked)
        return (yield)


def pack(data: dict[str, Any]) -> dict[str, Any]:
    """The data of a report with all of it in one value; where that would change anything, with the result as a text."""
    # What marshal refuses, or makes bytes of, other plugins put there: xdist sends it or says why it does not.
    with suppress(ValueError):
        packed = marshal.dumps(data, _FORMAT)
        if unpack(packed) == data:
            return {_KIND: data[_KIND], PACKED_KEY: packed}
    return {**data, REPORT_KEY: json.dumps(data[REPORT_KEY])} if REPORT_KEY in data else data


def unpack(packed: bytes) -> dict[str, Any]:
    """What was packed."""
    data: dict[str, Any] = marshal.loads(packed)  # noqa: S302 - of a process of ours, which runs the project's code, too
    return data
