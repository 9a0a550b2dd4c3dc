"""One test that states a contract itself, from its fixture to its result. The work is the engine's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest

from prompt_contracts.application.lent_objects import Loan
from prompt_contracts.case import Case
from prompt_contracts.cases.node import SourceText
from prompt_contracts.cases.python_call import SourceSpot, WrittenCall, call_in
from prompt_contracts.cases.python_values import WrittenArgument
from prompt_contracts.changed_fields import replace
from prompt_contracts.conversation.driven_trial import NO_REPLY, DrivenTrial
from prompt_contracts.engine.driven_cell import DrivenCell, TrialEnd
from prompt_contracts.engine.projects import Project
from prompt_contracts.engine.stated_contract import StatedContract, stated_contract
from prompt_contracts.errors import CaseError, RecordingError, UsageError
from prompt_contracts.outcome import Outcome
from prompt_contracts.plugin.contract_face import PromptContract
from prompt_contracts.plugin.contract_marks import Axis
from prompt_contracts.plugin.driven_news import DrivenNews
from prompt_contracts.plugin.items import BrokenCaseError, BrokenContract, CellError
from prompt_contracts.plugin.session import ContractSession, session_of
from prompt_contracts.plugin.stash import DRIVEN, TRIALS
from prompt_contracts.renderers.bad_news import bad_news, diagnostics_news
from prompt_contracts.trial import Cell
from prompt_contracts.turn import names_facet
from prompt_contracts.verdict import Problem, TrialResult, VerdictWord

if TYPE_CHECKING:
    from prompt_contracts.plugin.repeated_test import RepeatedTest

_ANY_CONTRACT = {"text": {"$contains": "-"}}
"""Of a cell whose own is not stated yet."""
_ONE_PROVIDER = (
    "this test has a provider already: one test is one cell, and asks one provider, any of its models, as often as it "
    "likes. To compare models, name them in the mark: @pytest.mark.prompt_contract(model=[...]). Of an agent that asks "
    "two providers, give it a double of your own for one of them"
)
_WORST: tuple[VerdictWord, ...] = ("failed", "error", "passed")


@contextmanager
def driven_test(request: pytest.FixtureRequest) -> Iterator[PromptContract]:
    """The contract of the test that asks for the fixture, until it is torn down."""
    item: pytest.Item = request.node
    repeated = item.stash.get(TRIALS, None)
    contracts = session_of(item.config)
    project = contracts.projects.of(item.path)
    axis: Axis = getattr(request, "param", None) or Axis()
    with project.run.references.loan() as loan:
        shown = item if repeated is None else repeated.items[0]
        test = item.stash[DRIVEN] = DrivenTest(shown, contracts, project, axis=axis, loan=loan)
        test.repeated = repeated
        try:
            yield PromptContract(test)
        finally:
            test.close()


def is_failure_of_test(raised: BaseException) -> bool:
    """Whether an exception is one for which pytest lets a test fail, and no skip and no end of the run."""
    return isinstance(raised, (Exception, pytest.fail.Exception)) and not isinstance(raised, pytest.xfail.Exception)


class DrivenTest:
    """What came of one test, or of one of its trials."""

    def __init__(
        self, item: pytest.Item, contracts: ContractSession, project: Project, *, axis: Axis, loan: Loan
    ) -> None:
        """`axis` says which cell of the test this is."""
        self.item = item
        self.contracts = contracts
        self.project = project
        self.axis = axis
        self.loan = loan
        self.news = DrivenNews(self)
        self.contract: Cell | None = None
        """As it was stated last."""
        self.results: list[TrialResult] = []
        """One for each time that a contract was stated."""
        self.error: RecordingError | UsageError | None = None
        """Why nothing of it may be judged."""
        self.cell: DrivenCell | None = None
        self.raised: BaseException | None = None
        """What its body ended with."""
        self.repeated: RepeatedTest | None = None
        """The trials of which it is one."""
        self._trial: DrivenTrial | None = None
        self._asked = 0
        self._reply: object = NO_REPLY

    def prepare(self, caller: FrameType, model: str | None, *, fault: object, timeout: float | None) -> None:
        """The cell that a provider is for."""
        if self.contracts.projects.options.replies is not None:
            pytest.skip("--pc-replies judges the replies of a file, and this test asks a provider")
        call = self._call(caller)
        if self.cell is not None:
            raise self._misuse(call, _ONE_PROVIDER)
        chosen = self.axis.model or model
        if chosen is None:
            raise self._misuse(call, "no model: give provider('provider:model'), or name it in the mark of the test")
        case = {
            "model": WrittenArgument(value=chosen, expression=call.argument("model", index=0), spot=call.spot),
            # Of what an application asks nobody knows yet whether it is a stream.
            "request": WrittenArgument(value={"stream": True}),
            "expect": WrittenArgument(value=_ANY_CONTRACT),
        }
        if fault is not None:
            case["fault"] = WrittenArgument(value=fault, expression=call.argument("fault"), spot=call.keyword("fault"))
        if timeout is not None:
            case["timeout"] = WrittenArgument(value=timeout, spot=call.keyword("timeout"))
        cell = self._stated(call, case, is_warned_of=False).cell
        bare = replace(cell, case=replace(cell.case, request={}, expect=()))
        known = None if self.repeated is None else self.repeated.cell
        self.cell = known or self.project.run.drive(bare)
        if self.repeated is not None:
            self.repeated.cell = self.cell

    def cell_of_mark(self) -> Cell | None:
        """The cell whose model the mark says; None where what it says cannot be."""
        file = self.item.path
        source = SourceText(path=self.news.path, folder=file.parent, text="")
        call = WrittenCall(file=file, source=source, spot=SourceSpot(line=(self.item.location[1] or 0) + 1))
        case = {"model": WrittenArgument(value=self.axis.model), "expect": WrittenArgument(value=_ANY_CONTRACT)}
        try:
            cell = self._stated(call, case, is_warned_of=False).cell
        except BrokenCaseError:
            return None
        return replace(cell, case=replace(cell.case, expect=()))

    def open(self) -> DrivenTrial:
        """The trial of this test, its address open from now on."""
        if self.cell is None or self._trial is not None:
            raise RuntimeError("a provider is opened once, by 'with prompt_contract.provider(...) as provider:'")
        cell, run = self.cell.cell, self.project.run
        try:
            self._check_keys(cell)
            run.check_network([cell])
            run.check_places([cell])
            self._check_budget(cell)
        except UsageError as error:
            self.error = error
            raise CellError(self.news.of_error(error)) from None
        self._trial = self.cell.open(self.axis.trial)
        return self._trial

    def _check_keys(self, cell: Cell) -> None:
        unset = self.project.run.unset_keys([cell])
        if unset:
            raise UsageError(f"key not set: {', '.join(unset)}; set it in the environment or in .env", code="PC301")

    def _check_budget(self, cell: Cell) -> None:
        if self.contracts.projects.options.budget is None:
            return
        from prompt_contracts.engine.money import budget_problem

        problem = budget_problem(list(self.project.run.unbounded([cell])))
        if problem is not None:
            raise UsageError(problem, code="PC320")

    @staticmethod
    def is_failure(raised: BaseException) -> bool:
        """Whether pytest lets a test fail for it."""
        return is_failure_of_test(raised)

    def raise_problem(self, *, cause: BaseException | None = None) -> None:
        """Raise why nothing of this test may be judged, whatever its application made of that."""
        if self._trial is None or self.error is not None:
            return
        try:
            self._trial.raise_problem()
        except (RecordingError, UsageError) as error:
            self.error = error
            raise CellError(self.news.of_error(error)) from cause

    def state(
        self,
        caller: FrameType,
        expected: Mapping[str, Any],
        *,
        reply: object,
        tools: Sequence[Mapping[str, Any] | Callable[..., object]] | None,
        given: Mapping[str, object],
    ) -> None:
        """Judge what came so far by a contract; raises what pytest is to tell where it does not hold."""
        __tracebackhide__ = True
        call = self._call(caller)
        if self.cell is None or self._trial is None:
            raise self._misuse(call, "nothing was asked: the provider was not opened by 'with'")
        contract = self._contract(call, expected, tools, given)
        self.contract, self._reply = contract, reply
        self.raise_problem()
        if not self._trial.interactions and not names_facet(expected, "requests"):
            self.error = UsageError(
                "the provider was never asked: a cache, or another address? Make the client with the base_url of the "
                "provider; if the application is to ask nothing, expect requests=[]"
            )
            raise CellError(self.news.of_error(self.error))
        result = self.cell.judge(contract, self._outcome(self._trial))
        self._asked = len(self._trial.interactions)
        self.results.append(replace(result, failures=tuple(map(self.loan.failure, result.failures))))
        self.raise_verdict()

    def unjudged(self) -> TrialResult | None:
        """The result of a trial whose contract was never stated: an error, whatever came; None where nothing did."""
        if self.cell is None or self._trial is None or self.error is not None:
            return None
        return replace(self.cell.judge(self.cell.cell, self._trial.outcome(reply=self._reply)), verdict="error")

    def raise_verdict(self) -> None:
        """Raise the bad news of the contract that was stated last, if it is any."""
        __tracebackhide__ = True
        if not self.results or self.results[-1].verdict == "passed" or self.cell is None:
            return
        if self.results[-1].verdict == "failed":
            raise BrokenContract(self.news.of_broken_contract(None))
        raise CellError(self.news.of_no_verdict(None))

    def _outcome(self, trial: DrivenTrial) -> Outcome:
        try:
            return trial.outcome(reply=self._reply)
        except (TypeError, ValueError) as error:
            raise TypeError(f"reply must be a text or a value of JSON: {error}") from None

    def _contract(
        self,
        call: WrittenCall,
        expected: Mapping[str, Any],
        tools: Sequence[Mapping[str, Any] | Callable[..., object]] | None,
        given: Mapping[str, object],
    ) -> Cell:
        if self.cell is None:
            raise RuntimeError("there is no provider")
        facets = call.facets(given, index=1)
        case = {
            "model": WrittenArgument(value=self.cell.cell.target.id),
            "expect": WrittenArgument(value=expected, expression=facets, spot=call.spot),
        }
        if tools is not None:
            case["tools"] = WrittenArgument(value=tools, expression=call.argument("tools"), spot=call.keyword("tools"))
        return self._stated(call, case, is_warned_of=True).cell

    def _stated(self, call: WrittenCall, case: Mapping[str, WrittenArgument], *, is_warned_of: bool) -> StatedContract:
        named = {"name": WrittenArgument(value="contract"), "user": WrittenArgument(value="(the test)"), **case}
        if self.axis.require is not None:
            named["require"] = WrittenArgument(value=self.axis.require)
        named["trials"] = WrittenArgument(value=self.axis.trials)
        try:
            found = stated_contract(self.project.run, call, named, loan=self.loan, adapt=self._adapted)
        except CaseError as error:
            placed = map(self.news.placement.diagnostic, error.diagnostics)
            raise BrokenCaseError(diagnostics_news(tuple(placed))) from None
        if is_warned_of:
            self.news.warn(found.warnings)
        return found

    def _adapted(self, case: Case) -> Case:
        fault = case.fault if self.cell is None else self.cell.cell.case.fault
        return replace(
            case,
            path=self.news.path,
            name=self.news.name,
            row=self.news.row(case.model),
            messages=(),
            fault=fault,
            origin="test",
        )

    def _call(self, caller: FrameType) -> WrittenCall:
        return call_in(caller, root=self.project.root)

    def _misuse(self, call: WrittenCall, words: str) -> BrokenCaseError:
        place = self.news.placement.path(call.source.path)
        return BrokenCaseError(bad_news(words, f"{place}:{call.spot.line}  {words}"))

    def ended(self) -> TrialEnd | None:
        """What came of this trial; None where its provider was never opened."""
        if self.error is not None:
            return self.error
        return None if self._trial is None else self._trial.outcome(reply=self._reply)

    def judged(self) -> TrialResult | None:
        """The result of this trial, all of its contracts together; None where none was stated."""
        if not self.results or self._trial is None:
            return None
        word = next(word for word in _WORST if any(result.verdict == word for result in self.results))
        failures = tuple(failure for result in self.results for failure in result.failures)
        return replace(self.results[-1], verdict=word, failures=failures)

    def complaint(self) -> Problem | None:
        """What is wrong with this test beside its contract; None where nothing is."""
        if self._trial is not None and self.results and len(self._trial.interactions) > self._asked:
            count = len(self._trial.interactions) - self._asked
            words = f"the provider was asked {count} more time{'s' * (count > 1)} after the last contract was stated"
            return Problem(code="asked_late", message=f"{words}: state it when all is asked")
        is_told = isinstance(self.raised, (BrokenContract, CellError))
        # A test that fails since its provider did is no news beside that.
        result = None if self.results else self.unjudged()
        if is_told or (result is not None and result.error is not None):
            return None
        if self.raised is not None:
            first = f"{type(self.raised).__name__}: {self.raised}".strip().splitlines()[0]
            return Problem(code="test_failed", message=f"the test failed by itself: {first}")
        if not self.results:
            words = "the test states no contract: it never calls prompt_contract.expect"
            return Problem(code="unstated", message=words)
        return None

    def close(self) -> None:
        """Revoke the address, where a test left it open."""
        if self._trial is not None:
            self._trial.close()
