"""The lines at the end of a run: the reason first, the place last, one line for each cell at any verbosity."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from prompt_contracts.plugin.items import BrokenContract, CellError
from tests.plugin.project import WEATHER, Project, completion, provider_error

GREETS = """
version: 1
models: [house:small]
cases:
  - name: a
    user: Hi
    expect: {text: Hello}
"""
FAILED = 'FAILED cases/weather.yaml::a[house:small] - text: expected "Hello", got "Bye" (cases/weather.yaml:6)'
ERROR = "ERROR cases/weather.yaml::a[house:small] - overloaded (HTTP 503): no (cases/weather.yaml:4)"
MISSING = "ERROR cases/weather.yaml::a[house:small] - PC201 nothing is recorded for this cell"
BROKEN = "FAILED cases/weather.yaml::a - PC101 unknown key 'expcet' in case 'a', and 1 more (cases/weather.yaml:6:5)"

WIDTHS = pytest.mark.parametrize("verbosity", [(), ("-vv",)], ids=["short", "verbose"])


def summary(result: pytest.RunResult) -> list[str]:
    """The lines of the short summary, without its title and the count."""
    lines = result.outlines
    start = next(number for number, line in enumerate(lines) if "short test summary info" in line)
    return lines[start + 1 : -1]


def greets(project: Project) -> None:
    project.write(weather=GREETS)
    project.answer(completion(text="Bye"))


def test_the_reason_comes_first_and_the_place_last(project: Project) -> None:
    greets(project)

    assert summary(project.run("--pc-live")) == [FAILED]


def test_a_narrow_terminal_cuts_the_place_before_the_reason(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    greets(project)
    monkeypatch.setenv("COLUMNS", "80")

    (line,) = summary(project.run("--pc-live"))

    assert line.endswith("...")
    assert FAILED.startswith(line.removesuffix("..."))
    assert len(line) == 80


@pytest.mark.parametrize("way", ["verbose", "ci"])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [(completion(text="Bye"), FAILED), (provider_error(503), ERROR)],
    ids=["failure", "error"],
)
def test_where_nothing_is_cut_it_is_still_one_line(
    project: Project, monkeypatch: pytest.MonkeyPatch, way: str, answer: object, expected: str
) -> None:
    greets(project)
    project.answer(answer)  # type: ignore[arg-type]  # one of two answers
    monkeypatch.setenv("COLUMNS", "60")
    if way == "ci":
        monkeypatch.setenv("CI", "true")

    result = project.run("--pc-live", *(["-vv"] if way == "verbose" else []))

    assert summary(result) == [expected]


def test_a_missing_recording_says_so_first(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    greets(project)
    monkeypatch.setenv("CI", "true")

    (line,) = summary(project.run())

    assert line.startswith("ERROR cases/weather.yaml::a[house:small] - PC201 ")
    assert line.endswith(" (cases/weather.yaml:4)")


def test_a_broken_case_gives_its_first_mistake_and_counts_the_others(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(weather=GREETS.replace("expect:", "expcet:") + "    timeut: 4\n")
    monkeypatch.setenv("CI", "true")

    assert summary(project.run()) == [BROKEN]


def test_trials_that_never_failed_but_were_too_few_say_so(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(weather=GREETS + "    trials: 3\n    require: {rate: 1.0, errors: 1}\n")
    project.answer(completion(text="a\nb\x1b[31m"))
    monkeypatch.setenv("CI", "true")

    (line,) = summary(project.run("--pc-live"))

    assert line.startswith('FAILED cases/weather.yaml::a[house:small] - text: expected "Hello", got ')
    assert "\x1b" not in line


def test_workers_send_the_same_lines(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    greets(project)
    monkeypatch.setenv("CI", "true")

    result = project.run("--pc-live", "-n1")

    assert summary(result) == [FAILED]
    result.stdout.fnmatch_lines(["*again      pytest 'cases/weather.yaml::a[[]house:small]' --pc-live"])


def test_the_line_of_a_failure_is_that_of_the_case_file(project: Project) -> None:
    greets(project)

    result = project.run("--pc-live", "--tb=line")

    path = project.root / "cases" / "weather.yaml"
    assert f'{path}:6: text: expected "Hello", got "Bye" (cases/weather.yaml:6)' in result.outlines


def test_junit_has_the_reason_as_its_message_and_the_whole_text(project: Project) -> None:
    greets(project)

    project.run("--pc-live", "--junitxml=junit.xml")

    (failure,) = ET.parse(project.root / "junit.xml").getroot().iter("failure")
    assert failure.get("message") == 'text: expected "Hello", got "Bye" (cases/weather.yaml:6)'
    assert "messages sent" in (failure.text or "")


@pytest.mark.parametrize("setting", [(), ("--tb=long",), ("--full-trace", "-vv"), ("--tb=native",)], ids=str)
def test_no_source_is_read_for_a_traceback_that_nobody_sees(
    project: Project, monkeypatch: pytest.MonkeyPatch, setting: tuple[str, ...]
) -> None:
    read: list[object] = []
    # It parses whole modules, those of pytest, too: a hundred times what judging a cell takes.
    monkeypatch.setattr("_pytest._code.source.getstatementrange_ast", lambda *given, **_: read.append(given))
    monkeypatch.setattr("_pytest._code.code.getstatementrange_ast", lambda *given, **_: read.append(given))
    broken = GREETS + "  - name: b\n    user: Hi\n"
    project.write(weather=broken, other=GREETS.replace("name: a", "name: c"))
    project.answer(lambda asked: completion(text="Bye"))

    result = project.run("--pc-live", *setting)
    project.answer(provider_error(503))
    project.run("--pc-live", *setting).assert_outcomes(errors=2, failed=1)

    result.assert_outcomes(failed=3)
    assert read == []


def test_stray_replies_and_usage_errors_of_workers_are_one_line_too(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.root / "replies.jsonl").write_text("x\ny\n", encoding="utf-8")
    monkeypatch.setenv("CI", "true")

    lines = summary(project.run("--pc-replies=replies.jsonl"))

    assert [line.partition(" - ")[0] for line in lines] == ["FAILED replies.jsonl::replies"]


def test_a_broken_contract_is_an_assertion_and_a_failing_provider_is_none() -> None:
    # Reports that are made by other tools tell "failed" from "broken" by this.
    assert issubclass(BrokenContract, AssertionError)
    assert not issubclass(CellError, AssertionError)


def test_an_assertion_of_the_projects_own_code_is_no_expected_failure(project: Project) -> None:
    project.write(weather=WEATHER + "    xfail: known\n")
    (project.root / "conftest.py").write_text(
        "import pytest\n\n@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_call(item):\n    assert False, 'mine'\n",
        encoding="utf-8",
    )

    project.run("--pc-live").assert_outcomes(failed=2)
