"""pytest keeps every item and every report to the end of a run: the answers are not kept with them for nobody."""

from __future__ import annotations

import json

import pytest

from tests.plugin.project import Project

ANSWER = "It is as fine as can be"
CASES = """
version: 1
models: [house:small]
cases:
  - {name: right, user: Hi, expect: {text: {$contains: fine}}}
  - {name: wrong, user: Hi, expect: {text: {$contains: storm}}}
"""
# Prints what pytest has kept in the end, in the process that has it.
CONFTEST = """
import json

def pytest_terminal_summary(terminalreporter):
    for reports in terminalreporter.stats.values():
        for report in reports:
            if report.when == "call" and hasattr(report, "prompt_contracts"):
                print("KEPT", json.dumps(report.prompt_contracts.to_json()))
    terminalreporter.write_line(f"RESULTS {[item.result for item in terminalreporter._session.items]}")
"""


@pytest.fixture(autouse=True)
def _conftest(project: Project) -> None:
    project.write(weather=CASES)
    project.answer_text(ANSWER)
    (project.root / "conftest.py").write_text(CONFTEST)


def kept(result: pytest.RunResult) -> list[str]:
    return [line for line in result.stdout.lines if line.startswith("KEPT ")]


def test_without_a_report_no_answer_is_kept(project: Project) -> None:
    result = project.run("--pc-live")

    assert len(kept(result)) == 2
    assert not [line for line in kept(result) if "as fine as" in line and '"verdict": "passed"' in line]
    assert all(json.loads(line.removeprefix("KEPT "))["trials"][0]["usage"] for line in kept(result))
    result.stdout.fnmatch_lines(["RESULTS [[]None, None]"])
    # What broke is told with the answer all the same.
    result.stdout.fnmatch_lines([f"*{ANSWER}*"])
    result.assert_outcomes(passed=1, failed=1)


def test_the_summary_is_the_same_with_and_without_a_report(project: Project) -> None:
    project.run("--pc-record=rewrite")

    without, beside = project.run(), project.run("--pc-report=report.json")

    def table(result: pytest.RunResult) -> list[str]:
        lines = result.stdout.lines
        start = next(number for number, line in enumerate(lines) if "= prompt contracts =" in line)
        return lines[start : start + 4]

    assert table(without) == table(beside)


def test_a_report_tells_the_answers_also_of_workers(project: Project) -> None:
    project.run("--pc-record=rewrite")

    for workers in ((), ("-n", "1")):
        report = project.report(*workers)

        texts = [result["trials"][0]["result"]["content"] for result in report["results"]]
        assert texts == [ANSWER, ANSWER]
