"""Reports of the parts of a suite -> the report of the whole: what one run of all of it would have said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import PurePosixPath
from typing import TypeVar

from prompt_contracts.errors import UsageError
from prompt_contracts.report import Bill, BrokenResult, MissedRate, MissedStrength, Report
from prompt_contracts.results.aggregation import build_report, sum_of_costs
from prompt_contracts.results.gates import missed_rates
from prompt_contracts.verdict import CaseResult

_Found = TypeVar("_Found", CaseResult, BrokenResult)


def merge_reports(reports: Sequence[Report]) -> Report:
    """The cells of all of them in the order of the case files; `UsageError` where two tell otherwise of one cell.

    `reports` has at least one. What was spent is added up, of a cell in several of them once; of several modes the
    report says `mixed`.
    """
    modes = dict.fromkeys(report.mode for report in reports)
    dates = [report.created_at for report in reports if report.created_at is not None]
    whole = build_report(
        sorted(_united([report.results for report in reports]), key=_order),
        created_at=max(dates, default=None),
        version=", ".join(dict.fromkeys(report.version for report in reports)),
        mode=next(iter(modes)) if len(modes) == 1 else "mixed",
        broken=sorted(_united([report.broken for report in reports]), key=_order),
        spent=_spent(reports),
    )
    told = {result.id for result in whole.results} | {broken.id for broken in whole.broken}
    left = dict.fromkeys(each for report in reports for each in report.not_run if each not in told)
    return replace(whole, not_run=tuple(left), missed_rates=_missed(reports, whole), missed_strength=_weak(reports))


def _spent(reports: Sequence[Report]) -> Bill:
    usd, unpriced = Decimal(0), 0
    told: set[str] = set()
    # The largest first: of a report that was put together before, the parts bring nothing new.
    for report in sorted(reports, key=lambda each: len(each.results), reverse=True):
        again = [result for result in report.results if result.id in told]
        paid_again = [trial for result in again for trial in result.trials if not trial.is_replayed]
        if paid_again and len(again) == len(report.results):
            continue
        counted = sum_of_costs(paid_again)
        usd += max(report.spent.usd - counted.usd, Decimal(0))
        unpriced += max(report.spent.unpriced - counted.unpriced, 0)
        told.update(result.id for result in report.results)
    return Bill(usd=usd, unpriced=unpriced)


def _missed(reports: Sequence[Report], whole: Report) -> tuple[MissedRate, ...]:
    """What a part missed and the whole misses, too; what no part missed the whole does not miss either."""
    wanted = {missed.model: missed.wanted for report in reports for missed in report.missed_rates}
    found = ((model, missed_rates(whole, [model], wanted[model])) for model in sorted(wanted))
    return tuple(missed for model, every in found for missed in every if missed.model == model)


def _weak(reports: Sequence[Report]) -> tuple[MissedStrength, ...]:
    """What any part missed: nobody can measure the whole by what reports tell."""
    return tuple(dict.fromkeys(missed for report in reports for missed in report.missed_strength))


def _united(parts: Iterable[Sequence[_Found]]) -> list[_Found]:
    found: dict[str, _Found] = {}
    for part in parts:
        for each in part:
            if found.setdefault(each.id, each) != each:
                raise UsageError(f"two reports tell otherwise of {each.id}: only parts of one run can be put together")
    return list(found.values())


def _order(found: CaseResult | BrokenResult) -> tuple[tuple[str, ...], int, str]:
    """As pytest goes through folders by itself."""
    return PurePosixPath(found.id.partition("::")[0]).parts, found.place, found.id
