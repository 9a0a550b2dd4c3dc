"""The JSON report. Its format has a version; see `report.FORMAT_VERSION`."""

from __future__ import annotations

import json

from prompt_contracts.report import Report


def json_report(report: Report) -> str:
    """The report as indented JSON in ASCII, with a final line feed."""
    return json.dumps(report.to_json(), indent=2, allow_nan=False) + "\n"
