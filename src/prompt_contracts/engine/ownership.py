"""Which recordings surely belong to no cell any more. What is not known of a file is taken to be in use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prompt_contracts.engine.loading import LoadedFile
from prompt_contracts.engine.namesakes import Namesakes
from prompt_contracts.transport.cassette_paths import recordings_of_file


class Ownership:
    """The recordings that the cells of this run have, those that are not selected included."""

    def __init__(self, root: Path) -> None:
        self._namesakes = Namesakes(root)
        self._owned: set[str] = set()
        self._files: dict[tuple[str, ...], frozenset[str] | None] = {}

    def note(self, file: LoadedFile) -> None:
        """A case file that was loaded, with all of its cells and of its broken cases."""
        self._owned |= {cell.cassette.casefold() for cell in file.cells}
        names = frozenset(broken.name.casefold() for broken in file.broken)
        # A case without a usable name may have any recording, and so may those of a file that cannot be read.
        is_known = not any(name == "file" or name.startswith("case-at-line-") for name in names)
        self._files[recordings_of_file(file.path)] = names if is_known else None

    def is_stray(self, path: str) -> bool:
        """Whether no cell has the recording at this path inside the folder of recordings."""
        if path.casefold() in self._owned:
            return False
        parts = tuple(path.split("/"))
        files = [folders for folders in _starts(parts) if folders in self._files]
        # In doubt it is somebody's: offering to move a recording that is in use would break its cell.
        if files:
            return all(self._is_free(folders, parts[len(folders)]) for folders in files)
        return not any(self._is_case_file(folders) for folders in _starts(parts))

    def _is_free(self, file: tuple[str, ...], case: str) -> bool:
        broken = self._files[file]
        return broken is not None and case.casefold() not in broken

    def _is_case_file(self, folders: tuple[str, ...]) -> bool:
        """Whether a file of that name is there, which this run did not load."""
        return any(True for _ in self._namesakes.of_recordings(folders))


def _starts(parts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return (parts[:length] for length in range(1, len(parts)))
