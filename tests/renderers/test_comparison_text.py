"""What a comparison says to a person: on a terminal of any width, and in a pull request."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from rich.cells import cell_len

from prompt_contracts.comparison import Comparison
from prompt_contracts.renderers.comparison_markdown import comparison_markdown
from prompt_contracts.renderers.comparison_text import comparison_text
from prompt_contracts.renderers.comparison_words import change_in_short
from prompt_contracts.renderers.gate_text import broken_gate_text, missed_rate_text
from prompt_contracts.results.comparisons import compare_runs, compare_within
from prompt_contracts.results.gates import broken_gates, missed_rates, read_gate
from prompt_contracts.verdict import CaseResult, Problem
from tests.results.report_cells import cell, report, run
from tests.results.test_comparisons import many

HOSTILE = "ends here\n```\n</details><script>x</script> @admin https://evil.example \x1b[31m\u202e\x07 ![i](x)"


def compared(before: list[CaseResult], after: list[CaseResult]) -> Comparison:
    return compare_runs(run("base", *before), [run("new", *after)])


def text_of(before: list[CaseResult], after: list[CaseResult], *, width: int = 200) -> str:
    return comparison_text(compared(before, after), width=width)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            "P" * 24,
            "P" * 22 + "FF",
            "2 worse, 0 better, p = 0.50: too few changes to tell; this suite can show differences above 25 points",
        ),
        ("PPP", "PPP", "no verdict changed; these cells are too few to show any difference"),
        ("P" * 40, "P" * 40, "no verdict changed; this suite can show differences above 15 points"),
        ("P" * 8, "F" * 8, "8 worse, 0 better, p = 0.008: worse than chance explains"),
        ("F" * 12, "P" * 12, "0 worse, 12 better, p < 0.001: better than chance explains"),
        ("PPPPPFFFFP", "FFFFFPPPPP", "5 worse, 4 better, p = 1.00: this could be chance"),
        ("PE", "EP", "0 worse, 0 better, 1 in error now, 1 no longer in error: no cell has a verdict on both sides"),
    ],
)
def test_a_sentence_says_what_changed_and_whether_that_can_be_told(before: str, after: str, sentence: str) -> None:
    assert sentence in text_of(many(before), many(after)).splitlines()[0]


def test_no_suite_shows_a_difference_of_more_than_all() -> None:
    told = text_of(many("PFPFPFPF"), many("FPFPFPFP"))

    assert "these cells are too few to show any difference" in told


def test_what_fails_now_and_was_an_error_is_not_called_better() -> None:
    found = compared(many("PEE"), many("PFP"))

    assert "≠ judged  cases/a.yaml::c1" in comparison_text(found, width=200)
    assert "▲ judged  cases/a.yaml::c2" in comparison_text(found, width=200)
    assert "**≠ judged** cases/a.yaml::c1" in comparison_markdown(found)
    assert change_in_short(found, report(*many("PFP")).models[0]) == "▲ 1 ≠ 1"


def test_fewer_trials_that_pass_are_told_even_where_no_verdict_changed() -> None:
    before, after = [[cell(f"c{n}", letters, verdict="failed") for n in range(9)] for letters in ("PPPF", "PFFF")]

    assert "no verdict changed, but fewer trials pass" in text_of(before, after)


def test_amounts_are_told_with_what_is_unknown_and_what_is_free() -> None:
    before = [cell("a", cost=Decimal(0)), cell("b", cost=Decimal(0), latency=2.0)]
    after = [cell("a", cost=Decimal("0.001")), cell("b", cost=Decimal("0.002"), latency=None)]

    told = text_of(before, after)

    assert "cost free → $0.0030, free before, $0.0030 now" in told
    assert "latency 1.00 s → 1.00 s, ×1.00, unknown of 1 cell" in told
    assert "cost ? → ?, unknown" in text_of(many("P", cost=None), many("P"))
    assert "cost free → free, free on both sides" in text_of(many("P", cost=Decimal(0)), many("P", cost=Decimal(0)))
    assert "free now, $0.5000 before" in text_of(many("P"), many("P", cost=Decimal(0)))


def test_what_is_on_one_side_alone_is_counted_and_named() -> None:
    told = comparison_text(
        compare_runs(
            run("base", *many("PP"), cell("gone"), *many("P", model="p:old")),
            [run("new", *many("PP"), *[cell(f"n{n}") for n in range(7)], broken=("cases/x.yaml::y",))],
        ),
        width=300,
    )

    assert "1 cell only in base: cases/a.yaml::gone[p:m]" in told
    assert "7 cells only in new: cases/a.yaml::n0[p:m], " in told
    assert "cases/a.yaml::n4[p:m] and 2 more" in told
    assert "1 case of new could not be loaded: cases/x.yaml::y" in told
    assert "1 cell in no comparison: cases/a.yaml::c0[p:old]" in told


def test_cells_whose_contract_changed_are_counted() -> None:
    first = many("PPP")
    stricter = [replace(first[0], expect={"text": "no"}), replace(first[1], requirement="9 of the trials"), first[2]]

    assert "2 cells have another contract than in base" in text_of(first, stricter)
    assert "another contract" not in text_of(first, first)


def test_runs_of_one_model_each_say_that_they_were_paired_without_it() -> None:
    assert "cells are paired without it" in text_of(many("P"), many("P", model="q:x"))


def test_changed_cells_show_both_answers_side_by_side() -> None:
    told = text_of([cell("rain", row="oslo", text="yes, take an umbrella")], [cell("rain", "F", row="oslo", text="no")])

    assert told.splitlines()[-4:] == [
        "  ▼ worse  cases/a.yaml::rain[oslo-p:m]",
        '      text: expected "passed", got "no"',
        f"    {'base':<96} │ new",
        f"    {'yes, take an umbrella':<96} │ no",
    ]


def test_equal_answers_are_told_once() -> None:
    told = text_of([cell("a", text="the same")], [cell("a", "F", text="the same")])

    assert told.count("the same") == 2  # once in what is expected and came, once as the answer of both
    assert told.splitlines()[-2:] == ["    both", "      the same"]


def test_a_wavering_cell_shows_an_answer_that_passes_beside_one_that_fails() -> None:
    told = text_of([cell("a", "PPF", verdict="passed")], [cell("a", "PFF", verdict="passed")])

    assert "≠ trials  cases/a.yaml::a[p:m]  (trials passed: 2/3 → 1/3)" in told
    assert re.search(r"passed +│ failed", told)


def test_what_had_no_answer_says_why() -> None:
    missing = replace(cell("a", "E"), trials=(), problem=Problem(code="PC201", message="no recording"), verdict="error")

    told = text_of([cell("a")], [missing])

    assert re.search(r"passed +│ PC201 no recording", told)
    assert re.search(r"passed +│ rate_limit: slow down", text_of([cell("a")], [cell("a", "E")]))
    assert re.search(r"\(empty\) +│ failed", text_of([cell("a", text="")], [cell("a", "F")]))


@pytest.mark.parametrize("width", [20, 40, 63, 64, 80, 81, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = "東京" * 90 + " and " + "x" * 300 + " " + "many words of an answer " * 30
    before = [cell("rain" * 20, row="oslo", text=long), cell("b")]
    after = [cell("rain" * 20, "F", row="oslo", text=long[::-1]), cell("b", "E")]

    lines = text_of(before, after, width=width).splitlines()

    assert max(map(cell_len, lines)) <= max(width, 40)


def test_long_answers_are_cut_with_a_word_about_it() -> None:
    told = text_of([cell("a", text="line\n" * 50)], [cell("a", "F", text="y" * 100_000)])

    assert "… 42 more lines" in told
    assert len(told) < 10_000


def test_of_many_changes_some_are_shown_and_the_others_counted() -> None:
    told = comparison_text(compared(many("P" * 30), many("F" * 30)), width=80, most=20)

    assert told.count("▼ worse") == 20
    assert told.endswith("and 10 more that changed")


def test_p_values_of_several_models_are_corrected_and_say_so() -> None:
    before = [each for model in ("p:m", "p:n") for each in many("P" * 8, model=model)]
    after = [*many("F" * 8), *many("P" * 8, model="p:n")]

    told = comparison_text(compared(before, after), width=200)

    assert "p:m vs base: 8 worse, 0 better, p = 0.016 (Holm, over 2): worse than chance explains" in told
    assert "p:n vs base: 0 worse, 0 better, p = 1.00 (Holm, over 2): no verdict changed" in told


def test_models_and_prompts_are_told_by_their_names() -> None:
    cells = [*many("PP"), *many("PF", model="p:n")]

    assert comparison_text(compare_within([run("r", *cells)], "model"), width=100).startswith("p:n vs p:m: 1 worse")


def test_text_of_models_is_harmless_on_a_terminal() -> None:
    told = text_of([cell("a", text=HOSTILE)], [cell("a", "F", text=HOSTILE + "!")], width=80)

    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", told)
    assert r"\x1b[31m\u202e\x07" in told.replace("\n", "")


# Markdown


def without_code(markdown: str) -> str:
    """What is left for Markdown to read when blocks and spans of code are gone."""
    blocks = re.sub(r"^(`{3,})text\n.*?^\1$", "", markdown, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", blocks)


def test_markdown_has_the_same_facts_as_a_table() -> None:
    told = comparison_markdown(compared(many("P" * 24), many("P" * 22 + "FF")))

    assert told.startswith("### new vs base\n\n2 worse, 0 better, p = 0.50: too few changes to tell")
    assert "| | base | new | change |\n|---|---:|---:|---|\n| pass rate | 100% | 92% | −8 points" in told
    assert "<details><summary>2 changed cells</summary>" in told
    assert told.endswith("</details>\n")


def test_nothing_in_markdown_comes_to_life() -> None:
    hostile = replace(cell("a", "F", text=HOSTILE), case="<b>@team</b>", id="cases/a.yaml::<b>@team</b>|x")
    base = replace(hostile, trials=cell("a").trials, verdict="passed")

    told = comparison_markdown(compare_runs(run("a|b@c", base), [run("https://x.example", hostile)]))

    left = without_code(told)
    assert not re.search(r"@|https?:|<script|<b>|!\[|\x1b|\u202e", left)
    assert left.count("</details>") == 1
    rows = [line for line in told.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}


def test_a_fence_is_longer_than_what_it_holds() -> None:
    told = comparison_markdown(compared([cell("a", text="`````\nx")], [cell("a", "F")]))

    assert "``````text\n`````\nx\n``````" in told


def test_markdown_fits_into_a_comment_and_says_what_was_cut() -> None:
    before = [cell(f"c{n}", text="x" * 3_000) for n in range(100)]
    after = [cell(f"c{n}", "F", text="y" * 3_000) for n in range(100)]

    told = comparison_markdown(compared(before, after))

    assert len(told) <= 60_000
    assert "100 changed cells" in told
    assert re.search(r"and \d\d more that changed, for which there is no room here", told)
    assert "… 1,000 more characters" in told


# Gates


@pytest.mark.parametrize(
    ("before", "after", "spec", "words"),
    [
        ("PPP", "PFE", "worse", "gate worse: new vs base: 1 worse, 1 in error now"),
        ("PPPP", "PPPF", "rate=2%", "gate rate=2%: new vs base: the pass rate fell by 25 points"),
        ("EE", "EE", "worse", "no cell has a verdict on both sides, so nobody can tell"),
    ],
)
def test_a_broken_gate_is_a_sentence(before: str, after: str, spec: str, words: str) -> None:
    comparison = compared(many(before), many(after))
    (broken,) = broken_gates(comparison, [read_gate(spec)])

    assert broken_gate_text(broken, comparison).endswith(words)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("0.5", "1", "cost ×2.00"),
        ("0.5", None, "cost unknown of 3 cells, so nobody can tell"),
        ("0", "1", "cost was nothing before, and is something now"),
    ],
)
def test_a_broken_gate_of_money_is_a_sentence(before: str, after: str | None, words: str) -> None:
    first, second = (many("PPP", cost=None if amount is None else Decimal(amount)) for amount in (before, after))
    comparison = compared(first, second)
    (broken,) = broken_gates(comparison, [read_gate("cost=1.2")])

    assert broken_gate_text(broken, comparison).endswith(words)


def test_a_missed_rate_is_a_sentence() -> None:
    found = missed_rates(report(*many("P" * 18 + "F"), *many("E", model="p:n")), [], 0.95)

    assert list(map(missed_rate_text, found)) == [
        "p:m: 94.7% of the trials passed, 95% were to",
        "p:n: no trial was judged, 95% were to pass",
    ]
