"""That a contract is being measured, on a terminal, while it lasts: it may take longer than the cell itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from prompt_contracts.plugin.progress_display import CLEARED_BELOW, below, takes_a_redrawn_line
from prompt_contracts.plugin.screen import Screen
from prompt_contracts.plugin.session import session_of
from prompt_contracts.renderers.inert_text import one_line


@contextmanager
def measuring_line(config: pytest.Config, name: str) -> Iterator[None]:
    """Beneath pytest's own output, and gone afterwards; nothing where no terminal is."""
    if not takes_a_redrawn_line(config, os.environ):
        yield
        return
    screen = Screen(config)
    screen.draw(below(one_line(session_of(config).shown(f"measuring the contract of {name}"), screen.columns - 1)))
    try:
        yield
    finally:
        screen.draw(CLEARED_BELOW)
