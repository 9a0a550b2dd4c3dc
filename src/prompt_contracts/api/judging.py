"""`judge` and `assert_contract`: a contract stated in Python, held against an answer that is there already."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from inspect import currentframe
from pathlib import Path
from types import FrameType
from typing import Any

from prompt_contracts.application.lent_objects import Loan
from prompt_contracts.case import Case
from prompt_contracts.cases.python_call import WrittenCall, call_in
from prompt_contracts.cases.python_values import WrittenArgument
from prompt_contracts.changed_fields import replace
from prompt_contracts.engine.expected import Expect
from prompt_contracts.engine.judge import cell_result
from prompt_contracts.engine.project import find_root
from prompt_contracts.engine.replies import judge_reply
from prompt_contracts.engine.run import Run
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.engine.stated_contract import StatedContract, stated_contract
from prompt_contracts.errors import CaseError, NoVerdict
from prompt_contracts.exchange.given_answer import GivenAnswer, given_reply
from prompt_contracts.renderers.bad_news import BadNews
from prompt_contracts.renderers.cell import broken_contract_news, no_verdict_news
from prompt_contracts.renderers.diagnostics import diagnostic_text, diagnostics_text
from prompt_contracts.secret import Environment
from prompt_contracts.trial import Cell
from prompt_contracts.verdict import CaseResult, TrialResult, Verdict

Tools = Sequence[Mapping[str, Any] | Callable[..., object]]
"""Definitions of tools, or the typed functions themselves."""


def judge(
    answer: GivenAnswer,
    expect: Expect | Mapping[str, Any],
    *,
    tools: Tools | None = None,
    request: Mapping[str, Any] | None = None,
) -> Verdict:
    """The verdict on an answer that somebody has already.

    `answer` is an object of the `openai` package (chat or Responses), the body of a response as a dict, a
    `Completion`, or a text. `expect` is what a case says under that key. `tools` are those that were offered, and
    `request` is the body that was sent: some facets speak of them. A verdict is true where the contract holds.
    `CaseError` tells what is wrong with a contract.

    >>> from prompt_contracts import judge
    >>> judge("It will rain in Oslo.", {"text": {"$contains": "rain"}}).word
    'passed'
    """
    return _judged(currentframe(), answer, expect, tools=tools, request=request)


def assert_contract(
    answer: GivenAnswer,
    expect: Expect | Mapping[str, Any],
    *,
    tools: Tools | None = None,
    request: Mapping[str, Any] | None = None,
) -> None:
    """Raise an `AssertionError` that says where an answer breaks a contract; `NoVerdict` where none can be had.

    The arguments are those of `judge`.

    >>> from prompt_contracts import assert_contract
    >>> assert_contract("It will rain in Oslo.", {"text": {"$contains": "rain"}})
    """
    __tracebackhide__ = True
    verdict = _judged(currentframe(), answer, expect, tools=tools, request=request)
    if verdict.word == "error":
        raise NoVerdict(verdict.text)
    if not verdict:
        raise AssertionError(verdict.text)


def _judged(
    frame: FrameType | None,
    answer: GivenAnswer,
    expect: Mapping[str, Any],
    *,
    tools: Tools | None,
    request: Mapping[str, Any] | None,
) -> Verdict:
    caller = None if frame is None else frame.f_back
    if caller is None:
        raise RuntimeError("this interpreter does not tell who calls")
    reply = given_reply(answer)
    run = _run_of(_root_of(caller))
    call = call_in(caller, root=run.options.root)
    with run.references.loan() as loan, diagnostics_in_full():
        contract = stated_contract(run, call, _case(call, expect, tools, request), loan=loan, adapt=_as_answer)
        warn_of(contract, stacklevel=4)
        trial = judge_reply(contract.cell, reply, trial=None, run=run)
        asked = contract.cell.case if (request or {}).get("messages") else replace(contract.cell.case, messages=())
        return _verdict(replace(contract.cell, case=asked), trial, run, loan)


def _case(
    call: WrittenCall, expect: Mapping[str, Any], tools: Tools | None, request: Mapping[str, Any] | None
) -> dict[str, WrittenArgument]:
    given = {"name": WrittenArgument(value="contract"), "expect": argument_of(call, "expect", expect, index=1)}
    sent = dict(request or {})
    offered = tools if tools is not None else sent.pop("tools", None)
    if offered is not None:
        given["tools"] = argument_of(call, "tools", offered)
    messages = sent.pop("messages", None)
    given["messages"] = WrittenArgument(value=messages or [{"role": "user", "content": "(not given)"}])
    # Which model answered, the answer tells.
    parameters = {name: value for name, value in sent.items() if name not in ("model", "tools")}
    if "input" in parameters:
        parameters = {name: value for name, value in parameters.items() if name not in ("input", "instructions")}
        given["endpoint"] = WrittenArgument(value="responses")
    if parameters:
        given["request"] = argument_of(call, "request", parameters)
    return given


def argument_of(call: WrittenCall, name: str, value: object, *, index: int | None = None) -> WrittenArgument:
    """An argument with what is known of its place."""
    expression = call.argument(name, index=index)
    return WrittenArgument(value=value, expression=expression, spot=call.keyword(name))


def _as_answer(case: Case) -> Case:
    """The case of somebody who holds an answer."""
    return replace(case, origin="answer")


def warn_of(contract: StatedContract, *, stacklevel: int) -> None:
    """What is legal and surely not meant."""
    for warning in contract.warnings:
        warnings.warn(diagnostic_text(warning), stacklevel=stacklevel + 1)


@contextmanager
def diagnostics_in_full() -> Iterator[None]:
    """Have a `CaseError` say all that is known: the lines as they are written, and what to do."""
    try:
        yield
    except CaseError as error:
        raise CaseError(error.diagnostics, text=diagnostics_text(error.diagnostics)) from None


def _verdict(cell: Cell, trial: TrialResult, run: Run, loan: Loan) -> Verdict:
    told = replace(trial, failures=tuple(map(loan.failure, trial.failures)))
    result = run.masked_result(cell_result(cell, [told], cassette=""))
    (shown,) = result.trials
    news = _news(result, cell.case)
    return Verdict(
        word=shown.verdict,
        failures=shown.failures,
        error=shown.error,
        text="" if news is None else news.text,
    )


def _news(result: CaseResult, case: Case) -> BadNews | None:
    match result.verdict:
        case "failed":
            return broken_contract_news(result, case, command=None)
        case "error":
            return no_verdict_news(result, case, command=None)
        case _:
            return None


_NO_FILE = re.compile(r"<.*>")


def _root_of(caller: FrameType) -> Path:
    """The project of the file that asks; where it asks from no file, that of the working directory."""
    name = caller.f_code.co_filename
    here = Path.cwd() if _NO_FILE.fullmatch(name) or not Path(name).is_file() else Path(name).resolve().parent
    return find_root(here, default=Path.cwd())


@lru_cache(maxsize=8)
def _run_of(root: Path) -> Run:
    options = RunOptions(root=root, cassettes=root / "cassettes", is_model_needed=False)
    return Run(options, environ=Environment(os.environ))
