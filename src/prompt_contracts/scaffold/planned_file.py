"""One file of the scaffold in one project: what becomes of it, and why."""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError
from prompt_contracts.transport.cassette_store import write_problem, write_text

FileFate = Literal["wrote", "overwrote", "extended", "as it is", "left alone", "left out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """What is to become of one file."""

    path: str
    """From the folder of the project, with slashes."""
    fate: FileFate
    reason: str = ""
    text: str | None = None
    """What the whole file is to hold; None where nothing is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The folder of a project, as files are read from it and written to it."""

    root: Path
    """Absolute, without links. It need not be there yet."""

    def read(self, path: str) -> bytes | None:
        """What a file holds; None where there is none. `UsageError` for what is no file, or lies outside."""
        place = self.place(path)
        try:
            if not place.exists():
                return None
            if not stat.S_ISREG(place.stat().st_mode):
                raise UsageError(f"{path}: is there and is no file")
            return place.read_bytes()
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror}") from None

    def read_text(self, path: str) -> str | None:
        """The text of a file, with the line ends and the mark at its start that it has."""
        data = self.read(path)
        try:
            return None if data is None else data.decode()
        except UnicodeDecodeError as error:
            raise UsageError(f"{path}: is no UTF-8 text (byte {error.start})") from None

    def place(self, path: str) -> Path:
        """Where a file really lies; `UsageError` where a link leads out of the project."""
        try:
            place = (self.root / path).resolve()
        except (OSError, RuntimeError):
            raise UsageError(f"{path}: a link on the way leads to itself") from None
        if not place.is_relative_to(self.root):
            raise UsageError(f"{path}: a link on the way leads out of the folder, to {place}")
        return place

    def problem(self, path: str) -> str | None:
        """Why a file cannot be written, in words; None when it can."""
        return write_problem(self.place(path))

    def write(self, path: str, text: str) -> None:
        """Make a file hold this in one step; who may read what was there may read it still. Raises `OSError`."""
        place = self.place(path)
        mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else None
        write_text(place, text)
        if mode is not None:
            place.chmod(mode)

    def restore(self, path: str, before: bytes | None) -> None:
        """Make a file what it was, as far as that can be done; None: there was none."""
        with suppress(OSError):
            if before is None:
                self.place(path).unlink(missing_ok=True)
            elif self.read(path) != before:
                self.place(path).write_bytes(before)
