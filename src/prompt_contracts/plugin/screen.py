"""What we write to pytest's own output while it runs tests. Only pytest's own thread may call it."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest


class Screen:
    """Writes past the capturing of output, which would take it for a test's own."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def line(self, text: str) -> None:
        """A line of ours between those of pytest; a worker of xdist has nobody to tell, and who is quiet hears none."""
        if not hasattr(self._config, "workerinput") and self._config.get_verbosity() >= 0:
            self.write(f"\nprompt-contracts: {text}\n")

    @property
    def is_coloured(self) -> bool:
        """Whether pytest itself writes in colours here."""
        return self._config.get_terminal_writer().hasmarkup

    @property
    def columns(self) -> int:
        """How wide the terminal is now: where output is captured, a file takes its place."""
        with self._uncaptured():
            return shutil.get_terminal_size().columns

    def write(self, text: str) -> None:
        """The text as it is, at once."""
        with self._uncaptured():
            self._config.get_terminal_writer().write(text, flush=True)

    def draw(self, text: str) -> None:
        """The same for what moves no cursor in the end: pytest does not count it into the width of its line."""
        with self._uncaptured():
            self._config.get_terminal_writer().write_raw(text, flush=True)

    def _uncaptured(self) -> AbstractContextManager[None]:
        capture: Any = self._config.pluginmanager.getplugin("capturemanager")
        return nullcontext() if capture is None else capture.global_and_fixture_disabled()
