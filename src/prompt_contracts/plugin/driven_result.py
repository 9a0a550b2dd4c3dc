"""The end of a test that states its contract itself: what is recorded, what is reported, and what it fails for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pytest

from prompt_contracts.changed_fields import replace
from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import RecordingError, UsageError
from prompt_contracts.json_value import Json
from prompt_contracts.plugin.driven_test import DrivenTest, is_failure_of_test
from prompt_contracts.plugin.found_results import CellTold, put_result
from prompt_contracts.plugin.items import BrokenCaseError, BrokenContract, CellError, properties_of
from prompt_contracts.plugin.representation import Told, represented
from prompt_contracts.plugin.stash import DRIVEN_RESULT
from prompt_contracts.plugin.verdict_log import log_verdict
from prompt_contracts.renderers.bad_news import bad_news
from prompt_contracts.report import BrokenResult
from prompt_contracts.verdict import CaseResult, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """How a cell ended, all of its trials together."""

    result: CaseResult
    error: RecordingError | UsageError | None
    complaint: Problem | None
    """What is wrong beside the contract."""


def conclude(test: DrivenTest, raised: BaseException | None) -> None:
    """Keep what was recorded and what is to be reported; raises what is wrong with a test that raised nothing."""
    test.raised = raised
    if test.repeated is not None or (raised is not None and not is_failure_of_test(raised)):
        return  # the end of its trials is told together; or it is skipped, or the run ends
    end = _end_of([test])
    if raised is not None:
        return
    if end is None:
        raise _nothing_asked(test)
    test.raise_verdict()
    _raise(test, end)
    # The contract that was stated last holds; one before it may be broken, and the test went on all the same.
    _raise_verdict(test, end.result)


def conclude_trials(tests: Sequence[DrivenTest], raised: Sequence[BaseException]) -> None:
    """The same for all trials of a cell; raises what pytest is to tell of them together."""
    others = [one for one in raised if not isinstance(one, (BrokenContract, CellError))]
    end = _end_of(tests) if tests else None
    if end is None or (others and end.result.verdict == "error"):
        raise others[0] if others else _nothing_asked(tests[0])
    _raise(tests[0], end)
    _raise_verdict(tests[0], end.result)


def _end_of(tests: Sequence[DrivenTest]) -> _End | None:
    """What is reported of a cell, kept for its report; None where no provider was asked for."""
    first = next((test for test in tests if test.cell is not None), None)
    complaint = next(filter(None, (test.complaint() for test in tests)), None)
    if first is None or first.cell is None:
        item = tests[0].item
        words = str(tests[0].raised) if complaint is None else complaint.message
        item.stash[DRIVEN_RESULT] = BrokenResult(id=item.nodeid, place=_place(item), message=words)
        return None
    for test in tests:
        with suppress(CellError):  # it is kept, and told by whoever concludes
            test.raise_problem()
    never = UsageError("the provider of this test was never opened by 'with'")
    cell = next((test.contract for test in reversed(tests) if test.contract is not None), first.cell.cell)
    ended = {test.axis.trial: test.ended() or never for test in tests}
    judged = [one for test in tests if (one := test.judged() or test.unjudged()) is not None]
    exchange = first.cell.exchange(cell, ended, judged)
    # How many there are is known by now: a skipped one is none.
    whole = replace(cell, case=replace(cell.case, trials=len(tests)))
    result = replace(first.project.run.judge(whole, exchange), id=first.news.id, place=_place(first.item))
    if complaint is not None and result.problem is None:
        result = replace(result, verdict="error", problem=complaint)
    _keep(first, result)
    return _End(result=result, error=exchange.error, complaint=complaint)


def _raise(test: DrivenTest, end: _End) -> None:
    if end.error is not None:
        raise CellError(test.news.of_error(end.error))
    if end.complaint is not None:
        words = end.complaint.message
        raise BrokenCaseError(bad_news(words, f"{test.news.placement.path(test.news.path)}  {words}"))


def _raise_verdict(test: DrivenTest, result: CaseResult) -> None:
    if result.verdict == "failed":
        raise BrokenContract(test.news.of_broken_contract(result))
    if result.verdict == "error":
        raise CellError(test.news.of_no_verdict(result))


def _nothing_asked(test: DrivenTest) -> BrokenCaseError:
    complaint = test.complaint()
    words = str(test.raised) if complaint is None else complaint.message
    return BrokenCaseError(bad_news(words, f"{test.item.nodeid}  {words}"))


def _place(item: pytest.Item) -> int:
    return item.session.items.index(item) if item in item.session.items else 0


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
