"""What we write to pytest's own output while it runs tests. Only pytest's own thread may call it."""

from __future__ import annotations

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

    def write(self, text: str) -> None:
        """The text as it is, at once."""
        capture: Any = self._config.pluginmanager.getplugin("capturemanager")
        if capture is None:
            self._write(text)
        else:
            with capture.global_and_fixture_disabled():
                self._write(text)

    def _write(self, text: str) -> None:
        writer = self._config.get_terminal_writer()
        writer.write(text)
        writer.flush()
