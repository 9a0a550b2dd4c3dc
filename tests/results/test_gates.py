"""Gates: what breaks one, what passes, and that the unknown never does."""

from __future__ import annotations

from decimal import Decimal

import pytest

from prompt_contracts.errors import UsageError
from prompt_contracts.results.comparisons import compare_runs, compare_within
from prompt_contracts.results.gates import broken_gates, missed_rates, read_gate, read_share
from prompt_contracts.verdict import CaseResult
from tests.results.report_cells import cell, report, run
from tests.results.test_comparisons import many


def broken(before: list[CaseResult], after: list[CaseResult], spec: str) -> list[float | None]:
    """What breaks a gate."""
    comparison = compare_runs(run("base", *before), [run("new", *after)])
    return [each.value for each in broken_gates(comparison, [read_gate(spec)])]


@pytest.mark.parametrize(
    ("before", "after", "spec", "values"),
    [
        ("PPFF", "PPFP", "worse", []),
        ("PPFF", "PFFP", "worse", [1]),
        ("PPFF", "PEEP", "worse", [2]),
        ("EEEE", "EEEE", "worse", [None]),
        ("PPEE", "PPFF", "worse", []),
        ("PPPPP", "PPPPF", "rate=20%", []),
        ("PPPPP", "PPPPF", "rate=0.19", [pytest.approx(0.2)]),
        ("PPPPP", "PPPPP", "rate=0", []),
        ("PPPPF", "PPPPP", "rate=0%", []),
        ("E", "P", "rate=1", [None]),
    ],
)
def test_verdicts_and_rates(before: str, after: str, spec: str, values: list[float | None]) -> None:
    assert broken(many(before), many(after), spec) == values


@pytest.mark.parametrize(
    ("before", "after", "spec", "values"),
    [
        ("1", "1.2", "cost=1.2", []),
        ("1", "1.3", "cost=1.2", [pytest.approx(1.3)]),
        ("1", "0", "cost=1.2", []),
        # Of nothing there is no ratio: what was free and costs now never passes.
        ("0", "1", "cost=1000", [None]),
        ("0", "0", "cost=1", []),
        (None, "1", "cost=9", [None]),
        ("1", None, "cost=9", [None]),
    ],
)
def test_money(before: str | None, after: str | None, spec: str, values: list[float | None]) -> None:
    first, second = (many("PPP", cost=None if amount is None else Decimal(amount)) for amount in (before, after))

    assert broken(first, second, spec) == values


def test_one_unknown_latency_in_many_never_passes() -> None:
    first = [cell("a"), cell("b")]
    second = [cell("a", latency=0.1), cell("b", latency=None)]

    assert broken(first, second, "latency=1.5") == [None]
    assert broken(first, second[:1], "latency=1.5") == []


def test_a_case_that_cannot_be_loaded_any_more_is_worse() -> None:
    base = run("base", *many("PP"), broken=("cases/b.yaml::old",))
    new = run("new", *many("P"), broken=("cases/b.yaml::old", "cases/a.yaml::c1"))

    found = broken_gates(compare_runs(base, [new]), [read_gate("worse")])

    assert [each.value for each in found] == [1]


def test_models_without_a_common_cell_pass_no_gate() -> None:
    cells = [*many("PP"), *many("PP", model="p:n"), cell("other", model="p:o")]

    found = broken_gates(compare_within([run("r", *cells)], "model"), [read_gate("worse"), read_gate("cost=9")])

    assert [(each.contrast.other.label, each.gate.text, each.value) for each in found] == [
        ("p:o", "worse", None),
        ("p:o", "cost=9", None),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("better", "there are worse, rate=P, cost=X and latency=X"),
        ("worse=1", "there are worse"),
        ("rate", "there are worse"),
        ("rate=", "such as 2% or 0.02"),
        ("rate=2", "such as 2% or 0.02"),
        ("rate=-1%", "such as 2% or 0.02"),
        ("rate=nan", "such as 2% or 0.02"),
        ("cost=0", "such as 1.2"),
        ("cost=inf", "such as 1.2"),
        ("latency=1e3", "such as 1.2"),
        ("latency=" + "9" * 400, "such as 1.2"),
    ],
)
def test_a_gate_that_is_none_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_gate(text)

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("95%", 0.95),
        ("0.95", 0.95),
        ("100%", 1.0),
        ("1", 1.0),
        ("0", 0.0),
        ("95", None),
        ("101%", None),
        ("", None),
        ("%", None),
        ("-5%", None),
        ("nan", None),
        ("1_0%", None),
        (".", None),
        ("٣%", None),
    ],
)
def test_a_share(text: str, share: float | None) -> None:
    assert read_share(text) == share


def test_models_below_a_rate_are_named_and_those_without_a_verdict_too() -> None:
    found = report(*many("PPPF"), *many("PPPP", model="p:n"), *many("E", model="p:o"))

    assert [(each.model, each.rate) for each in missed_rates(found, ["p:q"], 0.8)] == [
        ("p:m", 0.75),
        ("p:o", None),
        ("p:q", None),
    ]
    assert [each.model for each in missed_rates(found, [], 0.75)] == ["p:o"]
