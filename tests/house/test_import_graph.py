"""Which module knows which: no circle anywhere, and every name met once."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.house.test_house import MODULES, SOURCE, tree

FACE = "prompt_contracts"
"""The package itself, which hands on names of its rooms to whoever imports it."""


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")


PATHS = {module_name(path): path for path in MODULES}


def executed(node: ast.AST) -> Iterator[ast.AST]:
    """A tree without what stands under `if TYPE_CHECKING`, which never runs."""
    yield node
    is_for_types = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    for child in node.orelse if is_for_types and isinstance(node, ast.If) else ast.iter_child_nodes(node):
        yield from executed(child)


def imported(whole: ast.AST, modules: Collection[str]) -> set[str]:
    """The modules of ours that some line of a tree imports, wherever it stands."""
    found: set[str] = set()
    for node in executed(whole):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = (f"{node.module}.{alias.name}" for alias in node.names)
            found |= {name if name in modules else node.module for name in inner}
    return found.intersection(modules)


def circle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """One of the circles of a graph, else nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def public_names(path: Path) -> Iterator[str]:
    """The classes, functions and constants that a module defines for others."""
    for node in tree(path).body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names = [name]
            case ast.Assign(targets=targets):
                names = [target.id for target in targets if isinstance(target, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                names = [name]
            case _:
                names = []
        yield from (name for name in names if not name.startswith("_"))


def homes(named: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The names that have more than one home, each with its homes."""
    found = defaultdict(list)
    for name, home in named:
        found[name].append(home)
    return {name: sorted(where) for name, where in found.items() if len(where) > 1}


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    return {name: imported(tree(path), PATHS) - {name, FACE} for name, path in PATHS.items()}


def test_no_module_is_needed_by_what_it_needs(graph: dict[str, set[str]]) -> None:
    assert circle(graph) == []


def test_no_room_is_needed_by_what_it_needs(graph: dict[str, set[str]]) -> None:
    rooms: dict[str, set[str]] = defaultdict(set)
    for name, needed in graph.items():
        rooms[room_of(name)] |= {room_of(other) for other in needed} - {room_of(name)}

    assert circle(rooms) == []


def room_of(module: str) -> str:
    return ".".join(module.split(".")[:2])


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("from a import b\n", {"a.b"}),
        ("from a import c\n", {"a"}),
        ("import a.b\n", {"a.b"}),
        ("def f():\n    from a import b, c\n", {"a", "a.b"}),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import a.b\n", {"a.b"}),
        ("class C:\n    try:\n        import a\n    except ImportError:\n        import a.b\n", {"a", "a.b"}),
        ("import json\nfrom pathlib import Path\n", set()),
    ],
)
def test_every_import_that_can_run_is_seen(text: str, needed: set[str]) -> None:
    assert imported(ast.parse(text), ["a", "a.b"]) == needed


def test_a_circle_is_seen() -> None:
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == {"a", "b", "c"}


def test_no_public_name_is_defined_twice() -> None:
    named = [(name, home) for home, path in PATHS.items() if home != FACE for name in public_names(path)]

    assert homes(named) == {}


def test_no_file_name_is_met_twice() -> None:
    assert homes((path.name, home) for home, path in PATHS.items() if path.name != "__init__.py") == {}


def test_files_are_neither_long_nor_crumbs(record_property: Callable[[str, object], None]) -> None:
    lengths = {home: len(path.read_text("utf-8").splitlines()) for home, path in PATHS.items()}
    mean = sum(lengths.values()) / len(lengths)
    record_property("mean lines of a file", round(mean))
    print(f"{len(lengths)} files, {sum(lengths.values()):,} lines, {mean:.0f} a file")

    assert {home: length for home, length in lengths.items() if length > 400} == {}
