"""Case files -> cells that can run, and broken cases with every diagnostic, each told once. Asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from prompt_contracts.case import Case
from prompt_contracts.case_file import BrokenCase, CaseFile
from prompt_contracts.cases.case_places import CasePlaces
from prompt_contracts.cases.example_rows import OneRow, RowSupply
from prompt_contracts.cases.loader import load_case_file, load_case_values
from prompt_contracts.cases.node import Node
from prompt_contracts.cases.python_definitions import PythonDefinitions
from prompt_contracts.cases.sniffing import may_be_case_file
from prompt_contracts.changed_fields import replace
from prompt_contracts.data_class import dataclass
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.engine.namesakes import Namesakes
from prompt_contracts.engine.planner import Planner
from prompt_contracts.engine.row_making import RowMaking
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.engine.shared_values import SharedValues
from prompt_contracts.errors import CaseError, UsageError
from prompt_contracts.expectations.known_findings import KnownFindings
from prompt_contracts.finding import Finding
from prompt_contracts.given import GeneratedRow
from prompt_contracts.linting.acceptance import request_findings
from prompt_contracts.linting.checker import Checker
from prompt_contracts.linting.linter import Linter
from prompt_contracts.references import References
from prompt_contracts.relations.expansion import TYPOS, expand
from prompt_contracts.settings import Settings
from prompt_contracts.transport.cassette_paths import cassette_path
from prompt_contracts.trial import Cell

_Cause = tuple[object, ...]


class Causes:
    """The findings about one file. First all are noted, then each can be told with all of its cells."""

    def __init__(self) -> None:
        self._first: dict[_Cause, Diagnostic] = {}
        self._cells: dict[_Cause, dict[str, None]] = {}

    def note(self, found: Iterable[Diagnostic], *, cell: str | None = None) -> None:
        """Findings about a cell, by the name that its file knows it by; None for those about no cell."""
        for diagnostic in found:
            cause = _cause(diagnostic)
            self._first.setdefault(cause, diagnostic)
            cells = self._cells.setdefault(cause, {})
            if cell is not None:
                cells[cell] = None

    def told(self, found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """The findings, one for each cause, in their order; all that share a cause get the very same."""
        return tuple(self._told(cause) for cause in dict.fromkeys(map(_cause, found)))

    def told_of(self, broken: BrokenCase) -> BrokenCase:
        """A broken case with its findings so told."""
        return replace(broken, diagnostics=self.told(broken.diagnostics))

    def _told(self, cause: _Cause) -> Diagnostic:
        cells = tuple(self._cells[cause])
        return replace(self._first[cause], cells=cells if len(cells) > 1 else ())


def _cause(diagnostic: Diagnostic) -> _Cause:
    own = diagnostic.cause
    place = (diagnostic.location, diagnostic.message) if own is None else ()
    return (diagnostic.code, diagnostic.severity, own, *place)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    """One case file, ready to run."""

    path: str
    """Relative to the project root, with forward slashes."""
    cells: tuple[Cell, ...]
    broken: tuple[BrokenCase, ...]
    warnings: tuple[Diagnostic, ...]


class FileLoader:
    """Loads the case files of one run."""

    def __init__(
        self,
        options: RunOptions,
        *,
        settings: Settings,
        environ: Mapping[str, str],
        references: References,
        examples: RowMaking,
    ) -> None:
        self._options = options
        self._settings = settings
        self._environ = environ
        self._examples = examples
        self._namesakes = Namesakes(options.root)
        self._new_planner = partial(
            Planner, settings=settings, environ=environ, trials=options.trials, is_model_needed=options.is_model_needed
        )
        self._planner = self._new_planner()
        self._checker = Checker(
            root=options.root,
            trials=options.trials,
            references=references,
            is_code_passed_over=options.is_code_passed_over,
        )
        self._known = KnownFindings[Finding]()
        self._references = references
        self._passed_over: dict[str, None] | None = {} if options.is_python_passed_over else None
        self._shared = SharedValues()

    @property
    def passed_over(self) -> tuple[str, ...]:
        """The types and functions that files name by `$python`, where this run looks none of them up."""
        return tuple(self._passed_over or ())

    def load(self, path: Path, *, is_named: bool) -> LoadedFile | None:
        """The cells and the broken cases of a file; None for YAML that is no case file.

        Raises `UsageError` when an option contradicts what a case says.
        """
        loaded = self._read(path, is_named=is_named)
        if loaded is None:
            return None
        # `a.yaml` and `a.yml` would share recordings, also in a run of one of them.
        twins = self._namesakes.of_file(loaded.path)
        taken = {path: cell for twin in twins for path, cell in self._recordings_of(twin)}
        return self._checked(loaded, taken, self._planner)

    def row_cells(self, path: str, name: str, row: GeneratedRow) -> tuple[Cell, ...]:
        """The cells that a case would have if that one row were generated for it; none where it cannot run with it."""
        loaded = self._read(self._options.root / path, is_named=True, examples=OneRow(row), only=name)
        found = None if loaded is None or loaded.broken else self._alone(loaded)
        return () if found is None or found.broken else found.cells

    def _alone(self, loaded: CaseFile) -> LoadedFile:
        return self._checked(loaded, {}, self._new_planner(), is_stored=False)

    def load_values(self, node: Node, *, file: Path, adapt: Callable[[Case], Case]) -> LoadedFile:
        """The cell of a case that a Python file states, checked as that of any case file."""
        loaded = load_case_values(
            node,
            file=file,
            root=self._options.root,
            environ=self._environ,
            definitions=self._new_definitions(),
            share=self._shared.of,
        )
        cases = tuple(map(adapt, loaded.cases))
        # Of an answer that is there already nothing is recorded: two contracts may have one name.
        planner = self._new_planner() if any(case.origin == "answer" for case in cases) else self._planner
        return self._checked(replace(loaded, cases=cases), {}, planner, is_stored=False)

    def _checked(
        self, loaded: CaseFile, taken: Mapping[str, str], planner: Planner, *, is_stored: bool = True
    ) -> LoadedFile:
        """`is_stored` tells whether it is read from a file beside which texts may be stored."""
        cells: list[Cell] = []
        found: dict[str, tuple[Case, list[Diagnostic]]] = {}
        linter, warnings = Linter(self._known), list(loaded.warnings)
        causes = Causes()
        causes.note(warnings)
        for expanded in expand(loaded.cases, texts=self._examples.typos.text if is_stored else None):
            case = expanded.case
            self._refuse_trials(case)
            noticed = list(map(self._checker.with_line, expanded.findings))
            if case.relation == TYPOS and is_stored:
                noticed += self._examples.typos.problems(case.path, case.name)
            if expanded.is_new:
                noticed += [*self._checker.check(case), *map(self._checker.with_line, linter.lint(case))]
            try:
                cell = planner.plan(case, taken=taken) if expanded.is_cell else None
            except CaseError as error:
                noticed += map(self._checker.with_line, error.diagnostics)
                cell = None
            if cell is not None:
                cells.append(cell)
                noticed += map(self._checker.with_line, request_findings(cell) if expanded.is_new else ())
            if not noticed:
                continue
            causes.note(noticed, cell=case.item_name)
            mistakes = [finding for finding in noticed if finding.severity == "error"]
            warnings += (finding for finding in noticed if finding.severity == "warning")
            if mistakes:
                found.setdefault(case.name, (case, []))[1].extend(mistakes)
        self._checker.forget_cases()
        cells = list(map(_as_kept, cells))
        return self._sorted_out(loaded.path, cells, found, loaded.broken, warnings, causes)

    def _read(
        self, path: Path, *, is_named: bool, examples: RowSupply | None = None, only: str | None = None
    ) -> CaseFile | None:
        return load_case_file(
            path,
            root=self._options.root,
            project_models=self._settings.models,
            models=self._options.models,
            environ=self._environ,
            is_named=is_named,
            keeps_columns=self._options.keeps_columns,
            definitions=self._new_definitions(),
            examples=examples or self._examples,
            only=only,
            share=self._shared.of,
        )

    def _new_definitions(self) -> PythonDefinitions:
        # For one file alone: a module may be loaded anew between two of them, as in a notebook.
        return PythonDefinitions(self._references, passed_over=self._passed_over)

    def _recordings_of(self, twin: str) -> Iterator[tuple[str, str]]:
        """The recordings of another file, which are kept from this one also where only this one runs."""
        path = self._options.root / twin
        found = self._read(path, is_named=False) if path.is_file() and may_be_case_file(path) else None
        for each in expand(() if found is None else found.cases):
            if each.is_cell:
                yield cassette_path(each.case).casefold(), each.case.id

    def _refuse_trials(self, case: Case) -> None:
        if self._options.trials is not None and case.require.count is not None:
            raise UsageError(
                f"--pc-trials={self._options.trials}: {case.path}::{case.name} requires {case.require.count} passes, "
                f"a number that was meant for its own {case.trials} trials; write require as a rate, or leave it out"
            )

    def _sorted_out(
        self,
        path: str,
        cells: Sequence[Cell],
        found: Mapping[str, tuple[Case, list[Diagnostic]]],
        broken: Iterable[BrokenCase],
        noticed: Sequence[Diagnostic],
        causes: Causes,
    ) -> LoadedFile:
        """Broken cases apart from sound ones; a strict run breaks on warnings too."""
        broken = [self._checker.check_broken(case) for case in broken]
        for case in broken:
            causes.note(case.diagnostics, cell=case.name)
        for name, (sample, mistakes) in found.items():
            broken.append(BrokenCase(name=name, location=sample.location, diagnostics=tuple(mistakes)))
        broken, warnings = list(map(causes.told_of, broken)), causes.told(noticed)
        broken.sort(key=lambda case: (case.name != "file", case.location.line))
        if self._options.strict and warnings:
            broken.append(as_broken_case(warnings))
            warnings = ()
        return LoadedFile(
            path=path,
            cells=tuple(cell for cell in cells if cell.case.name not in found),
            broken=tuple(broken),
            warnings=warnings,
        )


def _as_kept(cell: Cell) -> Cell:
    """A cell that was checked: after that nobody asks where something in its case was written."""
    case = cell.case
    if isinstance(case.places, CasePlaces) and not case.holds_under:
        case.places.let_go()
        return cell
    return replace(cell, case=replace(case, places={}, holds_under=()))


def as_broken_case(warnings: Sequence[Diagnostic]) -> BrokenCase:
    """The warnings of a file as one thing that fails, for runs in which warnings are errors."""
    errors = tuple(warning.as_error() for warning in warnings)
    return BrokenCase(name="warnings", location=errors[0].location, diagnostics=errors)
