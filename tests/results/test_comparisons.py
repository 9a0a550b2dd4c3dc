"""Runs, models and prompts held against each other, cell by cell."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.comparison import Comparison, Contrast
from prompt_contracts.errors import UsageError
from prompt_contracts.report import Count, Interval
from prompt_contracts.results.comparisons import compare_runs, compare_within
from prompt_contracts.usage import Usage
from prompt_contracts.verdict import CaseResult
from tests.results.report_cells import cell, run, trial


def contrast(base: list[CaseResult], other: list[CaseResult]) -> Contrast:
    """The only contrast of two runs."""
    (found,) = compare_runs(run("base", *base), [run("new", *other)]).contrasts
    return found


def many(letters: str, **fields: Any) -> list[CaseResult]:
    """A cell of one trial for each letter."""
    return [cell(f"c{number}", letter, **fields) for number, letter in enumerate(letters)]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("P", "F", "worse"),
        ("F", "P", "better"),
        ("P", "E", "lost"),
        ("F", "E", "lost"),
        ("E", "P", "found"),
        ("E", "F", "found"),
        ("FP", "FF", "wavering"),
        ("FF", "FP", "wavering"),
        ("PF", "P", "better"),
        ("P", "P", None),
        ("P", "PPP", None),
        ("E", "E", None),
        ("FP", "FPFP", None),
    ],
)
def test_what_became_of_a_cell(before: str, after: str, kind: str | None) -> None:
    found = contrast([cell("a", before)], [cell("a", after)])

    assert [change.kind for change in found.changes] == ([] if kind is None else [kind])
    counted = {"worse": found.worse, "better": found.better, "lost": found.lost, "found": found.found}
    assert counted == {name: int(name == kind) for name in counted}


def test_errors_are_no_part_of_rates_and_tests() -> None:
    found = contrast(many("PPFE"), [*many("PFPP"), cell("more")])

    assert (found.pairs, found.judged) == (4, 3)
    assert (found.worse, found.better, found.found, found.p_value) == (1, 1, 1, 1.0)
    assert found.base.rate == found.other.rate == pytest.approx(2 / 3)
    assert found.difference == 0.0
    assert found.base.cells == Count(passed=2, failed=1, errors=1)
    assert found.other.alone == ("cases/a.yaml::more[p:m]",)


def test_the_difference_is_that_of_trials_each_cell_counting_alike() -> None:
    found = contrast([cell("a", "PPPF"), cell("b", "P")], [cell("a", "PFFF"), cell("b", "PP")])

    assert (found.base.rate, found.other.rate) == (0.875, 0.625)
    assert found.difference == -0.25
    assert (found.worse, found.p_value) == (0, 1.0)


def test_trials_in_error_are_left_out_of_a_cell_that_tolerates_them() -> None:
    found = contrast([cell("a", "PPE", verdict="passed")], [cell("a", "PF")])

    assert (found.judged, found.difference) == (1, -0.5)


def test_no_judged_pair_says_nothing_and_never_zero() -> None:
    found = contrast(many("EE"), many("PE"))

    assert (found.pairs, found.judged, found.found) == (2, 0, 1)
    assert (found.difference, found.interval, found.p_value, found.p_adjusted) == (None, None, None, None)
    assert (found.base.rate, found.other.rate, found.detectable) == (None, None, None)
    assert (found.cost.value, found.cost.base, found.cost.cells) == (None, None, 0)


def test_a_cell_without_any_trial_was_not_judged() -> None:
    found = contrast([replace(cell("a"), trials=())], [cell("a", "F")])

    assert (found.judged, found.worse, found.found) == (0, 0, 1)


@pytest.mark.parametrize("letters", ["PPPPPPPP", "FFFFFFFF"])
def test_nothing_changed(letters: str) -> None:
    found = contrast(many(letters), many(letters))

    half = 1 - 0.05 ** (1 / 8)
    assert (found.difference, found.p_value, found.changes) == (0.0, 1.0, ())
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((-half, half))
    assert found.detectable == 6 / 8


def test_few_cells_could_have_shown_nothing() -> None:
    assert contrast(many("PPPPP"), many("PPPPP")).detectable is None


def test_changes_come_the_worst_first() -> None:
    before = [*many("PPFEF"), cell("waver", "FPP"), cell("waver2", "FPP"), cell("worst", "PPP"), cell("bad", "PP")]
    after = [*many("PEPPF"), cell("waver", "FFP"), cell("waver2", "FFF"), cell("worst", "FFF"), cell("bad", "PF")]

    found = contrast(before, after)

    assert [(change.kind, change.name.partition("::")[2].partition("[")[0]) for change in found.changes] == [
        ("worse", "worst"),
        ("worse", "bad"),
        ("lost", "c1"),
        ("better", "c2"),
        ("found", "c3"),
        ("wavering", "waver2"),
        ("wavering", "waver"),
    ]


# Ratios


def test_a_ratio_is_of_sums_of_means_of_trials() -> None:
    before = [cell("a", "PP", cost=Decimal(1)), cell("b", cost=Decimal(3))]
    after = [cell("a", "P", cost=Decimal(2)), cell("b", "PPP", cost=Decimal(6))]

    found = contrast(before, after).cost

    assert (found.base, found.other, found.value, found.cells) == (4.0, 8.0, 2.0, 2)
    assert found.interval == Interval(low=2.0, high=2.0)


def test_an_unknown_cost_is_left_out_and_counted_and_never_zero() -> None:
    before = [cell("a", cost=None), cell("b", cost=Decimal(1))]

    one = contrast(before, [cell("a"), cell("b", cost=Decimal(2))])
    none = contrast(before, [cell("a"), cell("b", cost=None)])

    assert (one.cost.value, one.cost.cells, one.cost.unknown) == (2.0, 1, 1)
    assert (none.cost.value, none.cost.base, none.cost.other, none.cost.unknown) == (None, None, None, 2)
    assert (one.base.cost, one.base.unpriced, one.base.cost_per_pass) == (Decimal(1), 1, None)


def test_one_unknown_trial_makes_the_cell_unknown() -> None:
    usage = Usage()
    mixed = replace(cell("a", "PP"), trials=(trial("P", 1), trial("P", 2, usage=usage, latency=None)))

    found = contrast([mixed], [cell("a", "PP")])

    assert (found.latency.unknown, found.prompt_tokens.unknown, found.completion_tokens.value) == (1, 1, None)


@pytest.mark.parametrize(
    ("before", "after", "value"), [("0", "1", None), ("1", "0", 0.0), ("0", "0", None), ("1", "1", 1.0)]
)
def test_what_is_free_has_no_ratio_to_anything(before: str, after: str, value: float | None) -> None:
    found = contrast(many("PPP", cost=Decimal(before)), many("PPP", cost=Decimal(after))).cost

    assert (found.value, found.base, found.other) == (value, 3 * float(before), 3 * float(after))
    assert (found.interval is None) == (before == "0")


def test_an_error_that_took_nothing_is_no_saving() -> None:
    found = contrast(many("PP"), [cell("c0"), cell("c1", "E", cost=Decimal(0), latency=0.001)])

    assert (found.cost.value, found.latency.value) == (1.0, 1.0)


def test_money_is_told_for_each_cell_that_passed() -> None:
    found = contrast(many("PPFF"), many("PFFF"))

    assert (found.base.cost, found.base.cost_per_pass) == (Decimal(2), Decimal(1))
    assert found.other.cost_per_pass == Decimal(2)


# Which cells are partners


def test_cells_are_paired_by_file_case_row_prompt_and_model() -> None:
    cells = [
        cell("a"),
        cell("a", path="cases/b.yaml"),
        cell("b", row="oslo"),
        cell("b", row="lima"),
        cell("c", prompt="short"),
        cell("c", prompt="long"),
    ]

    found = contrast(cells, list(reversed(cells)))

    assert (found.pairs, found.base.alone, found.other.alone, found.changes) == (6, (), (), ())


def test_runs_of_several_models_are_compared_model_by_model() -> None:
    before = [*many("PP"), *many("PP", model="p:n"), *many("P", model="p:old")]
    after = [*many("PF"), *many("PP", model="p:n"), *many("F", model="p:new")]

    found = compare_runs(run("base", *before), [run("new", *after)])

    assert [(each.model, each.worse, each.pairs) for each in found.contrasts] == [("p:m", 1, 2), ("p:n", 0, 2)]
    assert found.left_out == ("cases/a.yaml::c0[p:old]", "cases/a.yaml::c0[p:new]")


def test_runs_of_one_model_each_are_paired_without_it_and_say_so() -> None:
    found = contrast(many("PP", row="r"), many("PF", row="r", model="q:other"))

    assert (found.is_across_models, found.pairs, found.worse) == (True, 2, 1)
    assert [change.name for change in found.changes] == ["cases/a.yaml::c1[r]"]


def test_several_runs_are_each_held_against_the_first() -> None:
    base, same, worse = many("P" * 8), many("P" * 8), many("F" * 8)

    found = compare_runs(run("base", *base), [run("same", *same), run("worse", *worse)])

    assert [(each.other.label, each.p_value, each.p_adjusted) for each in found.contrasts] == [
        ("same", 1.0, 1.0),
        ("worse", 0.0078125, 0.015625),
    ]


def test_what_could_not_be_loaded_is_told() -> None:
    before, after = run("base", *many("PP")), run("new", *many("P"), broken=("cases/a.yaml::c1",))

    (found,) = compare_runs(before, [after]).contrasts

    assert (found.base.broken, found.other.broken) == ((), ("cases/a.yaml::c1",))


@pytest.mark.parametrize(
    ("base", "other", "words"),
    [
        ([], many("P"), "base holds no cell"),
        (many("P"), [], "new holds no cell"),
        (many("P"), [cell("another")], "the first one is cases/a.yaml::c0[p:m] there"),
        (
            [*many("P"), *many("P", model="p:n")],
            many("P", model="q:o"),
            "no model in common (p:m, p:n and q:o); --by model",
        ),
    ],
)
def test_where_nothing_is_paired_it_is_said_why(base: list[CaseResult], other: list[CaseResult], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        compare_runs(run("base", *base), [run("new", *other)])

    assert words in str(caught.value)


def test_a_cell_that_is_told_of_twice_is_refused() -> None:
    with pytest.raises(UsageError, match=r"new tells of .*c0.* more than once"):
        compare_runs(run("base", *many("P")), [run("new", *many("P"), *many("F"))])


# Within runs


def test_models_of_a_run_are_held_against_the_first_one() -> None:
    cells = [*many("PPF", model="p:z"), *many("PFF", model="p:a"), *many("PP", model="p:b")]

    found = compare_within([run("r", *cells)], "model")

    assert [(each.base.label, each.other.label, each.pairs, each.worse) for each in found.contrasts] == [
        ("p:z", "p:a", 3, 1),
        ("p:z", "p:b", 2, 0),
    ]
    assert found.contrasts[1].base.alone == ("cases/a.yaml::c2[p:z]",)
    assert found.contrasts[0].changes[0].name == "cases/a.yaml::c1"


def test_prompts_are_compared_within_each_model_and_cells_without_them_are_left_out() -> None:
    cells = [
        cell("a", letters, prompt=prompt, model=model)
        for prompt, letters in (("short", "P"), ("long", "F"))
        for model in ("p:m", "p:n")
    ]

    found = compare_within([run("r", *cells, cell("plain"), broken=("cases/b.yaml::x",))], "prompt", base="long")

    assert [(each.base.label, each.other.label, each.better) for each in found.contrasts] == [("long", "short", 2)]
    assert found.left_out == ("cases/b.yaml::x", "cases/a.yaml::plain[p:m]")
    assert found.contrasts[0].changes[0].name == "cases/a.yaml::a[p:m]"


def test_models_of_several_reports_are_compared_together() -> None:
    found = compare_within([run("one", *many("PP")), run("two", *many("PF", model="p:n"))], "model")

    assert [(each.base.label, each.other.label, each.worse) for each in found.contrasts] == [("p:m", "p:n", 1)]


@pytest.mark.parametrize(
    ("cells", "by", "base", "words"),
    [
        (many("P"), "model", None, "r has one model alone, p:m; --by model takes two at least"),
        (many("P"), "prompt", None, "no case of it has prompts"),
        ([], "model", None, "it holds no cell"),
        ([cell("a", prompt="x")], "prompt", None, "one prompt alone, x"),
        (
            [*many("P"), *many("P", model="p:n")],
            "model",
            "p:nn",
            "no such model, there are p:m, p:n; did you mean p:n?",
        ),
        ([cell("a"), cell("b", model="p:n")], "model", None, "no case of r ran with p:m and with another model"),
    ],
)
def test_within_a_run_too_it_is_said_why_nothing_is_compared(
    cells: list[CaseResult], by: Any, base: str | None, words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        compare_within([run("r", *cells)], by, base=base)

    assert words in str(caught.value)


# Properties

letters = st.sampled_from(["P", "F", "E", "PF", "PP", "FPE"])
sides = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), letters, letters), min_size=1, max_size=12).map(
    lambda rows: list({row[:2]: row for row in rows}.values())
)


def both(rows: list[tuple[int, int, str, str]]) -> tuple[list[CaseResult], list[CaseResult]]:
    before = [cell(f"c{case}", letters, row=f"r{row}") for case, row, letters, _ in rows]
    return before, [cell(f"c{case}", letters, row=f"r{row}") for case, row, _, letters in rows]


@given(rows=sides)
def test_swapping_the_sides_swaps_everything(rows: list[tuple[int, int, str, str]]) -> None:
    before, after = both(rows)
    one, two = contrast(before, after), contrast(after, before)

    assert (one.worse, one.better, one.lost, one.found) == (two.better, two.worse, two.found, two.lost)
    assert (one.p_value, one.judged) == (two.p_value, two.judged)
    assert (one.base.rate, one.other.rate) == (two.other.rate, two.base.rate)
    if one.difference is not None and two.difference is not None:
        assert one.difference == pytest.approx(-two.difference)
        assert one.detectable == (None if two.detectable is None else pytest.approx(two.detectable))
    assert len(one.changes) == len(two.changes)


@given(rows=sides, data=st.data())
def test_the_order_of_the_cells_changes_no_number(rows: list[tuple[int, int, str, str]], data: st.DataObject) -> None:
    before, after = both(rows)

    one = contrast(before, after)
    two = contrast(data.draw(st.permutations(before)), data.draw(st.permutations(after)))

    assert replace(one, changes=(), difference=None, interval=None, detectable=None) == replace(
        two, changes=(), difference=None, interval=None, detectable=None
    )
    assert {change.name for change in one.changes} == {change.name for change in two.changes}
    assert math.isclose(one.difference or 0.0, two.difference or 0.0, abs_tol=1e-12)


@given(before=st.sets(st.integers(0, 9), min_size=1), after=st.sets(st.integers(0, 9), min_size=1))
def test_every_cell_is_paired_or_alone(before: set[int], after: set[int]) -> None:
    first, second = ([cell(f"c{number}") for number in each] for each in (before, after))
    if not before & after:
        with pytest.raises(UsageError):
            contrast(first, second)
        return

    found = contrast(first, second)

    assert found.pairs + len(found.base.alone) == len(before)
    assert found.pairs + len(found.other.alone) == len(after)
    assert found.pairs == len(before & after)


def test_a_comparison_survives_json() -> None:
    found = compare_runs(run("base", *many("PPFFEP")), [run("new", *many("PFPFPE"), cell("more"))])

    assert Comparison.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False))) == found


def test_a_comparison_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="comparison format 99: this version reads 1"):
        Comparison.from_json({"format": 99})
