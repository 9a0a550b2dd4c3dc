"""Which small errors can be put into a room's code, and a sample of them. Runs nothing."""

from __future__ import annotations

import ast
import random
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from tests.mutation.equivalents import EQUIVALENTS

Position = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One file with one small error in it."""

    path: str
    """The file, relative to the root."""
    operator: str
    """What was done, in the words of cosmic-ray."""
    line: int
    code: str
    """The whole file as changed."""
    change: str
    """The line before and after."""

    @property
    def key(self) -> str:
        """Tells it from every other, also after the rest of the code has changed."""
        return sha256(f"{self.path}\n{self.code}".encode()).hexdigest()[:16]

    @property
    def equivalent(self) -> str | None:
        """Why nobody can notice it, where a person has read it and found so; None elsewhere."""
        return EQUIVALENTS.get((self.path, self.change.splitlines()[1].removeprefix("+").strip()))

    @property
    def likely_equivalent(self) -> str | None:
        """Why nobody would notice it, where that is likely; None elsewhere."""
        before = self.change.splitlines()[0]
        reasons = {
            "@dataclass": "an option of a dataclass",
            "@cache": "remembers what it would compute again",
            "@lru_cache": "remembers what it would compute again",
            "limit=": "the length of a text that is cut",
            "namedtuple": "an option of a class",
        }
        return next((reason for sign, reason in reasons.items() if sign in before), None)


@dataclass(frozen=True, slots=True)
class _Site:
    """A place in a file, and all that can be done there."""

    path: str
    line: int
    changes: tuple[tuple[str, int], ...]
    """Operator and its occurrence in the file."""
    mark: str
    """Tells it from every other, whatever is changed in other lines and files."""

    def chance(self, seed: int) -> random.Random:
        """What is drawn for this place: a change elsewhere in the code leaves it as it is."""
        return random.Random(f"{seed}\n{self.mark}")


def sample(root: Path, folders: Iterable[str], *, seed: int, count: int) -> list[Mutant]:
    """So many mutants, each at a place of its own, the same for the same code and seed.

    A place is drawn first and what is done there second: a comparison that can become five others counts once.
    Where some code is changed, the places in all other lines are drawn as before: most of a record stays of use.
    What no Python accepts, what differs in annotations alone and what sends another signal, is no mutant.
    """
    sites = [site for folder in folders for path in sorted((root / folder).glob("*.py")) for site in _sites(root, path)]
    found: list[Mutant] = []
    for site in sorted(sites, key=lambda site: site.chance(seed).random()):
        if len(found) == count:
            break
        mutant = _mutant(root, site, site.chance(seed))
        if mutant is not None:
            found.append(mutant)
    return found


def _operators() -> Iterator[tuple[str, Any]]:
    for name in sorted(cosmic_ray.plugins.operator_names()):
        operator = cosmic_ray.plugins.get_operator(name)
        if not operator.arguments():
            yield name, operator()


def _sites(root: Path, path: Path) -> list[_Site]:
    source = path.read_text("utf-8")
    nodes = list(ast_nodes(get_ast(source)))
    places: dict[tuple[Position, Position], list[tuple[str, int]]] = {}
    for name, operator in _operators():
        spans = (span for node in nodes for span in operator.mutation_positions(node))
        for occurrence, (start, end) in enumerate(spans):
            places.setdefault((start, end), []).append((name, occurrence))
    relative = path.relative_to(root).as_posix()
    lines, seen = source.splitlines(), Counter[str]()
    sites: list[_Site] = []
    for (start, end), changes in sorted(places.items()):
        text = lines[start[0] - 1]
        spot = f"{relative}\n{text.strip()}\n{start[1]} {end[0] - start[0]} {end[1]}"
        seen[spot] += 1
        if "os.kill(" in text:
            continue  # another signal ends the process that runs the mutants
        sites.append(_Site(relative, start[0], tuple(changes), f"{spot}\n{seen[spot]}"))
    return sites


def _mutant(root: Path, site: _Site, chance: random.Random) -> Mutant | None:
    source = (root / site.path).read_text("utf-8")
    meaning = _meaning(source)
    for name, occurrence in chance.sample(site.changes, len(site.changes)):
        try:
            code = mutate_code(source, cosmic_ray.plugins.get_operator(name)(), occurrence)
        except AttributeError:
            continue  # it knows exceptions by a bare name only
        changed = None if code is None else _meaning(code)
        if code is not None and changed not in (None, meaning):
            return Mutant(path=site.path, operator=name, line=site.line, code=code, change=_change(source, code))
    return None


def _change(before: str, after: str) -> str:
    old, new = before.splitlines(), after.splitlines()
    first = next(number for number, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1])
    return f"- {old[first].strip()}\n+ {new[first].strip()}"


def _meaning(code: str) -> str | None:
    """What the interpreter makes of it; None when it refuses. Annotations are never evaluated here."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(code)
            compile(code, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        _without_annotations(node)
    return ast.dump(tree)


def _without_annotations(node: ast.AST) -> None:
    """Take away what no call and no value depends on here."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        node.returns = None
    elif isinstance(node, ast.arg):
        node.annotation = None
    elif isinstance(node, ast.arguments):
        # A star between parameters is no product.
        node.args = [*node.posonlyargs, *node.args, *node.kwonlyargs]
        node.defaults += [each for each in node.kw_defaults if each is not None]
        node.posonlyargs, node.kwonlyargs, node.kw_defaults = [], [], []
    elif isinstance(node, ast.AnnAssign):
        node.annotation = ast.Constant(value=None)


def statement_spans(source: str, line: int) -> Sequence[range]:
    """Lines around one, from the statement to the whole file: what runs them can notice a change in it."""
    holders = [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.stmt, ast.ExceptHandler))]
    around = [node for node in holders if node.lineno <= line <= (node.end_lineno or node.lineno)]
    around.sort(key=lambda node: (node.end_lineno or node.lineno) - node.lineno)
    blocks = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    spans = [_own_lines(around[0])] if around and not isinstance(around[0], blocks) else []
    spans += [range(node.lineno, (node.end_lineno or node.lineno) + 1) for node in around if isinstance(node, blocks)]
    return [*spans, range(1, len(source.splitlines()) + 1)]


def _own_lines(node: ast.stmt | ast.ExceptHandler) -> range:
    """The lines of a statement without what is nested in it."""
    body: list[ast.stmt] = getattr(node, "body", [])
    end = body[0].lineno - 1 if body else node.end_lineno or node.lineno
    return range(node.lineno, max(end, node.lineno) + 1)
