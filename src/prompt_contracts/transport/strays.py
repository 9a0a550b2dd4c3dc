"""Recordings that no cell uses any more, looked through for a request that has lost its recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from threading import Lock

from prompt_contracts.interaction import ApiRequest
from prompt_contracts.transport.cassette_file import read_entries
from prompt_contracts.transport.cassette_store import read_text
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.transport.replay import Tape

_MOST_READ = 200
"""Files that one run opens for this; a project with more strays needs a tidying, not a hint."""


class Strays:
    """The recordings in one folder that belong to nobody. Looked for when the first one is missed. Thread-safe."""

    def __init__(self, folder: Path, is_stray: Callable[[str], bool]) -> None:
        """`is_stray` tells of a path inside the folder, with forward slashes, whether surely no cell has it."""
        self._folder = folder
        self._is_stray = is_stray
        self._lock = Lock()
        self._by_model: dict[tuple[str, ...], list[PurePosixPath]] | None = None
        self._tapes: dict[PurePosixPath, Tape | None] = {}

    def move_of(self, cassette: str, request: ApiRequest, *, any_base: bool) -> tuple[Path, Path] | None:
        """From where to where a stray that holds this request should move to be the cell's recording.

        Two folders where a whole case, row or file was renamed and nothing else lies there; else two files.
        """
        wanted = PurePosixPath(cassette)
        with self._lock:
            for stray in self._candidates(wanted):
                tape = self._tape(stray, any_base=any_base)
                if tape is not None and tape.knows(request):
                    old, new = self._widest(stray, wanted)
                    return self._folder / old, self._folder / new
        return None

    def _candidates(self, wanted: PurePosixPath) -> list[PurePosixPath]:
        """Strays of the same provider and model, those that share most of their path first."""
        if self._by_model is None:
            self._by_model = defaultdict(list)
            for path in sorted(self._folder.rglob("*.yaml")) if self._folder.is_dir() else ():
                inside = PurePosixPath(path.relative_to(self._folder).as_posix())
                if self._is_stray(str(inside)):
                    # Renaming a case, a row or a file leaves provider and model as they are.
                    self._by_model[inside.parts[-2:]].append(inside)
        return sorted(self._by_model.get(wanted.parts[-2:], ()), key=lambda stray: -_shared(stray, wanted))

    def _tape(self, stray: PurePosixPath, *, any_base: bool) -> Tape | None:
        if stray not in self._tapes and len(self._tapes) < _MOST_READ:
            try:
                text = read_text(self._folder / stray)
                self._tapes[stray] = None if text is None else Tape(read_entries(text), any_base=any_base)
            except UnreadableError:
                self._tapes[stray] = None
        return self._tapes.get(stray)

    def _widest(self, stray: PurePosixPath, wanted: PurePosixPath) -> tuple[PurePosixPath, PurePosixPath]:
        if len(stray.parts) == len(wanted.parts):
            differing = [at for at, part in enumerate(stray.parts) if part != wanted.parts[at]]
            if len(differing) == 1:
                end = differing[0] + 1
                old, new = PurePosixPath(*stray.parts[:end]), PurePosixPath(*wanted.parts[:end])
                # Moving a folder takes all of it along: a recording in use must not be in it, and none be covered.
                if not (self._folder / new).exists() and self._is_all_stray(old):
                    return old, new
        return stray, wanted

    def _is_all_stray(self, folder: PurePosixPath) -> bool:
        files = (path for path in (self._folder / folder).rglob("*") if path.is_file())
        return all(self._is_stray(path.relative_to(self._folder).as_posix()) for path in files)


def _shared(left: PurePosixPath, right: PurePosixPath) -> int:
    return sum(a == b for a, b in zip(left.parts, right.parts, strict=False))
