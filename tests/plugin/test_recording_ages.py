"""`--pc-max-age`: what was replayed and is older is named at the end; no report tells of the clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.plugin.project import Project

OSLO, LIMA = (f"weather/picks_weather/{city}/house/small.yaml" for city in ("oslo", "lima"))
CELL = "cases/weather.yaml::picks_weather[oslo-house:small]"


def age(project: Project, inside: str, days: float | None) -> None:
    """Let a recording be so many days old; None: it does not say."""
    path = project.root / "cassettes" / inside
    text = path.read_text("utf-8")
    at = "" if days is None else f"at: '{(datetime.now(UTC) - timedelta(days=days)):%Y-%m-%dT%H:%M:%SZ}'\n"
    text = re.sub(r"      at: .*\n", f"      {at}" if at else "", text)
    path.write_text(re.sub(r"      date:\n      - .*\n", "", text), encoding="utf-8")


def told(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if line.startswith("--pc-max-age:")]


@pytest.fixture
def aged(project: Project) -> Project:
    """One recording of today, and one of 41 days ago."""
    project.record()
    age(project, OSLO, 41.5)
    return project


@pytest.mark.parametrize("arguments", [(), ("-n2",)])
def test_what_is_older_is_named_and_fails_nothing(aged: Project, arguments: tuple[str, ...]) -> None:
    result = aged.run("--pc-max-age=40", *arguments)

    assert result.ret == 0
    named = f"--pc-max-age: 1 of 2 replayed recordings older than 40 days ({CELL} 41 d)"
    assert told(result) == [f"{named}; --pc-record=rewrite records them again"]


@pytest.mark.parametrize(("days", "code"), [("40:fail", 1), ("41:fail", 0), ("40:warn", 0), ("0:fail", 1)])
def test_it_fails_a_run_that_is_to_fail(aged: Project, days: str, code: int) -> None:
    assert aged.run(f"--pc-max-age={days}").ret == code


def test_an_answer_that_was_confirmed_is_as_old_as_that(aged: Project) -> None:
    path = aged.root / "cassettes" / OSLO
    text = path.read_text("utf-8")
    confirmed = datetime.now(UTC) - timedelta(days=3)
    at = re.search(r"      at: .*\n", text)
    assert at is not None
    path.write_text(text.replace(at[0], f"{at[0]}      confirmed: '{confirmed:%Y-%m-%d}'\n"), encoding="utf-8")

    assert told(aged.run("--pc-max-age=40")) == []
    assert f"({CELL} 3 d)" in told(aged.run("--pc-max-age=2"))[0]


def test_what_is_young_enough_is_not_told(aged: Project) -> None:
    assert told(aged.run("--pc-max-age=41")) == []


def test_unknown_is_said_and_holds_no_gate(aged: Project) -> None:
    age(aged, LIMA, None)

    warned, failed = aged.run("--pc-max-age=60"), aged.run("--pc-max-age=60:fail")

    assert (warned.ret, failed.ret) == (0, 1)
    assert (
        told(warned) == told(failed) == ["--pc-max-age: 1 of 2 of unknown age; --pc-record=rewrite records them again"]
    )


def test_what_is_recorded_now_has_no_age(aged: Project) -> None:
    assert told(aged.run("--pc-max-age=40:fail", "--pc-record=rewrite")) == []
    assert told(aged.run("--pc-max-age=0", "--pc-live")) == []


def test_a_report_says_the_same_whatever_the_limit(aged: Project) -> None:
    path = aged.root / "report.json"
    aged.run("--pc-report=report.json")
    plain = path.read_bytes()

    aged.run("--pc-report=report.json", "--pc-max-age=1:fail")

    assert path.read_bytes() == plain


def test_only_what_was_run_is_told(aged: Project) -> None:
    assert told(aged.run("--pc-max-age=40", "-k", "lima")) == []


@pytest.mark.parametrize("text", ["x", "-1", "30:x", "30:", "1.5", "9999999", "٣"])
def test_a_wrong_age_is_a_usage_error(project: Project, text: str) -> None:
    result = project.run(f"--pc-max-age={text}")

    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*--pc-max-age {text}: give whole days, such as 30, or 30:fail"])
