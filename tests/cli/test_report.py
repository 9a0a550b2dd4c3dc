"""`prompt-contracts report`: a JSON report in other formats, and the parts of a run put together."""

from __future__ import annotations

import json

import pytest

from prompt_contracts.renderers.json_report import json_report
from prompt_contracts.renderers.report_formats import REPORT_FORMATS, report_text
from prompt_contracts.renderers.report_schema import report_schema
from tests.cli.replies import Folder
from tests.renderers.samples import cell, report, trial

WHOLE = report(cell("a", trial("failed")), cell("b", trial(), trial("failed", number=2), verdict="passed", place=1))


@pytest.fixture
def written(folder: Folder) -> Folder:
    """A folder with the report."""
    folder.write("whole.json", json_report(WHOLE))
    return folder


@pytest.mark.parametrize("suffix", REPORT_FORMATS)
def test_a_report_is_written_in_each_format_as_the_run_would_have(written: Folder, suffix: str) -> None:
    code, _, said = written.run("report", "whole.json", "--out", f"new/other{suffix}")

    assert (code, said) == (0, f"wrote new/other{suffix}\n")
    assert (written.path / f"new/other{suffix}").read_bytes() == report_text(WHOLE, suffix).encode()


def test_the_parts_of_a_run_are_the_whole(written: Folder) -> None:
    for number, result in enumerate(WHOLE.results):
        written.write(f"part{number}.json", json_report(report(result)))

    code, _, _ = written.run("report", "part1.json", "part0.json", "--out", "merged.json")

    assert code == 0
    assert (written.path / "merged.json").read_text("utf-8") == json_report(WHOLE)


def test_without_a_file_the_table_is_printed(written: Folder) -> None:
    code, printed, _ = written.run("report", "whole.json", "--matrix")

    assert code == 0
    lines = [line.split() for line in printed.splitlines()]
    assert lines[-2][:4] == ["p:m", "1/2", "1/3", "33%"]
    assert "flaky: 1 cell passed, though not in every trial" in printed
    assert ["b", "✓", "1/2", "$0.0010"] in lines


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["whole.json", "--out", "x.pdf"], "--out x.pdf: this version writes .json, "),
        (["whole.json", "--out", "whole.json"], "--out whole.json: this is one of the reports that are read"),
        (["none.json"], "none.json: cannot be read: No such file or directory"),
        (["whole.json", "other.json"], "two reports tell otherwise of cases/a.yaml::a[p:m]"),
        (["text.json"], "text.json: this is no JSON"),
        (["old.json"], "old.json: this is a report of format 2"),
    ],
)
def test_what_cannot_be_done_is_told(written: Folder, arguments: list[str], reason: str) -> None:
    written.write("other.json", json_report(report(cell("a"))))
    written.write("text.json", "hello")
    written.write("old.json", json.dumps({"format": 2, "results": []}))

    code, _, said = written.run("report", *arguments)

    assert code == 2
    assert said.startswith("prompt-contracts report: ")
    assert reason in said


def test_the_schema_of_reports_is_printed(folder: Folder) -> None:
    code, printed, _ = folder.run("schema", "--of", "report")

    assert (code, printed) == (0, report_schema())
