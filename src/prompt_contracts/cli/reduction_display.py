"""How far the search for a smaller prompt has come: a line that is redrawn on a terminal, or lines of a log in CI."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from typing import TextIO

from prompt_contracts.cli.output import is_coloured, say
from prompt_contracts.progress import ReductionProgress
from prompt_contracts.renderers.progress_text import reduction_text

_REDRAWN_EVERY = 0.2
_TOLD_EVERY = 30.0


class ReductionDisplay:
    """Shows how far it has come; whatever else is said while it lasts goes through `tell`."""

    def __init__(
        self,
        stream: TextIO,
        *,
        environ: Mapping[str, str] = os.environ,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._monotonic = monotonic
        # Consoles of Windows take escape sequences only when they are told to.
        is_terminal = stream.isatty() and environ.get("TERM") not in ("dumb", "unknown") and os.name != "nt"
        is_log = environ.get("CI", "").lower() not in ("", "0", "false", "no")
        self._is_drawing = is_terminal and not is_log
        self._is_coloured = is_coloured(environ, stream=stream)
        self._pause = _REDRAWN_EVERY if self._is_drawing else _TOLD_EVERY if is_log else float("inf")
        self._due = monotonic() if self._is_drawing else monotonic() + self._pause
        self._is_drawn = False

    def show(self, progress: Callable[[], ReductionProgress]) -> None:
        """The facts as they are now, if it is time for them."""
        now = self._monotonic()
        if now < self._due:
            return
        self._due = now + self._pause
        if not self._is_drawing:
            say(reduction_text(progress(), encoding=self._encoding).strip())
            return
        text = reduction_text(
            progress(),
            width=shutil.get_terminal_size().columns - 1,
            is_coloured=self._is_coloured,
            encoding=self._encoding,
        )
        self._write(f"\r{text}\x1b[K")
        self._is_drawn = True

    def tell(self, text: str) -> None:
        """A line that stays."""
        self.clear()
        say(text)

    def clear(self) -> None:
        """Leave no trace."""
        if self._is_drawn:
            self._write("\r\x1b[K")
            self._is_drawn = False
            self._due = self._monotonic()

    @property
    def _encoding(self) -> str:
        return self._stream.encoding or "utf-8"

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
