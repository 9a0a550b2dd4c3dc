"""Cells whose worker of xdist died while they ran: nobody is left to tell of them but the process that waits for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from prompt_contracts.cases.sniffing import may_be_case_file
from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.projects import Project
from prompt_contracts.engine.trials import Exchange
from prompt_contracts.errors import PromptContractsError, UsageError
from prompt_contracts.plugin.command import asking
from prompt_contracts.plugin.found_results import put_result
from prompt_contracts.plugin.items import CellError
from prompt_contracts.plugin.representation import represented
from prompt_contracts.plugin.session import session_of
from prompt_contracts.recording_outcome import RecordingOutcome
from prompt_contracts.renderers.bad_news import bad_news
from prompt_contracts.report import BrokenResult
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import CaseResult

if TYPE_CHECKING:
    from prompt_contracts.plugin.session import ContractSession

_LAST = 1_000_000
_RECORDING = "the worker died; trials that were finished before are kept"
_ADVICE = "it was killed, ran out of memory, or code of the project ended it; its requests may have been paid for"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lost:
    cell: Cell
    project: Project
    place: int


def tell_of_loss(report: pytest.TestReport, config: pytest.Config) -> None:
    """Make the report that xdist made up for a cell that of an error: as of any other cell without a verdict."""
    file, _, name = report.nodeid.partition("::")
    path = config.rootpath / file
    if not path.is_file() or not may_be_case_file(path):
        return
    try:
        lost = _find(config, path, name)
    except (PromptContractsError, pytest.UsageError):
        lost = None
    if lost is None:
        # A case with a mistake, or a file that is another one here than where the worker was: never a gap.
        message = "the worker that ran it died"
        put_result(BrokenResult(id=report.nodeid, place=_LAST, message=message), report, config)
        return
    contracts = session_of(config)
    result = _result(lost, config)
    # As of every cell without a verdict on the model: E, and no F.
    report.when = "setup"
    # What xdist knows is the file alone.
    report.location = (report.location[0], lost.cell.case.location.line - 1, lost.cell.case.item_name)
    put_result(lost.project.run.masked_result(replace(result, place=lost.place)), report, config)
    report.longrepr = _shown(lost, result, contracts, config)


def _find(config: pytest.Config, path: Path, name: str) -> _Lost | None:
    project = session_of(config).projects.of(path)
    loaded = project.load(path, is_named=True)
    cells = () if loaded is None else loaded.cells
    found = ((place, cell) for place, cell in enumerate(cells) if cell.case.item_name == name)
    return next((_Lost(cell=cell, project=project, place=place) for place, cell in found), None)


def _result(lost: _Lost, config: pytest.Config) -> CaseResult:
    is_recording = lost.project.run.options.mode not in ("none", "live")
    exchange = Exchange(
        outcomes=(),
        error=UsageError("the worker died while this cell ran, so there is no verdict on the model", code="PC340"),
        recording=RecordingOutcome(status="not_written", reason=_RECORDING) if is_recording else None,
    )
    result = lost.project.run.judge(lost.cell, exchange)
    return lost.project.seen_from(config.rootpath).result(result)


def _shown(lost: _Lost, result: CaseResult, contracts: ContractSession, config: pytest.Config) -> Any:
    folder = config.invocation_params.dir
    place = lost.project.seen_from(folder).case(lost.cell.case).location
    reason = "" if result.problem is None else result.problem.message
    text = "\n".join(
        (
            f"{place.short}  {reason}",
            f"help: {_ADVICE}",
            f"  again      {asking(contracts.command(lost.project, lost.cell), lost.project.run.options.mode)}",
        )
    )
    news = bad_news(reason, text, place=place).rewritten(contracts.shown)
    return represented(CellError(news), news, folder=folder)
