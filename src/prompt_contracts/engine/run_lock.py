"""What processes that share one run settle between them: in a folder that is theirs alone, and gone with the run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO


class SharedRun:
    """The side of one process. Without a folder there is no other, and everything is granted."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._claimed: set[str] = set()

    @property
    def is_shared(self) -> bool:
        """Whether there may be other processes."""
        return self._folder is not None

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """While this lasts, no other process does the same thing. Ends with a process that is killed."""
        if self._folder is None:
            yield
            return
        with _path(self._folder, name, "lock").open("ab") as file:
            _lock(file)
            yield  # closing it sets it free

    def claim(self, name: str) -> bool:
        """Whether this process is the first, in the whole run, that asks for it."""
        if name in self._claimed:
            return False
        self._claimed.add(name)
        if self._folder is None:
            return True
        try:
            os.close(os.open(_path(self._folder, name, "claimed"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        return True

    def read(self, name: str) -> str | None:
        """What some process has told under a name; None where nobody has."""
        if self._folder is None:
            return None
        try:
            return _path(self._folder, name, "told").read_text("utf-8")
        except FileNotFoundError:
            return None

    def tell(self, name: str, text: str) -> None:
        """Let the others read it. Only within `alone`."""
        if self._folder is not None:
            temporary = _path(self._folder, name, f"{os.getpid()}.tmp")
            temporary.write_text(text, "utf-8")
            temporary.replace(_path(self._folder, name, "told"))


def _path(folder: Path, name: str, suffix: str) -> Path:
    return folder / f"{sha256(name.encode()).hexdigest()[:24]}.{suffix}"


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        while True:
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # gives up after ten tries of a second
            except OSError:
                continue
            return
    import fcntl

    fcntl.flock(file.fileno(), fcntl.LOCK_EX)
