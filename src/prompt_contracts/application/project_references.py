"""What a case names outside its file: functions of the project, and JSON Schemas in other files of it.

Naming a function runs the project's own code, as pytest itself does, and no code of others; nothing outside the
root is read.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from types import ModuleType

from prompt_contracts.errors import CodeRefused
from prompt_contracts.json_value import Json, parse_json

# `sys.path` is one for all threads, and is changed for the time of an import.
_IMPORTING = Lock()


class ProjectReferences:
    """The references of one project: a `References` for all rooms below."""

    def __init__(self, root: Path, *, callables: tuple[str, ...] = (), is_code_refused: bool = False) -> None:
        """`callables` are the modules that may be named though they are not below the root."""
        self._root = root.resolve()
        self._callables = callables
        self.is_code_refused = is_code_refused
        """Whether nothing that a case names is imported or started."""
        self._schemas: dict[str, Json] = {}

    def read_schema(self, path: str) -> Json:
        """The JSON of a file by its path inside the project, read once.

        Raises `OSError` or `ValueError` with a message for people.
        """
        if path not in self._schemas:
            # Links are followed first: what they lead to must lie inside.
            file = (self._root / path).resolve()
            if not file.is_relative_to(self._root):
                raise ValueError(f"'{path}' lies outside the project")
            self._schemas[path] = parse_json(file.read_bytes())
        return self._schemas[path]

    def missing(self, name: str) -> str | None:
        """Why the function that `package.module:function` names cannot be had, as far as its source tells.

        Raises `CodeRefused` where it may not be called. Imports nothing.
        """
        from prompt_contracts.application.callables import (  # few cases have a handler
            is_through_module,
            missing_handler,
        )

        self._refuse(name)
        if is_through_module(name, root=self._root):
            raise _module_refused(name)
        return missing_handler(name, root=self._root)

    def resolve(self, name: str) -> Callable[..., object]:
        """The function that `package.module:function` names; raises what importing it raises.

        Raises `CodeRefused`, before anything is imported, for a function that may not be called.
        """
        found = self.look_up(name)
        if not callable(found):
            raise TypeError(f"{name} is no function")
        return found

    def look_up(self, name: str) -> object:
        """Whatever `package.module:name` stands for; raises as `resolve` does."""
        self._refuse(name)
        module, _, attribute = name.partition(":")
        parts = module.split(".")
        for count in range(1, len(parts)):
            # A package may lengthen its own path: what is in it is looked for again before that runs.
            self._imported(".".join(parts[:count]))
            self._refuse(name)
        found: object = self._imported(module)
        # What a module made of itself and of its neighbours while it was imported is looked at again.
        self._refuse(name)
        for part in attribute.split("."):
            found = _attribute_of(found, part)
            if isinstance(found, ModuleType):
                raise _module_refused(name)
        return found

    def _imported(self, module: str) -> ModuleType:
        top = str(self._root)
        with _IMPORTING:
            # A command is not started as pytest is, which puts the root there itself.
            if top not in sys.path:
                sys.path.insert(0, top)
            if module in sys.modules or sys.path[0] == top:
                return importlib.import_module(module)
            sys.path.insert(0, top)  # where a module was looked for first, it is imported from first
            try:
                return importlib.import_module(module)
            finally:
                sys.path.remove(top)

    def _refuse(self, name: str) -> None:
        if self.is_code_refused:
            raise CodeRefused(
                f"'{name}' would be imported, and this run takes no code that a case names",
                code="PC151",
                help="run without --pc-no-code where you trust who wrote the case and the project's code",
            )
        from prompt_contracts.application.callables import inner_name, refusal_reason  # few cases name a function

        module, _, attribute = name.partition(":")
        reason = inner_name(attribute) or refusal_reason(module, root=self._root, named=self._callables)
        if reason is not None:
            raise CodeRefused(
                f"'{name}' may not be called: {reason}",
                code="PC150",
                help="write the function in a module below the project's root, or name its module under callables in "
                "[tool.prompt_contracts]",
            )


def _attribute_of(owner: object, name: str) -> object:
    try:
        return getattr(owner, name)
    except AttributeError as error:
        from prompt_contracts.application.callables import near_name

        if not isinstance(owner, (ModuleType, type)):
            raise
        raise AttributeError(f"{error}{near_name(name, dir(owner))}") from None


def _module_refused(name: str) -> CodeRefused:
    return CodeRefused(
        f"'{name}' goes on through a module", code="PC150", help="name the module itself before the colon"
    )
