"""The end of a test that states its contract itself: what is recorded, what is reported, and what it fails for."""

from __future__ import annotations

from contextlib import suppress

import pytest

from prompt_contracts.changed_fields import replace
from prompt_contracts.engine.trials import Exchange
from prompt_contracts.errors import UsageError
from prompt_contracts.json_value import Json
from prompt_contracts.plugin.driven_test import DrivenTest, is_failure_of_test
from prompt_contracts.plugin.found_results import CellTold, put_result
from prompt_contracts.plugin.items import BrokenCaseError, CellError, properties_of
from prompt_contracts.plugin.representation import Told, represented
from prompt_contracts.plugin.stash import DRIVEN_RESULT
from prompt_contracts.plugin.verdict_log import log_verdict
from prompt_contracts.renderers.bad_news import bad_news
from prompt_contracts.report import BrokenResult
from prompt_contracts.verdict import CaseResult


def conclude(test: DrivenTest, raised: BaseException | None) -> None:
    """Keep what was recorded and what is to be reported; raises what is wrong with a test that raised nothing."""
    if raised is not None and not is_failure_of_test(raised):
        return  # skipped, or the run ends
    complaint = test.complaint(raised)
    place = test.item.session.items.index(test.item) if test.item in test.item.session.items else 0
    if test.cell is None:
        words = complaint.message if complaint is not None else str(raised)
        test.item.stash[DRIVEN_RESULT] = BrokenResult(id=test.item.nodeid, place=place, message=words)
        if raised is None:
            raise BrokenCaseError(bad_news(words, f"{test.item.nodeid}  {words}"))
        return
    exchange = _exchange(test)
    cell = test.contract or test.cell.cell
    result = replace(test.project.run.judge(cell, exchange), id=test.news.id, place=place)
    # A test that fails since its provider did is no news beside that.
    is_provider_s = not test.results and any(trial.error is not None for trial in result.trials)
    if complaint is not None and result.problem is None and not is_provider_s:
        result = replace(result, verdict="error", problem=complaint)
    _keep(test, result)
    if raised is not None:
        return
    test.raise_problem()
    if exchange.error is not None:
        raise CellError(test.news.of_error(exchange.error))
    test.raise_verdict()
    if complaint is not None:
        words = complaint.message
        raise BrokenCaseError(bad_news(words, f"{test.news.placement.path(test.news.path)}  {words}"))


def _exchange(test: DrivenTest) -> Exchange:
    if test.cell is None:
        raise RuntimeError("there is no cell")
    with suppress(CellError):  # it is kept, and told by whoever concludes
        test.raise_problem()
    ended = test.ended() or UsageError("the provider of this test was never opened by 'with'")
    judged = test.judged()
    cell = test.contract or test.cell.cell
    return test.cell.exchange(cell, {1: ended}, [] if judged is None else [judged])


def _keep(test: DrivenTest, result: CaseResult) -> None:
    placed = test.project.seen_from(test.item.config.rootpath).result(result)
    item = test.item
    item.user_properties[:] = [entry for entry in item.user_properties if not entry[0].startswith("pc.")]
    item.user_properties += properties_of(placed)
    log_verdict(result, item.config, shown=test.project.run.masked)
    is_told = test.contracts.has_reports or result.is_flaky
    kept = placed if is_told else placed.without_answers(place=result.place)
    masked = test.project.run.masked_result(kept)
    item.stash[DRIVEN_RESULT] = replace(masked, expect=_spoken(test, masked))


def _spoken(test: DrivenTest, result: CaseResult) -> dict[str, Json]:
    return {name: test.loan.value(value) for name, value in result.expect.items()}


def complete(test: DrivenTest, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Put our text and the result on the report of the body."""
    item, error = test.item, None if call.excinfo is None else call.excinfo.value
    if isinstance(error, Told):
        news = error.news.rewritten(test.contracts.shown)
        report.longrepr = represented(error, news, folder=item.config.invocation_params.dir)
    told: CellTold | None = item.stash.get(DRIVEN_RESULT, None)
    if report.when == "call" and told is not None:
        reason = getattr(report, "wasxfail", None)
        if reason is not None and isinstance(told, CaseResult):
            told = replace(told, xfail=reason or "xfail")
        put_result(told, report, item.config)
        del item.stash[DRIVEN_RESULT]
