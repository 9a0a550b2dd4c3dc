"""`prompt-contracts strength`: which wrong answers contracts would let pass. Judges recordings, asks nobody."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal, assert_never

from prompt_contracts.cli.case_selection import Loaded, findings_text, load_cases, say_what_is_wrong
from prompt_contracts.cli.check_cases import folder_for_annotations
from prompt_contracts.cli.measuring_display import MeasuringDisplay
from prompt_contracts.cli.output import opened_output, print_commands, print_text, say
from prompt_contracts.data_class import dataclass
from prompt_contracts.diagnostic import CODES, Diagnostic
from prompt_contracts.engine.strength_fixes import (
    FixPlan,
    ProposedFix,
    chosen_fixes,
    fix_plan,
    proposed_fixes,
    with_hindrances,
)
from prompt_contracts.engine.strength_measure import (
    AnswerSource,
    StrengthMeter,
    has_contract_of_its_own,
    replayed,
    replied,
)
from prompt_contracts.errors import UsageError
from prompt_contracts.exchange.reply_file import ReplyFile
from prompt_contracts.exchange.strength_file import check_replaceable, read_strength
from prompt_contracts.renderers.amounts import limit_percent, percent
from prompt_contracts.renderers.diagnostics import github_annotations
from prompt_contracts.renderers.inert_text import one_line
from prompt_contracts.renderers.strength_sentences import weakness_sentence
from prompt_contracts.renderers.strength_text import strength_findings, strength_json, strength_text
from prompt_contracts.results.gates import read_share
from prompt_contracts.results.strength_gates import (
    cases_below,
    gone_cases,
    is_measured,
    lost_scores,
    new_places,
    unanswered_cells,
)
from prompt_contracts.strength import CaseStrength, StrengthReport

_LONGEST = 400
_MOST_NAMED = 3


def contract_strength(  # noqa: PLR0913 - one for each option of the command
    cases: Sequence[str],
    *,
    least: str | None,
    against: str | None,
    out: str | None,
    form: Literal["text", "json", "github"],
    replies: str | None,
    operators: Literal["default", "all"],
    is_verbose: bool,
    is_strict: bool,
    is_diff: bool,
    fixes: Sequence[str] | None,
    root: Path | None,
    no_code: bool,
) -> int:
    """Print what the contracts would let pass; 1 when a gate does not hold, or a case cannot be used as written."""
    share = None if least is None else _share(least)
    before = None if against is None else read_strength(Path(against), shown=against)
    if out not in (None, "-"):
        check_replaceable(Path(out), shown=f"--out {out}", against=None if against is None else Path(against))
    loaded = load_cases(cases, root=root, no_code=no_code, purpose="measuring")
    display = MeasuringDisplay(sys.stderr, total=_case_count(loaded))
    with closing(loaded.projects), closing(display):
        say_what_is_wrong(loaded)
        measured = _measured(loaded, replies, display, has_rare=operators == "all", is_strict=is_strict)
    report, findings = measured.report, measured.findings
    if fixes:
        return _fix(loaded, chosen_fixes(measured.fixes, fixes))
    if is_diff:
        _print_diff(loaded, measured.fixes)
    else:
        _print(measured, form, is_verbose=is_verbose)
    if out is not None:
        with opened_output(out) as target:
            target.write(_json(report) + "\n")
    if findings:
        say(loaded.projects.masked(findings_text(findings)))
    broken = [*_gate_lines(report, share), *_new_lines(report, before), *_lost_lines(report, before, loaded)]
    for line in broken:
        say(line)
    if form == "github":
        _annotate_unknown(report, has_least=share is not None, before=before)
    has_measured = any(map(is_measured, report.cases))
    if not has_measured:
        say(f"nothing was measured: {_why_nothing(report)}")
    is_wrong = broken or loaded.is_broken or not has_measured or any(one.severity == "error" for one in findings)
    return int(bool(is_wrong))


def _share(text: str) -> float:
    share = read_share(text)
    if share is None:
        raise UsageError(f"--min {text}: this is no share: write 80% or 0.8")
    return share


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    report: StrengthReport
    findings: list[Diagnostic]
    fixes: list[ProposedFix]
    seconds: Mapping[str, float]
    """How long each case file took, replay included."""


def _measured(
    loaded: Loaded, replies: str | None, display: MeasuringDisplay, *, has_rare: bool, is_strict: bool
) -> _Measured:
    answer = _answer(loaded, replies)
    found: list[CaseStrength] = []
    findings: list[Diagnostic] = []
    fixes: list[ProposedFix] = []
    seconds: defaultdict[str, float] = defaultdict(float)
    display.begin()
    for project in loaded.projects.found:
        meter = StrengthMeter(has_rare=has_rare, masked_json=loaded.projects.masked_json)
        placement = project.seen_from(Path.cwd())
        cases = (case for case, _ in meter.cases_of(project, answer))
        own = with_hindrances(project.root, list(_timed(cases, seconds, display)))
        found += map(placement.case_strength, own)
        fixes += proposed_fixes(project.root, own)
        told = meter.acceptance_findings(project.root)
        findings += loaded.placed([one.as_error() for one in told] if is_strict else told, project)
    data = StrengthReport(cases=tuple(found)).to_json()
    report = StrengthReport.from_json(loaded.projects.masked_json(data))
    return _Measured(report=report, findings=findings, fixes=fixes, seconds=seconds)


def _case_count(loaded: Loaded) -> int:
    """How many cases there are to measure."""
    files = (file for project in loaded.projects.found for file in project.files.values())
    return sum(len({one.case.name for one in file.cells if has_contract_of_its_own(one.case)}) for file in files)


def _timed(
    cases: Iterator[CaseStrength], seconds: defaultdict[str, float], display: MeasuringDisplay
) -> Iterator[CaseStrength]:
    """The cases as they come; how long their files took is added up beside them."""
    before = time.perf_counter()
    for case in cases:
        now = time.perf_counter()
        seconds[case.path] += now - before
        before = now
        display.advance()
        yield case


def _fix(loaded: Loaded, fixes: Sequence[ProposedFix]) -> int:
    """Write what is named; 1 where something of it could not be written."""
    plan = fix_plan(fixes)
    for patch in plan.patches:
        patch.write()
        say(f"{patch.path}: written")
    _say_refused(loaded, plan)
    return int(bool(plan.refused))


def _print_diff(loaded: Loaded, fixes: Sequence[ProposedFix]) -> None:
    plan = fix_plan(fixes)
    if plan.patches:
        print_text("".join(loaded.projects.masked(patch.diff) for patch in plan.patches).removesuffix("\n"))
    _say_refused(loaded, plan)


def _say_refused(loaded: Loaded, plan: FixPlan) -> None:
    for fix, why in plan.refused:
        say(loaded.projects.masked(f"{fix.name}: not written: {why}"))


def _answer(loaded: Loaded, replies: str | None) -> AnswerSource:
    if replies is None:
        return replayed
    try:
        file = ReplyFile(Path(replies), loaded.projects.found)
    except OSError as error:
        raise UsageError(f"--replies {replies}: cannot be read: {error.strerror}") from None
    for problem in file.problems:
        say(f"{replies}, {problem}")
    return lambda cell, project: replied(cell, file.trials(cell, project))


def _print(measured: _Measured, form: Literal["text", "json", "github"], *, is_verbose: bool) -> None:
    report = measured.report
    match form:
        case "text":
            print_text(strength_text(report, is_verbose=is_verbose, seconds=measured.seconds))
        case "json":
            print_text(_json(report))
        case "github":
            found = list(strength_findings(report))
            if found:
                print_commands(github_annotations(found, folder=folder_for_annotations()))
        case _:
            assert_never(form)


def _json(report: StrengthReport) -> str:
    return json.dumps(strength_json(report), indent=2, allow_nan=False)


def _gate_lines(report: StrengthReport, share: float | None) -> list[str]:
    if share is None:
        return []
    below = cases_below(report, share)
    lines = [f"{case.id}: {percent(case.score, unlike=share)} is below --min {limit_percent(share)}" for case in below]
    lines += [
        f"{cell.id}: {cell.why_none}, so it is not known to reach --min {limit_percent(share)}"
        for _, cell in unanswered_cells(report)
    ]
    if all(case.score is None for case in report.cases):
        return [*lines, f"no case has a score, so none is known to reach --min {limit_percent(share)}"]
    if not below:
        say(f"every case with a score reaches {limit_percent(share)}")
    return lines


def _why_nothing(report: StrengthReport) -> str:
    if not report.cases:
        return "no case could be used"
    named = [f"{case.id} ({case.why_none})" for case in report.cases[:_MOST_NAMED]]
    rest = len(report.cases) - len(named)
    return one_line(", ".join(named) + (f" and {rest:,} more" if rest else ""), _LONGEST)


def _new_lines(report: StrengthReport, before: StrengthReport | None) -> list[str]:
    if before is None:
        return []
    found = new_places(report, before)
    lines = [f"{case.id}: new: {weakness_sentence(place)}   {place.id}" for case, place in found]
    if not lines:
        say("no open place is new")
    return lines


def _lost_lines(report: StrengthReport, before: StrengthReport | None, loaded: Loaded) -> list[str]:
    if before is None:
        return []
    lost = [f"{case.id}: had a score, and has none now: {case.why_none}" for case in lost_scores(report, before)]
    gone = gone_cases(report, before, _files(loaded))
    return [*lost, *(f"{case.id}: had a score, and is not there any more" for case in gone)]


def _annotate_unknown(report: StrengthReport, *, has_least: bool, before: StrengthReport | None) -> None:
    """The cases that break a gate because nobody knows how strong they are, beside their lines."""
    cases = [case for case, _ in unanswered_cells(report)] if has_least else []
    cases += [] if before is None else lost_scores(report, before)
    found = [_unknown(case) for case in {case.id: case for case in cases}.values()]
    if found:
        print_commands(github_annotations(found, folder=folder_for_annotations()))


def _unknown(case: CaseStrength) -> Diagnostic:
    why = next((cell.why_none for cell in case.cells if cell.answer == "missing"), case.why_none)
    code = why.partition(" ")[0]
    return Diagnostic(
        code=code if code in CODES else "PC162",
        message=f"{case.id}: nobody knows how strong it is: {why}",
        location=case.location,
        severity="error",
    )


def _files(loaded: Loaded) -> frozenset[str]:
    """The case files that were measured, as their cases name them."""
    return frozenset(
        project.seen_from(Path.cwd()).path(file.path)
        for project in loaded.projects.found
        for file in project.files.values()
    )
