"""Whether a handler can be there, told from its source alone: nothing of the project is imported here.

An application often makes its client when it is imported. Imported before its case runs, it would find the
provider's real address and the real key, and no recording would ever be asked.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from prompt_contracts.engine.callables import places


def missing_handler(name: str, *, root: Path) -> str | None:
    """Why `package.module:function` cannot be had; None where nothing is seen that speaks against it.

    `root` is searched beside the paths that Python knows.
    """
    module, _, attributes = name.partition(":")
    attribute = attributes.partition(".")[0]
    *_, place = places(module, root=root)
    if place is None:
        return f"no module named '{_first_missing(module, root)}'"
    if place.origin is None or not place.origin.endswith(".py"):
        return None
    try:
        tree = ast.parse(Path(place.origin).read_bytes(), filename=place.origin)
    except (OSError, SyntaxError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    names = frozenset(_bound(tree))
    if attribute in names or names & {"*", "__getattr__"}:
        return None
    return f"module '{module}' has no function '{attribute}'"


def _first_missing(module: str, root: Path) -> str:
    found = sum(place is not None for place in places(module, root=root))
    return ".".join(module.split(".")[: found + 1])


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
