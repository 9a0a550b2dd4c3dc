"""Which functions a case file may name: those of modules of its project. Told before anything is imported."""

from __future__ import annotations

import ast
import importlib.util
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import PathFinder
from pathlib import Path

from prompt_contracts.data_class import dataclass
from prompt_contracts.spelling import nearest

_ENVIRONMENTS = frozenset(
    {
        *("site-packages", "dist-packages", "node_modules", "__pypackages__"),
        *(".venv", "venv", ".tox", ".nox", ".eggs"),
    }
)
"""Folders below a root that hold what others wrote; those with a `pyvenv.cfg` beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulePlace:
    """Where a module, or a package on the way to it, comes from."""

    name: str
    origin: str | None
    """Its file; None for packages without one, and for what is built into Python."""
    folders: tuple[str, ...] | None
    """Where its submodules are looked for; None for a module that can have none."""


def places(module: str, *, root: Path) -> Iterator[ModulePlace | None]:
    """Where importing `module` would find it and the packages around it; None, at the end, for what is nowhere.

    Python's own search for a submodule would import the packages around it.
    """
    folders: Sequence[str] | None = None
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        place = _place(".".join(parts[:count]), folders, is_top=count == 1, root=root)
        yield place
        if place is None:
            return
        folders = place.folders


def _place(name: str, folders: Sequence[str] | None, *, is_top: bool, root: Path) -> ModulePlace | None:
    loaded = sys.modules.get(name)
    if loaded is not None:  # an import would give this one, whatever lies in the project
        path = getattr(loaded, "__path__", None)
        return ModulePlace(
            name=name, origin=getattr(loaded, "__file__", None), folders=None if path is None else tuple(path)
        )
    try:
        if is_top:
            spec = PathFinder.find_spec(name, [str(root), *sys.path]) or _known_elsewhere(name)
        else:
            spec = None if folders is None else PathFinder.find_spec(name, list(folders))
    except KeyError:
        # A package without a file of its own: Python asks the one around it, which is not imported, where it lies.
        inner = [Path(folder) / name.rpartition(".")[2] for folder in folders or ()]
        return ModulePlace(name=name, origin=None, folders=tuple(str(one) for one in inner if one.is_dir()))
    if spec is None:
        return None
    found = spec.submodule_search_locations
    origin = spec.origin if spec.has_location else None
    return ModulePlace(name=name, origin=origin, folders=None if found is None else tuple(found))


def _known_elsewhere(name: str) -> importlib.machinery.ModuleSpec | None:
    """What other finders know: Python's own modules, and packages that are installed for editing."""
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None


def refusal_reason(module: str, *, root: Path, named: Sequence[str]) -> str | None:
    """Why no function of a module may be called; None where nothing speaks against it.

    `root` is resolved; `named` are the modules that the project's configuration allows, wherever they are.
    """
    if any(module == name or module.startswith(f"{name}.") for name in named):
        return None
    for place in places(module, root=root):
        if place is None:
            return None  # that there is no such module is told by whoever imports it
        if place.origin is None:
            is_whole = place.name == module
            if place.folders is None or (is_whole and not _are_inside(place.folders, root)):
                return f"'{place.name}' is a part of Python, and not of this project"
        elif not is_own(Path(place.origin), root):
            return f"'{place.name}' is {_shown(Path(place.origin), root)}, and not of this project"
    return None


def inner_name(attribute: str) -> str | None:
    """Why a name behind the colon may not be used: it reaches into Python itself, as `f.__globals__` does."""
    for part in attribute.split("."):
        # From any function these lead to its globals, its builtins, and so to everything.
        if (part.startswith("__") and part.endswith("__")) or part == "mro":
            return f"'{part}' is a part of Python, and not of this project"
    return None


def _are_inside(folders: Sequence[str], root: Path) -> bool:
    return all(is_own(Path(folder) / "_", root) for folder in folders)


def is_own(path: Path, root: Path) -> bool:
    """Whether a file is one of the project itself: below its root, links followed, and in no environment there."""
    file = path.resolve()
    if not file.is_relative_to(root):
        return False
    between = [folder for folder in file.parents if root in folder.parents]
    # PEP 405: the mark of a virtual environment, however its folder is called.
    if any(folder.name.casefold() in _ENVIRONMENTS or (folder / "pyvenv.cfg").is_file() for folder in between):
        return False
    installed = {Path(one).resolve() for one in sysconfig.get_paths().values()}
    return not installed.intersection(between)


def _shown(path: Path, root: Path) -> str:
    file = path.resolve()
    return (file.relative_to(root) if file.is_relative_to(root) else file).as_posix()


def missing_handler(name: str, *, root: Path) -> str | None:
    """Why `package.module:function` cannot be had; None where nothing is seen that speaks against it.

    `root` is searched beside the paths that Python knows.
    """
    module, _, attributes = name.partition(":")
    attribute = attributes.partition(".")[0]
    *_, place = places(module, root=root)
    if place is None:
        return f"no module named '{_first_missing(module, root)}'"
    try:
        # Read and not imported: a handler is imported when its cell runs, in the environment that it is given then.
        tree = _read(place)
    except (OSError, SyntaxError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    names = None if tree is None else dict.fromkeys(_bound(tree))
    # `import *`, and a module's own `__getattr__` (PEP 562), give names that its source does not show.
    if names is None or attribute in names or "*" in names or "__getattr__" in names:
        return None
    return f"module '{module}' has no '{attribute}'{near_name(attribute, names)}"


def near_name(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about a name that is not there: which one may be meant, if any."""
    near = nearest(name, (one for one in known if not one.startswith("_")))
    return "" if near is None else f"; did you mean '{near}'?"


def is_through_module(name: str, *, root: Path) -> bool:
    """Whether `package.module:name` surely goes on through another module, as its source tells by what it imports."""
    module, _, attributes = name.partition(":")
    attribute = attributes.partition(".")[0]
    *_, place = places(module, root=root)
    try:
        tree = None if place is None else _read(place)
    except (OSError, SyntaxError, ValueError):
        return False
    if tree is None or sum(one == attribute for one in _bound(tree)) != 1:
        return False
    for node in ast.walk(tree):
        match node:
            case ast.Import() if attribute in _bound(node):
                # `import a.b as c` gives the module b, `import a.b` the package a: a module either way.
                return True
            case ast.ImportFrom(module=str(package), level=0) if attribute in _bound(node):
                taken = next(each.name for each in node.names if (each.asname or each.name) == attribute)
                *_, found = places(f"{package}.{taken}", root=root)
                return found is not None
    return False


def _read(place: ModulePlace) -> ast.Module | None:
    """The source of a module; None where it is none of Python."""
    if place.origin is None or not place.origin.endswith(".py"):
        return None
    return ast.parse(Path(place.origin).read_bytes(), filename=place.origin)


def _first_missing(module: str, root: Path) -> str:
    found = sum(place is not None for place in places(module, root=root))
    return ".".join(module.split(".")[: found + 1])


def _bound(tree: ast.AST) -> Iterator[str]:
    """Every name that is bound somewhere in a module; more than are there in the end, and never fewer."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.alias(name=name, asname=other):
                yield other or name.partition(".")[0]
            case _:
                pass
