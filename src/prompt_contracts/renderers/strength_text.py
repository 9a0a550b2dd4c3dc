"""Strength of contracts -> what a person reads, a JSON document, and the findings that annotate a pull request."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.mutant import EFFECTS
from prompt_contracts.renderers.amounts import count, percent
from prompt_contracts.renderers.inert_text import one_line
from prompt_contracts.renderers.strength_sentences import weakness_sentence
from prompt_contracts.strength import CaseStrength, StateCounts, StrengthReport, WeakPlace, mean_score

_LONGEST = 400
_LONGEST_REASON = 100
_NAME_WIDTH = 32
_WEAKEST = 5


def strength_text(report: StrengthReport, *, is_verbose: bool, seconds: Mapping[str, float] | None = None) -> str:
    """One line for each weak case, or with `is_verbose` for each weak place; the weakest at the end.

    `seconds` says how long each file took, where somebody measured it.
    """
    by_file: dict[str, list[CaseStrength]] = {}
    for case in report.cases:
        by_file.setdefault(case.path, []).append(case)
    lines: list[str] = []
    for path, cases in by_file.items():
        lines.append(_file_line(path, cases, None if seconds is None else seconds.get(path)))
        for case in cases:
            lines += _case_lines(case, is_verbose=is_verbose)
    return "\n".join([*lines, *weakest_lines(report)])


def weakest_lines(report: StrengthReport) -> Iterator[str]:
    """The weakest cases, and what has no score."""
    weak = weakest_cases(report)
    named = [f"weakest: {', '.join(f'{_name(case)} {percent(case.score)}' for case in weak)}"] if weak else []
    facts = [*named, *unjudged_facts(report)]
    if facts:
        yield one_line(" · ".join(facts), _LONGEST * 2)


def weakest_cases(report: StrengthReport) -> list[CaseStrength]:
    """The five weakest of those that let something pass, the weakest first."""
    scored = sorted((case for case in report.cases if case.score is not None), key=lambda case: case.score or 0.0)
    return [case for case in scored if (case.score or 0.0) < 1][:_WEAKEST]


def unjudged_facts(report: StrengthReport) -> Iterator[str]:
    """What contracts say nothing of, and cases without a score."""
    for subject in ("calls", "text"):
        silent = sum(subject in case.silent_on for case in report.cases)
        if silent:
            yield f"says nothing of the {subject}: {how_many(silent, 'case')}"
    without = Counter(_reason(case) for case in report.cases if case.score is None)
    if without:
        is_one = len(without) == 1
        reasons = ", ".join(reason if is_one else f"{number} {reason}" for reason, number in without.items())
        yield f"no score: {without.total()} ({reasons})"


def sum_words(cases: Sequence[CaseStrength]) -> str:
    """`67%   3 cases · 13 open places · 136 mutants`."""
    places = sum(len(case.open_places) for case in cases)
    mutants = StateCounts.sum(case.counts for case in cases).total
    facts = (how_many(len(cases), "case"), how_many(places, "open place"), how_many(mutants, "mutant"))
    return f"{percent(mean_score(case.score for case in cases))}   {' · '.join(facts)}"


def widest_place(case: CaseStrength) -> WeakPlace | None:
    """The open place at which the widest change passes; None without any."""
    return min(case.open_places, key=_width, default=None)


def _reason(case: CaseStrength) -> str:
    reason = case.why_none.partition(":")[0] if case.why_none.startswith(("skipped", "xfail")) else case.why_none
    return one_line(reason, _LONGEST_REASON)


def _file_line(path: str, cases: Sequence[CaseStrength], seconds: float | None) -> str:
    took = "" if seconds is None else f" in {seconds:.1f} s"
    return one_line(f"{path}  {sum_words(cases)}{took}", _LONGEST)


def _case_lines(case: CaseStrength, *, is_verbose: bool) -> Iterator[str]:
    places = sorted(case.open_places, key=_width)
    name = one_line(_name(case), _NAME_WIDTH)
    for number, place in enumerate(places if is_verbose else places[:1]):
        where = f"{place.location.line}:{place.location.column}"
        more = len(places) - 1 if not is_verbose else 0
        rest = f"  … {count(more)} more, -v shows them" if more else ""
        shown, score = (name, percent(case.score)) if number == 0 else ("", "")
        sentence = one_line(weakness_sentence(place), _LONGEST)
        yield f"  {where:<7} {shown:<{_NAME_WIDTH}} {score:>5}  {sentence}   {one_line(place.id, 120)}{rest}"
        if place.proposal is not None:
            yield f"{'':10}help: {one_line(proposal_words(place), _LONGEST)}"
        elif place.hindrance:
            yield f"{'':10}no proposal: {one_line(place.hindrance, _LONGEST)}"
    accepted = [place for place in case.places if place.accepted is not None] if is_verbose else []
    is_unscored = is_verbose and case.score is None
    if (accepted or case.notes or is_unscored) and not places:
        where = f"{case.location.line}:{case.location.column}"
        what = "no score" if is_unscored else "no open place"
        yield f"  {where:<7} {name:<{_NAME_WIDTH}} {percent(case.score):>5}  {what}"
    for cell in case.cells if is_verbose else ():
        if cell.score is None:
            which = "" if len(case.cells) == 1 else f"{cell.id.partition('::')[2]}: "
            yield f"{'':10}no score: {one_line(f'{which}{cell.why_none}', _LONGEST)}"
    for place in accepted:
        yield f"{'':10}accepted: {one_line(f'{place.id}: {place.accepted}', _LONGEST)}"
    for note in case.notes:
        yield f"{'':10}note: {one_line(note, _LONGEST)}"


def proposal_words(place: WeakPlace) -> str:
    """`unit: celsius (3 passing answers still pass)`, and why it is not written; empty without a proposal."""
    if place.proposal is None:
        return ""
    key = place.proposal.pointer.rpartition("/")[2]
    answers = how_many(place.proposal.tried_on, "passing answer")
    verb = "passes" if place.proposal.tried_on == 1 else "pass"
    hindrance = f"; not written by --fix: {place.hindrance}" if place.hindrance else ""
    return f"{key}: {json.dumps(place.proposal.value, ensure_ascii=False)}  ({answers} still {verb}){hindrance}"


def strength_json(report: StrengthReport) -> dict[str, Any]:
    """The report as plain data, with each weak place in words."""
    data = report.to_json()
    for case, told in zip(report.cases, data["cases"], strict=True):
        for place, written in zip(case.places, told["places"], strict=True):
            written["sentence"] = weakness_sentence(place)
    return data


def strength_findings(report: StrengthReport) -> Iterator[Diagnostic]:
    """Each open place as a warning where the contract stands."""
    for case in report.cases:
        for place in sorted(case.open_places, key=_width):
            yield Diagnostic(
                code="PC162",
                message=f"{_name(case)}: {weakness_sentence(place)}",
                location=place.location,
                help=proposal_words(place) or f"expect more of it, or accept {place.id} with a reason",
                severity="warning",
            )


def _width(place: WeakPlace) -> int:
    """How wide the widest change is that passes: the wider one is told first."""
    return min(EFFECTS.index(one.effect) for one in place.unnoticed)


def _name(case: CaseStrength) -> str:
    return case.id.partition("::")[2]


def how_many(number: int, noun: str) -> str:
    """`1 case`, `3 cases`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
