"""`load` and `run`: what pytest does with case files, as two calls; and what a notebook makes of the report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts import Report, load, run
from prompt_contracts.errors import UsageError
from tests.docs.markdown import ROOT
from tests.plugin.project import Project, completion, open_project

BROKEN = """
version: 1
models: [house:small]
cases:
  - {name: greets, user: Hi., expcet: {text: a}}
"""


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project, and we are in it."""
    for project in open_project(pytester, monkeypatch):
        monkeypatch.chdir(project.root)
        yield project


def test_cases_are_loaded_and_nobody_is_asked(folder: Project) -> None:
    folder.write(broken=BROKEN)

    cases = load("cases")

    assert cases.ids == tuple(f"cases/weather.yaml::picks_weather[{city}-house:small]" for city in ("oslo", "lima"))
    (name,) = cases.broken
    assert name == "cases/broken.yaml::greets"
    assert "did you mean 'expect'?" in cases.broken[name]
    with pytest.raises(UsageError, match="there is no such file"):
        load(Path("cases") / "none.yaml")


def test_a_run_records_and_replays_with_progress(folder: Project) -> None:
    steps: list[tuple[str, int, int]] = []

    recorded = run(
        "cases", record="once", on_progress=lambda step: steps.append((step.result.id, step.done, step.total))
    )

    assert [result.verdict for result in recorded.results] == ["passed", "passed"]
    assert [(done, total) for _, done, total in steps] == [(1, 2), (2, 2)]
    assert len(folder.cassettes) == 2
    folder.answer(completion(text="other"))
    replayed = run(load("cases/weather.yaml"))
    assert [result.trials[0].is_replayed for result in replayed.results] == [True, True]
    assert replayed.mode == "none"


def test_what_is_missing_stands_in_the_report(folder: Project) -> None:
    folder.write(broken=BROKEN)

    report = run("cases")

    assert [result.problem and result.problem.code for result in report.results] == ["PC201", "PC201"]
    assert [one.id for one in report.broken] == ["cases/broken.yaml::greets"]


def test_options_are_those_of_pytest(folder: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    report = run("cases", record="live", models=["house:large"], trials=2)

    assert [(result.model, len(result.trials)) for result in report.results] == [("large", 2), ("large", 2)]
    with pytest.raises(UsageError, match="PC320"):
        run("cases", record="live", models=["house:large"], budget="1")
    monkeypatch.delenv("HOUSE_KEY")
    with pytest.raises(UsageError, match="PC301 key not set: HOUSE_KEY"):
        run("cases", record="live")


def test_a_run_says_of_the_example_suite_what_pytest_says(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    path = tmp_path / "report.json"
    pytester.runpytest_subprocess("cases/tools.yaml", "cases/errors.yaml", f"--pc-report={path}", f"--rootdir={ROOT}")
    wanted = json.loads(path.read_text("utf-8"))

    report = run(load("cases/tools.yaml", "cases/errors.yaml"))

    assert {result.id: result.verdict for result in report.results} == {
        cell["id"]: cell["verdict"] for cell in wanted["results"]
    }
    assert report.spent.usd == Decimal(0)


def test_a_notebook_shows_inert_tables(folder: Project) -> None:
    folder.answer(completion(text="<script>alert(1)</script>"))

    report = run("cases", record="live")

    shown = report._repr_html_()
    assert "<th>model</th>" in shown
    assert "picks_weather[oslo-house:small]" in shown
    assert "<script" not in shown


def test_a_report_becomes_a_data_frame_where_pandas_is(folder: Project) -> None:
    pytest.importorskip("pandas")
    report: Report = run("cases", record="live")

    frame: Any = report.to_pandas()

    assert list(frame["verdict"]) == ["passed", "passed"]
    assert set(frame["model"]) == {"small"}


def test_without_pandas_it_says_what_to_install(folder: Project) -> None:
    try:
        import pandas as _  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match="pip install pandas"):
            run("cases").to_pandas()
    else:
        pytest.skip("pandas is installed")
