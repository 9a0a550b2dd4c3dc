"""What a program writes, read as it comes by threads of our own, so that no pipe ever fills. Bounded in memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Condition, Thread
from typing import IO

from prompt_contracts.application.question import LONGEST_OUTPUT

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of one reply; of a longer line the rest is dropped, so that it is no JSON."""
_MOST = 4 * LONGEST_LINE
_PIECE = 65536


class LineReader:
    """Hands on each line of a pipe."""

    def __init__(self, pipe: IO[bytes], *, on_line: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        """Lines come without their end; blank ones are left out, and one at the very end needs no line end."""
        self._pipe = pipe
        self._on_line = on_line
        self._on_end = on_end
        self._rest = bytearray()
        self._handed_on = 0
        self._thread = Thread(target=self._run, name="application output", daemon=True)
        self._thread.start()

    @property
    def rest(self) -> bytes:
        """The beginning of what came since the last line end."""
        return bytes(self._rest[:1000])

    def join(self, seconds: float) -> bool:
        """Whether the pipe came to its end within these seconds."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while data := _read(self._pipe):
            first, *more = data.split(b"\n")
            self._add(first)
            for line in more:
                self._hand_on()
                self._add(line)
        self._hand_on()
        self._on_end()

    def _add(self, data: bytes) -> None:
        # Read on all the same: a pipe that nobody empties would stop the program.
        self._rest += data[: LONGEST_LINE - len(self._rest)]

    def _hand_on(self) -> None:
        line = bytes(self._rest)
        self._rest.clear()
        if line.strip() and self._handed_on < _MOST:
            self._handed_on += len(line)
            self._on_line(line)


class TailReader:
    """Keeps the end of what a pipe brings."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._coming = Condition()
        self._kept = bytearray()
        self._is_cut = False
        self._has_ended = False
        self._thread = Thread(target=self._run, name="application errors", daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        """What is kept so far; an ellipsis stands for what came before it."""
        with self._coming:
            text = self._kept[-4 * LONGEST_OUTPUT :].decode("utf-8", "replace")
            is_cut = self._is_cut or len(text) > LONGEST_OUTPUT
        return f"…{text[-LONGEST_OUTPUT:]}" if is_cut else text

    def clear(self) -> None:
        """Forget what came so far."""
        with self._coming:
            self._kept.clear()
            self._is_cut = False

    def wait_for(self, mark: bytes, seconds: float) -> None:
        """Wait until a mark comes, so many seconds at most, and take it out of what is kept."""
        with self._coming:
            self._coming.wait_for(lambda: mark in self._kept or self._has_ended, seconds)
            start = self._kept.find(mark)
            if start >= 0:
                del self._kept[start : start + len(mark)]

    def join(self, seconds: float) -> bool:
        """Whether the pipe came to its end within these seconds."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while data := _read(self._pipe):
            with self._coming:
                self._kept += data
                # Cut at twice of what is needed (four bytes a character), so that few pieces cost a move of all.
                if len(self._kept) > 8 * LONGEST_OUTPUT:
                    del self._kept[: -4 * LONGEST_OUTPUT]
                    self._is_cut = True
                self._coming.notify_all()
        with self._coming:
            self._has_ended = True
            self._coming.notify_all()


def _read(pipe: IO[bytes]) -> bytes:
    try:
        # Not `readline`: a line without an end would fill the memory.
        return os.read(pipe.fileno(), _PIECE)
    except (OSError, ValueError):
        return b""
