"""The recordings of a run's projects that surely no cell uses. Lists folders, and opens what no cell has."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import quote

import pytest

from prompt_contracts.engine.new_rows import own_new_rows
from prompt_contracts.engine.placement import relative
from prompt_contracts.engine.project import find_root
from prompt_contracts.engine.projects import Project, Projects
from prompt_contracts.transport.cassette_paths import without_model
from prompt_contracts.transport.cassette_store import read_text
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.transport.recording_links import link_problem

_MARK = "\n    prompt_contracts:\n"
"""What stands in every recording of ours, and in none of others."""


def orphaned_recordings(projects: Projects, sighted: Iterable[Path]) -> tuple[list[Path], list[Path]] | None:
    """Files that we recorded and no cell uses, and apart from them those whose cell is there with other models.

    None where a case has a mistake, so that nobody can tell.

    `sighted` are the files that may be case files, loaded or not.
    """
    files = [file for project in projects.found for file in project.files.values()]
    if not files or any(file.broken for file in files):
        return None
    loaded = {path for project in projects.found for path in project.files}
    if any(Path(os.path.normpath(path)) not in loaded for path in sighted):
        return None
    orphans: list[Path] = []
    others: list[Path] = []
    for project in projects.found:
        for path, is_of_other_model in _orphans(project):
            (others if is_of_other_model else orphans).append(path)
    return orphans, others


def _orphans(project: Project) -> Iterator[tuple[Path, bool]]:
    """Each with whether its cell is there, with other models."""
    run = project.run
    folder = run.options.cassettes
    # A folder that several projects may share: what lies there may be another's.
    if project.root not in folder.parents or link_problem(folder, run.places) is not None:
        return
    own_new_rows(run)
    owned = {cell.cassette for file in project.files.values() for cell in file.cells}
    places = set(map(without_model, owned))
    for inside in _recordings(os.fspath(folder), ""):
        if inside not in owned and run.is_stray(inside) and _is_ours(folder / inside):
            yield folder / inside, without_model(inside) in places


def _recordings(folder: str, inside: str) -> Iterator[str]:
    """The files that may be recordings, by their paths inside a folder, in order; no link is followed."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return  # gone, or nobody may look into it: nothing is known of it
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _recordings(entry.path, f"{inside}{entry.name}/")
        elif entry.name.endswith(".yaml") and entry.is_file(follow_symlinks=False):
            yield f"{inside}{entry.name}"


def _is_ours(path: Path) -> bool:
    try:
        text = read_text(path)
    except UnreadableError:
        return False
    return text is not None and _MARK in text


def pruning_command(config: pytest.Config, projects: Projects, here: Path) -> str:
    """The command that tells more, and removes them, from where pytest was started."""
    parts = ["prompt-contracts cassettes prune"]
    roots = [project.root for project in projects.found]
    if len(roots) == 1 and find_root(here, default=here) != roots[0]:
        parts.append(quote(f"--root={relative(roots[0], here)}"))
    if config.getoption("pc_cassettes"):
        parts.append(quote(f"--cassettes={relative(projects.found[0].run.options.cassettes, here)}"))
    return " ".join(parts)
