"""Cells summed up into a report."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.completion import Choice, Completion
from prompt_contracts.report import Bill, Report
from prompt_contracts.results.aggregation import build_report
from prompt_contracts.usage import Usage
from prompt_contracts.verdict import CaseResult, TrialResult, Verdict

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
    name: str, verdict: Verdict = "passed", *, model: str = "m", trials: tuple[TrialResult, ...] = ()
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

    assert (summary.passed, summary.failed, summary.errors, summary.rate) == (1, 1, 1, 0.5)


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
