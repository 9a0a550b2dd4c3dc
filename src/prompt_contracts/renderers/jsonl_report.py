"""The JSON Lines report: one cell a line, as in the JSON report; a case that could not be loaded is a line, too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from prompt_contracts.report import Report


def jsonl_report(report: Report) -> str:
    """A line of ASCII for each cell, in the order of the case files, then those that could not be loaded."""
    return "".join(f"{json.dumps(line, allow_nan=False)}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[dict[str, Any]]:
    for result in report.results:
        yield result.to_json()
    for broken in report.broken:
        problem = {"code": "broken", "message": broken.message}
        yield {"id": broken.id, "verdict": "error", "problem": problem, "place": broken.place, "trials": []}
