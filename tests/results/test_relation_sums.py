"""How changes did beside the cells as they are written: counted, tested in pairs, told in a line each."""

from __future__ import annotations

from typing import Any

import pytest

from prompt_contracts.renderers.html_report import html_report
from prompt_contracts.renderers.markdown_report import markdown_report
from prompt_contracts.renderers.relation_words import relation_lines
from prompt_contracts.renderers.summary import summary_text
from prompt_contracts.report import Report
from prompt_contracts.verdict import CaseResult, Sameness, VerdictWord
from tests.renderers.samples import cell, report, trial


def _cell(row: int, verdict: VerdictWord, relation: str | None = None, **more: Any) -> CaseResult:
    name = f"cases/a.yaml::greets[{row}{'' if relation is None else f'-{relation}'}-p:m]"
    return cell("greets", trial(verdict), row=str(row), relation=relation, id=name, **more)


def _rows(relation: str | None, passed: int, failed: int, errors: int = 0, **more: Any) -> list[CaseResult]:
    words: list[VerdictWord] = [*["passed"] * passed, *["failed"] * failed, *["error"] * errors]  # type: ignore[list-item]
    return [_cell(row, word, relation, **more) for row, word in enumerate(words)]


def _report(*groups: list[CaseResult]) -> Report:
    return report(*(result for group in groups for result in group))


def test_a_change_stands_beside_its_base_with_the_exact_test() -> None:
    found = _report(_rows(None, 19, 1), _rows("tool_order.last", 14, 6))

    [last] = found.relations
    assert (last.pairs, last.worse, last.better, last.p_value) == (20, 5, 0, 0.0625)
    assert relation_lines(found) == ["tool_order.last  14/20 · base 19/20 · p = 0.062"]
    assert Report.from_json(found.to_json()) == found


def test_several_changes_are_corrected_for_all_of_them() -> None:
    changes = ("tool_order.last", 14, 6), ("key_order.reversed", 19, 1), ("said_as.norsk", 12, 8)
    found = _report(_rows(None, 19, 1), *(_rows(name, *counts) for name, *counts in changes))

    assert [each.p_value for each in found.relations] == [0.0625, 1.0, 0.015625]
    assert [each.p_adjusted for each in found.relations] == [0.125, 1.0, 0.046875]
    assert relation_lines(found) == [
        "tool_order.last     14/20 · base 19/20 · p = 0.12",
        "key_order.reversed  19/20 · base 19/20 · p = 1.00",
        "said_as.norsk       12/20 · base 19/20 · p = 0.047",
    ]
    told = "p after Holm, over 3"
    assert f"cases as they are written; {told}:" in summary_text(found, width=100)
    assert f"| under the change | model | passed ({told}) |" in markdown_report(found)
    assert f"passed ({told})" in html_report(found)
    assert Report.from_json(found.to_json()) == found


def test_a_report_from_before_the_correction_shows_what_it_has() -> None:
    data = _report(_rows(None, 19, 1), _rows("tool_order.last", 14, 6)).to_json()
    del data["relations"][0]["p_adjusted"]

    assert relation_lines(Report.from_json(data)) == ["tool_order.last  14/20 · base 19/20 · p = 0.062"]


def test_errors_are_no_part_of_the_test_and_are_told() -> None:
    found = _report(_rows(None, 3, 0, 1), _rows("key_order.reversed", 2, 0, 2))

    [line] = relation_lines(found)
    assert line == "key_order.reversed  2/2 (2 errors) · base 3/3 (1 error) · p = 1.00"
    assert found.relations[0].pairs == 2


def test_what_has_a_contract_of_its_own_or_no_base_stands_alone() -> None:
    found = _report(_rows(None, 2, 0), _rows("without_tool.a", 1, 1))
    alone = _report(_rows("more_tools", 1, 1))

    assert relation_lines(found) == ["without_tool.a  1/2"]
    assert relation_lines(alone) == ["more_tools  1/2"]
    assert (alone.relations[0].base, alone.relations[0].p_value) == (None, None)


def test_models_and_controls_are_told_apart() -> None:
    same = Sameness(equal=4, compared=5, base_equal=7, base_compared=10)
    found = _report(
        _rows(None, 2, 0),
        _rows("said_as.norsk", 2, 0, same=same),
        [_cell(9, "passed", "said_as.norsk", model="n")],
    )

    assert relation_lines(found) == [
        "said_as.norsk  p:m  2/2 · base 2/2 · p = 1.00 · same 8/10, control 14/20",
        "said_as.norsk  p:n  1/1",
    ]


@pytest.mark.parametrize("render", [markdown_report, html_report])
def test_reports_for_people_tell_it_too(render: object) -> None:
    found = _report(_rows(None, 19, 1), _rows("tool_order.last", 14, 6))

    assert callable(render)
    assert "14/20 · base 19/20 · p = 0.062" in render(found).replace("&#183;", "·")
    assert "Under changes" not in render(_report(_rows(None, 1, 0)))
