"""What `same` asks of a case: several trials, and one answer in each of them."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.case import Case
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.finding import Finding


def sameness_findings(case: Case, *, trials: int | None) -> Iterator[Diagnostic]:
    """Why answers under changes cannot be held against those of the base; `trials` are those of the run, if it says."""
    if case.same is not None and case.relation is None:
        place = case.places.get("/same") or case.same.location
        yield from (finding.at(place) for finding in _findings(case, trials or case.trials))


def _findings(case: Case, trials: int) -> Iterator[Finding]:
    if trials < 2:
        text = f"'same' needs two trials or more, and there is {trials}: a model differs from itself, too"
        yield Finding(code="PC122", message=text, help="write trials: 3 beside it, or ask for so many")
    if case.stop_early:
        text = "'same' needs every trial, and 'stop_early' leaves some out"
        yield Finding(code="PC122", message=text, help="leave 'stop_early' out")
    if case.declares_error:
        text = "'same' compares answers, and 'expect' wants an error"
        yield Finding(code="PC120", message=text, help="leave 'same' out")
    choices = case.request.get("n")
    if isinstance(choices, (int, float)) and choices > 1:
        text = f"'same' compares one answer with another, and 'n' asks for {choices} at once"
        yield Finding(code="PC120", message=text, help="leave 'n' out, and ask for more trials")
    if all(relation.kind == "without_tool" for relation in case.holds_under):
        text = "'same' has nothing to compare: without a tool something else holds"
        yield Finding(code="PC120", message=text, help="leave 'same' out")
