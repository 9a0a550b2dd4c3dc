"""Checking an `expect` as it is written, before anything is asked. Judges no answer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias, TypeVar

from prompt_contracts.case import Case
from prompt_contracts.completion import Completion
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.expectations.expectation import (
    check_facet,
    checks_something,
    compares_loosely,
    nothing_checked,
    switches_of,
)
from prompt_contracts.expectations.expectation_extent import check_together
from prompt_contracts.expectations.facet_rule import FacetContext
from prompt_contracts.expectations.facets import FACETS
from prompt_contracts.expectations.known_findings import KnownFindings, expected_text, offered_text
from prompt_contracts.finding import Finding
from prompt_contracts.json_schema.files import with_absolute_references
from prompt_contracts.json_value import Json, pointer
from prompt_contracts.patterns.operator_rule import PatternContext
from prompt_contracts.patterns.pattern import Language
from prompt_contracts.references import ReadSchema, Resolve
from prompt_contracts.turn import Facet, declares_directly

_T = TypeVar("_T")

InFacet: TypeAlias = tuple[str, Finding]
"""The name of a facet, and a mistake in its value."""


def check_expect(
    case: Case,
    *,
    read_schema: ReadSchema | None = None,
    resolve: Resolve | None = None,
    known: KnownFindings[InFacet] | None = None,
) -> tuple[Diagnostic, ...]:
    """Everything wrong with the `expect` of a case, in the order it is written; never raises.

    `read_schema` gives the JSON of a file by its path inside the project, for `$ref`; `resolve` the function
    that `package.module:function` names. Without them nothing is read and nothing imported.
    `known` holds what was found in earlier cases: expectations of one content are checked once.
    A case that says nothing, in no turn either, stands for one that is not known beyond its expectations.
    `Diagnostic.source_line` is None: the text of the file is not known here.
    """
    if not case.expect and case.turns:
        return ()  # one of the turns expects something
    if not case.expect:
        text = f"the case '{case.name}' expects nothing"
        return (Diagnostic(code="PC120", message=text, location=case.location, help="give 'expect' a facet"),)
    witness = _Witness()
    values = _values(case)
    content = _content(case, values)
    known = known or KnownFindings[InFacet]()

    def find() -> tuple[InFacet, ...]:
        heard = _scope(case, values, read_schema=witness.overhear(read_schema), resolve=witness.overhear(resolve))
        return _found(case, heard)

    found = known.of("expect", content, find)
    if witness.has_heard:  # a file or a module may be another the next time
        known.forget("expect", content)
    if not found:
        return ()
    by_name = {facet.name: facet for facet in case.expect}
    return tuple(_diagnostic(by_name[name], finding) for name, finding in found)


class _Witness:
    """Hears whether anything outside the case file is asked for."""

    def __init__(self) -> None:
        self.has_heard = False

    def overhear(self, ask: Callable[[str], _T] | None) -> Callable[[str], _T] | None:
        """The same function, heard whenever it is called."""
        if ask is None:
            return None

        def asked(name: str) -> _T:
            self.has_heard = True
            return ask(name)

        return asked


def _content(case: Case, values: Mapping[str, Json]) -> Hashable | None:
    """Everything that the checks of facets look at, which for all else is another."""
    said, offered = expected_text(values), offered_text(case.tools, request_schema(case.request))
    if said is None or offered is None:
        return None
    return said, offered, case.model, case.is_application, case.origin, case.retry.attempts, _is_stand_in(case)


def _found(case: Case, scope: FacetContext) -> tuple[InFacet, ...]:
    """The findings about all facets, in their order."""
    found = tuple((facet.name, finding) for facet in case.expect for finding in _check(facet, scope))
    # Only where each facet is sound by itself: a mistake must not be told twice.
    found = found or tuple(_check_together(scope))
    if checks_something(scope.expect, FACETS):
        return found
    return ((case.expect[0].name, nothing_checked(scope.expect)), *found)


def scope_of(
    case: Case, *, read_schema: ReadSchema | None, resolve: Resolve | None, earlier: tuple[Completion, ...] = ()
) -> FacetContext:
    """What stands around the facets of a case."""
    return _scope(case, _values(case), read_schema=read_schema, resolve=resolve, earlier=earlier)


def _scope(
    case: Case,
    expect: Mapping[str, Json],
    *,
    read_schema: ReadSchema | None,
    resolve: Resolve | None,
    earlier: tuple[Completion, ...] = (),
) -> FacetContext:
    switches = switches_of(expect, FACETS)
    context = PatternContext(
        is_loose=compares_loosely(switches),
        request_schema=request_schema(case.request),
        is_stand_in=_is_stand_in(case),
        read_schema=read_schema,
        resolve=resolve,
    )
    return FacetContext(
        case=case,
        facets=FACETS,
        expect=expect,
        switches=switches,
        language=Language(context=context),
        earlier=earlier,
        is_error_declared=declares_directly(expect),
    )


def _is_stand_in(case: Case) -> bool:
    return not (case.messages or case.turns or case.assistant)


def _values(case: Case) -> dict[str, Json]:
    return {facet.name: value_of(facet) for facet in case.expect}


def value_of(facet: Facet) -> Json:
    """The value of a facet, its references to files made absolute."""
    try:
        return with_absolute_references(facet.value, lambda place: facet.locate(place).path)
    except RecursionError:  # whoever goes into it next says so
        return facet.value


def request_schema(request: Mapping[str, Json]) -> Json:
    """The schema that the answer was asked to follow, under its name in either family of endpoints."""
    # Chat Completions has it under `json_schema`, Responses in the format itself.
    response_format, text = request.get("response_format"), request.get("text")
    described = response_format.get("json_schema") if isinstance(response_format, dict) else None
    if described is None and isinstance(text, dict):
        described = text.get("format")
    return described.get("schema") if isinstance(described, dict) else None


def _check(facet: Facet, scope: FacetContext) -> Iterator[Finding]:
    try:
        yield from tuple(check_facet(facet.name, scope.expect[facet.name], scope))
    except RecursionError:
        yield Finding(code="PC120", message=f"'{facet.name}' is nested too deeply to be judged")


def _check_together(scope: FacetContext) -> Iterator[InFacet]:
    try:
        findings = tuple(check_together(scope.expect, scope))
    except RecursionError:
        return  # the facet that is nested so deeply has been told
    for finding in findings:
        yield str(finding.clause[0]), replace(finding, clause=finding.clause[1:])


def _diagnostic(facet: Facet, finding: Finding) -> Diagnostic:
    location = facet.locate(pointer(*finding.clause))
    return finding.at(location)
