"""What a command about recordings is of: the projects, their case files, and what their runs take by default."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from prompt_contracts.cli.case_selection import Loaded, given_root, load_cases, say_what_is_wrong
from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.placement import relative
from prompt_contracts.engine.project import find_root
from prompt_contracts.engine.projects import Project
from prompt_contracts.errors import UsageError
from prompt_contracts.upkeep.inventory import Inventory, InventoryScope, take_inventory
from prompt_contracts.upkeep.run_defaults import RunDefaults, read_run_defaults

_MOST_TRIALS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingsScope:
    """The recordings that a command is about."""

    loaded: Loaded
    scope: InventoryScope

    @property
    def projects(self) -> Sequence[Project]:
        """The projects that were met."""
        return self.loaded.projects.found

    def inventories(self) -> list[tuple[Project, Inventory]]:
        """What lies among the recordings of each project."""
        return [(project, take_inventory(project, self.scope)) for project in self.projects]


def open_scope(
    cases: Sequence[str],
    *,
    root: Path | None,
    no_code: bool,
    cassettes: str | None,
    models: Sequence[str] | None,
    trials: str | None,
) -> RecordingsScope:
    """Load the case files that are named, or all of the project; mistakes in them are said.

    `UsageError` for a name that selects nothing, and for an option that is wrong.
    """
    top = given_root(root)
    home = top if root is not None else find_root(top, default=top)
    defaults = read_run_defaults(home, os.environ)
    loaded = load_cases(
        cases or [os.fspath(home)],
        root=root,
        no_code=no_code,
        cassettes=recordings_folder(cassettes, defaults),
        has_to_find=bool(cases),
        purpose="looking",
    )
    if not loaded.projects.found:
        loaded.projects.of(home / "cases.yaml")  # its recordings are there, whoever used them
    say_what_is_wrong(loaded)
    _refuse_unknown(models or (), loaded)
    counts = [defaults.trials, _trials(trials)]
    return RecordingsScope(
        loaded=loaded,
        scope=InventoryScope(
            now=datetime.now(UTC),
            models=tuple(dict.fromkeys([*(models or ()), *defaults.models])),
            trials=max(filter(None, counts), default=None),
            files=loaded.files if cases else None,
        ),
    )


def recordings_folder(named: str | None, defaults: RunDefaults) -> Path | None:
    """The folder of the recordings: absolute where it was typed, else as runs take it."""
    if named:
        return Path(os.path.normpath(Path.cwd() / named))
    return Path(os.path.normpath(defaults.cassettes)) if defaults.cassettes else None


def typed_path(path: Path) -> str:
    """A path as it is typed here, on one line."""
    return relative(path, Path.cwd()).replace("\n", "\\n").replace("\t", "\\t")


def _refuse_unknown(models: Sequence[str], loaded: Loaded) -> None:
    for model in models:
        if not any(project.run.is_model(model) for project in loaded.projects.found):
            raise UsageError(f"--model {model}: no project here knows this provider, or it is not provider:model")


def _trials(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= _MOST_TRIALS):
        raise UsageError(f"--trials {text}: give a whole number from 1 to {_MOST_TRIALS:,}")
    return int(text)
