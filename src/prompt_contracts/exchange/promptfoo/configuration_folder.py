"""Files beside a configuration, read as data. Nothing outside its folder is, whatever names or links say."""

from __future__ import annotations

import csv
import io
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from prompt_contracts.cases.foreign_yaml import ForeignYamlError, read_foreign_yaml
from prompt_contracts.data_class import dataclass
from prompt_contracts.exchange.promptfoo.foreign_values import NotCarriedError
from prompt_contracts.json_value import Json, NotJsonError, parse_json

LARGEST_BYTES = 10_000_000
"""Bytes of one file."""
_MOST_FILES = 2_000
CODE = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".py", ".rb", ".sh", ".bash", ".pl", ".exe")
"""Suffixes of programs."""
BEYOND = "__beyond the last column"
"""The column of cells that stand under no name."""
_DATA = (".json", ".yaml", ".yml")
_NO_TEXT = (".xlsx", ".xls", ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".mp3", ".wav", ".mp4", ".bmp")
_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a CSV file holds."""

    rows: tuple[dict[str, str], ...]
    """By the names of the columns; of several columns of one name the last."""
    hidden: tuple[str, ...]
    """Names of several columns, of which one before the last holds something of its own."""


class ConfigurationFolder:
    """The folder of one configuration. What cannot be read is a `NotCarriedError`."""

    def __init__(self, folder: Path) -> None:
        self._folder = Path(os.path.realpath(folder))
        self._reads = 0

    def matches(self, reference: str) -> list[str]:
        """The references that one with `*` stands for, in their order; one without stands for itself."""
        name = _name(reference)
        if not _GLOB.search(name):
            return [reference]
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise NotCarriedError(f"{reference} leads out of the folder of the configuration")
        found = sorted(path.relative_to(self._folder).as_posix() for path in self._walk(name))
        if not found:
            raise NotCarriedError(f"{reference} matches no file")
        return [f"file://{each}" for each in found]

    def _walk(self, pattern: str) -> Iterator[Path]:
        for number, path in enumerate(self._folder.glob(pattern), start=1):
            if number > _MOST_FILES:
                raise NotCarriedError(f"{pattern} matches more than {_MOST_FILES:,} files")
            if path.is_file():
                yield path

    def text(self, reference: str) -> str:
        """The text of a file."""
        name = _name(reference)
        if name.lower().rpartition("#")[0].endswith(_NO_TEXT) or name.lower().endswith(_NO_TEXT):
            raise NotCarriedError(f"{reference} is no text file")
        data = self._bytes(name, reference)
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise NotCarriedError(f"{reference} is no UTF-8 text") from None

    def data(self, reference: str) -> Json:
        """What a JSON or YAML file holds."""
        return read_data(self.text(reference), reference)

    def is_data(self, reference: str) -> bool:
        """Whether the name says that the file is JSON or YAML."""
        return _name(reference).lower().endswith(_DATA)

    def lines(self, reference: str) -> list[Json]:
        """The values of a file of JSON Lines."""
        try:
            return [parse_json(line) for line in json_lines(self.text(reference))]
        except NotJsonError as error:
            raise NotCarriedError(f"{reference} cannot be read: {error}") from None

    def table(self, reference: str) -> Table:
        """The rows of a CSV file, by the names of the columns."""
        reader = csv.reader(io.StringIO(self.text(reference), newline=""), strict=True)
        try:
            names = next(reader, [])
            return _table(names, [cells for cells in reader if cells])
        except csv.Error as error:
            raise NotCarriedError(f"{reference} cannot be read: {error}") from None

    def _bytes(self, name: str, reference: str) -> bytes:
        self._reads += 1
        if self._reads > _MOST_FILES:
            raise NotCarriedError(f"more than {_MOST_FILES:,} files are named")
        path = Path(os.path.realpath(self._folder / name))
        # Links are resolved: one that leads out is no file of the configuration either.
        if not path.is_relative_to(self._folder):
            raise NotCarriedError(f"{reference} leads out of the folder of the configuration")
        try:
            return read_regular_file(path)
        except OSError as error:
            raise NotCarriedError(f"{reference} cannot be read: {error.strerror or error}") from None


def _table(names: list[str], lines: list[list[str]]) -> Table:
    rows, hidden = list[dict[str, str]](), dict[str, None]()
    for cells in lines:
        row = {**dict.fromkeys(names, ""), **dict(zip(names, cells, strict=False))}
        pairs = zip(names, cells, strict=False)
        hidden.update({name: None for name, cell in pairs if cell.strip() and cell != row[name]})
        beyond = cells[len(names) :]
        rows.append({**row, BEYOND: ", ".join(beyond)} if beyond else row)
    return Table(rows=tuple(rows), hidden=tuple(hidden))


def read_regular_file(path: Path) -> bytes:
    """The bytes of a file that is no pipe or device and not too large; `OSError` says why not."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    with open(handle, "rb") as file:  # noqa: PTH123 - an open descriptor, which pathlib cannot take
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError("it is no regular file")
        data = file.read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        raise OSError(f"it is larger than {LARGEST_BYTES // 1_000_000} MB")
    return data


def json_lines(text: str) -> list[str]:
    """The lines of JSON Lines that hold something: only a line feed ends one, for JSON may hold all other breaks."""
    return [line for line in text.split("\n") if line.strip()]


def read_data(text: str, shown: str) -> Json:
    """JSON where it is JSON, else YAML; `NotCarriedError` where it is neither."""
    if shown.lower().endswith(".json"):
        try:
            return parse_json(text)
        except NotJsonError:
            pass  # promptfoo reads such files as YAML, too, which takes comments
    try:
        return read_foreign_yaml(text)
    except ForeignYamlError as error:
        raise NotCarriedError(f"{shown} cannot be read: {error}") from None


def _name(reference: str) -> str:
    name = reference.removeprefix("file://")
    head = name.partition(":")[0].lower()
    if name.lower().endswith(CODE) or head.endswith(CODE):
        raise NotCarriedError(f"{reference} is a program, and nothing is run")
    for scheme in ("http://", "https://", "exec:", "huggingface://", "langfuse://", "portkey://", "helicone://"):
        if name.lower().startswith(scheme):
            raise NotCarriedError(f"{reference} is no file here, and nothing is fetched or run")
    if "\0" in name or not name.strip():
        raise NotCarriedError(f"{reference!r} names no file")
    return name
