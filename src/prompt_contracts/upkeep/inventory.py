"""Everything that lies among the recordings of a project, and who uses it. Changes nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.loading import LoadedFile
from prompt_contracts.engine.ownership import Ownership
from prompt_contracts.engine.projects import Project
from prompt_contracts.transport.cassette_paths import recordings_of_file, without_model
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.transport.recording_links import link_problem
from prompt_contracts.trial import Cell
from prompt_contracts.upkeep.recorded_content import RecordedContent, read_content
from prompt_contracts.upkeep.replayed_entries import unused_entries

Use = Literal["used", "orphan", "other_model", "foreign", "unclear", "link", "unreadable"]
"""`orphan`: no cell uses it; `other_model`: its cell is there with other models; `foreign`: no cell uses it, and
somebody else made it; `unclear`: nobody can tell whether one does; `link`: no cell uses it, and it leads elsewhere;
`unreadable`, whoever uses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryScope:
    """What an inventory is of, and as what time it is taken."""

    now: datetime
    models: tuple[str, ...] = ()
    """Models that some runs take in place of those of the cases."""
    trials: int | None = None
    """As many trials as some run asks for in place of the cases."""
    files: tuple[LoadedFile, ...] | None = None
    """The case files whose recordings are wanted; None is everything that lies there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRecording:
    """One file among the recordings of a project."""

    inside: str
    """Its path inside the folder of recordings, with forward slashes."""
    path: Path
    use: Use
    cell: str | None = None
    """The id of the cell that uses it."""
    content: RecordedContent | None = None
    """None where it cannot be read."""
    unused: tuple[int, ...] = ()
    """The numbers, from 1, of the interactions that no trial of its cell replays."""
    reason: str = ""
    """Why nobody uses it, or why it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The recordings of one project."""

    folder: Path
    recordings: tuple[KnownRecording, ...] = ()
    others: int = 0
    """Files that are no recordings by their names: they are nobody's concern."""
    problems: tuple[str, ...] = ()
    """What could not be looked at."""
    linked: frozenset[Path] = frozenset()
    """Where the links lead that lie in the folder, also those that are not wanted."""


def take_inventory(project: Project, scope: InventoryScope) -> Inventory:
    """What lies in the folder of a project's recordings, in the order of the paths."""
    folder = project.run.options.cassettes
    problem = link_problem(folder, project.run.places)
    if problem is not None:
        return Inventory(folder=folder, problems=(problem,))
    register = _Register(project, scope)
    found: list[KnownRecording] = []
    problems: list[str] = []
    linked: set[Path] = set()
    others = 0
    for inside in _files_below(folder, problems):
        if _is_link(folder / inside):
            linked.add(Path(os.path.realpath(folder / inside)))
        if not register.is_wanted(inside):
            continue
        if not inside.endswith(".yaml"):
            others += 1
        elif (one := register.recording(inside)) is not None:
            found.append(one)
    return Inventory(
        folder=folder,
        recordings=tuple(sorted(found, key=lambda known: known.inside.split("/"))),
        others=others,
        problems=tuple(problems),
        linked=frozenset(linked),
    )


def _files_below(folder: Path, problems: list[str]) -> Iterator[str]:
    """Every file and link below a folder, in order; no link is followed."""

    def note(error: OSError) -> None:
        # A folder that is gone meanwhile, or was never there, holds nothing.
        if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
            problems.append(f"{Path(error.filename).name} cannot be looked into: {error.strerror}")

    for place, folders, files in os.walk(folder, onerror=note):
        here = Path(place)
        linked = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in linked)
        for name in sorted([*files, *linked]):
            yield (here / name).relative_to(folder).as_posix()


class _Register:
    """Who uses which recording of a project."""

    def __init__(self, project: Project, scope: InventoryScope) -> None:
        self._project = project
        self._scope = scope
        self._folder = project.run.options.cassettes
        self._ownership = Ownership(project.root)
        self._cells: dict[str, Cell] = {}
        for file in _loaded(project, scope.models):
            self._ownership.note(file)
            self._cells |= {cell.cassette: cell for cell in file.cells if cell.cassette not in self._cells}
        self._places = frozenset(map(without_model, self._cells))
        wanted = scope.files
        self._wanted = None if wanted is None else [recordings_of_file(file.path) for file in wanted]

    def is_wanted(self, inside: str) -> bool:
        """Whether a file belongs to the case files that the inventory is of."""
        parts = tuple(inside.split("/"))
        return self._wanted is None or any(parts[: len(folders)] == folders for folders in self._wanted)

    def recording(self, inside: str) -> KnownRecording | None:
        """What is known of a file; None where it is gone meanwhile."""
        path = self._folder / inside
        cell = self._cells.get(inside)
        owner = None if cell is None else cell.id
        if _is_link(path) and (cell is None or link_problem(path, self._project.run.places) is not None):
            return KnownRecording(inside=inside, path=path, use="link", cell=owner, reason="it is a link")
        try:
            content = read_content(path, now=self._scope.now)
        except UnreadableError as error:
            return KnownRecording(
                inside=inside, path=path, use="unreadable", cell=owner, reason=str(error) or "it is damaged"
            )
        if content is None:
            return None
        if cell is None:
            use, reason = self._unused(inside, content)
            return KnownRecording(inside=inside, path=path, use=use, content=content, reason=reason)
        unused = unused_entries(self._project.run, cell, content.entries, trials=self._scope.trials)
        return KnownRecording(inside=inside, path=path, use="used", cell=owner, content=content, unused=unused)

    def _unused(self, inside: str, content: RecordedContent) -> tuple[Use, str]:
        if self._ownership.may_be_of_test(inside):
            return "unclear", "a test in Python may use it"
        if not self._ownership.is_stray(inside):
            reason = "its case has mistakes, its case file was not loaded, or a test in Python may use it"
            return "unclear", reason
        if not content.is_ours:
            return "foreign", "no cell uses it, and prompt-contracts did not record it"
        if without_model(inside) in self._places:
            return (
                "other_model",
                "no case file names its model, and runs with --pc-model may: --other-models removes it",
            )
        return "orphan", "no cell uses it"


def _loaded(project: Project, models: Sequence[str]) -> Iterator[LoadedFile]:
    """Every case file of a project, as it is written and as runs with other models load it."""
    for file in project.files.values():
        yield file
        for model in models:
            again = project.run.load_as(file.path, model=model)
            if again is not None:
                yield again


def _is_link(path: Path) -> bool:
    try:
        return stat.S_ISLNK(path.lstat().st_mode)
    except OSError:
        return False
