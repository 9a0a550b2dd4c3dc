"""`--reruns` of pytest-rerunfailures: a cell counts once, as it ended; what was paid counts as often as it was paid."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.plugin.project import Project, completion, provider_error
from tests.plugin.test_baselines import ELSEWHERE
from tests.transport.loopback import Answer

pytest.importorskip("pytest_rerunfailures", reason="pytest-rerunfailures is not installed: it is in the dev group")

CASES = """
version: 1
models: [house:small]
cases:
  - {name: recovers, user: Say yes., retry: {attempts: 1}, expect: {text: yes}}
"""


@pytest.fixture(autouse=True)
def _with_reruns(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:randomly")


def run(project: Project, *answers: Answer, arguments: tuple[str, ...]) -> pytest.RunResult:
    """A run of the one cell, which gets these answers in their order."""
    left = iter(answers)
    project.write(weather=CASES)
    project.answer(lambda _: next(left))
    reports = (f"--pc-report=run.{kind}" for kind in ("json", "csv", "md"))
    return project.run("--pc-live", "--reruns=2", "--junitxml=run.xml", *reports, *arguments)


def found(project: Project, name: str) -> str:
    return Path(project.pytester.path, name).read_text("utf-8")


def properties(project: Project) -> list[list[tuple[str, str]]]:
    """Of each `testcase`: pytest writes one for every time that a test ran."""
    suite = ElementTree.fromstring(found(project, "run.xml"))
    tests = [test.iter("property") for test in suite.iter("testcase")]
    return [[(each.attrib["name"], each.attrib["value"]) for each in test] for test in tests]


@ELSEWHERE
@pytest.mark.parametrize("first", ["failed", "error"])
def test_a_cell_that_holds_in_the_end_counts_once_and_as_held(
    project: Project, workers: tuple[str, ...], first: str
) -> None:
    before = completion(text="no") if first == "failed" else provider_error(503)

    result = run(project, before, completion(text="yes"), arguments=workers)

    report = json.loads(found(project, "run.json"))
    assert result.ret == 0
    assert result.parseoutcomes() == {"passed": 1, "rerun": 1}
    assert [(each["verdict"], len(each["trials"])) for each in report["results"]] == [("passed", 1)]
    assert report["models"][0]["cells"] == {"passed": 1, "failed": 0, "errors": 0}
    assert report["not_run"] == []
    assert len([*csv.DictReader(found(project, "run.csv").splitlines())]) == 1
    assert found(project, "run.md").startswith("## ✓ Prompt contracts: The one cell keeps its contract.")
    for told in properties(project):
        assert len(told) == len(dict(told))
        assert ("pc.trials", "1") in told
    assert any(line.split()[:2] == ["house:small", "1/1"] for line in result.outlines)


@ELSEWHERE
def test_every_answer_that_was_paid_counts_as_spent(project: Project, workers: tuple[str, ...]) -> None:
    no = completion(text="no")

    result = run(project, no, no, no, arguments=workers)

    report = json.loads(found(project, "run.json"))
    assert result.ret == 1
    assert result.parseoutcomes() == {"failed": 1, "rerun": 2}
    assert [each["verdict"] for each in report["results"]] == ["failed"]
    paid = float(report["models"][0]["cost_usd"])
    assert float(report["spent"]["usd"]) == pytest.approx(3 * paid)
    assert f"spent now ${3 * paid:.6f}" in result.stdout.str()
    assert {dict(told)["pc.cost_usd"] for told in properties(project)} == {report["models"][0]["cost_usd"]}


@ELSEWHERE
def test_a_regression_that_a_rerun_gets_over_is_none(project: Project, workers: tuple[str, ...]) -> None:
    yes, no = completion(text="yes"), completion(text="no")
    run(project, yes, arguments=(*workers, "--pc-report=base.json"))

    result = run(project, no, yes, arguments=(*workers, "--pc-compare=base.json", "--pc-fail-on=regression"))

    assert result.parseoutcomes() == {"passed": 1, "rerun": 1}
    assert "this run vs base: 0 worse, 0 better" in result.stdout.str()
