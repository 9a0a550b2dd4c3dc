"""Collectors and items: one item per cell, one per broken case. The work is the engine's."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prompt_contracts.case import BrokenCase
from prompt_contracts.engine.run import LoadedFile, Run
from prompt_contracts.errors import RecordingError, UsageError
from prompt_contracts.outcome import Outcome
from prompt_contracts.plugin import REPORT_KEY, session_of
from prompt_contracts.renderers.cell import broken_contract_text, provider_error_text, recording_error_text
from prompt_contracts.renderers.diagnostics import diagnostic_text, diagnostics_text
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import CaseResult

_TAGS = pytest.StashKey[set[str]]()


class ContractWarning(pytest.PytestWarning):
    """Something legal in a case file that is surely not meant."""


class BrokenContract(Exception):
    """The model answered and the contract does not hold; the text says why."""


class CellError(Exception):
    """No verdict on the model: its provider failed, or there is no answer to judge."""


class BrokenCaseError(Exception):
    """The case cannot run as it is written."""


def collect(path: Path, parent: pytest.Collector, *, is_named: bool) -> pytest.Collector | None:
    """The collector of a case file, or None for foreign YAML."""
    run = session_of(parent.config).run
    with _garbage_kept():
        loaded = run.load(path, is_named=is_named)
    if loaded is None:
        return None
    collector: CaseFileCollector = CaseFileCollector.from_parent(parent, path=path)
    collector.loaded = loaded
    return collector


@contextmanager
def _garbage_kept() -> Iterator[None]:
    """Almost all that loading allocates stays for the whole run: looking for garbage in it is time for nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class CaseFileCollector(pytest.File):
    """One case file."""

    loaded: LoadedFile

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each cell in the order of the file, then one for each broken case."""
        for warning in self.loaded.warnings:
            self.warn(ContractWarning(diagnostic_text(warning)))
        run = session_of(self.config).run
        for cell in self.loaded.cells:
            yield CellItem.make(self, cell, run)
        taken: set[str] = set()
        for broken in self.loaded.broken:
            yield BrokenItem.make(self, broken, taken)


class ContractItem(pytest.Item):
    """What cells and broken cases have in common: our text on their reports."""

    def complete(self, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Put our text and result on the report; a bug of ours keeps its traceback."""
        if call.excinfo is not None and isinstance(call.excinfo.value, (BrokenContract, CellError, BrokenCaseError)):
            report.longrepr = str(call.excinfo.value)


class BrokenItem(ContractItem):
    """A case that cannot run: it fails, whatever else passes."""

    broken: BrokenCase

    @classmethod
    def make(cls, parent: CaseFileCollector, broken: BrokenCase, taken: set[str]) -> BrokenItem:
        """An item whose name no other broken case of the file has."""
        name = broken.name if broken.name not in taken else f"{broken.name}-at-line-{broken.location.line}"
        taken.add(name)
        item: BrokenItem = cls.from_parent(parent, name=name, nodeid=f"{parent.nodeid}::{name}")
        item.broken = broken
        return item

    def runtest(self) -> None:
        """Fail with every diagnostic."""
        raise BrokenCaseError(diagnostics_text(self.broken.diagnostics))

    def complete(self, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Mark the report, so that the summary knows of it."""
        super().complete(call, report)
        setattr(report, REPORT_KEY, {"broken": self.broken.name})

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case stands, for editors."""
        return self.path, self.broken.location.line - 1, self.name


class CellItem(ContractItem):
    """One case for one row and model."""

    cell: Cell
    run: Run
    outcomes: tuple[Outcome, ...]
    result: CaseResult | None

    @classmethod
    def make(cls, parent: CaseFileCollector, cell: Cell, run: Run) -> CellItem:
        """The item of a cell, with its markers."""
        name = cell.case.item_name
        # pytest 9.2 takes a node id apart at its bracket unless it is given as it is.
        item: CellItem = cls.from_parent(parent, name=name, nodeid=f"{parent.nodeid}::{name}")
        item.cell, item.run, item.outcomes, item.result = cell, run, (), None
        item._mark()
        return item

    def _mark(self) -> None:
        case, target = self.cell.case, self.cell.target
        self.add_marker(pytest.mark.provider(name=target.provider))
        self.add_marker(pytest.mark.model(id=target.id))
        for tag in case.tags:
            _register(self.config, tag)
            self.add_marker(tag)
        if case.skip is not None:
            self.add_marker(pytest.mark.skip(reason=case.skip))
        if case.xfail is not None:
            self.add_marker(pytest.mark.xfail(reason=case.xfail, raises=BrokenContract, strict=True))

    def setup(self) -> None:
        """The exchange: a provider in trouble is an error of the set-up, not a failed contract."""
        self.outcomes, self.result = (), None
        if self.config.getoption("setuponly") or self.config.getoption("setupplan"):
            return
        try:
            self.outcomes = self.run.exchange(self.cell)
        except RecordingError as error:
            self.result = self.run.problem(self.cell, error)
            raise CellError(self._text(recording_error_text(error, self.result, self.cell.case))) from None
        except UsageError as error:
            self.result = self.run.problem(self.cell, error)
            raise CellError(self._text(f"{self.cell.case.location.short}  {error}")) from None
        if self.run.is_in_error(self.cell, self.outcomes):
            result = self.result = self.run.judge(self.cell, self.outcomes)
            self._note_properties(result)
            raise CellError(self._text(provider_error_text(result, self.cell.case, advice=self._advice(result))))

    def runtest(self) -> None:
        """The judgement."""
        self.result = self.run.judge(self.cell, self.outcomes)
        self._note_properties(self.result)
        if self.result.verdict == "failed":
            raise BrokenContract(self._text(broken_contract_text(self.result, self.cell.case)))

    def complete(self, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Carry the result to the process that prints the summary."""
        super().complete(call, report)
        is_last = report.when == "call" or (report.when == "setup" and report.failed)
        if is_last and self.result is not None:
            setattr(report, REPORT_KEY, self.result.to_json())

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case stands, for editors."""
        return self.path, self.cell.case.location.line - 1, self.name

    def _text(self, text: str) -> str:
        return self.run.masked(text)

    def _advice(self, result: CaseResult) -> str | None:
        kinds = {trial.error.kind for trial in result.trials if trial.error is not None}
        variable = self.cell.target.api_key_env
        if "auth" in kinds and variable is not None:
            return f"PC302 key refused: the server does not accept the value of {variable}"
        return None

    def _note_properties(self, result: CaseResult) -> None:
        """JUnit properties, by key: a rerun must not repeat them."""
        from prompt_contracts.plugin.properties import properties_of

        kept = [entry for entry in self.user_properties if not entry[0].startswith("pc.")]
        self.user_properties[:] = [*kept, *properties_of(result)]


def _register(config: pytest.Config, tag: str) -> None:
    """Tags are markers that no strict run has to know beforehand."""
    known: set[str] = config.stash.setdefault(_TAGS, set())
    if tag not in known:
        known.add(tag)
        config.addinivalue_line("markers", f"{tag}: a tag of prompt contracts")
