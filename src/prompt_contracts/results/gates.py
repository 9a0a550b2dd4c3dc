"""Gates, as they are typed -> those that a comparison or a run does not pass. What is unknown passes none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from prompt_contracts.comparison import Comparison, Contrast, Ratio
from prompt_contracts.errors import UsageError
from prompt_contracts.gate import BrokenGate, Gap, GateKind, QualityGate
from prompt_contracts.report import MissedRate, Report

_ROUNDING = 1e-9
"""A drop from 0.92 to 0.9 is one of 0.02, whatever binary fractions make of it."""
_KINDS: dict[str, GateKind] = {"rate": "rate", "cost": "cost", "latency": "latency"}


def read_gate(text: str) -> QualityGate:
    """`worse`, `rate=2%`, `cost=1.2` or `latency=1.5`; `UsageError` for anything else."""
    if text == "worse":
        return QualityGate(kind="worse", text=text)
    name, separator, limit = text.partition("=")
    kind = _KINDS.get(name)
    if kind is None or not separator:
        raise UsageError(f"--gate {text}: there are worse, rate=P, cost=X and latency=X")
    if kind == "rate":
        drop = read_share(limit)
        if drop is None:
            raise UsageError(f"--gate {text}: give the drop of the pass rate that is allowed, such as 2% or 0.02")
        return QualityGate(kind=kind, limit=drop, text=text)
    ratio = _number(limit)
    if ratio is None or ratio <= 0:
        raise UsageError(f"--gate {text}: give how many times as much is allowed, such as 1.2 for a fifth more")
    return QualityGate(kind=kind, limit=ratio, text=text)


def read_share(text: str) -> float | None:
    """`95%` or `0.95`, from 0 to 1; None for anything else."""
    number = _number(text.removesuffix("%"))
    if number is None:
        return None
    share = number / 100 if text.endswith("%") else number
    return share if 0 <= share <= 1 else None


def _number(text: str) -> float | None:
    # Not what Python also takes: `1_000`, ` 5`, digits of other scripts, `nan`.
    if not text or any(sign not in "0123456789." for sign in text):
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def broken_gates(comparison: Comparison, gates: Sequence[QualityGate]) -> tuple[BrokenGate, ...]:
    """The gates that a contrast does not pass, in the order of the contrasts."""
    return tuple(
        BrokenGate(gate=gate, contrast=contrast, value=value)
        for contrast in comparison.contrasts
        for gate in gates
        if _is_broken(value := _value(contrast, gate.kind), gate)
    )


def gaps(comparison: Comparison, gates: Sequence[QualityGate], *, may_lack_cells: bool = False) -> tuple[Gap, ...]:
    """What no contrast tells of and keeps a gate from holding: cells that went, and that came and do not pass."""
    found = []
    if gates and comparison.missing and not may_lack_cells:
        found.append(Gap(kind="missing", cells=comparison.missing))
    if comparison.unproved and any(gate.kind == "worse" for gate in gates):
        found.append(Gap(kind="unproved", cells=comparison.unproved))
    return tuple(found)


def _is_broken(value: float | None, gate: QualityGate) -> bool:
    return value is None or value > gate.limit + _ROUNDING


def _value(contrast: Contrast, kind: GateKind) -> float | None:
    match kind:
        case "worse":
            gone = set(contrast.other.broken) - set(contrast.base.broken)
            return contrast.worse + contrast.lost + len(gone) if contrast.judged or contrast.lost or gone else None
        case "rate":
            return None if contrast.difference is None else -contrast.difference
        case "cost":
            return _growth(contrast.cost)
        case "latency":
            return _growth(contrast.latency)


def _growth(ratio: Ratio) -> float | None:
    if ratio.unknown or not ratio.cells:
        return None
    # Nothing before and nothing now is as much as it was.
    return 1.0 if ratio.base == ratio.other == 0 else ratio.value


def missed_rates(report: Report, models: Iterable[str], wanted: float) -> tuple[MissedRate, ...]:
    """The models, of those that were asked, whose rate over trials is below `wanted`, or unknown."""
    rates = {summary.id: summary.rate for summary in report.models}
    return tuple(
        MissedRate(model=model, wanted=wanted, rate=rate)
        for model in sorted({*models, *rates})
        if (rate := rates.get(model)) is None or rate < wanted - _ROUNDING
    )
