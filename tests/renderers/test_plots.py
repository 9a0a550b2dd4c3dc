"""Plots of a report: what each shows, that its table says the same, and what is left without the package that draws."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.renderers.plot_specs import COLOURS, Spot, Spread, costs_spec, latencies_spec
from prompt_contracts.renderers.plots import Figure, figures
from prompt_contracts.report import Report
from prompt_contracts.verdict import CaseResult
from tests.renderers.page_samples import MODELS, cell_of, large_report, ordinary_report, report_of, trial_of


def figure(report: Report, name: str) -> Figure:
    """One of the plots of a report."""
    return next(each for each in figures(report) if each.name == name)


def priced(model: str, verdicts: str, cost: str | None, latency: float | None = 1.0) -> list[CaseResult]:
    """Cells of a model, one a letter: `p` passed, `f` failed; each trial at that cost."""
    found: list[CaseResult] = []
    for number, letter in enumerate(verdicts):
        trial = trial_of("passed" if letter == "p" else "failed")
        trial = replace(trial, cost=None if cost is None else Decimal(cost), latency=latency)
        found.append(cell_of(f"case_{number}", model, [trial]))
    return found


def test_a_run_without_cells_has_no_plots() -> None:
    assert figures(report_of([])) == ()


def test_rates_are_drawn_with_their_intervals() -> None:
    shown = figure(ordinary_report(), "rates")

    assert shown.rows[0] == (MODELS[0], "10", "13", "77%", "50–92%")
    assert shown.svg is not None
    assert ">77%  (50–92%)</text>" in shown.svg


def test_prompts_have_a_plot_of_their_own() -> None:
    cells = [cell_of("asks", MODELS[0], [trial_of("passed")], prompt=prompt) for prompt in ("short", "long")]

    assert [row[0] for row in figure(report_of(cells), "prompt-rates").rows] == [
        f"long · {MODELS[0]}",
        f"short · {MODELS[0]}",
    ]


def test_the_models_that_none_beats_in_both_are_named() -> None:
    report = report_of(
        [
            *priced("a:cheap", "pf", "0.001"),
            *priced("b:good", "pp", "0.002"),
            *priced("c:beaten", "pf", "0.003"),
            *priced("d:as_cheap_and_as_good", "pf", "0.001"),
            *priced("e:unknown", "pp", None),
        ]
    )

    shown = figure(report, "costs")

    assert shown.rows == (
        ("a:cheap", "$0.0010", "50%", "yes"),
        ("b:good", "$0.0020", "100%", "yes"),
        ("c:beaten", "$0.0030", "50%", "no"),
        ("d:as_cheap_and_as_good", "$0.0010", "50%", "yes"),
    )
    assert "without a known cost or a verdict: 1." in shown.note


def test_one_model_alone_has_no_plot_of_cost() -> None:
    assert "costs" not in [each.name for each in figures(report_of(priced("a:alone", "pf", "0.001")))]


def test_latencies_have_their_nearest_ranks() -> None:
    cells = [cell for tenth in range(1, 11) for cell in priced(f"a:x{tenth % 2}", "p", "0", latency=tenth / 10)]
    cells = [replace(cell, case=f"case_{number}") for number, cell in enumerate(cells)]

    shown = figure(report_of(cells), "latencies")

    assert shown.header[1:] == ("trials", "least", "p25", "median", "p75", "p95", "most")
    assert shown.rows[1] == ("a:x1", "5", "100 ms", "300 ms", "500 ms", "700 ms", "900 ms", "900 ms")


def test_unknown_latencies_are_no_zeros() -> None:
    report = report_of([*priced("a:known", "p", "0", latency=2.0), *priced("b:unknown", "p", "0", latency=None)])

    assert [row[0] for row in figure(report, "latencies").rows] == ["a:known"]


def test_a_plot_of_thousands_of_trials_stays_small() -> None:
    svg = figure(large_report(cases=300), "latencies").svg

    assert svg is not None
    assert len(svg) < 100_000


@pytest.mark.parametrize("name", ["rates", "costs", "latencies"])
def test_a_plot_has_our_colours_no_style_no_link_and_no_script(name: str) -> None:
    svg = figure(ordinary_report(), name).svg

    assert svg is not None
    assert not re.search(r"style=|<style|href|<script|<image|\son\w+=|url\(", svg)
    assert set(re.findall(r"#[0-9a-f]{3,6}\b", svg)) <= set(COLOURS)


def test_the_name_of_a_model_is_text_in_a_plot() -> None:
    report = report_of(priced("evil:<script>alert(1)</script>\u202e", "p", "0"))

    svg = figure(report, "rates").svg

    assert svg is not None
    assert "&lt;script&gt;" in svg
    assert "<script" not in svg
    assert "\u202e" not in svg


def test_names_of_points_that_lie_together_do_not_cover_each_other() -> None:
    spots = [Spot(label=f"provider:model-{n}", cost=0.001, rate=1.0, is_on_front=True) for n in range(6)]

    labels = [row for layer in costs_spec(spots)["layer"][3:] for row in layer["data"]["values"]]

    heights = sorted(label["y"] for label in labels)
    assert len(labels) == 6
    assert all(below - above >= 14 for above, below in pairwise(heights))


@given(st.floats(1e-6, 1e3), st.floats(41, 1e9))
def test_a_scale_of_powers_has_few_ticks(least: float, times: float) -> None:
    spec = latencies_spec([Spread(label="a", value_label="", values=(least, least * times), median=least)])
    axis = spec["layer"][0]["encoding"]["x"]["axis"]

    assert 1 <= len(axis["values"]) <= 6


def test_without_the_package_that_draws_the_tables_stand_alone_and_the_page_says_how_to_get_plots() -> None:
    program = (
        "import sys\n"
        "sys.modules['vl_convert'] = None\n"
        "from tests.renderers.page_samples import ordinary_report\n"
        "from prompt_contracts.renderers.html_report import html_report\n"
        "print(html_report(ordinary_report()))"
    )

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "<svg" not in result.stdout
    assert "pip install &#39;pytest-prompt-contracts[plots]&#39;" in result.stdout.replace("'", "&#39;")
    assert result.stdout.count("<details open>") >= 3
