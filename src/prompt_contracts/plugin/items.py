"""Items: one per cell, one per case that cannot run. The work is the engine's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from prompt_contracts.case import Case
from prompt_contracts.case_file import BrokenCase
from prompt_contracts.engine.placement import Placement
from prompt_contracts.engine.projects import Project
from prompt_contracts.engine.run_options import options_for_the_rest
from prompt_contracts.engine.trials import Exchange
from prompt_contracts.errors import RecordingError, UsageError
from prompt_contracts.plugin.command import retry
from prompt_contracts.plugin.found_results import put_result
from prompt_contracts.plugin.representation import Told, represented
from prompt_contracts.plugin.stash import AGED, CAUSES_KEY, SESSION, STRENGTH, TAGS, UNUSED_KEY
from prompt_contracts.plugin.verdict_log import log_verdict
from prompt_contracts.renderers.bad_news import BadNews, bad_news, diagnostics_news
from prompt_contracts.renderers.cell import broken_contract_news, no_base_news, no_verdict_news, recording_error_news
from prompt_contracts.report import BrokenResult
from prompt_contracts.trial import Cell
from prompt_contracts.usage import Usage
from prompt_contracts.verdict import CaseResult, Problem

if TYPE_CHECKING:
    from prompt_contracts.plugin.session import ContractSession


class BrokenContract(Told, AssertionError):
    """The model answered and the contract does not hold: to other tools, too, a failure as that of an assert."""


class CellError(Told):
    """No verdict on the model: its provider failed, or there is no answer to judge."""


class BrokenCaseError(Told):
    """The case cannot run as it is written."""


class ContractItem(pytest.Item):
    """What cells and broken cases have in common: our text on their reports."""

    place = 0
    """Where it stands among the items of its file."""

    @property
    def contracts(self) -> ContractSession:
        """What prompt-contracts knows of this pytest run."""
        return self.config.stash[SESSION]

    def complete(self, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Put our text and result on the report; a bug of ours keeps its traceback."""
        error = None if call.excinfo is None else call.excinfo.value
        if isinstance(error, Told):
            news = error.news.rewritten(self.contracts.shown)
            report.longrepr = represented(error, news, folder=self.config.invocation_params.dir)
            if news.causes:
                setattr(report, CAUSES_KEY, [asdict(cause) for cause in news.causes])

    def _repr_failure_py(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What pytest puts on the report until `complete` does, of the call and of the set-up."""
        if isinstance(excinfo.value, (Told, pytest.xfail.Exception)):
            # No traceback, which nobody is shown: its source lines take a hundred times as long as the judgement.
            return excinfo.getrepr(style="value", chain=False)
        return super()._repr_failure_py(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The file, for editors."""
        return self.path, None, self.name


class BrokenItem(ContractItem):
    """A case that cannot run: it fails, whatever else passes."""

    broken: BrokenCase
    project: Project
    _message = ""

    @classmethod
    def make(cls, parent: pytest.File, broken: BrokenCase, taken: set[str], *, project: Project) -> BrokenItem:
        """An item whose name no other broken case of the file has."""
        name = broken.name if broken.name not in taken else f"{broken.name}-at-line-{broken.location.line}"
        taken.add(name)
        item: BrokenItem = cls.from_parent(parent, name=name, nodeid=f"{parent.nodeid}::{name}")
        item.broken, item.project = broken, project
        return item

    def runtest(self) -> None:
        """Fail with every diagnostic."""
        placement = self.project.seen_from(self.config.invocation_params.dir)
        raise BrokenCaseError(diagnostics_news(tuple(map(placement.diagnostic, self.broken.diagnostics))))

    def complete(self, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Mark the report, so that the summary knows of it."""
        super().complete(call, report)
        if call.excinfo is not None:
            # Its tear-down has nothing to say, and its last report counts.
            self._message = self.project.run.masked(str(call.excinfo.value))
        put_result(BrokenResult(id=report.nodeid, place=self.place, message=self._message), report, self.config)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case stands, for editors."""
        return self.path, self.broken.location.line - 1, self.name


class Judged(NamedTuple):
    """The verdict on a cell, and what JUnit is told of it."""

    exchange: Exchange
    result: CaseResult
    properties: Sequence[tuple[str, object]]


class CellItem(ContractItem):
    """One case for one row, prompt and model."""

    cell: Cell
    project: Project
    result: CaseResult | None
    oldest: str | None = None
    """When the oldest answer that was replayed came; see `Exchange.oldest`."""
    unused = 0
    """Interactions of its recording that no trial replays."""
    can_record = True
    """Whether its text may advise to record it again."""

    @classmethod
    def make(cls, parent: pytest.File, cell: Cell, *, project: Project) -> CellItem:
        """The item of a cell, with its markers."""
        name = cell.case.item_name
        # pytest 9.2 takes a node id apart at its bracket unless it is given as it is.
        item: CellItem = cls.from_parent(parent, name=name, nodeid=f"{parent.nodeid}::{name}")
        item.cell, item.project, item.result = cell, project, None
        item._mark()
        return item

    def _mark(self) -> None:
        case, target = self.cell.case, self.cell.target
        self.add_marker(_marker("provider", "name", target.provider))
        self.add_marker(_marker("model", "id", target.id))
        if case.prompt is not None:
            self.add_marker(_marker("prompt", "name", case.prompt))
        if case.relation is not None:
            self.add_marker(_marker("relation", "id", case.relation))
        for tag in case.tags:
            _register(self.config, tag)
            self.add_marker(tag)
        if case.skip is not None:
            self.add_marker(pytest.mark.skip(reason=case.skip))
        if case.xfail is not None:
            # Of a broken contract alone: an error is never the failure that was expected.
            self.add_marker(pytest.mark.xfail(reason=case.xfail, raises=BrokenContract, strict=True))

    def setup(self) -> None:
        """The exchange: whatever leaves no verdict on the model is an error of the set-up, not a failed contract."""
        self.result = None
        if self.config.getoption("setuponly") or self.config.getoption("setupplan"):
            return
        run = self.project.run
        exchange, self.result, properties = self.contracts.judged(self)
        self.unused = exchange.unused
        if STRENGTH in self.config.stash:
            self.config.stash[STRENGTH].keep(self, self.result, exchange.outcomes)
        if AGED in self.config.stash:
            self.oldest = exchange.oldest
        self.note_properties(properties)
        log_verdict(self.result, self.config, shown=run.masked)
        if self.result.verdict == "error":
            raise CellError(self._error_news(exchange, self.result))

    def runtest(self) -> None:
        """The verdict on the model."""
        if self.result is not None and self.result.verdict != "passed":
            known = self.contracts.known_failures
            if known is not None and known.has(self.project.seen_from(self.config.rootpath).result(self.result)):
                self.result = replace(self.result, xfail=known.reason)
                pytest.xfail(known.reason)
            raise BrokenContract(
                broken_contract_news(
                    self.placed_result(self.result),
                    self.placed_case(),
                    command=self.command,
                    again=self._again(self.result),
                    can_record=self.can_record,
                    show=self.project.run.options.show,
                    width=self.contracts.width,
                )
            )

    @property
    def command(self) -> str:
        """What runs this cell again."""
        return self.contracts.command(self.project, self.cell)

    def _again(self, result: CaseResult) -> str:
        """The same, with what a run needs that could not record all of it."""
        return retry(self.command, result, self.project.run.options.mode)

    def _no_base(self, problem: Problem, case: Case) -> BadNews:
        """Where the answers that those of this cell are to equal are unknown: what asks for them, and compares then."""
        base = replace(self.cell, case=replace(self.cell.case, relation=None))
        if self.project.run.options.mode == "live":
            return no_base_news(problem, case, record=None, again=self.contracts.command(self.project, base, self.cell))
        record = f"{self.contracts.command(self.project, base)} --pc-record=rewrite"
        return no_base_news(problem, case, record=record, again=self.command)

    def placed_result(self, result: CaseResult) -> CaseResult:
        """A result for people: masked, its places as they are seen from where pytest was started."""
        return self._placement.result(self.project.run.masked_result(result))

    def placed_case(self) -> Case:
        """The case for people: masked, its place as it is seen from where pytest was started."""
        return self._placement.case(self.project.run.masked_case(self.cell.case))

    @property
    def _placement(self) -> Placement:
        return self.project.seen_from(self.config.invocation_params.dir)

    def _error_news(self, exchange: Exchange, result: CaseResult) -> BadNews:
        case = self.placed_case()
        match exchange.error:
            case RecordingError() as error:
                old, new = error.moved or (None, None)
                moved = (self.contracts.from_here(old), self.contracts.from_here(new)) if old and new else None
                return recording_error_news(error, case, command=self.command, moved=moved)
            case UsageError() as error:
                return bad_news(str(error), f"{case.location.short}  {error}", place=case.location)
            case None:
                placed, show = self.placed_result(result), self.project.run.options.show
                if placed.problem is not None and placed.problem.code == "PC205":
                    return self._no_base(placed.problem, case)
                return no_verdict_news(
                    placed,
                    case,
                    command=self.command,
                    again=self._again(result),
                    advice=self._advice(placed),
                    show=show,
                    width=self.contracts.width,
                )

    def complete(self, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Carry the result to the process that prints the summary."""
        super().complete(call, report)
        is_last = report.when == "call" or (report.when == "setup" and report.failed)
        if is_last and self.result is not None:
            # pytest keeps all items and reports to the end of the run: one answer is not held twice, or for nobody.
            whole, self.result = self.result, None
            is_told = self.contracts.has_reports or whole.is_flaky
            result = replace(whole, place=self.place) if is_told else whole.without_answers(place=self.place)
            placed = self.project.seen_from(self.config.rootpath).result(result)
            # Here, since the process that writes the reports may not know the secrets of this project.
            put_result(self.project.run.masked_result(placed), report, self.config)
            if self.unused:
                setattr(report, UNUSED_KEY, self.unused)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case stands, for editors."""
        return self.path, self.cell.case.location.line - 1, self.name

    def _advice(self, result: CaseResult) -> str | None:
        errors = [trial.error for trial in result.trials if trial.error is not None]
        kinds = {error.kind for error in errors}
        if any(error.kind == "budget" and error.message.startswith("PC310") for error in errors):
            rest = options_for_the_rest(self.project.run.options.mode)
            return f"raise --pc-budget, limit the answers further, or ask the rest later with {rest}"
        variable = self.cell.target.api_key_env
        if "auth" in kinds and variable is not None:
            return f"PC302 key refused: the server does not accept the value of {variable}"
        return None

    def note_properties(self, properties: Sequence[tuple[str, object]]) -> None:
        """JUnit properties, by key: a rerun must not repeat them."""
        # On the item: what is put on the report of the call never reaches JUnit.
        kept = [entry for entry in self.user_properties if not entry[0].startswith("pc.")]
        self.user_properties[:] = [*kept, *properties]

    def judged(self, exchange: Exchange) -> Judged:
        """The verdict on what came of its cell, and what is told of it whatever the verdict."""
        result = self.project.run.judge(self.cell, exchange)
        return Judged(exchange, result, self.properties_of(result))

    def properties_of(self, result: CaseResult) -> Sequence[tuple[str, object]]:
        """JUnit properties, its recording as it is seen from where pytest has its root."""
        return properties_of(self.project.seen_from(self.config.rootpath).result(result))


@lru_cache(maxsize=256)
def _marker(name: str, key: str, value: str) -> pytest.MarkDecorator:
    """A marker of ours, the very same for the cells that share it."""
    made: pytest.MarkDecorator = getattr(pytest.mark, name)(**{key: value})
    return made


def _register(config: pytest.Config, tag: str) -> None:
    """Tags are markers that no strict run has to know beforehand."""
    known: set[str] = config.stash.setdefault(TAGS, set())
    if tag not in known:
        known.add(tag)
        config.addinivalue_line("markers", f"{tag}: a tag of prompt contracts")


def properties_of(result: CaseResult) -> list[tuple[str, object]]:
    """`(name, text)` pairs; what is unknown is left out."""
    usage = Usage.total(trial.usage for trial in result.trials)
    latencies = [trial.latency for trial in result.trials if trial.latency is not None]
    values: dict[str, object | None] = {
        "pc.provider": result.provider,
        "pc.model": result.model,
        "pc.relation": result.relation,
        "pc.prompt": result.prompt,
        "pc.tokens.input": usage.prompt_tokens,
        "pc.tokens.cached": usage.cached_tokens,
        "pc.tokens.output": usage.completion_tokens,
        "pc.tokens.reasoning": usage.reasoning_tokens,
        "pc.cost_usd": None if result.cost is None or result.unpriced else format(result.cost, "f"),
        "pc.latency_ms": round(1000 * sum(latencies)) if latencies else None,
        "pc.cassette": result.cassette,
        "pc.trials": len(result.trials),
    }
    return [_property(name, str(value)) for name, value in values.items() if value is not None]


@lru_cache(maxsize=256)
def _property(name: str, text: str) -> tuple[str, object]:
    # Every item and each of its three reports keep them to the end of the run, and most are those of other cells, too.
    return (name, text)
