"""What a case says about the flow around its model: functions of the project, simulated tools, the order of turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from prompt_contracts.case import Case
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.errors import CodeRefused
from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json
from prompt_contracts.patterns import pattern
from prompt_contracts.patterns.operator_rule import PatternContext
from prompt_contracts.patterns.predicate import EXAMPLE, check_function_name
from prompt_contracts.patterns.subject import ANYTHING
from prompt_contracts.references import Resolve
from prompt_contracts.turn import declares_error


def flow_findings(case: Case, *, resolve: Resolve, missing: Callable[[str], str | None]) -> Iterator[Diagnostic]:
    """Everything wrong with the flow of a case. Importing a function that it names runs the project's own code.

    A handler is not imported: `missing` tells why it cannot be there, None where nothing speaks against it.
    """
    for finding in _findings(case, PatternContext(resolve=resolve), missing):
        yield finding.at(case.location)
    yield from _turns_that_end_it(case)


def _findings(case: Case, context: PatternContext, missing: Callable[[str], str | None]) -> Iterator[Finding]:
    if case.handler is not None:
        yield from check_function_name("handler", case.handler, PatternContext(resolve=None))
        try:
            reason = missing(case.handler)
        except CodeRefused as refused:
            yield Finding(code=refused.code, message=str(refused), help=refused.help)
        else:
            if reason is not None:
                yield Finding(code="PC120", message=f"'{case.handler}' cannot be imported: {reason}", help=EXAMPLE)
    for name, entry in (case.tool_results or {}).items():
        for finding in _result_findings(entry, context):
            yield replace(finding, message=f"the result of '{name}': {finding.message}")


def _result_findings(entry: Json, context: PatternContext) -> Iterator[Finding]:
    if not isinstance(entry, dict) or len(entry) != 1:
        return
    ((kind, operand),) = entry.items()
    inner: list[Json] = operand if isinstance(operand, list) else []
    if kind == "$call":
        yield from check_function_name("$call", operand, context)
    elif kind == "$sequence":
        for value in inner:
            yield from _result_findings(value, context)
    elif kind == "$cases":
        for number, alternative in enumerate(inner, start=1):
            if isinstance(alternative, dict):
                for finding in pattern.check(alternative.get("when"), ANYTHING):
                    yield replace(finding, message=f"alternative {number}: {finding.message}")
                yield from _result_findings(alternative.get("return"), context)


def _turns_that_end_it(case: Case) -> Iterator[Diagnostic]:
    for turn in case.turns[:-1]:
        expected = {facet.name: facet.value for facet in turn.preview.expect}
        error = expected.get("error")
        if isinstance(error, dict) and error.get("outcome") == "recovered":
            continue  # a retry got over it: there is an answer to go on from
        if turn.on_error == "fail" and declares_error(expected):
            text = (
                f"turn {turn.number} expects an error, which would end the conversation before turn {turn.number + 1}"
            )
            advice = "write on_error: continue in this turn, or make it the last"
            yield Diagnostic(code="PC120", message=text, location=turn.location, help=advice)
