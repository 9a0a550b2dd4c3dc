"""Cases by models in any width."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from prompt_contracts.renderers.matrix import matrix_text
from prompt_contracts.report import Report
from prompt_contracts.results.aggregation import build_report
from prompt_contracts.usage import Usage
from prompt_contracts.verdict import CaseResult, TrialResult, VerdictWord


def cell(
    case: str,
    model: str,
    *verdicts: VerdictWord,
    prompt: str | None = None,
    path: str = "cases/a.yaml",
    cost: Decimal | None = Decimal("0.002"),
) -> CaseResult:
    verdict: VerdictWord = "failed" if "failed" in verdicts else "error" if "error" in verdicts else "passed"
    trials = tuple(
        TrialResult(trial=number, verdict=each, usage=Usage(), cost=cost) for number, each in enumerate(verdicts, 1)
    )
    return CaseResult(
        id=f"{path}::{case}[{model}]",
        path=path,
        case=case,
        row=None,
        prompt=prompt,
        provider="p",
        model=model,
        verdict=verdict,
        trials=trials,
        requirement="all trials",
        cassette="x.yaml",
    )


def report(*results: CaseResult) -> Report:
    return build_report(results, created_at=None, version="0", mode="none")


SUITE = report(
    cell("greets", "small", "passed"),
    cell("greets", "large", "failed", "passed", "error"),
    cell("answers", "small", "error", cost=None),
)


def test_each_cell_has_its_verdict_its_trials_and_its_cost() -> None:
    assert [line.split() for line in matrix_text(SUITE, width=80).splitlines()] == [
        ["case", "p:small", "p:large"],
        ["greets", "✓", "$0.0020", "✗", "1/2", "$0.0060"],
        ["answers", "E", "?", "–"],
        ["passed", "1/1", "0/1"],
    ]


def test_a_narrow_terminal_gets_numbers_with_a_legend() -> None:
    names = ["a-model-with-a-long-name-indeed", "another-model-with-a-long-name"]

    shown = matrix_text(report(*(cell("greets", name, "passed") for name in names)), width=60).splitlines()

    assert shown[:2] == [f"  1  p:{names[0]}", f"  2  p:{names[1]}"]
    assert shown[2].split() == ["case", "1", "2"]
    assert shown[3].split() == ["greets", "✓", "$0.0020", "✓", "$0.0020"]


def test_prompts_of_one_model_stand_side_by_side() -> None:
    cells = (cell("greets", "m", "passed", prompt="short"), cell("greets", "m", "failed", prompt="long"))

    shown = matrix_text(report(*cells), width=80).splitlines()

    assert [line.split() for line in shown] == [
        ["case", "short", "long"],
        ["greets", "✓", "$0.0020", "✗", "$0.0020"],
        ["passed", "1/1", "0/1"],
    ]


def test_prompts_of_several_models_are_rows() -> None:
    cells = [cell("greets", model, "passed", prompt=name) for name in ("short", "long") for model in ("m", "n")]

    shown = matrix_text(report(*cells), width=80)

    assert [line.split()[0] for line in shown.splitlines()] == ["case", "greets[short]", "greets[long]", "passed"]


def test_cases_of_one_name_in_two_files_are_told_apart() -> None:
    shown = matrix_text(report(cell("x", "m", "passed"), cell("x", "m", "failed", path="cases/b.yaml")), width=80)

    starts = [line.split()[0] for line in shown.splitlines()]
    assert starts == ["case", "cases/a.yaml", "x", "cases/b.yaml", "x", "passed"]


@pytest.mark.parametrize("is_coloured", [True, False])
def test_colour_changes_no_word(is_coloured: bool) -> None:
    shown = matrix_text(SUITE, width=80, is_coloured=is_coloured)

    assert ("\x1b[" in shown) == is_coloured


@given(
    models=st.integers(min_value=1, max_value=30),
    length=st.integers(min_value=1, max_value=60),
    width=st.integers(min_value=60, max_value=200),
)
def test_it_fits_and_loses_no_model(models: int, length: int, width: int) -> None:
    names = [f"{'m' * length}{number}" for number in range(models)]

    shown = matrix_text(report(*(cell("greets", name, "passed", "failed") for name in names)), width=width)

    assert all(cell_len(line) <= width for line in shown.splitlines() if not line.startswith("  "))
    assert shown.count("✗ 1/2") == models
    assert all(f"p:{name}" in shown for name in names)
