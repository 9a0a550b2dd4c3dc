"""Recordings on disk: read whole with a cap, written all or not at all. Knows nothing of what they mean."""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from codecs import BOM_UTF8
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from prompt_contracts.transport.cassette_yaml import UnreadableError

_TEMPORARY = re.compile(r"\.(?:(?P<machine>[0-9a-f]{8})-(?P<process>[0-9]{1,9})-)?[0-9a-f]{16}\.tmp\Z")
_LONGEST_WRITE = 86_400.0
"""Seconds after which a file that nobody can be asked about was left behind."""

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes of one recording."""
_PIECE = 1024 * 1024
_NO_FILE = "it is no regular file"


def read_text(path: str | Path) -> str | None:
    """The text of a file, None when it does not exist; `UnreadableError` when it cannot be used."""
    try:
        # Never in the encoding of the locale, in which vcrpy 9.4.2 opens it; editors may have added a byte order mark.
        # Not by the codec that knows this mark, which is Python and takes as long as to open the file.
        return _read_file(path).removeprefix(BOM_UTF8).decode()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        # What opening a socket of the file system says; it names no reason that anybody understands.
        raise UnreadableError(_NO_FILE if error.errno == errno.ENXIO else error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it is not UTF-8 text (byte {error.start})") from None


def _read_file(path: str | Path) -> bytes:
    # Opening a pipe could wait for ever, and so could reading a terminal.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        # Of what was opened, so that it cannot be another file by now.
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError(_NO_FILE)
        if status.st_size > LARGEST_FILE:
            raise UnreadableError(f"it is {status.st_size / 1024 / 1024:.0f} MB large; 64 MB is the most")
        data = os.read(handle, status.st_size + 1)
        # Exactly as much as it holds: nothing follows. Some file systems give less at once, or say 0 of every size.
        while len(data) != status.st_size or not data:
            more = os.read(handle, _PIECE)
            if not more:
                break
            data += more
            if len(data) > LARGEST_FILE:
                raise UnreadableError("it grew to more than 64 MB while it was read")
        return data
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Put the text at the path in one step: whoever reads sees the old file or the new one.

    Folders are made as needed; a link stays one, and what it leads to is written; who may read a file may read it
    still, and nobody else. What killed runs left beside it goes. `OSError` when it cannot be done, and then nothing is
    left behind.
    """
    data = text.encode()
    # `os.replace` would put a file in the place of the link.
    if path.is_symlink():
        path = path.resolve()
    # Among many threads each call of the system costs more than its own time: whoever made one waits for its turn.
    try:
        path.parent.mkdir(parents=True)
    except FileExistsError:
        path.parent.mkdir(parents=True, exist_ok=True)  # unless it is no folder
        _clean(path.parent)
    # vcrpy's own writer, killed half way, left 1,901 of 3,625 bytes (9.4.2). A rename is atomic, and only within one
    # file system: hence beside the file.
    temporary = path.parent / f".{_machine()}-{os.getpid()}-{os.urandom(8).hex()}.tmp"
    # With O_EXCL no link that somebody laid under this name is followed (POSIX, open).
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with open(handle, "wb", buffering=0) as file:  # noqa: PTH123 - an open descriptor, which pathlib cannot take
            written = 0
            while written < len(data):
                written += file.write(memoryview(data)[written:])
            _keep_mode(file.fileno(), path)
            # Without it the new name can outlive a power cut that the bytes do not.
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - the call whose atomicity is meant, by its own name
    # Ctrl-C included.
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _keep_mode(handle: int, path: Path) -> None:
    """Give a new file the permissions of the one whose place it takes."""
    with suppress(FileNotFoundError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if hasattr(os, "fchmod"):  # not on Windows, where a file has no others
            os.fchmod(handle, mode)


def write_problem(path: Path) -> str | None:
    """Why no file can be put at a path, in words; None when it can. Leaves nothing behind, and makes no folder."""
    try:
        path = path.resolve()
        if path.is_dir():
            return "it is a folder"
        folder = next(parent for parent in path.parents if parent.exists())
        if not folder.is_dir():
            return f"{folder.name} is a file and no folder"
        temporary = folder / f".{_machine()}-{os.getpid()}-{os.urandom(8).hex()}.tmp"
        # Tried and not asked: `os.access` knows nothing of file systems that are full or mounted for reading only.
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        temporary.unlink()
    except (OSError, RuntimeError) as error:  # a link that leads to itself is a RuntimeError
        return getattr(error, "strerror", None) or str(error)
    return None


@cache
def _machine() -> str:
    from socket import gethostname  # replay has no use for it

    # A folder can be shared between machines and containers, each with process numbers of its own.
    return sha256(gethostname().encode()).hexdigest()[:8]


def _clean(folder: Path) -> None:
    """Remove what runs that were killed left: of this machine when nobody runs under their number any more."""
    names: list[str] = []
    with suppress(OSError):  # a folder that may be written and not be read
        names = os.listdir(folder)  # noqa: PTH208 - no path for each of many files, hardly one of which was left
    for name in names:
        found = _TEMPORARY.match(name)
        with suppress(OSError):
            if found is not None and _is_left(
                folder / name, machine=found["machine"], process=int(found["process"] or 0)
            ):
                (folder / name).unlink()


def _is_left(path: Path, *, machine: str | None, process: int) -> bool:
    is_old = time.time() - path.stat().st_mtime > _LONGEST_WRITE
    # On Windows signal 0 is CTRL_C_EVENT: it interrupts where POSIX only looks.
    if machine != _machine() or os.name != "posix":
        return is_old
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return is_old
    # Process numbers come again: what runs under this one now may be somebody else.
    return is_old and process != os.getpid()


def _sync_folder(folder: Path) -> None:
    """Make the new name itself last; not every system can, and the file is whole either way."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
