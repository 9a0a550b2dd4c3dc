"""What came of the frameworks when they were last tried, kept in `results.json`, one entry for each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.applications.frameworks import FRAMEWORKS, Framework
from tests.applications.trials import Tried

PATH = Path(__file__).with_name("results.json")


def kept() -> Mapping[str, dict[str, Any]]:
    """By the name of the framework, in the order of the rows."""
    found: dict[str, dict[str, Any]] = json.loads(PATH.read_text("utf-8")) if PATH.is_file() else {}
    return {each.name: found[each.name] for each in FRAMEWORKS if each.name in found}


def keep(framework: Framework, version: str, tried: Tried) -> None:
    """Replace the entry of a framework."""
    entry = {"version": version, "got_out": len(tried.got_out), "outcomes": dict(tried.outcomes)}
    entries = {**kept(), framework.name: entry}
    ordered = {each.name: entries[each.name] for each in FRAMEWORKS if each.name in entries}
    PATH.write_text(json.dumps(ordered, indent=2) + "\n", encoding="utf-8")
