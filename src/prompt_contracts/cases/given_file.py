"""`<case file>.given.yaml`: the rows that were generated for the cases of a file, read and put into text.

Anybody may have written what is read: nothing in it is trusted, and nothing executed. Writes no file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias, cast

from prompt_contracts.cases.encoding import NotUnicodeError, decode
from prompt_contracts.cases.findings import Findings, described
from prompt_contracts.cases.node import Node, SourceText
from prompt_contracts.cases.project_file import MissingFileError, locate
from prompt_contracts.cases.yaml_reader import read_yaml_nodes
from prompt_contracts.data_class import dataclass
from prompt_contracts.given import GeneratedRow, GeneratedRows, Smallest, row_id
from prompt_contracts.json_value import Json

SUFFIX = ".given.yaml"
Misspelt: TypeAlias = Mapping[str, str]
"""Texts with typos, each by a hash of what it was made from."""
_LARGEST = 16 * 1024 * 1024
MAX_STORED = 10_000
"""Rows of one case."""

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_DIGEST = re.compile(r"[0-9a-f]{10}")
_PLAIN_KEY = re.compile(r"(?!(?i:true|false|null|yes|no|on|off|y|n)\Z)[A-Za-z_][A-Za-z0-9_.-]*")
_REMAKE = "remove the row to leave it out; rows of your own go under 'rows' of the case"


def given_file_name(case_file: str) -> str:
    """The name of the file with the rows that were generated for a case file; paths stay paths."""
    return case_file[: len(case_file) - len(Path(case_file).suffix)] + SUFFIX


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """One row as it was read."""

    row: GeneratedRow
    columns: Mapping[str, Node]
    """Its values with their places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCase:
    """What a file has for one case."""

    rows: GeneratedRows
    read: tuple[StoredRow, ...]
    place: Node
    """Where its name stands."""


@dataclass(slots=True, kw_only=True)
class GivenFile:
    """One such file, or none where there is none yet."""

    path: str
    """As people see it."""
    cases: dict[str, StoredCase] = field(default_factory=dict)
    typos: dict[str, Misspelt] = field(default_factory=dict)
    """The texts with typos of each case that has some."""
    typo_places: dict[str, Node] = field(default_factory=dict)
    """Where the names of those cases stand."""
    findings: Findings = field(default_factory=Findings)
    """What is wrong with the file as a whole: then no row of it can be used."""
    by_case: dict[str, Findings] = field(default_factory=dict)
    """What is wrong with the rows of a case."""

    def text_with(self, name: str, rows: GeneratedRows) -> str:
        """The text of the file once a case has these rows."""
        return rows_text({**{each: case.rows for each, case in self.cases.items()}, name: rows}, typos=self.typos)


def read_given_file(case_path: str, *, folder: Path, root: Path) -> GivenFile:
    """The rows beside a case file, whose path is relative to `root` or absolute, and which lies in `folder`."""
    shown = given_file_name(case_path)
    file = GivenFile(path=shown)
    place = Node(None, SourceText(path=shown, folder=folder, text=""), 1, 1, 1)
    if not (folder / Path(shown).name).is_symlink() and not (folder / Path(shown).name).exists():
        return file
    try:
        text = _text(Path(shown).name, folder=folder, root=root)
    except MissingFileError as error:
        file.findings.error("PC113", f"the generated rows cannot be read: {error.message}", place, advice=error.advice)
        return file
    return parse_given(shown, text, folder=folder)


def _text(name: str, *, folder: Path, root: Path) -> str:
    base, real = root.resolve(), folder.resolve()
    # A file outside of the project is read where the case file itself lies there.
    path = locate(name, folder=folder, root=base if real.is_relative_to(base) else real)
    try:
        if path.stat().st_size > _LARGEST:
            raise MissingFileError(f"the file is {path.stat().st_size / 1024 / 1024:.0f} MB large; 16 MB is the most")
        return decode(path.read_bytes())
    except OSError as error:
        raise MissingFileError(str(error.strerror)) from None
    except NotUnicodeError as error:
        raise MissingFileError(f"the file is not {error.name} text") from None


def parse_given(shown: str, text: str, *, folder: Path) -> GivenFile:
    """The rows in the text of such a file."""
    source = SourceText(path=shown, folder=folder, text=text)
    file = GivenFile(path=shown)
    root = read_yaml_nodes(source, file.findings)
    if file.findings.count:
        return file
    _Reader(file).read(root or Node(None, source, 1, 1, 1))
    return file


class _Reader:
    """Reads what is there, and notes whatever a run of this version would not have written."""

    def __init__(self, file: GivenFile) -> None:
        self._file = file
        self._findings = file.findings

    def read(self, root: Node) -> None:
        if root.member("cases") is not None:
            message = "this is a case file, where the generated rows of another one should be"
            return self._wrong(message, root.key("cases"), advice="rename it: its name must not end on '.given.yaml'")
        version, generated = root.member("version"), root.member("generated")
        if not self._has_keys(root, "the file", ("version", "generated")) or version is None or generated is None:
            return None
        if version.value != 1 or isinstance(version.value, bool):
            message = f"'version' must be 1, not {described(version.value)}"
            return self._wrong(message, version, advice="this release reads version 1 of generated rows")
        if generated.members is None:
            return self._wrong(f"'generated' must be a mapping of cases, not {described(generated.value)}", generated)
        for name, node in generated.members.items():
            if _NAME.fullmatch(name) is None:
                self._wrong(f"'{name}' is no name of a case", generated.key(name))
                continue
            self._findings = self._file.by_case[name] = Findings()
            self._case(name, node, generated.key(name))
            self._findings = self._file.findings
        return None

    def _case(self, name: str, node: Node, place: Node) -> None:
        given, typos = node.member("given"), node.member("typos")
        if not self._has_keys(node, f"'{name}'", () if typos else ("given",), optional=("given", "typos")):
            return None
        if typos is not None:
            self._file.typo_places[name] = place
            self._typos(name, typos)
        return None if given is None else self._given(name, given, place)

    def _given(self, name: str, given: Node, place: Node) -> None:
        keys = ("seed", "hypothesis", "digest", "rows")
        if not self._has_keys(given, "'given'", keys):
            return None
        seed, version, digest, rows = (cast("dict[str, Node]", given.members)[key] for key in keys)
        if not _is_count(seed.value):
            self._wrong(f"'seed' must be a whole number, not {described(seed.value)}", seed)
        for key, text in (("hypothesis", version), ("digest", digest)):
            if not isinstance(text.value, str):
                self._wrong(f"'{key}' must be text, not {described(text.value)}", text)
        if rows.items is None:
            return self._wrong(f"'rows' must be a list, not {described(rows.value)}", rows)
        if len(rows.items) > MAX_STORED:
            return self._wrong(f"{len(rows.items):,} rows are more than {MAX_STORED:,}", rows)
        read = [found for item in rows.items if (found := self._row(item)) is not None]
        self._note_repeated(rows.items, read)
        if self._findings.count:
            return None
        made = GeneratedRows(
            seed=cast("int", seed.value),
            hypothesis=str(version.value),
            digest=str(digest.value),
            rows=tuple(each.row for each in read),
        )
        self._file.cases[name] = StoredCase(rows=made, read=tuple(read), place=place)
        return None

    def _typos(self, name: str, node: Node) -> None:
        if node.members is None:
            return self._wrong(f"'typos' must be a mapping of texts, not {described(node.value)}", node)
        if len(node.members) > MAX_STORED:
            return self._wrong(f"{len(node.members):,} texts are more than {MAX_STORED:,}", node)
        for key, text in node.members.items():
            if _DIGEST.fullmatch(key) is None:
                self._wrong(f"'{key}' is no hash of a text", node.key(key))
            elif not isinstance(text.value, str) or not text.value.strip():
                self._wrong(f"a misspelt text must be text, not {described(text.value)}", text)
        if not self._findings.count:
            self._file.typos[name] = {key: str(text.value) for key, text in node.members.items()}
        return None

    def _row(self, node: Node) -> StoredRow | None:
        if not self._has_keys(node, "a row", ("id", "values"), optional=("smallest",)):
            return None
        members = cast("dict[str, Node]", node.members)
        written, values, smallest = members["id"], members["values"], members.get("smallest")
        if values.members is None or not isinstance(values.value, dict):
            self._wrong(f"'values' must be a mapping of variables, not {described(values.value)}", values)
            return None
        marks = [] if smallest is None else self._smallest(smallest)
        if written.value != row_id(values.value):
            message = f"this row was edited: {described(written.value)} is not the id that its values have"
            self._wrong(message, written, advice=_REMAKE)
            return None
        row = GeneratedRow(id=str(written.value), values=values.value, smallest=tuple(marks))
        return StoredRow(row=row, columns=values.members)

    def _smallest(self, node: Node) -> list[Smallest]:
        found: list[Smallest] = []
        for mark in [node] if node.items is None else node.items:
            if not self._has_keys(mark, "'smallest'", ("model", "code", "path")):
                continue
            said = {key: member.value for key, member in (mark.members or {}).items()}
            if not all(isinstance(text, str) for text in said.values()):
                self._wrong("'smallest' holds texts", mark)
                continue
            found.append(Smallest(model=str(said["model"]), code=str(said["code"]), path=str(said["path"])))
        return found

    def _note_repeated(self, items: list[Node], read: list[StoredRow]) -> None:
        places: dict[str, Node] = {}
        for node, each in zip(items, read, strict=False):
            first = places.setdefault(each.row.id, node)
            if first is not node:
                self._wrong(f"the row '{each.row.id}' is there twice, first at line {first.line}", node)

    def _has_keys(self, node: Node, subject: str, keys: tuple[str, ...], optional: tuple[str, ...] = ()) -> bool:
        if node.members is None:
            self._wrong(f"{subject} must be a mapping of {', '.join(keys)}, not {described(node.value)}", node)
            return False
        unknown = [key for key in node.members if key not in (*keys, *optional)]
        missing = [key for key in keys if key not in node.members]
        for key in unknown:
            self._wrong(f"unknown key '{key}' in {subject}", node.key(key))
        for key in missing:
            self._wrong(f"{subject} has no '{key}'", node)
        return not unknown and not missing

    def _wrong(self, message: str, place: Node, *, advice: str | None = None) -> None:
        advice = advice or "put the file back as a recording run wrote it, or remove it and record again"
        self._findings.error("PC113", message, place, advice=advice)


def _is_count(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def rows_text(cases: Mapping[str, GeneratedRows], *, typos: Mapping[str, Misspelt] = MappingProxyType({})) -> str:
    """The text of a file with the rows of these cases, and with their misspelt texts."""
    lines = [
        "# Rows that prompt-contracts generated: a recording run writes them, and every run reads them as rows.",
        "# Commit this file with its case file. A row may be removed; one that is changed is refused.",
        "version: 1",
        "generated:",
    ]
    for name in dict.fromkeys((*cases, *(name for name, texts in typos.items() if texts))):
        lines.append(f"  {name if _PLAIN_KEY.fullmatch(name) else _flow(name)}:")
        if name in cases:
            lines += _lines_of_rows(cases[name])
        if typos.get(name):
            lines += ["    typos:", *(f"      {_flow(key)}: {_flow(text)}" for key, text in typos[name].items())]
    return "\n".join(lines) + "\n"


def _lines_of_rows(made: GeneratedRows) -> Iterator[str]:
    yield from (
        "    given:",
        f"      seed: {made.seed}",
        f"      hypothesis: {_flow(made.hypothesis)}",
        f"      digest: {_flow(made.digest)}",
        "      rows:" if made.rows else "      rows: []",
    )
    for row in made.rows:
        yield from (f"        - id: {_flow(row.id)}", f"          values: {_flow(dict(row.values))}")
        if row.smallest:
            marks: list[Json] = [{"model": mark.model, "code": mark.code, "path": mark.path} for mark in row.smallest]
            yield f"          smallest: {_flow(marks[0] if len(marks) == 1 else marks)}"


def _flow(value: Json) -> str:
    """JSON that YAML reads as the same, and in which nothing is unseen."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text if text.isascii() and "\x7f" not in text else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
