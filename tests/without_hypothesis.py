"""A plugin of pytest for runs in which nobody may import hypothesis: `-p tests.without_hypothesis`."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec


class _NoHypothesis(MetaPathFinder):
    def find_spec(self, fullname: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """No spec of anything, and an error for hypothesis."""
        if fullname.partition(".")[0] == "hypothesis":
            raise AssertionError("hypothesis is imported, and this run is to do without it")
        return None


sys.meta_path.insert(0, _NoHypothesis())
