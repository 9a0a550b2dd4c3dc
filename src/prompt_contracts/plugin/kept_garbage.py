"""Almost all that loading allocates stays for the whole run: looking for garbage in it is time for nothing."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def garbage_kept() -> Iterator[None]:
    """No garbage is looked for inside, and none later in what was made here."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # else the files that are collected next have all of it looked through, again and again
        if was_enabled:
            gc.enable()
