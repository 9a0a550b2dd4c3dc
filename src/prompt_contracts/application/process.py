"""A program with everything that it starts: begun in a group of its own, and ended with all its children.

Says when it ended and how. What it writes and reads is none of this module's business.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

_PROC = Path("/proc")
_ROUNDS = 20
"""A process that starts others faster than they are found is not worth more."""


class ProgramNotStartedError(Exception):
    """There is no such program, or it may not be run; the message is for people."""


class Program:
    """A running program."""

    def __init__(self, command: Sequence[str], *, folder: Path, environ: Mapping[str, str], mark: str) -> None:
        """Start it in `folder`. `mark` is a variable of `environ` whose value no other program has.

        Raises `ProgramNotStartedError`.
        """
        self._mark = f"{mark}={environ[mark]}".encode()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the program that the case names
                list(command),
                cwd=folder,
                env=dict(environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise ProgramNotStartedError(_reason(command, error, folder)) from None
        self.stdin, self.stdout, self.stderr = _pipes(self._process)

    def wait(self) -> int:
        """The exit code as soon as it ended, minus a signal's number; its id stays taken until `kill`."""
        if hasattr(os, "waitid"):
            # Not reaped: as long as the dead leader stays, no other group can get its id.
            with suppress(ChildProcessError):
                ended = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
                if ended is not None:
                    return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
        return self._process.wait()

    def kill(self) -> None:
        """End it and everything that it started. A second time does nothing."""
        if self._process.returncode is None:
            if sys.platform == "win32":
                self._process.kill()
            else:
                self._kill_all()
            self._process.wait()

    def close(self) -> None:
        """Close its pipes; only after `kill`, and when nobody reads them any more."""
        for pipe in (self.stdin, self.stdout, self.stderr):
            with suppress(OSError):
                pipe.close()

    def _kill_all(self) -> None:
        # Looked for before anything is killed: orphans no longer name their parent.
        strays = set(_descendants(self._process.pid))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        killed: set[int] = set()
        for _ in range(_ROUNDS):
            strays = (strays | set(_marked(self._mark))) - killed - {os.getpid(), self._process.pid}
            if not strays:
                return
            for pid in strays:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            killed |= strays
            strays = set()


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
    assert process.stdin is not None  # noqa: S101 - as Popen was asked
    assert process.stdout is not None  # noqa: S101 - as Popen was asked
    assert process.stderr is not None  # noqa: S101 - as Popen was asked
    return process.stdin, process.stdout, process.stderr


def _descendants(root: int) -> Iterator[int]:
    """The processes below one, as long as their parents live; none where there is no /proc."""
    parents = {pid: parent for pid in _pids() if (parent := _parent(pid)) is not None}
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        yield from more
        found |= more


def _marked(mark: bytes) -> Iterator[int]:
    """The processes that got the mark from whoever started them, however far they went from it."""
    for pid in _pids():
        with suppress(OSError):
            if mark in (_PROC / str(pid) / "environ").read_bytes().split(b"\0"):
                yield pid


def _pids() -> Iterator[int]:
    with suppress(OSError):
        for name in os.listdir(_PROC):  # noqa: PTH208 - a Path for every process is slow
            if name.isdigit():
                yield int(name)


def _parent(pid: int) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        # The name in parentheses may hold anything, parentheses too.
        return int((_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()[1])
    return None


def _reason(command: Sequence[str], error: OSError | ValueError, folder: Path) -> str:
    program = command[0]
    match error:
        case FileNotFoundError() if not folder.is_dir():
            return f"the folder {folder} does not exist"
        case FileNotFoundError() if "/" in program:
            return f"there is no program {program!r} below the project's root"
        case FileNotFoundError():
            return f"there is no program {program!r} on the PATH: install it, or write its path"
        case PermissionError():
            return f"{program!r} may not be run: is it a program, and is it marked as executable?"
        case OSError():
            return f"{program!r} cannot be run: {error.strerror or error}"
        case _:
            return f"{program!r} cannot be run: {error}"
