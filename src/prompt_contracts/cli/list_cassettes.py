"""`prompt-contracts cassettes list`: what lies among the recordings, and who uses it. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, assert_never

from prompt_contracts.cli.output import print_text, say, terminal_width
from prompt_contracts.cli.recordings_scope import open_scope, typed_path
from prompt_contracts.upkeep.inventory_text import inventory_json, inventory_summary, inventory_table


def list_cassettes(
    cases: Sequence[str],
    *,
    root: Path | None,
    no_code: bool,
    cassettes: str | None,
    models: Sequence[str] | None,
    trials: str | None,
    form: Literal["text", "json"],
) -> int:
    """Print every recording; 1 when one cannot be read, or a case file has mistakes."""
    scope = open_scope(cases, root=root, no_code=no_code, cassettes=cassettes, models=models, trials=trials)
    masked, now = scope.loaded.projects.masked, scope.scope.now
    inventories = [inventory for _, inventory in scope.inventories()]
    recordings = [each for inventory in inventories for each in inventory.recordings]
    match form:
        case "json":
            found = [inventory_json(each, typed_path(each.path), now=now) for each in recordings]
            print_text(json.dumps(scope.loaded.projects.masked_json(found), indent=2, ensure_ascii=False))
        case "text":
            if recordings:
                width = terminal_width()
                table = inventory_table(recordings, now=now, width=width, shown=lambda one: typed_path(one.path))
                print_text(masked(table))
        case _:
            assert_never(form)
    unreadable = [each for each in recordings if each.use == "unreadable"]
    for each in unreadable:
        say(masked(f"{typed_path(each.path)}: PC204 it cannot be read: {each.reason}"))
    problems = [(inventory, problem) for inventory in inventories for problem in inventory.problems]
    for inventory, problem in problems:
        say(f"{typed_path(inventory.folder)}: {problem}")
    say(inventory_summary(inventories))
    return int(bool(unreadable or problems or scope.loaded.is_broken))
