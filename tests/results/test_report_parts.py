"""The parts of a run put together are the whole run."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.errors import UsageError
from prompt_contracts.report import Bill, BrokenResult, MissedStrength, Report
from prompt_contracts.results.aggregation import build_report
from prompt_contracts.results.report_parts import merge_reports
from prompt_contracts.verdict import CaseResult
from tests.renderers.samples import cell, report, trial

CELLS = [
    replace(
        cell(f"c{number}", trial("failed" if number % 3 == 0 else "passed")),
        id=f"{path}::c{number}[p:m]",
        path=path,
        place=number,
    )
    for path in ("cases/a/b.yaml", "cases/a.yaml", "cases/b.yaml")
    for number in range(4)
]
BROKEN = BrokenResult(id="cases/b.yaml::broken", place=9, message="PC101")


@given(shards=st.lists(st.integers(0, 2), min_size=len(CELLS), max_size=len(CELLS)))
def test_however_a_suite_was_parted_the_whole_is_the_same(shards: list[int]) -> None:
    whole = build_report(CELLS, created_at=None, version="1", mode="none", broken=(BROKEN,))

    parts = [
        build_report(
            [each for each, shard in zip(CELLS, shards, strict=True) if shard == number],
            created_at=None,
            version="1",
            mode="none",
            broken=(BROKEN,),
        )
        for number in (2, 0, 1)
    ]

    assert merge_reports(parts) == whole


def test_two_runs_of_one_cell_are_not_put_together() -> None:
    with pytest.raises(UsageError, match=r"two reports tell otherwise of cases/a.yaml::a\[p:m\]"):
        merge_reports([report(cell("a")), report(cell("a", trial("failed")))])


def test_the_money_of_a_cell_in_several_reports_is_counted_once() -> None:
    """Of a report that is given twice, of a whole with one of its parts, and of parts that overlap."""
    cells = [cell(name, replace(trial(), cost=Decimal("0.25"), is_replayed=False)) for name in ("a", "b", "c")]
    unpriced = cell("d", replace(trial(), cost=None, is_replayed=False))

    def live(*found: CaseResult, spent: str | None = None) -> Report:
        made = build_report(found, created_at=None, version="1", mode="live")
        # Attempts that were run again are paid for, and stand in no result.
        return made if spent is None else replace(made, spent=Bill(usd=Decimal(spent)))

    a, b, c = cells
    whole = live(a, b, c)
    assert merge_reports([whole, whole]).spent == whole.spent
    for parts in ([live(a), whole], [whole, live(a)], [live(a), live(b), live(c), whole]):
        assert merge_reports(parts).spent == Bill(usd=Decimal("0.75"))
    assert merge_reports([live(a, b), live(b, c)]).spent == Bill(usd=Decimal("0.75"))
    assert merge_reports([live(a, b, spent="1"), live(a, spent="0.4")]).spent == Bill(usd=Decimal(1))
    assert merge_reports([live(a), live(spent="0.4")]).spent == Bill(usd=Decimal("0.65"))
    assert merge_reports([live(a, unpriced), live(unpriced, b)]).spent == Bill(usd=Decimal("0.50"), unpriced=1)


def test_several_modes_are_mixed() -> None:
    one, two = report(cell("a")), replace(report(cell("b")), mode="live", created_at="2026-11-22T00:00:00+00:00")

    merged = merge_reports([one, two])

    assert (merged.mode, merged.created_at) == ("mixed", "2026-11-22T00:00:00+00:00")


def test_what_was_too_weak_in_a_part_is_too_weak_in_the_whole() -> None:
    weak = MissedStrength(case="cases/a.yaml::a", wanted=0.8, score=0.5)
    first, second = report(cell("a")), replace(report(cell("b")), missed_strength=(weak,))

    assert merge_reports([first, second]).missed_strength == (weak,)
    assert merge_reports([second, first, second]).missed_strength == (weak,)
    assert merge_reports([first]).missed_strength == ()
