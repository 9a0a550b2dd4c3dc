"""Our modules are imported as they were installed, also by pytest.

pytest rewrites the assertions of every distribution that brings a plugin. For that it compiles each module once more
in the first run of every fresh container, and later reads and hashes every source file. No module of ours is a test.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class BytecodeFinder:
    """Stands before the finder of pytest, and finds our modules as Python does."""

    @staticmethod
    def find_spec(fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /) -> ModuleSpec | None:
        """Where a module of ours lies; None for whatever else is imported."""
        return PathFinder.find_spec(fullname, path, target) if fullname.startswith("prompt_contracts.") else None


def find_bytecode() -> None:
    """From now on; before another finder that came first, since pytest's is first of all."""
    if BytecodeFinder not in sys.meta_path:
        sys.meta_path.insert(0, BytecodeFinder)
