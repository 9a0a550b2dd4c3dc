"""Paths as a person typed them -> loaded case files. What selects nothing is refused, never passed over."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from prompt_contracts.cases.sniffing import has_suffix
from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.loading import LoadedFile
from prompt_contracts.engine.projects import Projects
from prompt_contracts.errors import UsageError

_FOREIGN_FOLDERS = frozenset({"__pycache__", "build", "dist", "node_modules", "venv"})
"""Folders that hold other people's files, as pytest knows them too; those with a leading dot beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    path: Path
    is_named: bool
    """False for what was found in a folder: there, YAML may be somebody else's."""


def load_selected(
    projects: Projects, names: Sequence[str], *, folder: Path, has_to_find: bool = True
) -> tuple[LoadedFile, ...]:
    """The case files that paths, folders and globs select, each once; relative ones start from `folder`.

    A file that is named is loaded as a case file whatever stands in it; a folder gives the case files below
    it. Raises `UsageError` for a name that selects nothing, where each `has_to_find` something.
    """
    loaded: dict[Path, LoadedFile | None] = {}
    for name in names:
        is_any = False
        for candidate in _candidates(name, folder, projects):
            # A file that two names lead to is loaded once.
            key = candidate.path.resolve()
            if loaded.get(key) is None:
                loaded[key] = projects.of(candidate.path).load(candidate.path, is_named=candidate.is_named)
            is_any = is_any or loaded[key] is not None
        if has_to_find and not is_any:
            raise UsageError(_nothing(name, folder))
    return tuple(file for file in loaded.values() if file is not None)


def _candidates(name: str, folder: Path, projects: Projects) -> Iterator[_Candidate]:
    path = folder / name
    named = [path] if path.exists() else [folder / found for found in _matches(name, folder)]
    for one in named:
        if one.is_dir():
            yield from (_Candidate(path=found, is_named=False) for found in _files_below(one, projects))
        else:
            yield _Candidate(path=one, is_named=True)


def _matches(name: str, folder: Path) -> list[str]:
    if not glob.has_magic(name):
        return []
    return sorted(glob.glob(name, root_dir=folder, recursive=True))  # noqa: PTH207 - a Path takes no absolute pattern


def _files_below(top: Path, projects: Projects) -> Iterator[Path]:
    for place, folders, files in os.walk(top):
        here = Path(place)
        # In place: that is how `os.walk` is told where not to go; sorted, since systems list in any order.
        folders[:] = sorted(name for name in folders if not _is_foreign(here / name, projects))
        yield from (here / name for name in sorted(files) if has_suffix(here / name))


def _is_foreign(folder: Path, projects: Projects) -> bool:
    return folder.name.startswith(".") or folder.name in _FOREIGN_FOLDERS or projects.holds_recordings(folder)


def _nothing(name: str, folder: Path) -> str:
    if (folder / name).is_dir():
        return f"{name}: there is no case file in this folder; a case file has 'version' and 'cases'"
    if glob.has_magic(name):
        return f"{name}: nothing matches"
    hint = "; give the file alone, without the id of a case" if "::" in name else ""
    return f"{name}: there is no such file or folder{hint}"
