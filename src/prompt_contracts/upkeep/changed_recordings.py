"""A folder of recordings and a revision -> those that are not the same in both. Follows no link, and writes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError
from prompt_contracts.transport.cassette_store import read_text
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.upkeep.git_repository import CommittedFile, GitRepository, blob_name
from prompt_contracts.upkeep.recording_diff import RecordingDiff, recording_diff

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRecording:
    """One recording that is not as it was committed."""

    path: Path
    diff: RecordingDiff


def changed_recordings(
    revision: str, places: Sequence[Path], *, environ: Mapping[str, str], cover: Callable[[str], str]
) -> Iterator[ChangedRecording]:
    """The recordings below these files and folders that differ from a revision, in the order of their paths.

    `cover` takes secrets out of what is shown.
    """
    for place in places:
        folder = next((each for each in (place, *place.parents) if each.is_dir()), Path.cwd())
        repository = GitRepository(folder, environ=environ)
        commit = repository.commit(revision)
        if commit is None:
            raise UsageError(f"{revision}: no revision of the repository in {repository.top}")
        yield from _changed(repository, commit, place, cover)


def _changed(
    repository: GitRepository, commit: str, place: Path, cover: Callable[[str], str]
) -> Iterator[ChangedRecording]:
    # The way to it may lead over links; what is committed is named by where it really lies.
    real = place.parent.resolve() / place.name if not place.is_dir() else place.resolve()
    if not real.is_relative_to(repository.top):
        raise UsageError(f"{place}: lies outside of the repository in {repository.top}")
    inside = real.relative_to(repository.top).as_posix()
    committed = repository.files(commit, "" if inside == "." else inside)
    found = {path.relative_to(repository.top).as_posix(): path for path in _files(real)}
    for name in sorted(committed.keys() | found.keys()):
        if name.endswith(_SUFFIXES):
            diff = _diff(repository, committed.get(name), found.get(name), cover)
            if diff is not None:
                yield ChangedRecording(path=repository.top / name, diff=diff)


def _files(place: Path) -> Iterator[Path]:
    if place.is_file() and not place.is_symlink():
        yield place
    for folder, _, names in os.walk(place):
        for name in names:
            path = Path(folder) / name
            if not path.is_symlink() and path.is_file():
                yield path


def _diff(
    repository: GitRepository, committed: CommittedFile | None, path: Path | None, cover: Callable[[str], str]
) -> RecordingDiff | None:
    try:
        after = None if path is None else read_text(path)
    except UnreadableError as error:
        return RecordingDiff(summary=f"cannot be read: {error}", is_unreadable=True)
    if committed is None:
        return None if after is None else recording_diff(None, after, cover=cover)
    if after is not None and blob_name(after.encode(), like=committed.name) == committed.name:
        return None
    data = repository.read(committed)
    if data is None:
        return RecordingDiff(summary="the committed recording is too large to be read", is_unreadable=True)
    before = data.decode("utf-8-sig", "replace")
    # A checkout may have other line ends than what is committed.
    is_same = after is not None and after.replace("\r\n", "\n") == before.replace("\r\n", "\n")
    return None if is_same else recording_diff(before, after, cover=cover)
