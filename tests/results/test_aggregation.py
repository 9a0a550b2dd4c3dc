"""Cells summed up into a report."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Choice, Completion
from prompt_contracts.report import Bill, Count, Report
from prompt_contracts.results.aggregation import build_report
from prompt_contracts.results.statistics import wilson
from prompt_contracts.usage import Usage
from prompt_contracts.verdict import CaseResult, TrialResult, VerdictWord

ANSWER = Completion(choices=(Choice(text="x"),), usage=Usage())


def trial(**fields: Any) -> TrialResult:
    usage = Usage(prompt_tokens=10, completion_tokens=2, total_tokens=12)
    known: dict[str, Any] = {
        "trial": 1,
        "verdict": "passed",
        "usage": usage,
        "cost": Decimal("0.5"),
        "completion": ANSWER,
        "latency": 1.0,
        "is_replayed": True,
    }
    return TrialResult(**{**known, **fields})


def cell(
    name: str, verdict: VerdictWord = "passed", *, model: str = "m", trials: tuple[TrialResult, ...] = ()
) -> CaseResult:
    return CaseResult(
        id=f"cases/a.yaml::{name}[p:{model}]",
        path="cases/a.yaml",
        case=name,
        row=None,
        provider="p",
        model=model,
        verdict=verdict,
        trials=trials or (trial(verdict=verdict),),
        requirement="all trials",
        cassette=f"cassettes/a/{name}/p/{model}.yaml",
    )


def report(*results: CaseResult) -> Report:
    return build_report(results, created_at="2026-11-20T00:00:00+00:00", version="0", mode="none")


def test_errors_are_no_part_of_the_rate() -> None:
    (summary,) = report(cell("a"), cell("b", "failed"), cell("c", "error")).models

    assert (summary.cells, summary.rate) == (Count(passed=1, failed=1, errors=1), 0.5)


def test_trials_are_counted_beside_cells_and_the_rate_is_theirs() -> None:
    ran = tuple(trial(trial=number, verdict="passed" if number <= 6 else "failed") for number in range(1, 11))

    (summary,) = report(cell("a", "failed", trials=ran)).models

    assert (summary.cells, summary.trials) == (Count(failed=1), Count(passed=6, failed=4))
    assert (summary.rate, summary.interval, summary.design_effect) == (0.6, wilson(6, 10), 1.0)


def test_trials_of_one_case_that_agree_tell_less_than_as_many_cases() -> None:
    ran = [
        tuple(trial(trial=number, verdict=verdict) for number in range(1, 6))
        for verdict in ("passed", "passed", "failed", "passed")
    ]

    (summary,) = report(*(cell(f"c{n}", trials=trials) for n, trials in enumerate(ran))).models

    assert summary.rate == 0.75
    assert summary.design_effect == pytest.approx(4.8)
    # 20 trials tell as much as 20 / 4.8 that have nothing to do with each other.
    assert summary.interval is not None
    assert summary.interval.low == pytest.approx(wilson(15 / 4.8, 20 / 4.8).low)


def test_prompts_are_summed_up_for_each_model() -> None:
    one, two = replace(cell("a"), prompt="short"), replace(cell("a", "failed"), prompt="long")

    found = report(one, two, replace(one, model="n"), cell("b"))

    assert [(each.prompt, each.id, each.rate) for each in found.prompts] == [
        ("long", "p:m", 0.0),
        ("short", "p:m", 1.0),
        ("short", "p:n", 1.0),
    ]
    assert [(each.prompt, each.cells.scored) for each in found.models] == [(None, 3), (None, 1)]


def test_a_model_that_was_never_judged_has_no_rate() -> None:
    (summary,) = report(cell("a", "error")).models

    assert (summary.rate, summary.interval) == (None, None)


def test_an_unknown_cost_makes_the_sum_a_lower_bound_and_never_zero() -> None:
    (summary,) = report(cell("a"), cell("b", trials=(trial(cost=None),))).models

    assert (summary.cost, summary.unpriced) == (Decimal("0.5"), 1)


def test_no_known_cost_is_unknown() -> None:
    (summary,) = report(cell("a", trials=(trial(cost=None),))).models

    assert summary.cost is None


def test_one_unknown_usage_makes_the_tokens_unknown() -> None:
    (summary,) = report(cell("a"), cell("b", trials=(trial(usage=Usage()),))).models

    assert summary.prompt_tokens is None


def test_an_error_without_an_answer_does_not_make_the_tokens_unknown() -> None:
    (summary,) = report(cell("a"), cell("b", trials=(trial(usage=Usage(), completion=None),))).models

    assert summary.prompt_tokens == 10


def test_replayed_money_is_not_spent() -> None:
    found = report(cell("a"), cell("b", trials=(trial(is_replayed=False, cost=Decimal(2)),)))

    assert (found.spent, found.recorded) == (Bill(usd=Decimal(2)), Bill(usd=Decimal("0.5")))


def test_what_was_paid_for_and_never_judged_is_spent_too() -> None:
    found = build_report([cell("a")], created_at="now", version="0", mode="live", spent=Bill(usd=Decimal(2)))

    assert found.spent == Bill(usd=Decimal(2))


def test_money_of_unknown_price_makes_the_sum_a_lower_bound() -> None:
    found = report(cell("a", trials=(trial(is_replayed=False), trial(is_replayed=False, cost=None))))

    assert found.spent == Bill(usd=Decimal("0.5"), unpriced=1)
    assert found.to_json()["spent"] == {"usd": None, "known_usd": "0.5", "unpriced": 1}


@given(seed=st.integers())
def test_the_order_of_the_results_is_kept_and_changes_no_sum(seed: int) -> None:
    cells = [cell(name, model=model) for name in "abc" for model in ("m", "n")]
    shuffled = random.Random(seed).sample(cells, len(cells))

    assert list(report(*shuffled).results) == shuffled
    assert replace(report(*shuffled), results=()) == replace(report(*cells), results=())


def test_a_report_survives_json() -> None:
    found = report(cell("a"), cell("b", "failed"), cell("c", model="n", trials=(trial(cost=None, latency=None),)))

    assert Report.from_json(json.loads(json.dumps(found.to_json()))) == found
