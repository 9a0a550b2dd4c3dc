"""Where a call in a Python file writes its arguments, down to each key and item of a literal. Runs nothing."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import FrameType

from prompt_contracts.cases.node import SourceText
from prompt_contracts.data_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpot:
    """One place in the text of a Python file, as people count: lines and columns from 1."""

    line: int
    column: int = 1
    length: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCall:
    """A call as it stands in its file, as far as that can be read."""

    file: Path
    """The file; it need not exist, as that of a notebook's cell does not."""
    source: SourceText
    spot: SourceSpot
    expression: ast.Call | None = None
    """None where the source cannot be read, or no longer says what runs."""

    def argument(self, name: str, *, index: int | None = None) -> ast.expr | None:
        """What is written for a parameter that is given by name, or by its place among the others."""
        if self.expression is None:
            return None
        found = next((each.value for each in self.expression.keywords if each.arg == name), None)
        given = self.expression.args
        if found is None and index is not None and not any(isinstance(each, ast.Starred) for each in given):
            found = given[index] if index < len(given) else None
        return found

    def facets(self, names: Collection[str], *, index: int) -> ast.expr | None:
        """What says a contract: a mapping given by its place, or the keywords of these names, or both."""
        written = self.argument("", index=index)
        if self.expression is None or not names:
            return written
        keywords = [each for each in self.expression.keywords if each.arg in names]
        if isinstance(written, ast.Dict):
            pairs = zip(written.keys, written.values, strict=True)
            keywords += [_as_keyword(key, value) for key, value in pairs if isinstance(key, ast.Constant)]
        made = ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords)
        return ast.copy_location(made, self.expression)

    def keyword(self, name: str) -> SourceSpot:
        """Where the name of a parameter is written; the call itself where it is not."""
        keywords = () if self.expression is None else self.expression.keywords
        found = next((each for each in keywords if each.arg == name), None)
        return self.spot if found is None else spot_of(found, self.source, length=len(name))


def call_in(frame: FrameType, *, root: Path) -> WrittenCall:
    """The call that a frame is at; its path is shown from `root` where it lies below it."""
    name = frame.f_code.co_filename
    file = Path(name)
    shown = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()
    text = "".join(linecache.getlines(name, frame.f_globals))
    source = SourceText(path=shown, folder=file.parent, text=text)
    position = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
    expression = _calls_of(text).get(position) if None not in position else None
    spot = SourceSpot(line=frame.f_lineno) if expression is None else spot_of(expression, source)
    return WrittenCall(file=file, source=source, spot=spot, expression=expression)


def spot_of(node: ast.expr | ast.keyword, source: SourceText, *, length: int | None = None) -> SourceSpot:
    """Where a piece of source stands; what goes over several lines is underlined to the end of its first one."""
    line = source.line(node.lineno) or ""
    column = _characters(line, node.col_offset)
    end = len(line) if node.end_lineno != node.lineno else _characters(line, node.end_col_offset or 0)
    return SourceSpot(line=node.lineno, column=column + 1, length=max(1, end - column if length is None else length))


def _as_keyword(key: ast.Constant, value: ast.expr) -> ast.keyword:
    return ast.copy_location(ast.keyword(arg=str(key.value), value=value), key)


def _characters(line: str, offset: int) -> int:
    """Python counts bytes."""
    return len(line.encode()[:offset].decode(errors="ignore"))


@lru_cache(maxsize=64)
def _calls_of(text: str) -> dict[tuple[int | None, ...], ast.Call]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):  # a prompt of an interactive shell, or a file that was changed meanwhile
        return {}
    return dict(_placed(tree))


def _placed(tree: ast.Module) -> Iterator[tuple[tuple[int | None, ...], ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset), node
