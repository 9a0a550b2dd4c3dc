"""Runs that stop before their end, and rehearsals: no report of them reads as that of a whole run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.project import Project, completion
from tests.plugin.test_baselines import ALONE, WORKERS

CASES = """
version: 1
models: [house:small]
cases:
  - {name: first, user: Say yes., expect: {text: yes}}
  - {name: second, user: Say yes., expect: {text: yes}}
  - {name: third, user: Say yes., expect: {text: yes}, skip: not now}
  - {name: fourth, user: Say yes., expect: {text: yes}}
"""
STOP = """
import pytest

def pytest_runtest_logreport(report):
    if "second" in report.nodeid and report.when == "setup":
        pytest.exit("enough")
"""
REPORTS = ("--pc-report=run.json", "--pc-report=run.md", "--pc-report=run.html")


@pytest.fixture
def suite(project: Project) -> Project:
    project.write(weather=CASES)
    project.answer(lambda _: completion(text="yes"))
    return project


def written(project: Project, name: str = "run.json") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(project.pytester.path, name).read_text("utf-8"))
    return found


def test_an_interrupted_run_reads_as_no_whole_one(suite: Project) -> None:
    suite.pytester.makeconftest(STOP)

    result = suite.run("--pc-live", *ALONE, *REPORTS)

    page, markdown = (Path(suite.pytester.path, f"run.{each}").read_text("utf-8") for each in ("html", "md"))
    left = written(suite)["not_run"]
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert left == ["cases/weather.yaml::second[house:small]", "cases/weather.yaml::fourth[house:small]"]
    assert markdown.startswith("## ✗ Prompt contracts: 1 of 3 cells keeps its contract; 2 were not run.")
    assert "1 of 3 cells keeps its contract; 2 were not run." in page
    assert "not run: cases/weather.yaml::second[house:small], cases/weather.yaml::fourth[house" in result.stdout.str()


@WORKERS
def test_a_run_that_stops_at_its_first_failure_says_what_it_left(suite: Project, workers: tuple[str, ...]) -> None:
    suite.answer(lambda _: completion(text="no"))
    alone = workers == ALONE
    one = workers if alone else ("-n1", "--maxprocesses=1")

    suite.run("--pc-live", "-x", "--pc-concurrency=1", *one, *REPORTS)

    report = written(suite)
    known = {each["id"] for each in report["results"]} | set(report["not_run"])
    assert known >= {f"cases/weather.yaml::{name}[house:small]" for name in ("first", "second", "fourth")}
    assert "cases/weather.yaml::fourth[house:small]" in report["not_run"]


@WORKERS
def test_a_whole_run_leaves_nothing_and_neither_does_a_selection(suite: Project, workers: tuple[str, ...]) -> None:
    suite.run("--pc-live", *workers, *REPORTS)
    whole = written(suite)
    suite.run("--pc-live", "-k", "first", *workers, *REPORTS)

    assert (len(whole["results"]), whole["not_run"]) == (3, [])
    assert (len(written(suite)["results"]), written(suite)["not_run"]) == (1, [])


def test_the_parts_of_a_run_make_up_for_each_other(suite: Project) -> None:
    suite.pytester.makeconftest(STOP)
    suite.run("--pc-live", *ALONE, "--pc-report=one.json")
    Path(suite.pytester.path, "conftest.py").unlink()
    suite.run("--pc-live", *ALONE, "-k", "second or fourth", "--pc-report=two.json")

    made = suite.pytester.runpython_c(
        "from prompt_contracts.cli import main; main(['report', 'one.json', 'two.json', '--out', 'whole.json'])"
    )

    assert made.ret == 0
    assert written(suite, "whole.json")["not_run"] == []


def test_a_report_takes_the_place_of_the_one_before_in_one_step(suite: Project) -> None:
    folder = Path(suite.pytester.path)
    (folder / "latest.json").symlink_to("run.json")
    suite.run("--pc-live", *ALONE, "--pc-report=latest.json")
    with (folder / "run.json").open(encoding="utf-8") as reader:
        suite.run("--pc-live", *ALONE, "-k", "first", "--pc-report=latest.json")
        before = json.load(reader)

    assert (len(before["results"]), len(written(suite)["results"])) == (3, 1)
    assert (folder / "latest.json").is_symlink()
    assert not [*folder.glob(".*.tmp")]


@pytest.mark.parametrize(
    "arguments", [["--collect-only"], ["--setup-plan"], ["--setup-only"], ["--pc-trials=0"], ["nowhere"]]
)
def test_what_runs_nothing_leaves_the_report_of_an_earlier_run(suite: Project, arguments: list[str]) -> None:
    suite.run("--pc-live", *ALONE, "--pc-report=run.json")
    before = Path(suite.pytester.path, "run.json").read_bytes()

    suite.run("--pc-live", *ALONE, "--pc-report=run.json", *arguments)

    assert Path(suite.pytester.path, "run.json").read_bytes() == before
