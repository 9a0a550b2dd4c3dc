"""How a test that states its contract itself is named, and what it says where that does not hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from prompt_contracts.case import Requirement
from prompt_contracts.changed_fields import replace
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.engine.placement import Placement, relative
from prompt_contracts.engine.trials import Exchange
from prompt_contracts.errors import RecordingError, UsageError
from prompt_contracts.plugin.command import retry
from prompt_contracts.renderers.bad_news import BadNews, bad_news
from prompt_contracts.renderers.cell import broken_contract_news, no_verdict_news, recording_error_news
from prompt_contracts.renderers.diagnostics import diagnostic_text
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import CaseResult

if TYPE_CHECKING:
    from prompt_contracts.plugin.driven_test import DrivenTest


class DrivenNews:
    """The words of one test."""

    def __init__(self, test: DrivenTest) -> None:
        self._test = test

    @property
    def placement(self) -> Placement:
        """From the root of the project to where pytest was started."""
        return self._test.project.seen_from(self._test.item.config.invocation_params.dir)

    @property
    def path(self) -> str:
        """The test's module, as the project names its files."""
        return relative(self._test.item.path, self._test.project.root)

    @property
    def name(self) -> str:
        """The test with the classes around it, without what pytest puts in brackets."""
        item = self._test.item
        classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
        return "::".join([*classes, getattr(item, "originalname", None) or item.name])

    def row(self, model: str | None) -> str | None:
        """What pytest puts in brackets, but for the model; None where there is no more than that."""
        bracket = self._test.item.name.removeprefix(getattr(self._test.item, "originalname", None) or "")[1:-1]
        if model is not None and self._test.axis.model == model:
            bracket = bracket.removesuffix(model).removesuffix("-")
        return bracket or None

    @property
    def id(self) -> str:
        """The node id of pytest, its path as the project names it."""
        return f"{self.path}::{self._test.item.nodeid.partition('::')[2]}"

    @property
    def command(self) -> str:
        """What runs this test again."""
        return self._test.contracts.test_command(self._test.item)

    def of_error(self, error: RecordingError | UsageError) -> BadNews:
        """Why there is no verdict: a recording, an option, the environment."""
        case = self._test.project.run.masked_case(self._cell.case)
        placed = self.placement.case(case)
        if isinstance(error, RecordingError):
            return recording_error_news(error, placed, command=self.command)
        return bad_news(str(error), f"{placed.location.short}  {error}", place=placed.location)

    def of_broken_contract(self, result: CaseResult | None) -> BadNews:
        """As that of a cell; without a result, of the contract that was stated last."""
        run = self._test.project.run
        return broken_contract_news(
            self._placed(result),
            self.placement.case(run.masked_case(self._cell.case)),
            command=self.command,
            show=run.options.show,
            width=self._test.contracts.width,
        )

    def of_no_verdict(self, result: CaseResult | None) -> BadNews:
        """As that of a cell; without a result, of the contract that was stated last."""
        run = self._test.project.run
        return no_verdict_news(
            self._placed(result),
            self.placement.case(run.masked_case(self._cell.case)),
            command=self.command,
            again=None if result is None else retry(self.command, result, run.options.mode),
            show=run.options.show,
            width=self._test.contracts.width,
        )

    def warn(self, found: Iterable[Diagnostic]) -> None:
        """What is legal and surely not meant, as a warning of pytest."""
        from prompt_contracts.plugin.collector import ContractWarning

        for warning in found:
            text = diagnostic_text(self.placement.diagnostic(warning))
            self._test.item.warn(ContractWarning(self._test.project.run.masked(text)))

    @property
    def _cell(self) -> Cell:
        if self._test.contract is not None:
            return self._test.contract
        if self._test.cell is None:
            raise RuntimeError("the test has no cell yet")
        return self._test.cell.cell

    def _placed(self, result: CaseResult | None) -> CaseResult:
        run = self._test.project.run
        if result is None:
            alone = replace(self._cell, case=replace(self._cell.case, trials=1, require=Requirement()))
            result = run.judge(alone, Exchange(outcomes=(), judged=tuple(self._test.results[-1:])))
        return self.placement.result(run.masked_result(result))
