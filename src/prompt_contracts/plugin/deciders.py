"""Who of the project is asked before each item is set up, and may skip it or change what it finds."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from prompt_contracts.engine.placement import relative


def deciders_of(config: pytest.Config) -> tuple[str, ...]:
    """The conftest files and plugins of the project's own that are asked before each item is set up.

    Installed plugins are not: those that skip items do it by marks, or when they are collected.
    """
    installed = {_module_of(plugin).partition(".")[0] for plugin, _ in config.pluginmanager.list_plugin_distinfo()}
    found: dict[str, None] = {}
    for hook in (config.hook.pytest_runtest_setup, config.hook.pytest_runtest_protocol):
        for implementation in hook.get_hookimpls():
            module = _module_of(implementation.plugin)
            file = getattr(implementation.plugin, "__file__", None)
            if file is not None and Path(file).name == "conftest.py":
                found[relative(Path(file), config.invocation_params.dir)] = None
            elif module.partition(".")[0] not in installed | {"_pytest", "prompt_contracts"}:
                found[module] = None
    return tuple(found)


def _module_of(plugin: object) -> str:
    name = plugin.__name__ if isinstance(plugin, ModuleType) else type(plugin).__module__
    return str(name)
