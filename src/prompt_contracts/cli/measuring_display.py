"""How many cases `strength` has measured, on a terminal, while it lasts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import TextIO

_REDRAWN_EVERY = 0.2


class MeasuringDisplay:
    """A line that is redrawn on a terminal, and nothing elsewhere."""

    def __init__(
        self,
        stream: TextIO,
        *,
        total: int,
        environ: Mapping[str, str] = os.environ,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._total = total
        self._done = 0
        self._monotonic = monotonic
        # Consoles of Windows take escape sequences only when they are told to.
        self._is_drawing = stream.isatty() and environ.get("TERM") not in ("dumb", "unknown") and os.name != "nt"
        self._due = float("-inf")

    def begin(self) -> None:
        """The first case is about to be measured."""
        self._show()

    def advance(self) -> None:
        """A case was measured."""
        self._done += 1
        self._show()

    def close(self) -> None:
        """Leave no trace."""
        if self._is_drawing:
            self._write("\r\x1b[K")

    def _show(self) -> None:
        now = self._monotonic()
        if self._is_drawing and now >= self._due and self._done < self._total:
            self._due = now + _REDRAWN_EVERY
            self._write(f"\rmeasuring case {self._done + 1:,} of {self._total:,}\x1b[K")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
