"""What is typed into the terminal while a watch waits. Reads nothing while tests run: they may ask for input, too."""

from __future__ import annotations

import os
import select
import sys

_MOST = 4096


class WatchKeys:
    """The lines of the terminal that the watch was started from."""

    def __init__(self, terminal: int) -> None:
        """`terminal` is an open file."""
        self._terminal = terminal

    def line(self) -> str | None:
        """What was typed since it was asked the last time, up to Enter; None for nothing yet."""
        try:
            # Whoever reads from the background is stopped.
            if os.tcgetpgrp(self._terminal) != os.getpgrp() or not select.select([self._terminal], [], [], 0)[0]:
                return None
            typed = os.read(self._terminal, _MOST)
        except OSError:  # it was closed
            return None
        # Ctrl-D is no Enter.
        return typed.decode("utf-8", "replace").strip() if typed else None

    def forget(self) -> None:
        """What was typed before something is asked is no answer to it."""
        while self.line() is not None:
            pass


def opened_keys() -> WatchKeys | None:
    """The terminal of this process; None where there is none, or nobody would see what it asks."""
    # pytest has closed standard input by now, and what it shows goes to where it went in the beginning.
    if os.name != "posix" or sys.__stdout__ is None or not sys.__stdout__.isatty():
        return None
    try:
        return WatchKeys(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return None
