"""Checking an `expect` as it is written, before anything is asked. Judges no answer."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.case import Case, Facet
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.expectations.facets import FACETS, NOT_YET
from prompt_contracts.expectations.flaw import Flaw, unknown_name
from prompt_contracts.json_value import pointer


def check_expect(case: Case) -> tuple[Diagnostic, ...]:
    """Everything wrong with the `expect` of a case, in the order it is written; never raises.

    `Diagnostic.source_line` is None: the text of the file is not known here.
    """
    if not case.expect:
        text = f"the case '{case.name}' expects nothing"
        return (Diagnostic(code="PC120", message=text, location=case.location, help="give 'expect' a facet"),)
    return tuple(_diagnostic(facet, flaw) for facet in case.expect for flaw in _check_facet(facet, case))


def _check_facet(facet: Facet, case: Case) -> Iterator[Flaw]:
    rule = FACETS.get(facet.name)
    if rule is None:
        yield unknown_name("facet", facet.name, known=FACETS, not_yet=NOT_YET)
        return
    if rule.is_about_answer and _expects_no_answer(case):
        text = f"'{facet.name}' judges an answer, but the case expects an error, and then there is none"
        yield Flaw(code="PC120", message=text, help=f"leave '{facet.name}' or 'error' out")
    try:
        yield from tuple(rule.check(facet.value, case))
    except RecursionError:
        yield Flaw(code="PC120", message=f"'{facet.name}' is nested too deeply to be judged")


def _expects_no_answer(case: Case) -> bool:
    error = case.facet("error")
    fields = error.value if error is not None and isinstance(error.value, dict) else {}
    return error is not None and fields.get("outcome", "surfaced") == "surfaced"


def _diagnostic(facet: Facet, flaw: Flaw) -> Diagnostic:
    location = facet.locate(pointer(*flaw.clause))
    return Diagnostic(code=flaw.code, message=flaw.message, location=location, help=flaw.help)
