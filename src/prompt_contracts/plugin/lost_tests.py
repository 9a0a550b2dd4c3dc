"""Tests that state a contract themselves, whose worker of xdist died: what it left to be told, should that happen.

No process but the worker knows their cells: it tells with the report of the set-up what is to be said where no other
report follows.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts.changed_fields import replace
from prompt_contracts.engine.trials import Exchange
from prompt_contracts.errors import UsageError
from prompt_contracts.location import Location
from prompt_contracts.plugin.command import asking
from prompt_contracts.plugin.contract_marks import FIXTURE, Axis
from prompt_contracts.plugin.driven_test import DrivenTest
from prompt_contracts.plugin.found_results import CellTold, put_result, read_told
from prompt_contracts.plugin.items import CellError
from prompt_contracts.plugin.representation import represented
from prompt_contracts.plugin.session import session_of
from prompt_contracts.recording_outcome import RecordingOutcome
from prompt_contracts.renderers.bad_news import bad_news
from prompt_contracts.report import BrokenResult

_LAST = 1_000_000
_REASON = "PC340 the worker died while this test ran, so there is no verdict on the model"
_ADVICE = "it was killed, ran out of memory, or the test ended it; its requests may have been paid for"
_RECORDING = "the worker died; trials that were finished before are kept"


def told_if_lost(item: pytest.Item) -> dict[str, Any]:
    """What is to be said of a test if its worker dies, as plain data."""
    contracts = session_of(item.config)
    project = contracts.projects.of(item.path)
    callspec = getattr(item, "callspec", None)
    axis = (callspec.params.get(FIXTURE) if callspec is not None else None) or Axis()
    with project.run.references.loan() as loan:
        test = DrivenTest(item, contracts, project, axis=axis, loan=loan)
        told = _told(test, item)
    command = asking(test.news.command, project.run.options.mode)
    return {"told": told.to_json(), "command": command, "location": list(item.location)}


def _told(test: DrivenTest, item: pytest.Item) -> CellTold:
    place = item.session.items.index(item) if item in item.session.items else _LAST
    cell = None if test.axis.model is None else test.cell_of_mark()
    if cell is None:
        # Which provider it asks, only the test itself knows.
        return BrokenResult(id=item.nodeid, place=place, message=_REASON)
    is_recording = test.project.run.options.mode not in ("none", "live")
    exchange = Exchange(
        outcomes=(),
        error=UsageError(_REASON.removeprefix("PC340 "), code="PC340"),
        recording=RecordingOutcome(status="not_written", reason=_RECORDING) if is_recording else None,
    )
    result = replace(test.project.run.judge(cell, exchange), id=test.news.id, place=place)
    return test.project.run.masked_result(test.project.seen_from(item.config.rootpath).result(result))


def tell_of_lost_test(report: pytest.TestReport, left: Mapping[str, Any] | None, config: pytest.Config) -> None:
    """Make the report that xdist made up for such a test that of an error; of all other tests it stays as it is.

    `left` is what the worker told before; None where it died before that.
    """
    if left is None:
        if not _takes_fixture(config.rootpath, report.nodeid):
            return
        left = {"told": BrokenResult(id=report.nodeid, place=_LAST, message=_REASON).to_json(), "command": ""}
    told = read_told(left["told"])
    # As of every cell without a verdict on the model: E, and no F.
    report.when = "setup"
    report.location = tuple(left.get("location", report.location))
    put_result(told, report, config)
    contracts = session_of(config)
    place = Location(path=report.location[0], line=(report.location[1] or 0) + 1, column=1)
    lines = [f"{place.short}  {_REASON}", f"help: {_ADVICE}"]
    lines += [f"  again      {left['command']}"] if left["command"] else []
    news = bad_news(_REASON, "\n".join(lines), place=place).rewritten(contracts.shown)
    report.longrepr = represented(CellError(news), news, folder=config.invocation_params.dir)


def _takes_fixture(root: Path, nodeid: str) -> bool:
    """Whether a test seems to take the fixture, as far as its own source tells."""
    file, _, names = nodeid.partition("::")
    name = names.partition("[")[0].rpartition("::")[2]
    try:
        tree = ast.parse((root / file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    found = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return any(
        node.name == name and FIXTURE in {each.arg for each in (*node.args.args, *node.args.kwonlyargs)}
        for node in found
    )
