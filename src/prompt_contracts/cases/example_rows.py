"""Which generated rows the cases of one file have: those that are stored beside it, or those that a run makes now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.given_file import GivenFile, StoredCase, StoredRow, parse_given, read_given_file
from prompt_contracts.cases.node import Node
from prompt_contracts.cases.sniffing import SUFFIXES
from prompt_contracts.data_class import dataclass
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.errors import CaseError
from prompt_contracts.given import GeneratedRow, GeneratedRows, Given
from prompt_contracts.location import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRows:
    """What rows are asked for."""

    path: str
    """The case file, as people see it."""
    name: str
    """Of the case."""
    given: Given
    stored: GeneratedRows | None
    """The rows that are kept beside the case file; None where there are none."""
    stored_in: str
    """The file that keeps them, or will."""
    place: Location | None = None
    """Where they stand."""


class RowSupply(Protocol):
    """Who says which rows a case has."""

    def rows(self, wanted: WantedRows) -> GeneratedRows:
        """Its rows: the stored ones, or others that it makes. Raises `CaseError` where there are none to be had."""


class StoredRows:
    """Rows as they are stored, whatever they were made for."""

    def rows(self, wanted: WantedRows) -> GeneratedRows:
        """Those beside the case file; `CaseError` where there are none."""
        if wanted.stored is None:
            raise no_rows(wanted, advice="a recording run makes them")
        return wanted.stored


class RowsOfFiles:
    """For cases that no file holds, whose rows no file could keep."""

    def rows(self, wanted: WantedRows) -> GeneratedRows:
        """None: always raises `CaseError`."""
        message = f"'given' of '{wanted.name}' needs a case file, beside which its rows are kept"
        advice = "write the case into a file, or take your own strategy of hypothesis in the test"
        raise CaseError((Diagnostic(code="PC102", message=message, location=wanted.given.location, help=advice),))


class OneRow:
    """The same row for every case."""

    def __init__(self, row: GeneratedRow) -> None:
        self._row = row

    def rows(self, wanted: WantedRows) -> GeneratedRows:
        """That row alone."""
        return GeneratedRows(seed=0, hypothesis="", digest=wanted.given.digest, rows=(self._row,))


def no_rows(wanted: WantedRows, *, advice: str) -> CaseError:
    """The error of a case whose rows were not generated yet."""
    message = f"no rows have been generated yet for case '{wanted.name}'"
    return CaseError((Diagnostic(code="PC201", message=message, location=wanted.given.location, help=advice),))


class ExampleRows:
    """The generated rows of the cases of one file, read when the first case asks for some."""

    def __init__(self, path: str, *, folder: Path, root: Path, source: RowSupply | None) -> None:
        self._path = path
        self._folder = folder
        self._root = root
        self._source = source or StoredRows()
        self._file: GivenFile | None = None
        self._asked: set[str] = set()

    def of(self, name: str, given: Given, findings: Findings) -> tuple[StoredRow, ...]:
        """The rows of a case; what keeps it from having any is noted."""
        self._asked.add(name)
        file = GivenFile(path="") if isinstance(self._source, RowsOfFiles) else self._read()
        problems = [*file.findings.errors, *file.by_case.get(name, Findings()).errors]
        if problems:
            findings.extend(problems)
            return ()
        stored = file.cases.get(name)
        wanted = WantedRows(
            path=self._path,
            name=name,
            given=given,
            stored=None if stored is None else stored.rows,
            stored_in=file.path,
            place=None if stored is None else stored.place.location,
        )
        try:
            rows = self._source.rows(wanted)
        except CaseError as error:
            findings.extend(error.diagnostics)
            return ()
        if stored is None or rows is not stored.rows:
            stored = self._with(name, rows, findings)
        return () if stored is None else self._fitting(stored, given, findings)

    def note_idle(self, names: Sequence[str], findings: Findings) -> None:
        """Notes rows of cases that generate nothing; `names` are all the cases of the file."""
        if isinstance(self._source, RowsOfFiles):
            return
        own = Path(self._path)
        # `a.yaml` and `a.yml` would keep their rows in one place.
        if any((self._folder / f"{own.stem}{suffix}").exists() for suffix in SUFFIXES if suffix != own.suffix):
            return
        if not self._asked:
            findings.extend(self._read().findings.errors)
        for name, stored in self._read().cases.items():
            if name in self._asked:
                continue
            reason = "has no 'given' any more" if name in names else f"is not in {Path(self._path).name} any more"
            message = f"these rows belong to a case that {reason}: '{name}'"
            findings.warning("PC115", message, stored.place, advice="remove them from the file")
        for name, place in self._read().typo_places.items():
            if name not in names:
                message = f"these texts belong to a case that is not in {own.name} any more: '{name}'"
                findings.warning("PC115", message, place, advice="remove them from the file")

    def _read(self) -> GivenFile:
        if self._file is None:
            self._file = read_given_file(self._path, folder=self._folder, root=self._root)
        return self._file

    def _with(self, name: str, rows: GeneratedRows, findings: Findings) -> StoredCase | None:
        """Rows that were made now, as they will be read from the file that is to hold them."""
        file = self._read()
        read = parse_given(file.path, file.text_with(name, rows), folder=self._folder)
        problems = [*read.findings.errors, *read.by_case.get(name, Findings()).errors]
        if problems:
            findings.extend(problems)
            return None
        self._file = read
        return read.cases[name]

    def _fitting(self, stored: StoredCase, given: Given, findings: Findings) -> tuple[StoredRow, ...]:
        for each in stored.read:
            if set(each.columns) != set(given.variables):
                message = f"this row has {_listed(each.columns)}, and 'given' has {_listed(given.variables)}"
                place = next(iter(each.columns.values()), stored.place)
                findings.error("PC113", message, place, advice="remove the row, or record with --pc-examples=new")
        if not stored.read:
            findings.error("PC113", "no row is left here", stored.place, advice="record with --pc-examples=new")
        return stored.read


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(sorted(names)) or "no variable"


class _Unmade(Node):
    """A value that nobody has made yet: it may have anything in it."""

    __slots__ = ()

    def descend(self, text: str) -> Node:  # noqa: ARG002 - wherever it leads
        """What is inside, of which nothing is known either."""
        return self


def placeholder(given: Node, names: Sequence[str]) -> dict[str, Node]:
    """Columns of a row that is not there, so that the templates of its case can be looked at all the same."""
    return {name: _Unmade("example", given.source, given.line, given.column, given.length) for name in names}
