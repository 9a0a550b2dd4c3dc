"""A comparison in words that need no book of statistics: what the terminal and Markdown have in common."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from prompt_contracts.comparison import CellChange, ChangeKind, Comparison, Contrast, Ratio, Side
from prompt_contracts.data_class import dataclass
from prompt_contracts.renderers.amounts import dollars, percent, seconds
from prompt_contracts.renderers.inert_text import one_line
from prompt_contracts.report import Interval, Summary
from prompt_contracts.verdict import CaseResult, TrialResult

_SURE = 0.05
_FEW = 6
_MOST_NAMES = 5
_CHANGE_WORDS: dict[ChangeKind, str] = {
    "worse": "▼ worse",
    "lost": "▼ error",
    "better": "▲ better",
    "found": "▲ judged",
    "wavering": "≠ trials",
}
_JUDGED_AND_BROKEN = "≠ judged"
"""Of a cell that was an error and fails now, of which nobody knows whether it got better."""


def change_word(change: CellChange) -> str:
    """What became of a cell, with a sign that needs no colour."""
    if change.kind == "found" and change.other.verdict == "failed":
        return _JUDGED_AND_BROKEN
    return _CHANGE_WORDS[change.kind]


def contrast_title(comparison: Comparison, contrast: Contrast) -> str:
    """`groq:a vs base`: who is held against whom."""
    return one_line(f"{contrast_name(comparison, contrast)} vs {contrast.base.label}", 200)


def contrast_name(comparison: Comparison, contrast: Contrast) -> str:
    """Who is held against the base; no two contrasts of a comparison share it."""
    other = contrast.other.label
    if contrast.model is not None:
        runs = {each.other.label for each in comparison.contrasts}
        other = contrast.model if len(runs) == 1 else f"{contrast.model}, {other}"
    return one_line(other, 200)


def contrast_sentence(comparison: Comparison, contrast: Contrast) -> str:
    """`2 worse, 0 better, p = 0.50: too few changes to tell; this suite can show differences above 9 points`."""
    if not contrast.pairs:
        return "no cell is on both sides"
    counts = [f"{contrast.worse} worse", f"{contrast.better} better"]
    if contrast.lost:
        counts.append(f"{contrast.lost} in error now")
    if contrast.found:
        counts.append(f"{contrast.found} no longer in error")
    if contrast.p_adjusted is None:
        return f"{', '.join(counts)}: no cell has a verdict on both sides"
    tests = sum(each.p_value is not None for each in comparison.contrasts)
    corrected = f" (Holm, over {tests})" if tests > 1 else ""
    counts.append(f"{p_text(contrast.p_adjusted)}{corrected}")
    return f"{', '.join(counts)}: {_conclusion(contrast, contrast.p_adjusted)}"


def _conclusion(contrast: Contrast, p_value: float) -> str:
    if p_value <= _SURE:
        return f"{'worse' if contrast.worse > contrast.better else 'better'} than chance explains"
    changes = contrast.worse + contrast.better
    if not changes:
        said = f"no verdict changed{_but_trials(contrast.interval)}"
    else:
        said = "too few changes to tell" if changes < _FEW else "this could be chance"
    least = least_points(contrast)
    if least is None:
        return f"{said}; these cells are too few to show any difference"
    return f"{said}; this suite can show differences above {least} point{'s' if least != 1 else ''}"


def least_points(contrast: Contrast) -> int | None:
    """The smallest difference in points that these cells could have shown; None where they could have shown none."""
    if contrast.detectable is None or contrast.detectable >= 1:
        return None
    return math.ceil(round(contrast.detectable * 100, 6))


def _but_trials(interval: Interval | None) -> str:
    if interval is None or interval.low <= 0 <= interval.high:
        return ""
    return f", but {'more' if interval.low > 0 else 'fewer'} trials pass"


def p_text(value: float) -> str:
    """`p = 0.012`, with as many digits as say something."""
    if value < 0.001:
        return "p < 0.001"
    return f"p = {value:.3f}" if value < 0.1 else f"p = {value:.2f}"


def points(share: float | None) -> str:
    """`+9`, `−9` or `0`: a difference of rates in points; one decimal where it would read 0."""
    if share is None:
        return "–"
    number = share * 100
    text = f"{abs(number):.0f}" if abs(number) >= 1 or number == 0 else f"{abs(number):.1f}"
    return f"{'' if float(text) == 0 else '+' if number > 0 else '−'}{text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastFact:
    """One thing that both sides have an amount of."""

    name: str
    base: str
    other: str
    change: str
    """How they differ, with the interval where there is one, and what is unknown."""


def contrast_facts(contrast: Contrast) -> Iterator[ContrastFact]:
    """Pass rate, money, tokens and time."""
    span = contrast.interval
    interval = "" if span is None else f" (95% CI {points(span.low)} to {points(span.high)})"
    yield ContrastFact(
        name="pass rate",
        base=percent(contrast.base.rate),
        other=percent(contrast.other.rate),
        change="?" if contrast.difference is None else f"{points(contrast.difference)} points{interval}",
    )
    yield _ratio_fact("cost", contrast.cost, lambda value: dollars(_money(value)), nothing="free")
    yield ContrastFact(
        name="per passed cell", base=_per_pass(contrast.base), other=_per_pass(contrast.other), change=""
    )
    yield _ratio_fact("tokens in", contrast.prompt_tokens, _tokens)
    yield _ratio_fact("tokens out", contrast.completion_tokens, _tokens)
    yield _ratio_fact("latency", contrast.latency, seconds)


def _per_pass(side: Side) -> str:
    if side.cost_per_pass is None and not side.cells.passed:
        return "–"
    return dollars(side.cost_per_pass)


def _money(value: float) -> Decimal:
    # A sum of floats has digits that no price has.
    return Decimal(f"{value:.12f}").normalize() + 0


def _tokens(value: float) -> str:
    return f"{value:,.0f}"


def _ratio_fact(name: str, ratio: Ratio, text: Callable[[float], str], *, nothing: str = "none") -> ContrastFact:
    if ratio.base is None or ratio.other is None:
        return ContrastFact(name=name, base="?", other="?", change="unknown")
    base, other = (text(value) if value else nothing for value in (ratio.base, ratio.other))
    if ratio.value is None:
        change = f"{nothing} on both sides" if not ratio.other else f"{nothing} before, {other} now"
    elif not ratio.other:
        change = f"{nothing} now, {base} before"
    else:
        span = ratio.interval
        interval = "" if span is None else f" (95% CI {span.low:.2f}–{span.high:.2f})"
        change = f"×{ratio.value:.2f}{interval}"
    left_out = f", unknown of {_cells(ratio.unknown)}" if ratio.unknown else ""
    return ContrastFact(name=name, base=base, other=other, change=f"{change}{left_out}")


def contrast_notes(contrast: Contrast) -> Iterator[str]:
    """How cells were paired, and what has no partner."""
    judged = f"{_cells(contrast.judged)} judged on both sides"
    unjudged = contrast.pairs - contrast.judged
    yield f"{judged}, {unjudged} not" if unjudged else judged
    if contrast.recontracted:
        verb = "has" if contrast.recontracted == 1 else "have"
        yield f"{_cells(contrast.recontracted)} {verb} another contract than in {one_line(contrast.base.label, 80)}"
    if contrast.is_across_models:
        yield "each run has one model, and not the same: cells are paired without it"
    for side in (contrast.base, contrast.other):
        label = one_line(side.label, 80)
        if side.alone:
            yield f"{_cells(len(side.alone))} only in {label}: {named(side.alone)}"
        if side.broken:
            yield f"{_cases(len(side.broken))} of {label} could not be loaded: {named(side.broken)}"


def comparison_notes(comparison: Comparison) -> Iterator[str]:
    """What is in no contrast."""
    if comparison.left_out:
        number = len(comparison.left_out)
        yield f"{_cells(number)} in no comparison: {named(comparison.left_out)}"


def _cells(number: int) -> str:
    return f"{number} cell{'s' if number != 1 else ''}"


def _cases(number: int) -> str:
    return f"{number} case{'s' if number != 1 else ''}"


def named(ids: Sequence[str]) -> str:
    """The first of many node ids, and how many more there are."""
    more = f" and {len(ids) - _MOST_NAMES} more" if len(ids) > _MOST_NAMES else ""
    return f"{', '.join(one_line(each, 120) for each in ids[:_MOST_NAMES])}{more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedAnswers:
    """What a changed cell answered on both sides, as it came: to be made inert by whoever shows it."""

    base: str
    other: str
    reason: str
    """Why it fails on the side where it does; empty where that is neither or not told."""
    trials: str
    """`10/10 → 4/10`; empty where each side has one trial."""


def changed_answers(change: CellChange) -> ChangedAnswers:
    """The answers that show best what changed: one that passes beside one that fails."""
    wanted = [each.verdict for each in (change.base, change.other)]
    if change.kind == "wavering":
        is_falling = _passes(change.other) < _passes(change.base)
        wanted = ["passed", "failed"] if is_falling else ["failed", "passed"]
    sides = (change.base, change.other)
    shown = [_trial_of(result, verdict) for result, verdict in zip(sides, wanted, strict=True)]
    failing = next((trial for trial in reversed(shown) if trial is not None and trial.failures), None)
    has_trials = any(len(result.trials) > 1 for result in sides)
    return ChangedAnswers(
        base=_answer_text(change.base, shown[0]),
        other=_answer_text(change.other, shown[1]),
        reason="" if failing is None else failing.failures[0].headline,
        trials=" → ".join(map(_count_text, sides)) if has_trials else "",
    )


def _trial_of(result: CaseResult, verdict: str) -> TrialResult | None:
    found = (trial for trial in result.trials if trial.verdict == verdict)
    return next(found, result.trials[0] if result.trials else None)


def _passes(result: CaseResult) -> float:
    judged = [trial.verdict == "passed" for trial in result.trials if trial.verdict != "error"]
    return sum(judged) / len(judged) if judged else 0.0


def _count_text(result: CaseResult) -> str:
    verdicts = [trial.verdict for trial in result.trials]
    return f"{verdicts.count('passed')}/{len(verdicts) - verdicts.count('error')}"


def _answer_text(result: CaseResult, trial: TrialResult | None) -> str:
    if result.problem is not None and (trial is None or trial.completion is None):
        return f"{result.problem.code} {result.problem.message}"
    if trial is None:
        return "(no trial)"
    lines = [] if trial.error is None else [f"{trial.error.kind}: {trial.error.message}"]
    lines += [f"{call.name}({call.arguments})" for call in trial.tool_calls]
    choice = None if trial.completion is None else trial.completion.choices[0]
    if choice is not None:
        lines += [text for text in (choice.refusal, choice.text) if text]
    return "\n".join(lines) or "(empty)"


def change_style(short: str) -> str:
    """The colour of `▼ 2 ▲ 1`; none of what did not change."""
    return next((colour for sign, colour in _STYLES.items() if sign in short), "")


_STYLES = {"▼": "red", "≠": "yellow", "▲": "green"}


def change_in_short(comparison: Comparison, row: Summary) -> str:
    """`=`, `▼ 2` or `▼ 2 ▲ 1`: how many cells of a model got worse and better; `–` where it is not compared.

    `≠ 1` are cells without a verdict in the base that fail now.
    """
    found = next((each for each in comparison.contrasts if each.model in (None, row.id)), None)
    if found is None or row.prompt is not None or not found.pairs:
        return "–"
    failing = sum(change_word(change) == _JUDGED_AND_BROKEN for change in found.changes)
    counts = {"▼": found.worse + found.lost, "▲": found.better + found.found - failing, "≠": failing}
    return " ".join(f"{sign} {number}" for sign, number in counts.items() if number) or "="
