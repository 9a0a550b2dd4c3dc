"""Gates that did not hold, a sentence for each."""

from __future__ import annotations

from prompt_contracts.comparison import Comparison, Ratio
from prompt_contracts.gate import BrokenGate, Gap, MissedRate
from prompt_contracts.renderers.amounts import percent
from prompt_contracts.renderers.comparison_words import contrast_title, named, points
from prompt_contracts.renderers.inert_text import inert


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
            return f"the pass rate fell by {points(value).lstrip('+')} points"
        case "cost":
            return _growth("cost", contrast.cost, value)
        case "latency":
            return _growth("latency", contrast.latency, value)
        case _:
            return "no cell has a verdict on both sides, so nobody can tell"


def _growth(name: str, ratio: Ratio, value: float | None) -> str:
    if value is not None:
        return f"{name} ×{value:.2f}"
    if ratio.unknown or not ratio.cells:
        return (
            f"{name} unknown of {ratio.unknown or 'every'} cell{'s' if ratio.unknown > 1 else ''}, so nobody can tell"
        )
    return f"{name} was nothing before, and is something now"


def missed_rate_text(missed: MissedRate) -> str:
    """`groq:a: 92% of the trials passed, 95% were asked for`."""
    if missed.rate is None:
        return inert(f"{missed.model}: no trial was judged, {percent(missed.wanted)} were to pass")
    return inert(f"{missed.model}: {_exact(missed.rate)} of the trials passed, {_exact(missed.wanted)} were to")


def _exact(rate: float) -> str:
    # 94.6 % of 95 % must not read as 95 %.
    return f"{rate * 100:.1f}".removesuffix(".0") + "%"
