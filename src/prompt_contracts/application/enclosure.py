"""Where processes of an application are shut in during a replay: in a network in which there is only the stand-in.

Linux alone has that, and not everywhere may it be done. Where it may not, they start as they are, and it is said why.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from prompt_contracts.application import airlock
from prompt_contracts.data_class import dataclass
from prompt_contracts.stub.door import Door
from prompt_contracts.stub.lease import Hang
from prompt_contracts.stub.server import StubServer

_SECONDS = 30.0
"""For a process to say that it is shut in; on a busy machine it may take a while."""
_LATE = "it was not ready within the time that it has to be shut in"
_MOST_DESCRIPTORS = 3
_LONGEST_WORD = 1000
_NO_ROUTE = re.compile(rb"^Ip6OutNoRoutes\s+(?P<count>\d+)", re.MULTILINE)

Begin = Callable[[Sequence[str], Sequence[int]], "subprocess.Popen[bytes]"]
"""Starts a command with these descriptors besides its streams."""


class Room:
    """The network of one process and of those that it starts."""

    def __init__(self, door: Door, counters: Sequence[int]) -> None:
        """The descriptors are ours from now on."""
        self._door = door
        self._counters = tuple(counters)
        self._strays = 0

    @property
    def strays(self) -> int:
        """How often somebody in it sent something to where no way leads."""
        with suppress(OSError):
            if self._counters:
                self._strays = sum(_undeliverable(os.pread(counter, 65536, 0)) for counter in self._counters)
        return self._strays

    def close(self) -> None:
        """Nobody is in it any more."""
        _ = self.strays
        counters, self._counters = self._counters, ()
        for counter in counters:
            os.close(counter)
        self._door.close()


@dataclass(frozen=True, slots=True)
class Start:
    """A process that was started, and the room that it is in, if it is in one."""

    process: subprocess.Popen[bytes]
    room: Room | None = None


class Enclosure:
    """Shuts in the processes of one run. Thread-safe."""

    def __init__(self, server: StubServer, *, seconds: float = _SECONDS) -> None:
        """`seconds` is what a process may take until it says that it is shut in."""
        self._server = server
        self._seconds = seconds
        self.reason: str | None = None if sys.platform == "linux" else "only Linux has network namespaces"
        """Why processes are not shut in, as far as that is known."""

    def start(self, begin: Begin, command: Sequence[str], *, is_entering: bool = False) -> Start:
        """Start a command so that it reaches the stand-in alone; as it is where that cannot be done.

        With `is_entering` the command goes in by itself: it gets two more arguments for `airlock.enter`. Raises
        `OSError` where there is no such program.
        """
        if self.reason is not None or not sys.executable:
            return Start(begin(command, ()))
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            with theirs:
                told = (str(theirs.fileno()), str(self._server.port))
                gone_in = (*command, *told) if is_entering else (*_AIRLOCK, *told, *command)
                process = begin(gone_in, (theirs.fileno(),))
            try:
                return self._entered(process, ours) or Start(begin(command, ()))
            except BaseException:
                _end(process)
                raise

    def _entered(self, process: subprocess.Popen[bytes], told: socket.socket) -> Start | None:
        """None for a process that is of no use, and was ended: the next one starts as it is."""
        told.settimeout(self._seconds)
        try:
            words, descriptors, _, _ = socket.recv_fds(told, _LONGEST_WORD, _MOST_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC)
        except TimeoutError:
            raise OSError(errno.ETIMEDOUT, _LATE) from None
        word, _, reason = words.decode("utf-8", "replace").partition(" ")
        if word == "open":
            listener, *counters = descriptors
            room = Room(self._server.attend(socket.socket(fileno=listener)), counters)
            try:
                _check_execution(told)
            except OSError:
                room.close()
                raise
            return Start(process, room)
        if word in ("refused", "broken"):
            self.reason = reason
        elif _exit_code(process) == -getattr(signal, "SIGSYS", 0):
            self.reason = "the process that tried was ended by SIGSYS"
        if self.reason is None or word == "refused":
            # Where it ended by a mistake of its own, whoever waits for its replies sees how.
            _check_execution(told)
            return Start(process)
        _end(process)
        return None


def why_not_enclosed() -> str | None:
    """Why processes cannot be shut in here, found out with one that does nothing; None where they can."""
    with StubServer() as server:
        server.open(lambda _incoming: Hang())
        enclosure = Enclosure(server)
        try:
            start = enclosure.start(_begin_silently, (sys.executable, "-I", "-S", "-c", ""))
        except OSError as error:
            return error.strerror or str(error)
        start.process.wait()
        if start.room is not None:
            start.room.close()
        return enclosure.reason or (None if start.room else "the process that tried came to an end")


def _begin_silently(command: Sequence[str], descriptors: Sequence[int]) -> subprocess.Popen[bytes]:
    nothing = subprocess.DEVNULL
    return subprocess.Popen(  # noqa: S603 - our own
        list(command), pass_fds=descriptors, stdin=nothing, stdout=nothing, stderr=nothing
    )


_AIRLOCK = (sys.executable, "-I", "-S", airlock.__file__)


def _check_execution(told: socket.socket) -> None:
    """Wait until the process is the program that it was to become; `OSError` where there is none."""
    try:
        words = told.recv(_LONGEST_WORD)
    except TimeoutError:
        raise OSError(errno.ETIMEDOUT, _LATE) from None
    if words:
        number = int(words.split()[1])
        raise OSError(number, os.strerror(number))


def _exit_code(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(_SECONDS)
    except subprocess.TimeoutExpired:
        raise OSError(errno.ETIMEDOUT, _LATE) from None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _undeliverable(counters: bytes) -> int:
    """What a table of the kernel's says: one for IPv4, whose first line names the columns, and one for IPv6."""
    found = _NO_ROUTE.search(counters)
    if found is not None:
        return int(found["count"])
    rows = [line.split() for line in counters.splitlines() if line.startswith(b"Ip:")]
    named = dict(zip(*rows, strict=False)) if len(rows) > 1 else {}
    return int(named.get(b"OutNoRoutes", 0))
