"""What came of the frameworks when they were last tried, kept in `results.json`, one entry for each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.applications.frameworks import FRAMEWORKS, Framework
from tests.applications.trials import Tried

PATH = Path(__file__).with_name("results.json")
REAL = "real_server"
"""The key of what came of the real server, in the form of the scripted model's and with its software; the entry is
kept while nobody names such a server, and dropped where the framework's version has changed since."""


def kept() -> Mapping[str, dict[str, Any]]:
    """By the name of the framework, in the order of the rows."""
    found: dict[str, dict[str, Any]] = json.loads(PATH.read_text("utf-8")) if PATH.is_file() else {}
    return {each.name: found[each.name] for each in FRAMEWORKS if each.name in found}


def keep(framework: Framework, version: str, tried: Tried) -> None:
    """Replace the entry of a framework."""
    before = kept().get(framework.name, {})
    entry: dict[str, Any] = {"version": version, **_facts(tried)}
    if REAL in before and before["version"] == version:
        entry[REAL] = before[REAL]
    _put(framework, entry)


def keep_real(framework: Framework, software: str, tried: Tried) -> None:
    """Replace what came of the real server, beside an entry that is kept."""
    real = {"software": software, **_facts(tried), "unanswered": dict(tried.unanswered)}
    _put(framework, {**kept()[framework.name], REAL: real})


def _facts(tried: Tried) -> dict[str, Any]:
    return {"got_out": len(tried.got_out), "outcomes": dict(tried.outcomes)}


def _put(framework: Framework, entry: Mapping[str, Any]) -> None:
    entries = {**kept(), framework.name: entry}
    ordered = {each.name: entries[each.name] for each in FRAMEWORKS if each.name in entries}
    PATH.write_text(json.dumps(ordered, indent=2) + "\n", encoding="utf-8")
