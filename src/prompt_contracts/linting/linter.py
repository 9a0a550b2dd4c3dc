"""What is legal and surely not meant: requests that a provider refuses, arguments that a tool never takes.

Each finding is a warning. Pure functions over the nouns: nothing is read and nobody is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from prompt_contracts.case import Case
from prompt_contracts.data_class import dataclass
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.expectations.definition import request_schema
from prompt_contracts.expectations.known_findings import KnownFindings, content_text, expected_text, offered_text
from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json, pointer
from prompt_contracts.linting.argument_patterns import argument_findings
from prompt_contracts.linting.message_order import are_plain, message_findings
from prompt_contracts.linting.schema_doubts import judging_schema_findings, judging_schemas, sent_schema_findings
from prompt_contracts.linting.tools_and_parameters import (
    json_object_findings,
    schema_format_findings,
    tool_choice_findings,
    tool_findings,
)
from prompt_contracts.linting.weak_patterns import bare_operator_findings, negation_findings
from prompt_contracts.message import Tool
from prompt_contracts.turn import declared_errors


# No frozen dataclass: each cell makes some of these, and a frozen one costs thrice as much.
class _Subject(NamedTuple):
    """Something to be checked once, in however many cells it comes."""

    parts: tuple[object, ...]
    """The objects on which the findings depend; the same objects give the same findings."""
    findings: Callable[[], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lint:
    """One kind of finding."""

    subjects: Callable[[Case], Iterable[_Subject]]
    is_about_request: bool = True
    """Whether a case that expects an error may want it that way."""
    is_about_content: bool = False
    """Whether it looks at nothing but what a case expects, its tools and its schema: cells of one content share it."""
    is_about_messages: bool = False
    """Whether it looks at messages, which are others in almost every cell."""


def _tools(case: Case) -> Iterator[_Subject]:
    # The mapping of the function is what a library shares among all cases that pick from it.
    is_for_openai = _is_for_openai(case)
    for tool in case.tools:
        yield _Subject(
            parts=(tool.definition.get("function"), is_for_openai),
            findings=partial(tool_findings, tool, is_for_openai=is_for_openai),
        )


def _tool_choice(case: Case) -> Iterable[_Subject]:
    if "tool_choice" not in case.request and len(case.tools) < 2:
        return ()
    return (_Subject(parts=(case.messages, case.tools, case.request), findings=partial(tool_choice_findings, case)),)


def _schema_format(case: Case) -> Iterator[_Subject]:
    wanted = case.request.get("response_format")
    if isinstance(wanted, dict):
        is_for_openai = _is_for_openai(case)
        findings = partial(schema_format_findings, wanted, is_for_openai=is_for_openai)
        yield _Subject(parts=(wanted, is_for_openai), findings=findings)


def _is_for_openai(case: Case) -> bool:
    return case.model is not None and case.model.partition(":")[0] in ("openai", "azure")


def _json_object(case: Case) -> Iterable[_Subject]:
    if "response_format" not in case.request:
        return ()
    return (_Subject(parts=(case.messages, case.request), findings=partial(json_object_findings, case)),)


def _messages(case: Case) -> Iterable[_Subject]:
    if are_plain(case.messages):
        return ()
    return (_Subject(parts=(case.messages,), findings=partial(message_findings, case.messages)),)


def _judging_schemas(case: Case) -> Iterator[_Subject]:
    yield _Subject(parts=(case.expect, case.tools, case.request), findings=partial(judging_schema_findings, case))


def _sent_schemas(case: Case) -> Iterator[_Subject]:
    schema = request_schema(case.request)
    if not case.tools and schema is None:
        return
    judging = judging_schemas(case)
    for tool in () if judging.are_tools else case.tools:
        function = tool.definition.get("function")
        owner = f"the parameters of the tool '{tool.name}'"
        findings = partial(sent_schema_findings, owner, tool.parameters, code="PC141", is_strict=_is_strict(function))
        yield _Subject(parts=(function,), findings=findings)
    if schema is not None and not judging.is_request:
        wanted = case.request.get("response_format")
        is_strict = isinstance(wanted, dict) and _is_strict(wanted.get("json_schema"))
        owner = "the schema of the response format"
        findings = partial(sent_schema_findings, owner, schema, code="PC144", is_strict=is_strict)
        yield _Subject(parts=(schema,), findings=findings)


def _is_strict(wrapper: Json) -> bool:
    return isinstance(wrapper, dict) and wrapper.get("strict") is True


def _arguments(case: Case) -> Iterator[_Subject]:
    if case.tools:
        yield _Subject(parts=(case.expect, case.tools), findings=partial(argument_findings, case))


def _text(case: Case) -> Iterator[_Subject]:
    if not case.is_application:
        yield _Subject(parts=(case.expect,), findings=partial(negation_findings, case))


def _operators(case: Case) -> Iterator[_Subject]:
    yield _Subject(parts=(case.expect,), findings=partial(bare_operator_findings, case))


_LINTS: tuple[_Lint, ...] = (
    _Lint(subjects=_messages, is_about_messages=True),
    _Lint(subjects=_tools),
    _Lint(subjects=_tool_choice, is_about_messages=True),
    _Lint(subjects=_schema_format),
    _Lint(subjects=_json_object, is_about_messages=True),
    _Lint(subjects=_sent_schemas),
    _Lint(subjects=_arguments, is_about_request=False, is_about_content=True),
    _Lint(subjects=_text, is_about_request=False, is_about_content=True),
    _Lint(subjects=_operators, is_about_request=False, is_about_content=True),
    _Lint(subjects=_judging_schemas, is_about_request=False, is_about_content=True),
)


_ALL = tuple(enumerate(_LINTS))
_ABOUT_MESSAGES = tuple((number, lint) for number, lint in _ALL if lint.is_about_messages)


class Linter:
    """Lints the cases of one file; what its cells share is looked at once."""

    def __init__(self, known: KnownFindings[Finding] | None = None) -> None:
        """`known` holds what was found in the contents of earlier files."""
        self._seen: dict[tuple[int, ...], tuple[tuple[object, ...], tuple[Finding, ...]]] = {}
        """What was found in objects. They are held: an id is only good while its object lives."""
        self._quiet: dict[tuple[object, ...], tuple[Tool, ...]] = {}
        """Where nothing was found in all that a case says, but for its messages; the tools are held for their id."""
        self._known = known or KnownFindings[Finding]()

    def lint(self, case: Case) -> Iterator[Diagnostic]:
        """The warnings about a case, but for what an earlier one brought with the same objects; no source lines."""
        if case.turns:
            for said in _turns_as_cases(case):
                yield from self.lint(said)
            return
        facets = case.facets
        is_wanted, content, request = _expects_refusal(facets), _content(case, facets), content_text(case.request)
        alike = (content, request, id(case.tools), case.is_application, _is_for_openai(case), is_wanted)
        is_quiet = alike in self._quiet
        has_findings = content is None or request is None
        for number, lint in _ABOUT_MESSAGES if is_quiet else _ALL:
            if is_wanted and lint.is_about_request:
                continue
            for subject in lint.subjects(case):
                found, is_told = self._findings(number, subject, content)
                has_findings = has_findings or bool(found and not lint.is_about_messages)
                if not is_told:
                    yield from (_warning(finding, case) for finding in found)
        if not has_findings:
            self._quiet[alike] = case.tools

    def _findings(self, number: int, subject: _Subject, content: Hashable | None) -> tuple[tuple[Finding, ...], bool]:
        """What is to be found in a subject, and whether it was told of an earlier case with the same objects."""
        key = (number, *map(id, subject.parts))
        seen = self._seen.get(key)
        if seen is not None:
            return seen[1], True
        found: tuple[Finding, ...] = ()
        with suppress(RecursionError):
            found = self._known.of(str(number), content if _LINTS[number].is_about_content else None, subject.findings)
        self._seen[key] = subject.parts, found
        return found, False


def _content(case: Case, facets: Mapping[str, Json]) -> tuple[str, str] | None:
    """What a case expects, its tools and its schema; another for all else."""
    said, offered = expected_text(facets), offered_text(case.tools, request_schema(case.request))
    return None if said is None or offered is None else (said, offered)


def _turns_as_cases(case: Case) -> Iterator[Case]:
    """Each turn as a case of its own, with what the user had said before it. The answers are not known yet."""
    messages = case.messages
    for turn in case.turns:
        messages = (*messages, *turn.preview.messages)
        expect = (*case.expect, *turn.preview.expect)
        yield replace(case, messages=messages, request=turn.preview.request, expect=expect, turns=())


def _expects_refusal(facets: Mapping[str, Json]) -> bool:
    """Whether facets declare an error that reaches the caller, so that the request may be wrong on purpose."""
    return any(
        not isinstance(error, dict) or error.get("outcome", "surfaced") == "surfaced"
        for error in declared_errors(facets)
    )


def _warning(finding: Finding, case: Case) -> Diagnostic:
    facet = case.facet(str(finding.clause[0])) if finding.clause else None
    place = case.location if facet is None else facet.locate(pointer(*finding.clause[1:]))
    if finding.code == "PC142":  # what is wrong with messages stands with those who wrote them
        place = case.places.get("/prompt", place)
    return finding.at(place, severity="warning")
