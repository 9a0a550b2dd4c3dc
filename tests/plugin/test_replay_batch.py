"""Replayed cells may be judged before their turn; nobody can tell but by the time that it takes."""

from __future__ import annotations

from textwrap import dedent

import pytest

from prompt_contracts.engine.run import Run
from prompt_contracts.trial import Cell
from tests.plugin.project import Project

ROWS = """
version: 1
models: [house:small]
cases:
  - name: counts
    user: Say {{ word }}.
    rows: [ROWS]
    expect: EXPECT
"""


def _write(project: Project, *, count: int, expect: str = "{text: yes}", name: str = "weather") -> None:
    rows = ", ".join(f"{{id: r{number}, word: w{number}}}" for number in range(count))
    project.write(**{name: ROWS.replace("ROWS", rows).replace("EXPECT", expect)})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The rows that were replayed, in their order."""
    found: list[str | None] = []
    exchange = Run.exchange

    def noted(run: Run, cell: Cell) -> object:
        found.append(cell.case.row)
        return exchange(run, cell)

    monkeypatch.setattr(Run, "exchange", noted)
    return found


def _recorded(project: Project, *, count: int, expect: str = "{text: yes}") -> None:
    project.configure()
    project.answer_text("yes")
    _write(project, count=count, expect=expect)
    project.record()


def test_each_cell_is_replayed_once_and_in_order(project: Project, asked: list[str | None]) -> None:
    _recorded(project, count=20)
    asked.clear()

    project.run().assert_outcomes(passed=20)

    assert asked == [f"r{number}" for number in range(20)]


def test_a_stop_tells_of_no_cell_behind_it(project: Project) -> None:
    _recorded(project, count=12)
    path = project.root / "cassettes/weather/counts/r5/house/small.yaml"
    path.write_text(path.read_text().replace("yes", "no"))

    report = project.report("-x")

    assert [each["verdict"] for each in report["results"]] == ["passed"] * 5 + ["failed"]


def test_what_fails_in_a_batch_fails_in_its_own_item(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    _recorded(project, count=12)
    judge = Run.judge

    def failing(run: Run, cell: Cell, exchange: object) -> object:
        if cell.case.row == "r6":
            raise RuntimeError("a mistake of ours")
        return judge(run, cell, exchange)  # type: ignore[arg-type]

    monkeypatch.setattr(Run, "judge", failing)
    result = project.run("-rE")

    result.assert_outcomes(passed=11, errors=1)
    result.stdout.fnmatch_lines(["ERROR cases/weather.yaml::counts[[]r6-*a mistake of ours*"])


def test_functions_of_the_project_are_called_in_the_items_of_their_cells(project: Project) -> None:
    (project.root / "judges.py").write_text(
        dedent("""
            import os

            def noted(answer):
                print("judging", os.environ["PYTEST_CURRENT_TEST"])
                return False
        """)
    )
    _recorded(project, count=6)
    _write(project, count=6, expect="{text: {$check: 'judges:noted'}}")

    lines = project.run().stdout.lines

    heads = [line.strip("_ ") for line in lines if line.startswith("____")]
    said = [line for line in lines if line.startswith("judging")]
    assert [head in line for head, line in zip(heads, said, strict=True)] == [True] * 6


def test_no_cell_is_replayed_past_somebody_else_s_test(project: Project) -> None:
    _recorded(project, count=4)
    (project.root / "cases/z.yaml").write_text((project.root / "cases/weather.yaml").read_text())
    (project.root / "cases/weather_test.py").write_text(
        dedent("""
            import shutil

            def test_brings_the_recordings(pytestconfig):
                folder = pytestconfig.rootpath / "cassettes"
                shutil.copytree(folder / "weather", folder / "z")
        """)
    )

    project.run().assert_outcomes(passed=9)


def test_a_conftest_that_prepares_each_item_comes_first(project: Project) -> None:
    _recorded(project, count=4)
    (project.root / "cassettes").rename(project.root / "kept")
    (project.root / "cases/conftest.py").write_text(
        dedent("""
            import shutil
            from pathlib import Path

            def pytest_runtest_setup(item):
                row = item.name.partition("[")[2].partition("-")[0]
                place = f"weather/counts/{row}"
                shutil.copytree(Path("kept", place), Path("cassettes", place))
        """)
    )

    project.run().assert_outcomes(passed=4)


def test_other_orders_replay_every_cell(project: Project) -> None:
    _recorded(project, count=20)
    (project.root / "conftest.py").write_text(
        dedent("""
            import random

            def pytest_runtestloop(session):
                random.Random(1).shuffle(session.items)
        """)
    )
    project.run().assert_outcomes(passed=20)
