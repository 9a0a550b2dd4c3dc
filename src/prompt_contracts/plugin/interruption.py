"""Ctrl-C at an instruction that belongs to no line.

Python 3.11 and later give some instructions no line, such as the jump that ends a loop whose body branches. Where a
signal meets one, the entry of the traceback has `None` for its line, and pytest, which counts with it, ends in a
traceback of its own and exit code 1 instead of 2.
"""

from __future__ import annotations

import pytest


def leave_out_places_without_line(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Shorten the traceback by the places that have no line: what called them has one."""
    excinfo.traceback = excinfo.traceback.filter(_has_line)


def _has_line(entry: object) -> bool:
    try:
        return getattr(entry, "lineno", None) is not None
    except TypeError:
        return False
