"""Whether a handler can be there, told from its source alone: nothing of the project is imported here.

An application often makes its client when it is imported. Imported before its case runs, it would find the
provider's real address and the real key, and no recording would ever be asked.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path


def missing_handler(name: str, *, root: Path) -> str | None:
    """Why `package.module:function` cannot be had; None where nothing is seen that speaks against it.

    `root` is searched beside the paths that Python knows.
    """
    module, _, attribute = name.partition(":")
    spec = _spec(module, root)
    if isinstance(spec, str):
        return spec
    if spec.origin is None or not spec.origin.endswith(".py"):
        return None
    try:
        tree = ast.parse(Path(spec.origin).read_bytes(), filename=spec.origin)
    except (OSError, SyntaxError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    names = frozenset(_bound(tree))
    if attribute in names or names & {"*", "__getattr__"}:
        return None
    return f"module '{module}' has no function '{attribute}'"


def _spec(module: str, root: Path) -> ModuleSpec | str:
    """Where a module lies, or why it lies nowhere. Python's own search would import the packages around it."""
    spec: ModuleSpec | None = None
    paths: list[str] | None = None
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        name = ".".join(parts[:count])
        if count == 1:
            spec = PathFinder.find_spec(name, [str(root), *sys.path]) or _known_spec(name)
        else:
            spec = None if paths is None else PathFinder.find_spec(name, paths)
        if spec is None:
            return f"no module named '{name}'"
        found = spec.submodule_search_locations
        paths = None if found is None else list(found)
    assert spec is not None  # noqa: S101 - a name has at least one part
    return spec


def _known_spec(name: str) -> ModuleSpec | None:
    """What other finders know, such as those of packages that are installed for editing."""
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None


def _bound(tree: ast.Module) -> Iterator[str]:
    """Every name that is bound somewhere in a module; more than are there in the end, and never fewer."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.alias(name=name, asname=other):
                yield other or name.partition(".")[0]
