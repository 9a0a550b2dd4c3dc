"""Gates that did not hold, a sentence for each."""

from __future__ import annotations

from collections.abc import Sequence

from prompt_contracts.comparison import Comparison, Ratio
from prompt_contracts.gate import BrokenGate, Gap
from prompt_contracts.renderers.amounts import limit_percent, percent
from prompt_contracts.renderers.comparison_words import contrast_title, named
from prompt_contracts.renderers.inert_text import inert, one_line
from prompt_contracts.report import MissedRate, MissedStrength

_MOST_PLACES = 6
_MOST_NAMED = 5
_LONGEST = 800


def broken_gate_text(broken: BrokenGate, comparison: Comparison) -> str:
    """`gate rate=2%: groq vs base: the pass rate fell by 9 points`."""
    return inert(f"gate {broken.gate.text}: {contrast_title(comparison, broken.contrast)}: {_what(broken)}")


def gap_text(gap: Gap) -> str:
    """`gate: 2 cells of the base are missing: a.yaml::b[p:m], a.yaml::c[p:m] (…)`."""
    number = len(gap.cells)
    cells = "1 cell" if number == 1 else f"{number} cells"
    if gap.kind == "missing":
        told = f"{cells} of the base {'is' if number == 1 else 'are'} missing: {named(gap.cells)}"
        return inert(f"gate: {told} (--allow-missing lets them go)")
    passes = "does" if number == 1 else "do"
    return inert(f"gate worse: {cells} without a verdict in the base {passes} not pass: {named(gap.cells)}")


def _what(broken: BrokenGate) -> str:
    contrast, value = broken.contrast, broken.value
    match broken.gate.kind:
        case "worse" if value is not None:
            gone = len(set(contrast.other.broken) - set(contrast.base.broken))
            told = [f"{contrast.worse} worse", f"{contrast.lost} in error now"]
            return ", ".join([*told, *([f"{gone} that can no longer be loaded"] if gone else [])])
        case "rate" if value is not None:
            return f"the pass rate fell by {_told_apart(value * 100, broken.gate.limit * 100, 0)[0]} points"
        case "cost":
            return _growth("cost", contrast.cost, value, broken.gate.limit)
        case "latency":
            return _growth("latency", contrast.latency, value, broken.gate.limit)
        case _:
            return "no cell has a verdict on both sides, so nobody can tell"


def _growth(name: str, ratio: Ratio, value: float | None, limit: float) -> str:
    if value is not None:
        return f"{name} ×{_told_apart(value, limit, 2)[0] if f'{value:.2f}' == f'{limit:.2f}' else f'{value:.2f}'}"
    if ratio.unknown or not ratio.cells:
        return (
            f"{name} unknown of {ratio.unknown or 'every'} cell{'s' if ratio.unknown > 1 else ''}, so nobody can tell"
        )
    return f"{name} was nothing before, and is something now"


def missed_rate_text(missed: MissedRate) -> str:
    """`groq:a: 92% of the trials passed, 95% were asked for`."""
    if missed.rate is None:
        return inert(f"{missed.model}: no trial was judged, {limit_percent(missed.wanted)} were to pass")
    rate, wanted = _told_apart(missed.rate * 100, missed.wanted * 100, 1)
    return inert(f"{missed.model}: {rate}% of the trials passed, {wanted}% were to")


def missed_strength_text(missed: Sequence[MissedStrength]) -> str:
    """`2 cases are below 80%: cases/a.yaml::x 50%, cases/a.yaml::y 60%`; empty where nothing was missed."""
    below: dict[float, list[str]] = {}
    for each in missed:
        if each.score is not None:
            below.setdefault(each.wanted, []).append(f"{each.case} {percent(each.score, unlike=each.wanted)}")
    facts = [_below(cases, wanted) for wanted, cases in below.items()]
    facts += [_unknown_strength(each) for each in missed if each.score is None]
    return one_line("; ".join(facts), _LONGEST)


def _below(cases: Sequence[str], wanted: float) -> str:
    verb = "1 case is" if len(cases) == 1 else f"{len(cases):,} cases are"
    rest = f" and {len(cases) - _MOST_NAMED:,} more" if len(cases) > _MOST_NAMED else ""
    return f"{verb} below {limit_percent(wanted)}: {', '.join(cases[:_MOST_NAMED])}{rest}"


def _unknown_strength(missed: MissedStrength) -> str:
    if missed.case is None:
        return f"{missed.why_none}, so none is known to reach {limit_percent(missed.wanted)}"
    return f"{missed.why_none}, so nobody knows of {limit_percent(missed.wanted)}"


def _told_apart(value: float, limit: float, places: int) -> tuple[str, str]:
    """Both as short as they can be: 94.96 % of 95 % must not read as 95 %."""
    for more in range(places, _MOST_PLACES):
        texts = _short(value, more), _short(limit, more)
        if texts[0] != texts[1]:
            return texts
    return _short(value, _MOST_PLACES), _short(limit, _MOST_PLACES)


def _short(number: float, places: int) -> str:
    text = f"{number:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
