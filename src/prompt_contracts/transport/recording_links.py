"""Where links on the way to a recording lead: never out of the folders in which it may lie. Opens no file."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path


class KnownFolders:
    """Folders below one that were seen to be no links, so that a run looks at each of them once. Thread-safe.

    For reading alone. Whoever puts a link in the place of a folder while a run goes on runs beside it, and could read
    for himself what the link leads to; before anything is written, the whole way is looked at again.
    """

    def __init__(self, folder: Path, places: Sequence[Path]) -> None:
        """No recording may lie outside of the `places`."""
        self._folder = folder
        self._root = str(folder)
        self._places = places
        self._known: set[str] = set()

    def link_problem(self, inside: str) -> str | None:
        """As `link_problem` of a path inside the folder, with forward slashes."""
        parent = inside.rpartition("/")[0]
        if _is_ordinary(inside) and self._is_known(parent) and self._is(inside, stat.S_ISREG):
            return None
        return link_problem(self._folder / inside, self._places)

    def place_of(self, inside: str) -> str:
        """The path of a recording for who opens it: a `Path` takes longer to make than the file to be read."""
        return os.path.join(self._root, inside)  # noqa: PTH118 - as the line before says

    def way_problem(self, inside: str) -> str | None:
        """As `link_problem`, the whole way looked at again: for what is to be written."""
        path = self._folder / inside
        target = Path(os.path.realpath(path))
        # The places themselves are followed once; where one leads elsewhere by now, all is looked at again.
        return None if any(map(target.is_relative_to, self._real_places)) else link_problem(path, self._places)

    @cached_property
    def _real_places(self) -> tuple[str, ...]:
        return tuple(os.path.realpath(place) for place in self._places)

    def _is_known(self, inside: str) -> bool:
        if inside not in self._known:
            parent, _, name = inside.rpartition("/")
            if not (self._is_known(parent) and self._is(inside, stat.S_ISDIR) if name else self._is_root_fine()):
                return False
            self._known.add(inside)
        return True

    def _is_root_fine(self) -> bool:
        # The folder itself may be a link, as long as it leads to where a recording may lie.
        return self._folder.is_dir() and link_problem(self._folder, self._places) is None

    def _is(self, inside: str, kind: Callable[[int], bool]) -> bool:
        """Whether there is something of this kind, and no link to it."""
        try:
            return kind(os.lstat(f"{self._root}/{inside}").st_mode)
        except (OSError, ValueError):
            return False


def _is_ordinary(inside: str) -> bool:
    """Whether a path goes down, name by name, on every system."""
    return not inside.startswith("/") and ".." not in inside and "\\" not in inside and ":" not in inside


def link_problem(path: Path, places: Sequence[Path]) -> str | None:
    """Why a recording is neither read nor written: links on the way lead out of the folders where it may lie.

    The path itself and every folder before it are followed. None for what lies in one of the places.
    """
    target = Path(os.path.realpath(path))
    if any(target.is_relative_to(os.path.realpath(place)) for place in places):
        return None
    linked = next((one for one in (*reversed(path.parents), path) if _leads_out(one, places)), path)
    if linked == path and not path.is_symlink():
        return f"it lies outside the project, at {target}"
    if linked == path:
        return f"it is a link to {target}, outside the project"
    return f"the folder {linked.name} on its way is a link to {os.path.realpath(linked)}, outside the project"


def _leads_out(path: Path, places: Sequence[Path]) -> bool:
    target = Path(os.path.realpath(path))
    above = any(Path(os.path.realpath(place)).is_relative_to(target) for place in places)
    return path.is_symlink() and not above and not any(target.is_relative_to(os.path.realpath(one)) for one in places)
