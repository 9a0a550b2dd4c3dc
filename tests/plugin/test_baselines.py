"""`--pc-compare`, `--pc-fail-on` and `--pc-min-pass-rate`: a run held against another one, or against a rate."""

from __future__ import annotations

import json
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from tests.plugin.project import Project, completion, provider_error
from tests.transport.loopback import Answer, Asked

CASES = """
version: 1
models: [{models}]
cases:
  - {{name: says_yes, user: Say yes., expect: {{text: yes}}}}
  - {{name: says_no, user: Say no., expect: {{text: no}}}}
  - {{name: is_down, user: Say down., expect: {{text: down}}}}
"""
RIGHT = {"Say yes.": "yes", "Say no.": "no", "Say down.": "down"}
ALONE, ANOTHER, TOGETHER = ("-p", "no:xdist"), ("-n1",), ("-n2",)
WORKERS = pytest.mark.parametrize("workers", [ALONE, TOGETHER], ids=["alone", "xdist"])
ELSEWHERE = pytest.mark.parametrize("workers", [ALONE, ANOTHER], ids=["alone", "xdist"])
"""For what is decided cell by cell: one worker is in another process, and a second one would take half a second."""


def answering(**wrong: str) -> Callable[[Asked], Answer]:
    """A provider that answers rightly but for some questions, by their last word; `503` fails."""

    def answer(asked: Asked) -> Answer:
        question = json.loads(asked.body)["messages"][-1]["content"]
        said = wrong.get(question.removesuffix(".").split()[-1], RIGHT[question])
        return provider_error(503) if said == "503" else completion(text=said)

    return answer


@pytest.fixture
def suite(project: Project) -> Project:
    """Three cases of one model, and the report of a run in which `says_no` failed and `is_down` had no verdict."""
    project.write(weather=CASES.format(models="house:small"))
    live(project, "--pc-report=base.json", no="never", down="503")
    return project


def live(project: Project, *arguments: str, **wrong: str) -> pytest.RunResult:
    project.answer(answering(**wrong))
    return project.run("--pc-live", *arguments)


def lines_of(result: pytest.RunResult) -> str:
    return result.stdout.str()


# --pc-compare


def test_a_run_tells_what_changed_since_its_baseline(suite: Project) -> None:
    result = live(suite, "--pc-compare=base.json", yes="maybe")

    told = lines_of(result)
    result.assert_outcomes(passed=2, failed=1)
    row = next(line for line in told.splitlines() if line.startswith("house:small"))
    assert row.endswith("▼ 1 ▲ 2")
    assert "this run vs base: 1 worse, 1 better, 1 no longer in error, p = 1.00: too few changes to tell" in told
    assert "▼ worse  cases/weather.yaml::says_yes[house:small]" in told
    assert told.index("▼ worse  cases") < told.index("▲ better  cases")


def test_both_answers_stand_side_by_side_also_without_a_report_file(suite: Project) -> None:
    result = live(suite, "--pc-compare=base.json", yes="maybe")

    result.stdout.re_match_lines([r"    yes +│ maybe$"])


@WORKERS
def test_a_replay_is_compared_too_whoever_runs_its_cells(suite: Project, workers: tuple[str, ...]) -> None:
    suite.answer(answering())
    suite.record()

    result = suite.run("--pc-compare=base.json", *workers)

    assert result.ret == 0
    assert "this run vs base: 0 worse, 1 better, 1 no longer in error" in lines_of(result)


def test_models_are_compared_one_by_one(project: Project) -> None:
    project.write(weather=CASES.format(models="house:small, house:large"))
    live(project, "--pc-report=base.json")

    result = live(project, "--pc-compare=base.json", yes="maybe")

    assert "house:large vs base: 1 worse, 0 better, p = 1.00 (Holm, over 2)" in lines_of(result)


def test_another_model_is_compared_with_the_one_before(suite: Project) -> None:
    result = live(suite, "--pc-compare=base.json", "--pc-model=house:large")

    assert "each run has one model, and not the same: cells are paired without it" in lines_of(result)
    assert any(line.startswith("house:large") and line.endswith("▲ 2") for line in result.outlines)


def test_where_nothing_can_be_compared_it_is_said_why(suite: Project) -> None:
    suite.write(weather=CASES.format(models="house:small").replace("name: ", "name: new_"))

    result = live(suite, "--pc-compare=base.json")

    assert "nothing can be compared: no cell is in both base and this run" in lines_of(result)


def test_a_report_of_a_run_without_a_contract_says_nothing(suite: Project) -> None:
    suite.pytester.makepyfile("def test_it():\n    pass\n")

    result = suite.pytester.runpytest("--pc-compare=base.json", "-k", "test_it")

    assert result.ret == 0
    assert "base" not in lines_of(result).partition("\n\n")[2].replace("rootdir", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--pc-compare=gone.json",), "--pc-compare *gone.json: cannot be read: No such file or directory"),
        (("--pc-compare=pyproject.toml",), "--pc-compare *pyproject.toml: this is no JSON"),
        (("--pc-compare=old.json",), "--pc-compare *old.json: this is a report of format 2, and this version reads 3"),
        (("--pc-fail-on=regression",), "--pc-fail-on regression: nothing says what a cell did before"),
        (("--pc-fail-on=worse",), "--pc-fail-on worse: 'worse' is none of contract, regression"),
        (("--pc-min-pass-rate=95",), "--pc-min-pass-rate 95: give a share above 0, such as 95% or 0.95"),
        (("--pc-min-pass-rate=0",), "--pc-min-pass-rate 0: give a share above 0"),
        (("--pc-min-pass-rate=much",), "--pc-min-pass-rate much: give a share above 0"),
    ],
)
@ELSEWHERE
def test_a_wrong_option_is_told_before_anybody_is_asked(
    suite: Project, arguments: tuple[str, ...], words: str, workers: tuple[str, ...]
) -> None:
    (suite.root / "old.json").write_text(json.dumps({"format": 2, "results": []}), encoding="utf-8")
    suite.server.asked.clear()

    result = live(suite, *arguments, *workers)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {words}*"])
    assert suite.server.asked == []


def test_a_baseline_may_stand_in_the_ini_file(suite: Project) -> None:
    suite.pytester.makeini("[pytest]\npc_compare = base.json\n")

    result = live(suite)

    assert "this run vs base: 0 worse" in lines_of(result)


# --pc-fail-on


@ELSEWHERE
def test_what_failed_before_is_forgiven_and_never_green(suite: Project, workers: tuple[str, ...]) -> None:
    result = live(
        suite,
        "--pc-compare=base.json",
        "--pc-fail-on=regression",
        "--junitxml=junit.xml",
        "-rx",
        *workers,
        no="never",
    )

    assert result.ret == 0
    result.assert_outcomes(passed=2, xfailed=1)
    result.stdout.fnmatch_lines(["XFAIL cases/weather.yaml::says_no* failed in the baseline too*"])
    (skipped,) = ElementTree.parse(suite.root / "junit.xml").iter("skipped")
    assert skipped.get("type") == "pytest.xfail"
    assert skipped.get("message", "").endswith("failed in the baseline too")
    # The table counts contracts and not tests.
    result.stdout.re_match_lines([r"house:small +2/3 .* ▲ 1$"])


@ELSEWHERE
def test_a_regression_fails_and_so_does_what_was_not_judged_before(suite: Project, workers: tuple[str, ...]) -> None:
    result = live(
        suite, "--pc-compare=base.json", "--pc-fail-on=regression", *workers, yes="maybe", no="never", down="up"
    )

    assert result.ret == 1
    result.assert_outcomes(failed=2, xfailed=1)


@ELSEWHERE
def test_an_error_is_never_forgiven(suite: Project, workers: tuple[str, ...]) -> None:
    result = live(suite, "--pc-compare=base.json", "--pc-fail-on=regression", *workers, no="503", down="503")

    assert result.ret == 1
    result.assert_outcomes(passed=1, errors=2)


def test_a_case_that_is_new_or_broken_fails_as_usual(suite: Project) -> None:
    suite.write(more=CASES.format(models="house:small"), wrong="version: 1\nmodels: [a:b]\ncases: [{nme: x}]\n")

    result = live(suite, "--pc-compare=base.json", "--pc-fail-on=regression", no="never")

    result.assert_outcomes(passed=4, failed=2, xfailed=1)


def test_another_model_is_forgiven_what_the_one_before_failed(suite: Project) -> None:
    options = ("--pc-compare=base.json", "--pc-fail-on=regression", "--pc-model=house:large")

    result = live(suite, *options, "-rx", no="never")

    result.assert_outcomes(passed=2, xfailed=1)
    assert "forgiven since another model failed in the baseline: house:small" in lines_of(result)
    assert "failed in the baseline too, with house:small" in lines_of(result)
    # Of two models nobody can say which one stands for the one before.
    live(suite, *options, "--pc-model=house:huge", no="never").assert_outcomes(passed=4, failed=2)


def test_what_is_forgiven_does_not_hang_on_what_else_runs(suite: Project) -> None:
    suite.write(weather=CASES.format(models="house:huge, house:large"))

    result = live(suite, "--pc-compare=base.json", "--pc-fail-on=regression", "-k", "says_no and large", no="never")

    result.assert_outcomes(failed=1, deselected=5)


def test_reports_tell_of_what_was_forgiven_as_expected(suite: Project) -> None:
    live(suite, "--pc-compare=base.json", "--pc-fail-on=regression", "--pc-report=run.md", no="never")

    assert (
        (suite.root / "run.md")
        .read_text("utf-8")
        .startswith("## ✓ Prompt contracts: 2 of 3 cells keep their contracts; 1 broke its contract as expected.")
    )


@ELSEWHERE
def test_a_baseline_of_the_configuration_may_be_still_to_come(suite: Project, workers: tuple[str, ...]) -> None:
    suite.pytester.makeini("[pytest]\npc_compare = main.json\npc_fail_on = regression\n")

    first = live(suite, *workers, no="never")
    live(suite, *workers, "--pc-report=main.json", "--pc-fail-on=contract", no="never")
    then = live(suite, *workers, no="never")

    first.assert_outcomes(passed=2, failed=1)
    assert "nothing can be compared: main.json is not there yet; --pc-report=main.json makes it" in lines_of(first)
    then.assert_outcomes(passed=2, xfailed=1)
    assert "this run vs main: 0 worse" in lines_of(then)


def test_no_run_forgives_the_next_one_its_own_failures(suite: Project) -> None:
    result = live(
        suite, "--pc-compare=base.json", "--pc-fail-on=regression", "--pc-report=./base.json", yes="maybe", no="never"
    )

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --pc-fail-on regression: --pc-report would write over *base.json*"])


def test_reports_say_why_there_is_no_comparison(suite: Project) -> None:
    suite.write(weather=CASES.format(models="house:small").replace("name: ", "name: new_"))

    live(suite, "--pc-compare=base.json", "--pc-report=run.md", "--pc-report=run.html")

    for name in ("run.md", "run.html"):
        assert "nothing can be compared: no cell is in both base and this run" in (suite.root / name).read_text("utf-8")


def test_what_is_forgiven_stops_no_run_and_is_not_remembered_as_failed(suite: Project) -> None:
    options = ("--pc-compare=base.json", "--pc-fail-on=regression")

    live(suite, *options, "-x", no="never").assert_outcomes(passed=2, xfailed=1)
    live(suite, *options, "--lf", yes="maybe", no="never").assert_outcomes(failed=1, passed=1, xfailed=1)
    live(suite, *options, "--lf", no="never").assert_outcomes(passed=1)


def test_no_traceback_of_ours_is_shown_with_what_is_forgiven(suite: Project) -> None:
    options = ("--pc-compare=base.json", "--pc-fail-on=regression", "--xfail-tb", "-rx")

    result = live(suite, *options, no="never")

    result.assert_outcomes(passed=2, xfailed=1)
    assert "XFAIL cases/weather.yaml::says_no" in lines_of(result)
    assert "items.py" not in lines_of(result)


def test_runxfail_shows_what_would_be_forgiven(suite: Project) -> None:
    result = live(suite, "--pc-compare=base.json", "--pc-fail-on=regression", "--runxfail", no="never")

    result.assert_outcomes(passed=2, failed=1)


def test_contracts_decide_without_the_option(suite: Project) -> None:
    live(suite, "--pc-compare=base.json", "--pc-fail-on=contract", no="never").assert_outcomes(passed=2, failed=1)


# --pc-min-pass-rate


@WORKERS
@pytest.mark.parametrize(("least", "code"), [("66%", 0), ("0.66", 0), ("67%", 1)])
def test_a_rate_that_is_not_reached_fails_the_run(
    suite: Project, least: str, code: int, workers: tuple[str, ...]
) -> None:
    suite.write(weather=CASES.format(models="house:small").replace("user: Say no.,", "user: Say no., xfail: not yet,"))

    result = live(suite, f"--pc-min-pass-rate={least}", *workers, no="never")

    result.assert_outcomes(passed=2, xfailed=1)
    assert result.ret == code
    told = "--pc-min-pass-rate: house:small: 66.7% of the trials passed, 67% were to"
    assert (told in lines_of(result)) is bool(code)


def test_reports_tell_of_a_rate_that_was_not_reached(suite: Project) -> None:
    reports = ("--pc-report=run.json", "--pc-report=run.md", "--pc-report=run.html")

    live(suite, "--pc-min-pass-rate=80%", "--deselect=cases/weather.yaml::is_down[house:small]", *reports)
    reached = [suite.pytester.path.joinpath(f"run.{each}").read_text("utf-8") for each in ("json", "md", "html")]
    live(suite, "--pc-min-pass-rate=80%", *reports, no="never")
    missed = [suite.pytester.path.joinpath(f"run.{each}").read_text("utf-8") for each in ("json", "md", "html")]

    told = "house:small: 66.7% of the trials passed, 80% were to."
    assert json.loads(reached[0])["missed_rates"] == []
    assert [each["wanted"] for each in json.loads(missed[0])["missed_rates"]] == [0.8]
    assert [told in each for each in (*reached[1:], *missed[1:])] == [False, False, True, True]


@ELSEWHERE
def test_a_model_whose_cells_are_all_skipped_reaches_no_rate(suite: Project, workers: tuple[str, ...]) -> None:
    skipped = "\n".join(
        line.replace("user: ", "skip: not now, models: [house:lazy], user: ") if "says_no" in line else line
        for line in CASES.format(models="house:small").splitlines()
    )
    suite.write(weather=skipped)

    result = live(suite, "--pc-min-pass-rate=50%", *workers)

    result.assert_outcomes(passed=2, skipped=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["--pc-min-pass-rate: house:lazy: no trial was judged, 50% were to pass"])


def test_nothing_collected_passes_no_gate_silently(suite: Project) -> None:
    (suite.root / "test_other.py").write_text("def test_it():\n    pass\n", encoding="utf-8")

    none = suite.run("--pc-min-pass-rate=50%", "-k", "nothing")
    other = suite.pytester.runpytest("test_other.py", "--pc-min-pass-rate=50%")

    assert none.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert other.ret == pytest.ExitCode.TESTS_FAILED
    for result in (none, other):
        result.stdout.fnmatch_lines(["--pc-min-pass-rate: no cell ran, so no rate was reached"])


def test_a_rate_of_the_project_is_not_asked_of_runs_of_other_tests(suite: Project) -> None:
    (suite.root / "test_other.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
    suite.pytester.makeini("[pytest]\npc_min_pass_rate = 90%\n")

    result = suite.pytester.runpytest("test_other.py")

    assert result.ret == 0
    assert "pass-rate" not in lines_of(result)


def test_other_exit_codes_stay(suite: Project) -> None:
    live(suite, "--pc-min-pass-rate=99%", "--collect-only").stdout.no_fnmatch_line("*min-pass-rate*")
    assert live(suite, "--pc-min-pass-rate=99%", "--collect-only").ret == 0
    assert live(suite, "--pc-min-pass-rate=99%", "--setup-plan").ret == 0
    assert live(suite, "--pc-min-pass-rate=99%", "--no-such-option").ret == pytest.ExitCode.USAGE_ERROR
    assert live(suite, "--pc-min-pass-rate=99%", "--pc-report=base.json/x.json").ret == pytest.ExitCode.USAGE_ERROR
    (suite.root / "conftest.py").write_text(
        "def pytest_runtest_call(item):\n    raise KeyboardInterrupt\n", encoding="utf-8"
    )
    # In this process, the interruption would be ours.
    interrupted = suite.pytester.runpytest_subprocess("cases", "--pc-live", "--pc-min-pass-rate=99%")
    assert interrupted.ret == pytest.ExitCode.INTERRUPTED


def test_errors_alone_reach_no_rate(suite: Project) -> None:
    result = live(suite, "--pc-min-pass-rate=1%", yes="503", no="503", down="503")

    assert result.ret == 1
    result.stdout.fnmatch_lines(["--pc-min-pass-rate: house:small: no trial was judged, 1% were to pass"])
