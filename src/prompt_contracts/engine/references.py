"""What a case names outside its file: functions of the project, and JSON Schemas in other files of it.

Naming a function runs the project's own code, as pytest itself does; nothing outside the root is read.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

from prompt_contracts.json_value import Json, parse_json


class References:
    """The references of one project."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._schemas: dict[str, Json] = {}

    def read_schema(self, path: str) -> Json:
        """The JSON of a file by its path inside the project, read once.

        Raises `OSError` or `ValueError` with a message for people.
        """
        if path not in self._schemas:
            file = (self._root / path).resolve()
            if not file.is_relative_to(self._root):
                raise ValueError(f"'{path}' lies outside the project")
            self._schemas[path] = parse_json(file.read_bytes())
        return self._schemas[path]

    def missing(self, name: str) -> str | None:
        """Why the function that `package.module:function` names cannot be had, as far as its source tells."""
        from prompt_contracts.engine.handler_source import missing_handler  # few cases have a handler

        return missing_handler(name, root=self._root)

    def resolve(self, name: str) -> Callable[..., object]:
        """The function that `package.module:function` names; raises what importing it raises."""
        module, _, attribute = name.partition(":")
        if str(self._root) not in sys.path:
            # A command is not started as pytest is, which puts the root there itself.
            sys.path.insert(0, str(self._root))
        found = getattr(importlib.import_module(module), attribute)
        if not callable(found):
            raise TypeError(f"{name} is no function")
        return found  # type: ignore[no-any-return]  # getattr does not know what it finds
