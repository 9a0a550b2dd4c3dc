"""Cells and reports of them, written as short as `PPF` for two passes and a failure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from prompt_contracts.completion import Choice, Completion
from prompt_contracts.failure import Failure
from prompt_contracts.location import Location
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.report import BrokenResult, Report
from prompt_contracts.results.aggregation import build_report
from prompt_contracts.results.comparisons import LabelledReport
from prompt_contracts.usage import Usage
from prompt_contracts.verdict import CaseResult, TrialResult, VerdictWord

VERDICTS: dict[str, VerdictWord] = {"P": "passed", "F": "failed", "E": "error"}
_PLACE = Location(path="cases/a.yaml", line=7, column=5)


def trial(letter: str, number: int, *, text: str | None = None, **fields: Any) -> TrialResult:
    """One trial by its letter; it answers its verdict, or `text`."""
    verdict = VERDICTS[letter]
    said = verdict if text is None else text
    usage = Usage(prompt_tokens=20, completion_tokens=5, total_tokens=25)
    known: dict[str, Any] = {
        "trial": number,
        "verdict": verdict,
        "usage": usage,
        "cost": Decimal("0.5"),
        "latency": 1.0,
        "completion": None if letter == "E" else Completion(choices=(Choice(text=said),), usage=usage),
        "error": ProviderError(kind="rate_limit", message="slow down", status=429) if letter == "E" else None,
        "failures": (Failure(code="text", path="text", expected='"passed"', got=f'"{said}"', location=_PLACE),)
        if letter == "F"
        else (),
        "is_replayed": True,
    }
    return TrialResult(**{**known, **fields})


def cell(
    name: str,
    letters: str = "P",
    *,
    model: str = "p:m",
    row: str | None = None,
    prompt: str | None = None,
    path: str = "cases/a.yaml",
    verdict: VerdictWord | None = None,
    **trials: Any,
) -> CaseResult:
    """A cell with a trial for each letter; all must pass for it to pass."""
    provider, _, bare = model.partition(":")
    worst: VerdictWord = next((VERDICTS[letter] for letter in "EF" if letter in letters), "passed")
    variant = "-".join(part for part in (row, prompt, model) if part is not None)
    return CaseResult(
        id=f"{path}::{name}[{variant}]",
        path=path,
        case=name,
        row=row,
        prompt=prompt,
        provider=provider,
        model=bare,
        verdict=verdict or worst,
        trials=tuple(trial(letter, number, **trials) for number, letter in enumerate(letters, start=1)),
        requirement="all trials",
        cassette=f"cassettes/a/{name}.yaml",
    )


def report(*cells: CaseResult, broken: tuple[str, ...] = ()) -> Report:
    """A report of a replay."""
    return build_report(
        cells,
        created_at=None,
        version="0",
        mode="none",
        broken=[BrokenResult(id=each, message="it is wrong") for each in broken],
    )


def run(label: str, *cells: CaseResult, broken: tuple[str, ...] = ()) -> LabelledReport:
    """A report with a name."""
    return LabelledReport(label=label, report=report(*cells, broken=broken))
