"""What every run of pytest within a test would find out again, found out once in a process; it halves such a run.

Which distributions bring plugins, and which parts of pytest bring which hooks and fixtures, is the same from run to
run. What is on a path that a test has added, and what the modules and plugins of a test bring, is looked for each time.
"""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterable
from functools import cache, cached_property
from importlib.metadata import Distribution, EntryPoints, PackagePath
from os import PathLike
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from _pytest.fixtures import FixtureFunctionDefinition, FixtureManager
from pluggy import _manager

_PACKAGES = ("_pytest.", "prompt_contracts.", "xdist.")
_look_up = importlib.metadata.distributions
_register = FixtureManager.pytest_plugin_registered
_hook_attribute = _manager._static_hook_attr
_fixtures: WeakKeyDictionary[ModuleType, ModuleType | None] = WeakKeyDictionary()
_brings_fixtures: WeakKeyDictionary[type, bool] = WeakKeyDictionary()
_hooks: WeakKeyDictionary[ModuleType, dict[str, Any]] = WeakKeyDictionary()


class _Installed(Distribution):
    """A distribution whose files are read once."""

    def __init__(self, found: Distribution) -> None:
        self._found = found

    def read_text(self, filename: str) -> str | None:
        return self._found.read_text(filename)

    def locate_file(self, path: str | PathLike[str]) -> Any:
        return self._found.locate_file(path)

    @cached_property
    def metadata(self) -> Any:
        return self._found.metadata

    @cached_property
    def entry_points(self) -> EntryPoints:
        return self._found.entry_points

    @cached_property
    def files(self) -> list[PackagePath] | None:
        return self._found.files


@cache
def _installed(folder: str) -> tuple[Distribution, ...]:
    return tuple(_Installed(found) for found in _look_up(path=[folder]))


def _distributions(**wanted: Any) -> Iterable[Distribution]:
    """Those of the interpreter from memory, those of paths that a test has added from the disk."""
    if wanted:
        yield from _look_up(**wanted)
        return
    for folder in sys.path:
        yield from _installed(folder) if folder.startswith(sys.prefix) else _look_up(path=[folder])


def _is_known(plugin: object) -> bool:
    """Whether it is a module that is the same in every run."""
    return isinstance(plugin, ModuleType) and plugin.__name__.startswith(_PACKAGES)


def _fixtures_of(module: ModuleType) -> ModuleType | None:
    """A module with nothing but the fixtures of another one; None where it has none."""
    found = {name: value for name, value in vars(module).items() if isinstance(value, FixtureFunctionDefinition)}
    alone = ModuleType(module.__name__)
    vars(alone).update(found)
    return alone if found else None


def _looks_for_fixtures(self: FixtureManager, plugin: object, plugin_name: str) -> None:
    """Look for fixtures in a plugin, unless it is a part of pytest or of the project that has none."""
    if isinstance(plugin, ModuleType) and _is_known(plugin):
        if plugin not in _fixtures:
            _fixtures[plugin] = _fixtures_of(plugin)
        fixtures = _fixtures[plugin]
        if fixtures is not None:
            _register(self, fixtures, plugin_name)
        return
    holder = plugin if isinstance(plugin, type) else type(plugin)
    if isinstance(plugin, ModuleType) or not holder.__module__.startswith(_PACKAGES):
        _register(self, plugin, plugin_name)
        return
    if holder not in _brings_fixtures:
        values = (getattr(holder, name, None) for name in dir(holder))
        _brings_fixtures[holder] = any(isinstance(value, FixtureFunctionDefinition) for value in values)
    if _brings_fixtures[holder]:
        _register(self, plugin, plugin_name)


def _hook(plugin: object, name: str) -> Any:
    """What pluggy finds under a name."""
    if not (isinstance(plugin, ModuleType) and _is_known(plugin)):
        return _hook_attribute(plugin, name)
    known = _hooks.setdefault(plugin, {})
    if name not in known:
        known[name] = _hook_attribute(plugin, name)
    return known[name]


def remember() -> None:
    """Have runs of pytest within this process use what is known."""
    importlib.metadata.distributions = _distributions
    FixtureManager.pytest_plugin_registered = _looks_for_fixtures  # type: ignore[method-assign]
    _manager._static_hook_attr = _hook  # type: ignore[assignment]
