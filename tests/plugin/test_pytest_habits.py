"""Selection, reruns, workers and reports work as they do for any other test."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from tests.plugin.project import WEATHER, Project, completion, right_weather
from tests.transport.loopback import Answer, Asked

OSLO = "cases/weather.yaml::picks_weather[oslo-house:small]"
LIMA = "cases/weather.yaml::picks_weather[lima-house:small]"


def only_lima_is_right(asked: Asked) -> Answer:
    return right_weather(asked) if b"Lima" in asked.body else completion(text="No idea.")


@pytest.fixture
def recorded(project: Project) -> Project:
    """A project whose cells are recorded and pass."""
    project.record()
    return project


@pytest.fixture
def half_broken(project: Project) -> Project:
    """A project in whose recordings Oslo fails and Lima passes."""
    project.answer(only_lima_is_right)
    project.run("--pc-record=rewrite", "-p", "no:cacheprovider")
    return project


def test_an_exact_id_runs_one_cell(recorded: Project) -> None:
    recorded.pytester.runpytest(OSLO).assert_outcomes(passed=1)


def test_an_id_without_bracket_runs_all_cells_of_the_case(recorded: Project) -> None:
    recorded.pytester.runpytest("cases/weather.yaml::picks_weather").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        (["-k", "picks and oslo"], 1),
        (["-k", "small"], 2),
        (["-m", "smoke"], 2),
        (["-m", "not smoke"], 0),
        (["-m", "provider(name='house')"], 2),
        (["-m", "provider(name='groq')"], 0),
        (["-m", "model(id='house:small')"], 2),
        (["--deselect", OSLO], 1),
    ],
)
def test_cells_are_selected_as_tests_are(recorded: Project, arguments: list[str], passed: int) -> None:
    recorded.run(*arguments).assert_outcomes(passed=passed, deselected=2 - passed)


def test_strict_markers_stay_quiet(recorded: Project) -> None:
    recorded.run("--strict-markers", "--strict-config", "-W", "error").assert_outcomes(passed=2)


def test_last_failed_runs_the_failed_cell_again(half_broken: Project) -> None:
    half_broken.run().assert_outcomes(passed=1, failed=1)

    half_broken.run("--lf").assert_outcomes(failed=1)


def test_failed_first_runs_the_failed_cell_first(half_broken: Project) -> None:
    half_broken.write(another=WEATHER)
    half_broken.run("--deselect", "cases/another.yaml")

    result = half_broken.run("--ff", "-v")

    ids = [line.split(" ")[0] for line in result.stdout.lines if line.startswith("cases/") and "::" in line]
    assert ids[0] == OSLO


def test_stepwise_stops_at_the_failure_and_starts_there_again(half_broken: Project) -> None:
    half_broken.run("--sw").assert_outcomes(failed=1)
    half_broken.answer(right_weather)
    half_broken.pytester.runpytest(OSLO, "--pc-record=rewrite", "-p", "no:cacheprovider")

    half_broken.run("--sw").assert_outcomes(passed=2)


def test_exit_first_stops(half_broken: Project) -> None:
    half_broken.run("-x").assert_outcomes(failed=1)


def test_junit_xml_carries_what_a_cell_took(recorded: Project) -> None:
    recorded.run("--junitxml=junit.xml")

    root = ElementTree.parse(recorded.root / "junit.xml").getroot()
    cases = {case.attrib["name"]: case for case in root.iter("testcase")}
    properties = {
        entry.attrib["name"]: entry.attrib["value"]
        for entry in cases["picks_weather[oslo-house:small]"].iter("property")
    }
    assert properties["pc.provider"] == "house"
    assert properties["pc.model"] == "small"
    assert properties["pc.tokens.input"] == "20"
    assert properties["pc.tokens.output"] == "5"
    assert properties["pc.cost_usd"] == "0.00003"
    assert properties["pc.cassette"] == "cassettes/weather/picks_weather/oslo/house/small.yaml"


def test_junit_xml_tells_a_failure_from_an_error(half_broken: Project) -> None:
    (half_broken.root / "cassettes/weather/picks_weather/lima/house/small.yaml").unlink()

    half_broken.run("--junitxml=junit.xml")

    suite = ElementTree.parse(half_broken.root / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    assert (suite.attrib["failures"], suite.attrib["errors"]) == ("1", "1")


def summary_of(result: pytest.RunResult) -> list[str]:
    lines = [line for line in result.stdout.lines if line]
    start = next(index for index, line in enumerate(lines) if "prompt contracts" in line and line.startswith("="))
    return lines[start + 1 : start + 4]


def test_two_workers_give_the_same_verdicts_and_the_same_summary(half_broken: Project) -> None:
    alone = half_broken.run("--pc-report=alone.json")
    shared = half_broken.run("-n2", "--pc-report=shared.json")

    shared.assert_outcomes(passed=1, failed=1)
    assert summary_of(shared) == summary_of(alone)
    reports = [json.loads((half_broken.root / name).read_text()) for name in ("alone.json", "shared.json")]
    assert reports[0]["results"] == reports[1]["results"]
    assert reports[0]["models"] == reports[1]["models"]


def test_two_workers_record_each_cell_in_its_own_file(project: Project) -> None:
    project.run("-n2", "--pc-record=rewrite").assert_outcomes(passed=2)

    assert project.cassettes == [
        "weather/picks_weather/lima/house/small.yaml",
        "weather/picks_weather/oslo/house/small.yaml",
    ]


def test_workers_without_a_key_end_in_errors_and_ask_nobody(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOUSE_KEY")

    result = project.run("-n2", "--pc-record=rewrite")

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*PC301*HOUSE_KEY*"])
    assert project.server.asked == []


def test_the_summary_names_rate_interval_tokens_and_cost(recorded: Project) -> None:
    result = recorded.run()

    result.stdout.fnmatch_lines(
        [
            "*= prompt contracts =*",
            "model*pass*rate*95% CI*in*out*cost*p95",
            "house:small*2/2*100%*34–100%*40*10*$0.000060*",
            "spent now $0 (replayed) · recorded $0.000060*",
        ]
    )


def test_an_unknown_price_is_a_question_mark_and_never_zero(recorded: Project) -> None:
    recorded.run("--pc-model=house:unpriced", "--pc-record=rewrite")

    result = recorded.run("--pc-model=house:unpriced")

    result.stdout.fnmatch_lines(["house:unpriced*?*", "*recorded ?*", "unknown price: house:unpriced*"])
    report = recorded.report("--pc-model=house:unpriced")
    assert report["models"][0]["cost_usd"] is None


@pytest.mark.parametrize("width", ["40", "60", "80", "120", "200"])
def test_the_table_fits_the_terminal(recorded: Project, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setenv("COLUMNS", width)

    table = summary_of(recorded.run())[:2]

    assert all(len(line) <= int(width) for line in table)
    assert "house:small" in table[1]
    assert "2/2" in table[1]


def test_the_json_report_has_verdicts_answers_tokens_and_cost(recorded: Project) -> None:
    report = recorded.report()

    oslo, lima = report["results"]
    assert (lima["id"], oslo["id"]) == (LIMA, OSLO)
    trial = oslo["trials"][0]
    assert trial["verdict"] == "passed"
    assert trial["completion"]["choices"][0]["tool_calls"][0]["name"] == "get_weather"
    assert trial["usage"]["prompt_tokens"] == 20
    assert trial["cost_usd"] == "0.00003"
    assert trial["is_replayed"] is True
    assert report["models"][0]["cells"]["passed"] == 2


def test_the_report_is_written_when_the_run_is_stopped(half_broken: Project) -> None:
    report = half_broken.report("-x")

    assert [result["verdict"] for result in report["results"]] == ["failed"]


def test_other_models_may_be_asked_for_a_run(project: Project) -> None:
    project.record("--pc-model=house:a", "--pc-model=house:b")

    assert {json.loads(asked.body)["model"] for asked in project.server.asked} == {"a", "b"}
    assert "weather/picks_weather/oslo/house/a.yaml" in project.cassettes


def test_options_may_stand_in_ini_and_environment(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.configure("[tool.pytest.ini_options]\npc_trials = '2'\npc_cassettes = 'tapes'\n")
    project.run("--pc-record=rewrite")
    assert len(project.server.asked) == 4
    assert (project.root / "tapes/weather/picks_weather/oslo/house/small.yaml").is_file()

    monkeypatch.setenv("PROMPT_CONTRACTS_TRIALS", "3")
    project.run("--pc-record=rewrite")
    assert len(project.server.asked) == 4 + 6

    project.run("--pc-record=rewrite", "--pc-trials=1")
    assert len(project.server.asked) == 4 + 6 + 2


def test_pytest_recording_s_switch_is_followed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS")  # it switches that plugin off

    project.run("--record-mode=rewrite").assert_outcomes(passed=2)

    assert len(project.cassettes) == 2


def test_ordinary_tests_live_beside_cells(recorded: Project) -> None:
    (recorded.root / "cases" / "test_plain.py").write_text("def test_plain():\n    assert True\n")

    recorded.run().assert_outcomes(passed=3)


def test_the_header_says_whether_the_run_replays(recorded: Project) -> None:
    recorded.run().stdout.fnmatch_lines(["prompt-contracts: replay"])
    recorded.run("--pc-live", "--pc-trials=2").stdout.fnmatch_lines(
        ["prompt-contracts: live calls, nothing recorded; trials 2; *"]
    )


def test_a_run_without_case_files_prints_nothing_of_ours(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_plain(): pass")

    result = pytester.runpytest()

    result.assert_outcomes(passed=1)
    assert "prompt contracts" not in result.stdout.str()
    assert "prompt-contracts:" not in result.stdout.str()


def test_what_goes_wrong_in_garbage_is_told_beside_cells_too(project: Project) -> None:
    """Also in garbage that only the last search of pytest finds."""
    project.write(weather=WEATHER)
    project.answer(right_weather)
    project.record()
    (project.root / "conftest.py").write_text(
        """
import gc

class Broken:
    def __init__(self, name):
        self.itself, self.name = self, name
    def __del__(self):
        raise OSError(f"{self.name} was never closed")

def pytest_collection_finish():
    gc.disable()

def pytest_runtest_logfinish():
    Broken("a connection")

def pytest_sessionfinish(session):
    session.config.kept = [Broken("the last connection")]

def pytest_unconfigure(config):
    config.add_cleanup(config.kept.clear)
""",
        encoding="utf-8",
    )

    result = project.pytester.runpytest_subprocess("cases", "-p", "no:cacheprovider")

    assert result.ret == 0
    told = result.stdout.str() + result.stderr.str()
    assert "a connection was never closed" in told
    assert "the last connection was never closed" in told
