"""Whether a loaded case can mean what it says: the checks that need more than one workshop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from prompt_contracts.case import Case
from prompt_contracts.case_file import BrokenCase
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.errors import CodeRefused
from prompt_contracts.expectations.definition import InFacet, check_expect
from prompt_contracts.expectations.known_findings import KnownFindings
from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json
from prompt_contracts.linting.inserted_values import told_of_template
from prompt_contracts.linting.sameness_rules import sameness_findings
from prompt_contracts.linting.source_lines import SourceLines
from prompt_contracts.message import Tool
from prompt_contracts.patterns import pattern
from prompt_contracts.patterns.operator_rule import PatternContext
from prompt_contracts.patterns.predicate import WHERE_MODULES_ARE, check_function_name
from prompt_contracts.patterns.subject import ANYTHING
from prompt_contracts.references import References, Resolve
from prompt_contracts.results.requirement import unreachable_reason
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
                yield Finding(
                    code="PC120", message=f"'{case.handler}' cannot be imported: {reason}", help=WHERE_MODULES_ARE
                )
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


class Checker:
    """Checks cases of one run; cells that share an expectation share its check."""

    def __init__(
        self,
        *,
        root: Path,
        references: References,
        trials: int | None = None,
        is_code_passed_over: bool = False,
    ) -> None:
        """With `is_code_passed_over` nothing is imported: whether functions are there is told by their source."""
        self._references = references
        self._resolve = _reader_of(references) if is_code_passed_over else references.resolve
        self._root = root
        self._trials = trials
        self._lines = SourceLines(root)
        self._checked: dict[tuple[object, ...], tuple[Diagnostic, ...]] = {}
        self._kept: list[object] = []
        self._known = KnownFindings[InFacet]()

    def check(self, case: Case) -> tuple[Diagnostic, ...]:
        """Everything wrong with the case's expectations and requirement, with source lines."""
        # `$schema: request` makes a check depend on the request too.
        parts = (case.expect, case.tools, case.request, case.turns)
        key = (*map(id, parts), case.model, case.is_application, case.origin, case.retry.attempts or 0)
        if key not in self._checked:
            self._kept.append(parts)  # an id is only good while its object lives
            self._checked[key] = self._check(case)
        found = [*self._checked[key], *self._flow(case), *self._requirement(case)]
        if case.same is not None:
            found += sameness_findings(case, trials=self._trials)
        return tuple(map(self.with_line, found))

    def forget_cases(self) -> None:
        """Let go of the cases that were checked, once no other shares anything with them."""
        self._checked.clear()
        self._kept.clear()

    def _check(self, case: Case) -> tuple[Diagnostic, ...]:
        """The findings of all its expectations: the case's own where it has any, and those of its turns."""
        stated = [case] if case.expect or not case.turns else []
        said = [
            replace(case, messages=turn.preview.messages, request=turn.preview.request, expect=turn.preview.expect)
            for turn in case.turns
            if turn.preview.expect
        ]
        found = [diagnostic for each in (*stated, *said) for diagnostic in self._check_expect(each)]
        return tuple(dict.fromkeys(found))

    def _check_expect(self, case: Case) -> tuple[Diagnostic, ...]:
        return check_expect(case, read_schema=self._references.read_schema, resolve=self._resolve, known=self._known)

    def _flow(self, case: Case) -> tuple[Diagnostic, ...]:
        if case.command is not None and self._references.is_code_refused:
            return (_refused_command(case),)
        if not (case.turns or case.tool_results or case.handler):
            return ()
        return tuple(flow_findings(case, resolve=self._resolve, missing=self._references.missing))

    def check_broken(self, broken: BrokenCase) -> BrokenCase:
        """The same broken case, with the mistakes of its expectations beside those that broke it."""
        told = (each if each.source_line is not None else self.with_line(each) for each in broken.diagnostics)
        broken = replace(broken, diagnostics=tuple(told))
        if not broken.expect:
            return broken
        offered = tuple(Tool(name=name, definition={}) for name in broken.offered or ())
        stand_in = Case(
            path="", name=broken.name, location=broken.location, messages=(), tools=offered, expect=broken.expect
        )
        found = [
            self.with_line(diagnostic)
            for diagnostic in self._check(stand_in)
            if diagnostic.code != "PC121" or broken.offered is not None
        ]
        mistakes = dict.fromkeys([*broken.diagnostics, *found])
        return replace(broken, diagnostics=tuple(sorted(mistakes, key=_place)))

    def _requirement(self, case: Case) -> list[Diagnostic]:
        reason = unreachable_reason(case.require, trials=self._trials or case.trials)
        if reason is None:
            return []
        advice = "raise trials or lower require"
        place = case.places.get("/require") or case.location
        return [Diagnostic(code="PC122", message=reason, location=place, help=advice)]

    def with_line(self, diagnostic: Diagnostic) -> Diagnostic:
        """The diagnostic with the text of its line, read from the file that it names."""
        return told_of_template(self._lines.with_line(diagnostic))


def _reader_of(references: References) -> Resolve:
    """Looks for functions in their source; what it gives stands for each of them, and is never called."""

    def read(name: str) -> Callable[..., object]:
        reason = references.missing(name)
        if reason is not None:
            raise LookupError(reason)
        return _unread

    return read


def _unread(*_: object) -> object:
    raise LookupError("its source alone was read")


def _refused_command(case: Case) -> Diagnostic:
    return Diagnostic(
        code="PC151",
        message="'command' would start a program, and this run takes no code that a case names",
        location=case.location,
        help="run without --pc-no-code where you trust who wrote the case and the project's code",
    )


def _place(diagnostic: Diagnostic) -> tuple[str, int, int]:
    return diagnostic.location.path, diagnostic.location.line, diagnostic.location.column
