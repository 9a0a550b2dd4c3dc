"""The CSV report: what a spreadsheet reads is what was found, and never a formula."""

from __future__ import annotations

import csv
import shutil
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.renderers.csv_report import csv_report
from prompt_contracts.report import BrokenResult
from prompt_contracts.report_columns import REPORT_COLUMNS
from prompt_contracts.verdict import Problem
from tests.renderers.samples import HOSTILE, calls, cell, report, trial


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text, newline="")))


def test_each_trial_is_a_row() -> None:
    found = rows(csv_report(report(cell("a", trial(), trial("failed", text="no", number=2)), cell("b"))))

    assert [(row["case"], row["trial"], row["verdict"], row["cell_verdict"]) for row in found] == [
        ("a", "1", "passed", "failed"),
        ("a", "2", "failed", "failed"),
        ("b", "1", "passed", "passed"),
    ]
    assert found[1]["failures"] == 'text: expected "fine", got no'
    assert (found[0]["cost_usd"], found[0]["latency"], found[0]["is_replayed"]) == ("0.0005", "0.25", "true")


def test_a_cell_and_a_case_without_a_trial_are_rows_too() -> None:
    lost = cell("a", verdict="error", trials=(), problem=Problem(code="PC201", message="no recording"))

    found = rows(csv_report(report(lost, broken=(BrokenResult(id="cases/b.yaml::x", message="PC101 unknown key"),))))

    assert [(row["id"], row["cell_verdict"], row["problem"]) for row in found] == [
        ("cases/a.yaml::a[p:m]", "error", "PC201 no recording"),
        ("cases/b.yaml::x", "error", "PC101 unknown key"),
    ]


def test_what_is_unknown_is_empty_and_never_zero() -> None:
    (row,) = rows(csv_report(report(cell("a", trial(cost=None, latency=None)))))

    assert (row["cost_usd"], row["latency"], row["attempts"]) == ("", "", "")


@given(text=st.sampled_from(HOSTILE) | st.text() | st.text("=+-@\t\r\n |%＝＋").map(lambda start: f"{start}1+1"))
def test_no_field_can_start_a_formula(text: str) -> None:
    made = report(cell("a", trial("failed", text=text, completion=calls((text, text)))), cell(text, tags=(text,)))

    for row in rows(csv_report(made)):
        assert set(row) == set(REPORT_COLUMNS)
        for value in row.values():
            assert not value.strip().startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
            assert not value.startswith(("\t", "\r", "\n"))


def test_an_answer_longer_than_a_field_may_be_is_cut_and_says_so() -> None:
    (row,) = rows(csv_report(report(cell("a", trial(text="x" * 1_000_000)))))

    assert len(row["answer"]) < 32_767
    assert row["answer"].endswith("… 968,000 more characters")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed here")
def test_libreoffice_opens_it_without_a_formula(tmp_path: Path) -> None:
    made = report(*(cell(f"c{number}", trial("failed", text=text)) for number, text in enumerate(HOSTILE)))
    (tmp_path / "r.csv").write_text(csv_report(made), "utf-8", newline="")

    subprocess.run(
        ["soffice", "--headless", "--convert-to", "fods", "--outdir", str(tmp_path), str(tmp_path / "r.csv")],
        check=True,
        capture_output=True,
        timeout=300,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )

    sheet = (tmp_path / "r.fods").read_text("utf-8")
    assert "HYPERLINK" in sheet
    assert "table:formula" not in sheet
