"""The case files whose recordings lie in the same folders. Looks at names alone, at each folder once; opens no file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from prompt_contracts.cases.sniffing import has_suffix
from prompt_contracts.transport.cassette_paths import recordings_of_file, safe_name

_Listing = dict[str, list[Path]]
"""What lies in a folder, by the name that it has among recordings, in one letter case."""


class Namesakes:
    """Finds files that differ in suffix, letter case, a leading `cases/`, or in what no recording's name holds."""

    def __init__(self, root: Path, *, is_wanted: Callable[[Path], bool] = has_suffix) -> None:
        """`is_wanted` tells of a file by its name whether it counts."""
        self._root = root
        self._is_wanted = is_wanted
        self._listings: dict[Path, tuple[_Listing, _Listing]] = {}

    def of_file(self, path: str) -> Iterator[str]:
        """The others of a case file. Paths are relative to the root, or absolute outside of it."""
        own = self._root / path
        found = [self._root / other for other in self.of_recordings(recordings_of_file(path))]
        if Path(path).is_absolute():
            found += self._files(own.parent).get(_key(own.stem), ())
        for other in found:
            if other != own and not _is_same_file(other, own):
                yield other.relative_to(self._root).as_posix() if other.is_relative_to(self._root) else other.as_posix()

    def of_recordings(self, folders: Sequence[str]) -> Iterator[str]:
        """The case files below the root whose recordings lie in these folders, the outermost first."""
        wanted = [folder.casefold() for folder in folders]
        for file in (*self._below(self._root, wanted), *self._below(self._root / "cases", wanted)):
            path = file.relative_to(self._root).as_posix()
            # Those of `cases/a/b.yaml` lie in `a/b`, so not where those of `cases/cases/a/b.yaml` do.
            if [folder.casefold() for folder in recordings_of_file(path)] == wanted:
                yield path

    def _below(self, folder: Path, wanted: Sequence[str]) -> Iterator[Path]:
        name, *deeper = wanted
        if not deeper:
            yield from self._files(folder).get(name, ())
            return
        for inner in self._listed(folder)[0].get(name, ()):
            yield from self._below(inner, deeper)

    def _files(self, folder: Path) -> _Listing:
        return self._listed(folder)[1]

    def _listed(self, folder: Path) -> tuple[_Listing, _Listing]:
        if folder not in self._listings:
            everything, files = self._listings[folder] = (defaultdict(list), defaultdict(list))
            for path in _entries(folder):
                everything[_key(path.name)].append(path)
                if self._is_wanted(path):
                    files[_key(path.stem)].append(path)
        return self._listings[folder]


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []  # what is no folder, or cannot be listed, holds no case file that this run could load


def _key(name: str) -> str:
    return safe_name(name).casefold()


def _is_same_file(one: Path, other: Path) -> bool:
    """Whether a file system that knows no letter case has one file by two names."""
    if str(one).casefold() != str(other).casefold():
        return False
    try:
        return one.samefile(other)
    except OSError:
        return False
