"""A program with everything that it starts: begun in a group of its own, and ended with all its children.

Says when it ended and how. What it writes and reads is none of this module's business.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

import psutil

from prompt_contracts.application.enclosure import Enclosure, Room
from prompt_contracts.provider_error import shortened

_ROUNDS = 20
"""A process that starts others faster than they are found is not worth more."""


class ProgramNotStartedError(Exception):
    """There is no such program, or it may not be run; the message is for people."""


class Program:
    """A running program."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environ: Mapping[str, str],
        mark: str,
        enclosure: Enclosure | None = None,
        is_entering: bool = False,
    ) -> None:
        """Start it in `folder`. `mark` is a variable of `environ` whose value no other program has.

        `enclosure` shuts it in, and all that it starts; with `is_entering` it goes in by itself. Raises
        `ProgramNotStartedError`.
        """
        self._mark = (mark, environ[mark])

        def begin(line: Sequence[str], descriptors: Sequence[int]) -> subprocess.Popen[bytes]:
            return subprocess.Popen(  # noqa: S603 - the program that the case names
                list(line),
                cwd=folder,
                env=dict(environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # What is written goes out, and what came is read, at once: no reply may wait in a buffer.
                bufsize=0,
                # A group of its own, which one signal reaches, and no terminal from which Ctrl-C would reach it first.
                start_new_session=True,
                pass_fds=descriptors,
            )

        self._room: Room | None = None
        try:
            if enclosure is None:
                self._process = begin(command, ())
            else:
                start = enclosure.start(begin, command, is_entering=is_entering)
                self._process, self._room = start.process, start.room
        except (OSError, ValueError) as error:
            raise ProgramNotStartedError(_reason(command, error, folder)) from None
        pipes = (self._process.stdin, self._process.stdout, self._process.stderr)
        self.stdin, self.stdout, self.stderr = cast("tuple[IO[bytes], IO[bytes], IO[bytes]]", pipes)

    def wait(self) -> int:
        """The exit code as soon as it ended, minus a signal's number; its id stays taken until `kill`."""
        if hasattr(os, "waitid"):
            # Not reaped: as long as the dead leader stays, no other group can get its id.
            with suppress(ChildProcessError):
                ended = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
                if ended is not None:
                    return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
        return self._process.wait()

    @property
    def strays(self) -> int:
        """How often it sent something to where no way leads; known only of one that is shut in."""
        return 0 if self._room is None else self._room.strays

    def others(self) -> tuple[str, ...]:
        """What it started and what still runs, as `name (pid)`; without the helpers of Python's own multiprocessing."""
        told: dict[int, str] = {}
        for process in (*self._descendants(), *self._marked()):
            with suppress(psutil.Error):
                command = " ".join(process.cmdline())
                if command and "multiprocessing." not in command:
                    told[process.pid] = f"{shortened(command, 80)} ({process.pid})"
        return tuple(told.values())

    def kill(self) -> None:
        """End it and everything that it started. A second time does nothing."""
        if self._process.returncode is None:
            self._kill_all()
            self._process.wait()
        if self._room is not None:
            self._room.close()

    def close(self) -> None:
        """Close its pipes; only after `kill`, and when nobody reads them any more."""
        for pipe in (self.stdin, self.stdout, self.stderr):
            with suppress(OSError):
                pipe.close()

    def _kill_all(self) -> None:
        # Looked for before anything is killed: orphans no longer name their parent.
        strays = set(self._descendants())
        if hasattr(os, "killpg"):
            # At once, so that no member of the group can start another meanwhile.
            with suppress(ProcessLookupError, PermissionError):
                # No polite signal first: the trial is over, and one that may be ignored only takes time.
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        killed: set[psutil.Process] = set()
        for _ in range(_ROUNDS):
            strays = (strays | set(self._marked())) - killed
            if not strays:
                return
            for stray in strays:
                with suppress(psutil.Error):
                    stray.kill()
            killed |= strays
            strays = set()

    def _descendants(self) -> list[psutil.Process]:
        """The processes below it, as long as their parents live, whatever group and session they went to."""
        with suppress(psutil.Error):
            return psutil.Process(self._process.pid).children(recursive=True)
        return []

    def _marked(self) -> Iterator[psutil.Process]:
        """The processes that got the mark from whoever started them, however far they went from it."""
        name, value = self._mark
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                # A program can lose its parent, its group and its session, but hardly its environment.
                if process.pid not in (os.getpid(), self._process.pid) and process.environ().get(name) == value:
                    yield process


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


def exit_words(code: int) -> str:
    """How a program ended, by its exit code, minus a signal's number."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
