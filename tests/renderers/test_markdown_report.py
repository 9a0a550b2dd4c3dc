"""The Markdown report: within GitHub's limits, and nothing in it that a model wrote is markup."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.renderers.inert_markdown import fenced_markdown, markdown_field, plain_markdown
from prompt_contracts.renderers.markdown_report import markdown_report
from prompt_contracts.report import BrokenResult, Report
from tests.nouns.test_round_trips import reports
from tests.renderers.samples import HOSTILE, cell, report, trial

MARKUP = re.compile(r"[\[\]<>*_{}#!~|\\$]|@|://|www\.")


def outside_code(text: str) -> str:
    """The text without blocks and spans of code, as CommonMark finds them."""
    text = re.sub(r"^(`{3,})[^\n`]*\n.*?^\1`*$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", text)


@given(st.sampled_from(HOSTILE) | st.text())
def test_a_line_means_nothing_to_markdown(text: str) -> None:
    shown = plain_markdown(text)

    assert "\n" not in shown
    assert not MARKUP.search(re.sub(r"&#\d+;", "", outside_code(shown)))


@given(st.sampled_from(HOSTILE) | st.text())
def test_a_field_stays_in_its_row(text: str) -> None:
    assert not re.search(r"(?<!\\)\|", markdown_field(text))


@given(st.sampled_from(HOSTILE) | st.text("`\nab", max_size=50))
def test_no_text_ends_its_block(text: str) -> None:
    fence, *_, last, _ = fenced_markdown(text, limit=1000).split("\n")

    assert last == fence.removesuffix("text")
    inside = fenced_markdown(text, limit=1000).split("\n")[1:-2]
    assert not any(re.match(rf" {{0,3}}`{{{len(last)},}}\s*$", line) for line in inside)


@given(reports)
def test_any_report_can_be_written(made: Report) -> None:
    assert len(markdown_report(made)) <= 60_000


@pytest.mark.parametrize("limit", [2_000, 60_000, 900_000])
def test_a_large_report_keeps_the_limit_and_says_what_was_cut(limit: int) -> None:
    made = report(*(cell(f"c{number}", trial("failed", text=f"{number} " * 600)) for number in range(2_000)))

    text = markdown_report(made, limit=limit)

    assert len(text) <= limit
    assert "2,000 of 2,000 cells broke their contract" in text
    cut, whole = re.search(r"(\d+) of (\d+) broken contracts", text).groups()  # type: ignore[union-attr]
    assert whole == "2000"
    assert text.count("**✗ ") == 2000 - int(cut)
    assert text.count("<details>") == text.count("</details>")


def test_it_says_what_happened() -> None:
    made = report(
        cell("good"),
        cell("bad", trial("failed", text="storm")),
        cell("wavers", trial(), trial("failed", number=2, text="rain"), verdict="passed"),
        broken=(BrokenResult(id="cases/b.yaml::x", message="PC101 unknown key"),),
    )

    text = markdown_report(made)

    assert text.startswith("## ✗ Prompt contracts: 1 of 3 cells broke its contract; 1 case could not run as written.\n")
    assert "| p:m | 2/3 | 2/4 | 50% |" in text
    assert '| text | "fine" | storm |' in text
    assert "<summary>1 flaky cell: passed, though not in every trial</summary>" in text
    assert "`.F` 1 of 2 trials passed; required: all trials" in text
    assert "PC101 unknown key" in text


def test_nothing_run_is_not_fine() -> None:
    assert markdown_report(report()).startswith("## ✗ Prompt contracts: No cell was judged.\n")


def test_all_fine() -> None:
    assert markdown_report(report(cell())).startswith("## ✓ Prompt contracts: The one cell keeps its contract.\n")


def test_what_is_expected_to_break_is_told_apart() -> None:
    expected = cell("gap", trial("failed"), xfail="the server ignores it")

    assert markdown_report(report(cell("good"), expected)).startswith(
        "## ✓ Prompt contracts: 1 of 2 cells keeps its contract; 1 broke its contract as expected.\n"
    )


def test_each_kind_of_outcome_is_listed_by_itself() -> None:
    text = markdown_report(
        report(
            cell("bad", trial("failed")),
            cell("worse", trial("failed")),
            cell("gap", trial("failed"), xfail="the server ignores it"),
            cell("closed", xfail="the server ignores it"),
            cell("down", trial("error")),
        )
    )

    assert text.startswith(
        "## ✗ Prompt contracts: 2 of 5 cells broke their contract; 1 ended in an error; "
        "1 kept what was expected to break; 1 broke its contract as expected.\n"
    )
    assert re.findall("<summary>(.*)</summary>", text) == [
        "2 broken contracts",
        "1 cell without a verdict",
        "1 cell that kept what was expected to break",
        "1 contract that broke as expected",
        "all 5 cells",
    ]


def test_what_was_expected_to_break_and_did_not_is_no_success() -> None:
    text = markdown_report(report(cell("gap", xfail="the server ignores it")))

    assert text.startswith("## ✗ Prompt contracts: 1 kept what was expected to break.\n")
