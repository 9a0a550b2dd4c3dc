"""One run: from case files to cells, outcomes, results. The faces call this and nothing below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prompt_contracts import __version__
from prompt_contracts.case import BrokenCase, Case
from prompt_contracts.cases.loader import load_case_file
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.engine.check import Checker
from prompt_contracts.engine.conversation import run_trial
from prompt_contracts.engine.judge import cell_result, is_undeclared_error, judge_trial, problem_result
from prompt_contracts.engine.options import RunOptions
from prompt_contracts.engine.planner import Planner
from prompt_contracts.engine.project import read_settings
from prompt_contracts.errors import CaseError, RecordingError, UsageError
from prompt_contracts.outcome import Outcome
from prompt_contracts.providers.resolution import UnknownProviderError, resolve_target
from prompt_contracts.report import Report
from prompt_contracts.results.aggregation import build_report
from prompt_contracts.results.requirement import settled_verdict
from prompt_contracts.secret import Secret, mask, secrets_in
from prompt_contracts.transport.environment import read_env_file
from prompt_contracts.transport.exchange import Transport
from prompt_contracts.trial import Cell, Trial
from prompt_contracts.verdict import CaseResult, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    """One case file, ready to run."""

    cells: tuple[Cell, ...]
    broken: tuple[BrokenCase, ...]
    warnings: tuple[Diagnostic, ...]


class Run:
    """One run of case files under one set of options."""

    def __init__(
        self, options: RunOptions, *, environ: Mapping[str, str], now: Callable[[], datetime] | None = None
    ) -> None:
        """Reads the project's configuration; `UsageError` for what is wrong with it or with the options."""
        self.options = options
        self._now = now or _utc_now
        self._settings = read_settings(options.root)
        self._environ = _environment(options, environ)
        self._planner = Planner(settings=self._settings, environ=self._environ, trials=options.trials)
        self._checker = Checker(root=options.root, trials=options.trials)
        self._transport: Transport | None = None
        self._shown_folder = _shown_folder(options)
        self._secrets: tuple[Secret, ...] | None = None
        for model in options.models or ():
            self._check_model(model)

    def _check_model(self, model: str) -> None:
        try:
            resolve_target(model, settings=self._settings, environ=self._environ)
        except UnknownProviderError as error:
            raise UsageError(f"--pc-model: {error}", code="PC123") from None

    def load(self, path: Path, *, is_named: bool = False) -> LoadedFile | None:
        """The cells and the broken cases of a file; None for YAML that is no case file."""
        loaded = load_case_file(
            path,
            root=self.options.root,
            project_models=self._settings.models,
            models=self.options.models,
            environ=self._environ,
            is_named=is_named,
        )
        if loaded is None:
            return None
        cells: list[Cell] = []
        found: dict[str, tuple[Case, list[Diagnostic]]] = {}
        for case in loaded.cases:
            mistakes = list(self._checker.check(case))
            try:
                cell = self._planner.plan(case)
            except CaseError as error:
                mistakes += error.diagnostics
            else:
                cells.append(cell)
            if mistakes:
                found.setdefault(case.name, (case, []))[1].extend(mistakes)
        return self._sorted_out(cells, found, loaded.broken, loaded.warnings)

    def _sorted_out(
        self,
        cells: Sequence[Cell],
        found: Mapping[str, tuple[Case, list[Diagnostic]]],
        broken: Iterable[BrokenCase],
        warnings: Sequence[Diagnostic],
    ) -> LoadedFile:
        """Broken cases apart from sound ones; a strict run breaks on warnings too."""
        broken = [self._checker.check_broken(case) for case in broken]
        for name, (case, mistakes) in found.items():
            broken.append(BrokenCase(name=name, location=case.location, diagnostics=tuple(dict.fromkeys(mistakes))))
        if self.options.strict and warnings:
            strict = tuple(warning.as_error() for warning in warnings)
            broken.append(BrokenCase(name="warnings", location=strict[0].location, diagnostics=strict))
            warnings = ()
        return LoadedFile(
            cells=tuple(cell for cell in cells if cell.case.name not in found),
            broken=tuple(broken),
            warnings=tuple(warnings),
        )

    def unset_keys(self, cells: Iterable[Cell]) -> tuple[str, ...]:
        """The variables of the environment that this run needs for these cells and that are not set."""
        return self._open_transport().unset_keys(cells)

    def exchange(self, cell: Cell) -> tuple[Outcome, ...]:
        """Run a cell's trials against its recording or its provider, and save what is to be kept.

        An undeclared provider error keeps the old recording: a failing provider is no fixture.
        Raises `RecordingError` and `UsageError` when no answer can be had.
        """
        transport = self._open_transport().open(cell)
        outcomes: list[Outcome] = []
        for number in range(1, cell.case.trials + 1):
            trial = Trial(cell=cell, number=number)
            outcomes.append(run_trial(trial, transport, price_source=self._settings.source))
            if cell.case.stop_early and self._is_settled(cell, outcomes):
                break
        if transport.has_recorded and not self.is_in_error(cell, outcomes):
            transport.save()
        return tuple(outcomes)

    def is_in_error(self, cell: Cell, outcomes: Sequence[Outcome]) -> bool:
        """Whether so many trials ended in undeclared errors that there is no verdict on the model."""
        errors = sum(is_undeclared_error(cell, outcome) for outcome in outcomes)
        return errors > cell.case.require.errors or errors == len(outcomes)

    def _is_settled(self, cell: Cell, outcomes: Sequence[Outcome]) -> bool:
        verdicts = [judge_trial(cell, outcome).verdict for outcome in outcomes]
        return settled_verdict(cell.case.require, verdicts, planned=cell.case.trials) is not None

    def judge(self, cell: Cell, outcomes: Sequence[Outcome]) -> CaseResult:
        """The verdict on a cell's outcomes."""
        trials = [judge_trial(cell, outcome) for outcome in outcomes]
        return cell_result(cell, trials, cassette=self._cassette(cell))

    def problem(self, cell: Cell, error: RecordingError | UsageError) -> CaseResult:
        """The result of a cell for which `exchange` raised."""
        problem = Problem(code=error.code or "PC330", message=self.masked(str(error)))
        return problem_result(cell, problem, cassette=self._cassette(cell))

    def report(self, results: Iterable[CaseResult], *, broken: Sequence[str] = ()) -> Report:
        """The report of this run."""
        created = self._now().isoformat(timespec="seconds")
        return build_report(results, created_at=created, version=__version__, mode=self.options.mode, broken=broken)

    def masked(self, text: str) -> str:
        """The text without any value of a secret of the environment."""
        if self._secrets is None:
            named = [provider.api_key_env for provider in self._settings.providers.values()]
            self._secrets = secrets_in(self._environ, named=[name for name in named if name])
        return mask(text, self._secrets)

    def close(self) -> None:
        """Close the connections, if any was opened."""
        if self._transport is not None:
            self._transport.close()

    def _open_transport(self) -> Transport:
        if self._transport is None:
            self._transport = Transport(
                folder=self.options.cassettes,
                root=self.options.root,
                mode=self.options.mode,
                environ=self._environ,
                timeout=self.options.timeout,
            )
        return self._transport

    def _cassette(self, cell: Cell) -> str:
        return f"{self._shown_folder}/{cell.cassette}"


def _environment(options: RunOptions, environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment, and below it the `.env` file when this run may call a provider."""
    path = options.env_file or options.root / ".env"
    if options.env_file is not None and not path.is_file():
        raise UsageError(f"--pc-env-file: there is no file {path}", code="PC330")
    if options.mode == "none" or not path.is_file():
        return dict(environ)
    return {**read_env_file(path), **environ}


def _shown_folder(options: RunOptions) -> str:
    """The folder of the recordings as people should see it: relative to the root where it lies below it."""
    inside = options.cassettes.is_relative_to(options.root)
    return (options.cassettes.relative_to(options.root) if inside else options.cassettes).as_posix()


def _utc_now() -> datetime:
    return datetime.now(UTC)
