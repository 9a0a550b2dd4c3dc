"""The JSON Lines report."""

from __future__ import annotations

import json

from hypothesis import given

from prompt_contracts.renderers.jsonl_report import jsonl_report
from prompt_contracts.report import BrokenResult, Report
from prompt_contracts.verdict import CaseResult
from tests.nouns.test_round_trips import reports
from tests.renderers.samples import HOSTILE, cell, report, trial


@given(reports)
def test_each_line_is_a_cell_that_can_be_read_back(made: Report) -> None:
    lines = [json.loads(line) for line in jsonl_report(made).splitlines()]

    assert [CaseResult.from_json(line) for line in lines[: len(made.results)]] == list(made.results)
    assert [line["id"] for line in lines[len(made.results) :]] == [each.id for each in made.broken]


def test_no_answer_can_end_a_line() -> None:
    made = report(*(cell(f"c{number}", trial(text=f"{text}\n\u2028")) for number, text in enumerate(HOSTILE)))

    assert len(jsonl_report(made).splitlines()) == len(HOSTILE)


def test_a_case_that_could_not_be_loaded_is_an_error() -> None:
    (line,) = map(json.loads, jsonl_report(report(broken=(BrokenResult(id="x::y", message="PC101"),))).splitlines())

    assert (line["verdict"], line["problem"]) == ("error", {"code": "broken", "message": "PC101"})
