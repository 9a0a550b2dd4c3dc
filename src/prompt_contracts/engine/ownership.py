"""Which recordings surely belong to no cell any more. What is not known of a file is taken to be in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from unicodedata import normalize

from prompt_contracts.cases.sniffing import may_be_case_file
from prompt_contracts.engine.loading import LoadedFile
from prompt_contracts.engine.namesakes import Namesakes
from prompt_contracts.transport.cassette_paths import recordings_of_file, safe_name
from prompt_contracts.trial import Cell


class Ownership:
    """The recordings that the cells of this run have, those that are not selected included."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._namesakes = Namesakes(root)
        # A case file outside of the root has its recordings below the folders of its whole path.
        self._elsewhere = Namesakes(Path(root.anchor))
        self._modules = Namesakes(root, is_wanted=lambda path: path.suffix == ".py")
        self._loaded: set[Path] = set()
        self._owned: set[str] = set()
        self._files: dict[tuple[str, ...], frozenset[str] | None] = {}

    def note(self, file: LoadedFile) -> None:
        """A case file that was loaded, with all of its cells and of its broken cases."""
        self._loaded.add(self._root / file.path)
        self._owned |= {_same(cell.cassette) for cell in file.cells}
        names = frozenset(_same(safe_name(broken.name)) for broken in file.broken)
        # A case without a usable name may have any recording, and so may those of a file that cannot be read.
        is_known = not any(name == "file" or name.startswith("case-at-line-") for name in names)
        # Several files may keep their recordings in one folder, and one may be loaded for several models.
        folders = recordings_of_file(file.path)
        before = self._files.get(folders, frozenset())
        self._files[folders] = names | before if is_known and before is not None else None

    def note_cells(self, cells: Iterable[Cell]) -> None:
        """Cells of a file that was loaded before they were there."""
        self._owned |= {_same(cell.cassette) for cell in cells}

    def is_stray(self, path: str) -> bool:
        """Whether no cell has the recording at this path inside the folder of recordings."""
        if _same(path) in self._owned:
            return False
        parts = tuple(path.split("/"))
        # In doubt it is somebody's: offering to move a recording that is in use would break its cell.
        return not self.may_be_of_test(path) and all(
            self._is_free(folders, parts[len(folders)]) for folders in _starts(parts)
        )

    def may_be_of_test(self, path: str) -> bool:
        """Whether the recording at this path lies where those of a test in Python do: only a run of it could tell."""
        found = (
            self._root / module
            for folders in _starts(tuple(path.split("/")))
            for module in self._modules.of_recordings(folders)
        )
        return any(map(_may_be_test, found))

    def _is_free(self, folders: tuple[str, ...], case: str) -> bool:
        """Whether no case of this name is left in a file whose recordings lie in these folders."""
        broken = self._files.get(folders, frozenset())
        is_known = broken is not None and _same(case) not in broken
        return is_known and not self._is_unread(folders) and not self._is_of_tests(folders)

    def _is_of_tests(self, folders: tuple[str, ...]) -> bool:
        """Whether there is a Python file of that name whose tests may state contracts: which ones, only a run tells."""
        for start in ((), ("cases",)):
            path = self._root.joinpath(*start, *folders).with_suffix(".py")
            if path.is_file() and b"prompt_contract" in path.read_bytes():
                return True
        return False

    def _is_unread(self, folders: tuple[str, ...]) -> bool:
        """Whether there is a case file of that name that this run did not load."""
        found = [
            *(self._root / path for path in self._namesakes.of_recordings(folders)),
            *(self._root.anchor / Path(path) for path in self._elsewhere.of_recordings(folders)),
        ]
        return any(path not in self._loaded and may_be_case_file(path) for path in found)


def _may_be_test(module: Path) -> bool:
    """Whether a module is a test by its name, as pytest knows tests, or by what stands in it."""
    if module.name.startswith("test_") or module.stem.endswith("_test"):
        return True
    try:
        return b"prompt_contract" in module.read_bytes()
    except OSError:
        return True  # in doubt


def _same(name: str) -> str:
    """One text for names that some file system takes for one: macOS takes characters apart, Windows knows no case."""
    return normalize("NFC", normalize("NFC", name).casefold())


def _starts(parts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return (parts[:length] for length in range(1, len(parts)))
