"""Recordings on disk: read whole with a cap, written all or not at all. Knows nothing of what they mean."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from prompt_contracts.transport.yaml_reader import UnreadableError

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes of one recording."""


def read_text(path: Path) -> str | None:
    """The text of a file, None when it does not exist; `UnreadableError` when it cannot be used."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("it is no regular file")
        if status.st_size > LARGEST_FILE:
            raise UnreadableError(f"it is {status.st_size / 1024 / 1024:.0f} MB large; 64 MB is the most")
        return path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UnreadableError(error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it is not UTF-8 text (byte {error.start})") from None


def write_text(path: Path, text: str) -> None:
    """Put the text at the path in one step: whoever reads sees the old file or the new one.

    Folders are made as needed; `OSError` when it cannot be done, and then nothing is left behind.
    """
    data = text.encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{token_hex(8)}.tmp"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - an open descriptor, which pathlib cannot take
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - the call whose atomicity is meant, by its own name
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself last; not every system can, and the file is whole either way."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
