"""`{$include: file#/pointer}`, `{$file: path}` and `{$python: name}`: puts what they name into the tree.

Fills no template in. Paths start from the file that names them and never lead outside the project root. `$ref`
belongs to JSON Schema and is left alone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from prompt_contracts.cases.encoding import NotUnicodeError, decode
from prompt_contracts.cases.findings import Findings, did_you_mean
from prompt_contracts.cases.json_reader import JsonSyntaxError, read_json_nodes
from prompt_contracts.cases.node import INCLUDE_KEYS, Node, SourceText, may_hold_template
from prompt_contracts.cases.project_file import MissingFileError, locate
from prompt_contracts.cases.python_definitions import PYTHON, NoDefinitionError, Place, PythonDefinitions
from prompt_contracts.cases.yaml_reader import read_yaml_nodes
from prompt_contracts.json_value import show

# Ten files that each include the next one ten times stand for ten thousand million.
MAX_INCLUDES = 10_000
"""How many includes one case file may lead to, all files together."""

_TABLES = {".csv", ".jsonl"}
_CHOICES = "$from"
"""The key under which one column of a table is included."""
_DOCUMENTS = {".json", ".yaml", ".yml"}


def holds_include(node: Node) -> bool:
    """Whether an include is left somewhere in a tree that was resolved: one that failed."""
    if node.items is not None:
        return any(holds_include(item) for item in node.items)
    members = node.members or {}
    return any(name in members for name in INCLUDE_KEYS) or any(holds_include(member) for member in members.values())


class Includer:
    """Resolves the includes of one case file; reads each file once."""

    def __init__(self, *, root: Path, path: Path, definitions: PythonDefinitions) -> None:
        self._root = root.resolve()
        self._definitions = definitions
        self._start = path.resolve()
        self._documents: dict[Path, tuple[Node, Findings]] = {}
        self._count = 0

    def resolve(self, node: Node, findings: Findings, *, place: Place = ()) -> Node:
        """The same tree with every include replaced; where one fails, that is noted and it stays as written.

        `place` are the keys that lead to the node: tables are read under `rows`, one column of them under `$from`.
        """
        return self._walk(node, findings, place, ((self._start, ""),))

    def _walk(self, node: Node, findings: Findings, place: Place, stack: tuple[tuple[Path, str], ...]) -> Node:
        if not node.has_include:
            return node
        if node.items is not None:
            return node.with_items([self._walk(item, findings, (*place, ""), stack) for item in node.items])
        members = node.members or {}
        named = next((name for name in INCLUDE_KEYS if name in members), None)
        if named is None:
            return node.with_members(
                {name: self._walk(member, findings, (*place, name), stack) for name, member in members.items()}
            )
        try:
            if named == PYTHON and place[-2:-1] == ("given",):
                return replace(node, has_include=False)  # a strategy, which only a run that makes rows imports
            self._check_is_alone(members, named)
            if named == PYTHON:
                return self._definitions.node(node, place)
            return self._included(node, named, findings, place, stack)
        except NoDefinitionError as error:
            findings.error(error.code, error.message, members[named], advice=error.advice)
        except MissingFileError as error:
            findings.error("PC112", error.message, members[named], advice=error.advice)
        return replace(node, has_include=False)

    def _check_is_alone(self, members: Mapping[str, Node], named: str) -> None:
        others = [name for name in members if name != named]
        if others:
            source = "type or the function" if named == PYTHON else "file"
            message = f"'{named}' stands alone in its mapping, but '{others[0]}' stands beside it"
            raise MissingFileError(message, advice=f"write '{others[0]}' into the {source}, or leave it out")

    def _included(
        self, node: Node, named: str, findings: Findings, place: Place, stack: tuple[tuple[Path, str], ...]
    ) -> Node:
        members = node.members or {}
        wanted = members[named].value
        if not isinstance(wanted, str) or not wanted.strip():
            advice = "write the path of a file, relative to this one"
            raise MissingFileError(f"'{named}' takes a path, not {show(wanted, limit=40)}", advice=advice)
        self._count += 1
        if self._count > MAX_INCLUDES:
            raise MissingFileError(f"more than {MAX_INCLUDES:,} includes: they probably multiply each other")
        if named == "$file":
            return self._text(self._locate(wanted, node.source.folder), node)
        name, _, pointer = wanted.partition("#")
        path = self._locate(name, node.source.folder) if name else stack[-1][0]
        # With the pointer: a file may include another part of itself.
        if (path, pointer) in stack:
            between = stack[stack.index((path, pointer)) + 1 :]
            by_way = f", by way of {' and '.join(one.name for one, _ in between)}" if between else ""
            advice = "take one of these includes out" if between else "take the include out"
            raise MissingFileError(f"'{wanted}' includes itself{by_way}", advice=advice)
        document, problems = self._document(path, place)
        findings.extend((*problems.errors, *problems.warnings))
        if problems.count and document.value is None:
            return replace(node, has_include=False)
        if path.suffix.lower() in _TABLES and place[-1:] == (_CHOICES,):
            return self._walk(_column(document, pointer), findings, place, (*stack, (path, pointer)))
        try:
            found = document.descend(pointer)
        except ValueError:
            raise MissingFileError(f"'{pointer}' is no JSON pointer", advice=f"write '{name}#/key/key'") from None
        if found is None:
            raise MissingFileError(
                f"nothing at '{pointer}' in {document.source.path}", advice=_known(document, pointer)
            )
        return self._walk(found, findings, place, (*stack, (path, pointer)))

    def _locate(self, name: str, folder: Path) -> Path:
        return locate(name, folder=folder, root=self._root)

    def _read(self, path: Path) -> SourceText:
        shown = path.relative_to(self._root).as_posix()
        try:
            text = decode(path.read_bytes())
        except NotUnicodeError as error:
            raise MissingFileError(f"{shown} is not {error.name} text", advice="save it as UTF-8") from None
        except OSError as error:
            raise MissingFileError(f"{shown} cannot be read: {error.strerror}") from None
        return SourceText(path=shown, folder=path.parent, text=text)

    def _text(self, path: Path, node: Node) -> Node:
        source = self._read(path)
        # A prompt must be the same on every system: Git may check files out with other line ends, and a recording is
        # found by the text.
        text = source.text.replace("\r\n", "\n")
        length = max(1, len(source.line(1) or ""))
        return replace(
            Node(text, source, 1, 1, length),
            has_template=may_hold_template(text),
            keys={"$file": node.key("$file")},
        )

    def _document(self, path: Path, place: Place) -> tuple[Node, Findings]:
        suffix = path.suffix.lower()
        if suffix in _TABLES and place[-1:] not in (("rows",), (_CHOICES,)):
            where = f"'rows' and '{_CHOICES}' only"
            raise MissingFileError(f"{suffix} files are included under {where}", advice="use $file for text")
        if suffix not in _DOCUMENTS | _TABLES:
            advice = "use $file for text"
            raise MissingFileError(f"'$include' takes .json, .yaml and .yml files, not '{path.name}'", advice=advice)
        if path not in self._documents:
            source, problems = self._read(path), Findings()
            self._documents[path] = (_parse(source, suffix, problems), problems)
        return self._documents[path]


def _column(table: Node, pointer: str) -> Node:
    """The cells of one column, which the pointer names."""
    rows = table.items or []
    names = list(rows[0].members or {}) if rows else []
    wanted = pointer.removeprefix("/")
    advice = f"name a column after '#', such as {table.source.path.rpartition('/')[2]}#/{(names or ['city'])[0]}"
    if not pointer.startswith("/"):
        raise MissingFileError(f"'{_CHOICES}' takes one column of a table", advice=advice)
    cells = [row.member(wanted) for row in rows]
    found = [cell for cell in cells if cell is not None]
    if len(found) < len(cells) or not found:
        known = did_you_mean(wanted, names) or (f"there are: {', '.join(names)}" if names else "the table is empty")
        raise MissingFileError(f"{table.source.path} has no column '{wanted}'", advice=known)
    return table.with_items(found)


def _known(document: Node, pointer: str) -> str:
    parent, _, last = pointer.rpartition("/")
    around = document.descend(parent)
    if around is None or not around.members:
        return "correct the pointer after '#'"
    return did_you_mean(last, around.members) or f"there are: {', '.join(list(around.members)[:10])}"


def _parse(source: SourceText, suffix: str, problems: Findings) -> Node:
    try:
        if suffix == ".json":
            return read_json_nodes(source, problems)
        if suffix == ".csv":
            return _read_csv(source)
        if suffix == ".jsonl":
            return _read_jsonl(source, problems)
    except JsonSyntaxError as error:
        raise MissingFileError(f"{error.place.location} is not JSON: {error.message}") from None
    node = read_yaml_nodes(source, problems)
    if node is None and not problems.count:
        raise MissingFileError(f"{source.path} is empty")
    return node if node is not None else Node(None, source, 1, 1, 1)


def _read_jsonl(source: SourceText, problems: Findings) -> Node:
    rows: list[Node] = []
    for index, text in enumerate(source.lines):
        if text.strip():
            noted = Findings()
            try:
                row = read_json_nodes(replace(source, text=text, _lines=None), noted)
            except JsonSyntaxError as error:
                raise JsonSyntaxError(error.message, _shifted(error.place, source, index)) from None
            rows.append(_shifted(row, source, index))
            for finding in noted.errors:
                place = Node(None, source, index + 1, finding.location.column, finding.location.length)
                problems.error(finding.code, finding.message, place, advice=finding.help)
    return Node(None, source, 1, 1, 1).with_items(rows)


def _shifted(node: Node, source: SourceText, lines: int) -> Node:
    """The node of one line, placed in the whole file."""
    node.source = source
    node.line += lines
    for inner in (*(node.items or ()), *(node.members or {}).values(), *node.keys.values()):
        _shifted(inner, source, lines)
    return node


def _read_csv(source: SourceText) -> Node:
    """Rows of a table with a header line; every cell is text."""
    # `newline=""` keeps line ends within quotes (Python's csv documentation); strict refuses what it would guess.
    reader = csv.reader(io.StringIO(source.text, newline=""), strict=True)
    rows: list[Node] = []
    try:
        header = next(reader, [])
        if not header or len(set(header)) != len(header):
            raise MissingFileError(f"the first line of {source.path} must name the columns, each once")
        line = reader.line_num
        for cells in reader:
            first, line = line + 1, reader.line_num
            # RFC 4180 knows no empty lines; editors leave one at the end.
            if not cells:
                continue
            if len(cells) != len(header):
                raise MissingFileError(f"{source.path}:{first} has {len(cells)} cells, the header has {len(header)}")
            place = Node(None, source, first, 1, max(1, len(source.line(first) or "")))
            rows.append(
                place.with_members({name: replace(place, value=text) for name, text in zip(header, cells, strict=True)})
            )
    except csv.Error as error:
        raise MissingFileError(f"{source.path}:{reader.line_num} is not CSV: {error}") from None
    return Node(None, source, 1, 1, 1).with_items(rows)
