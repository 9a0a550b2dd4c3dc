"""`--pc-min-strength`: a run that fails where a contract is weak, and that says what it could not measure."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from prompt_contracts.report import Report
from tests.cli.replies import weather
from tests.plugin.project import Project, completion, provider_error
from tests.plugin.test_asking_ahead import cases, echo, question
from tests.plugin.test_contract_fixture import ASKS, write_tests
from tests.plugin.worker_ways import ways
from tests.transport.loopback import Answer, Asked

ROOT = Path(__file__).parents[2]
ALONE = ("-p", "no:xdist")
WORKERS = pytest.mark.parametrize("workers", [ALONE, ("-n2",)], ids=["alone", "xdist"])
TOGETHER = ways(("-n2",), ("-n2", "--dist=worksteal"), ("-n2", "--dist=each"), ("-n3",))

TOOLS = """
version: 1
models: [house:small]
tools:
  get_weather:
    name: get_weather
    parameters: {type: object, properties: {city: {type: string}, unit: {enum: [celsius, fahrenheit]}}}
"""
WEAK = (
    TOOLS
    + """
cases:
  - name: weather
    user: Will it rain in {{ city }}?
    rows: [{id: oslo, city: Oslo}, {id: lima, city: Lima}]
    tools: [get_weather]
    expect: {tool_calls: [{get_weather: {city: {$type: string}}}]}
  - name: greets
    user: Say hello.
    expect: {text: hello}
"""
)
STRONG = WEAK.replace("{$type: string}", '"{{ city }}"')


def answer(asked: Asked) -> Answer:
    """The weather where somebody asked for it, else what the question says to say."""
    question = json.loads(asked.body)["messages"][-1]["content"]
    word = question.removesuffix("?").removesuffix(".").split()[-1]
    if word == "nothing":
        return provider_error(503)
    if question.startswith("Will it rain"):
        return completion(calls=(("get_weather", {"city": word}),))
    return completion(text=word)


@pytest.fixture
def suite(project: Project) -> Project:
    """A case with rows and a weak contract, and one without."""
    project.answer(answer)
    project.write(weather=WEAK)
    project.record(*ALONE)
    return project


def lines(result: pytest.RunResult) -> list[str]:
    """What is said of strength, at the end of a run."""
    text = "\n".join(result.outlines)
    start = min(
        (at for at in (text.find("\ncontract strength:"), text.find("\n--pc-min-strength")) if at >= 0), default=-1
    )
    return [] if start < 0 else [each for each in text[start + 1 :].splitlines() if not each.startswith("=")]


def command(project: Project) -> dict[str, float | None]:
    """The scores that `prompt-contracts strength` finds, by cases."""
    done = subprocess.run(
        [sys.executable, "-m", "prompt_contracts", "strength", "cases", "--format", "json"],
        cwd=project.root,
        capture_output=True,
        check=False,
    )
    return {each["id"]: each["score"] for each in json.loads(done.stdout)["cases"]}


# --- what is told


@WORKERS
def test_a_case_that_is_too_weak_fails_the_run_whoever_ran_it(suite: Project, workers: tuple[str, ...]) -> None:
    result = suite.run("--pc-min-strength=80%", *workers)

    result.assert_outcomes(passed=3)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    whole, weakest, missed = lines(result)
    assert re.fullmatch(r"contract strength: \d\d%   2 cases · 2 open places · \d+ mutants", whole)
    assert re.fullmatch(
        r"    \d\d%  cases/weather\.yaml::weather  city of get_weather may be another value: .* was   get_weather/city",
        weakest,
    )
    assert re.fullmatch(r"--pc-min-strength: 1 case is below 80%: cases/weather\.yaml::weather \d\d%", missed)


REPORTS = tuple(f"--pc-report=run.{form}" for form in ("json", "md", "html"))


def reports(project: Project) -> tuple[dict[str, Any], list[str]]:
    """The JSON report, and the headlines of the other ones, that of GitHub last."""
    texts = [(project.root / name).read_text("utf-8") for name in ("run.md", "run.html", "github.md")]
    heads = [next(line for line in text.splitlines() if line.startswith("## ") or "<h1" in line) for text in texts]
    return json.loads((project.root / "run.json").read_text("utf-8")), heads


@WORKERS
def test_reports_tell_of_a_contract_that_is_too_weak(
    suite: Project, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(suite.root / "github.md"))

    suite.run("--pc-min-strength=80%", *REPORTS, *workers)
    data, heads = reports(suite)

    (missed,) = data["missed_strength"]
    assert (missed["case"], missed["wanted"], missed["why_none"]) == ("cases/weather.yaml::weather", 0.8, "")
    assert 0 < missed["score"] < 0.8
    told = f"contract strength: 1 case is below 80%: cases/weather.yaml::weather {missed['score']:.0%}."
    assert [(told in head, "✓" in head) for head in heads] == [(True, False)] * 3
    assert Report.from_json(data).to_json() == data
    suite.pytester.run(sys.executable, "-m", "prompt_contracts", "report", "run.json", "--out", "again.md")
    assert told in (suite.root / "again.md").read_text("utf-8")


@WORKERS
def test_reports_of_contracts_that_are_strong_enough_say_nothing_of_it(
    suite: Project, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(suite.root / "github.md"))
    suite.write(weather=STRONG)

    suite.run("--pc-min-strength=80%", *REPORTS, *workers)
    data, heads = reports(suite)

    assert data["missed_strength"] == []
    assert ["contract strength" in head for head in heads] == [False] * 3


@WORKERS
def test_reports_tell_where_nothing_could_be_measured(
    suite: Project, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(suite.root / "github.md"))
    suite.write(weather=re.sub(r"expect: .*", "expect: {usage: {total_tokens: {$le: 300}}}", STRONG))

    suite.run("--pc-live", "--pc-min-strength=1%", *REPORTS, *workers)
    data, heads = reports(suite)

    assert data["missed_strength"] == [
        {"case": None, "wanted": 0.01, "score": None, "why_none": "no case has a score"},
    ]
    told = "contract strength: no case has a score, so none is known to reach 1%."
    assert [(told in head, "✓" in head) for head in heads] == [(True, False)] * 3


@WORKERS
def test_a_run_whose_cases_all_reach_it_ends_well(suite: Project, workers: tuple[str, ...]) -> None:
    suite.write(weather=STRONG)

    result = suite.run("--pc-min-strength=1.0", *workers)

    assert result.ret == 0
    assert [each.partition(" · ")[0] for each in lines(result)] == ["contract strength: 100%   2 cases"]


@pytest.mark.parametrize("workers", TOGETHER)
def test_workers_tell_what_one_process_tells_and_what_the_command_tells(
    suite: Project, workers: tuple[str, ...]
) -> None:
    alone = lines(suite.run("--pc-min-strength=99.9%", *ALONE))

    together = lines(suite.run("--pc-min-strength=99.9%", *workers))

    assert together == alone
    scores = command(suite)
    assert scores["cases/weather.yaml::greets"] == 1
    assert f"cases/weather.yaml::weather {scores['cases/weather.yaml::weather']:.0%}" in alone[-1]


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Example cases of the project with their recordings, and without what their author accepts."""
    root = tmp_path_factory.mktemp("examples")
    for name in ("cases", "cassettes"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "pyproject.toml", root)
    for path in (root / "cases").glob("*.yaml"):
        text = path.read_text("utf-8")
        text = re.sub(r"^    strength: \{.*\}\n", "", text, flags=re.MULTILINE)
        text = re.sub(r"^( *)strength:\n(?:\1 +.*\n)+", "", text, flags=re.MULTILINE)
        path.write_text(text, encoding="utf-8")
    return root


NAMES = tuple(f"cases/{name}.yaml" for name in ("answers", "conversations", "streams", "tools"))


def test_rows_turns_tool_loops_and_trials_are_told_alike_by_workers(examples: Path) -> None:
    options = ("-q", "--pc-min-strength=100%", "-p", "no:cacheprovider", "-W", "ignore")

    def told(*workers: str) -> list[str]:
        command = [sys.executable, "-m", "pytest", *NAMES, *options, *workers]
        done = subprocess.run(command, cwd=examples, capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stdout
        text = done.stdout[done.stdout.index("contract strength:") :]
        return text.splitlines()[:-1]

    alone, together = told("-n0"), told("-n2")
    scores = subprocess.run(
        [sys.executable, "-m", "prompt_contracts", "strength", *NAMES, "--format", "json"],
        cwd=examples,
        capture_output=True,
        check=False,
    )

    assert together == alone
    found = {each["id"]: each["score"] for each in json.loads(scores.stdout)["cases"]}
    weak = sorted((score, name) for name, score in found.items() if score is not None and score < 1)
    assert len(weak) > 5
    assert [line.split()[1] for line in alone[1:6]] == [name for _, name in weak[:5]]
    assert f"{len(weak)} cases are below 100%" in alone[-1]


def test_answers_of_a_live_run_are_measured_too(suite: Project) -> None:
    shutil.rmtree(suite.root / "cassettes")

    for workers in (ALONE, ("-n2",)):
        assert lines(suite.run("--pc-live", "--pc-min-strength=80%", *workers))[0].startswith("contract strength: ")


def test_replies_are_measured_too(suite: Project) -> None:
    replies = [weather(f"cases/weather.yaml::weather[{row}-house:small]", row.title()) for row in ("oslo", "lima")]
    (suite.root / "replies.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in replies), encoding="utf-8")

    result = suite.run("--pc-replies=replies.jsonl", "--pc-min-strength=80%")

    result.assert_outcomes(passed=2, skipped=1)
    assert result.ret == 1
    assert "no score: 1 (not judged)" in lines(result)[0]
    assert "1 case is below 80%: cases/weather.yaml::weather" in lines(result)[-1]


def test_an_application_is_started_no_more_often_than_without(project: Project) -> None:
    (project.root / "bots.py").write_text(
        "from pathlib import Path\n\ndef bot(turn):\n    with Path('calls').open('a') as log:\n"
        "        log.write('.')\n    return 'hello'\n",
        encoding="utf-8",
    )
    project.write(
        weather="version: 1\nmodels: [house:small]\ncases:\n  - {name: bot, user: Hi, handler: 'bots:bot', "
        "expect: {text: {$contains: he}, requests: []}}\n"
    )
    project.run("--pc-live", *ALONE)
    once = (project.root / "calls").read_text("utf-8")

    result = project.run("--pc-live", "--pc-min-strength=80%", *ALONE)

    assert "the text may be another value" in "\n".join(lines(result))
    assert (project.root / "calls").read_text("utf-8") == once * 2


def test_what_functions_print_about_mutants_is_not_seen(project: Project) -> None:
    (project.root / "words.py").write_text(
        "def polite(outcome):\n    print('LOOKED AT')\n    return bool(outcome.completion.choices[0].text)\n",
        encoding="utf-8",
    )
    project.answer_text("hello")
    project.write(
        weather="version: 1\nmodels: [house:small]\ncases:\n"
        "  - {name: polite, user: Hi, expect: {check: 'words:polite'}}\n"
    )
    project.record(*ALONE)

    result = project.run("--pc-min-strength=1%", *ALONE)

    assert result.ret == 0
    result.stdout.no_fnmatch_line("*LOOKED AT*")


# --- what is not known


def test_what_did_not_run_is_told_and_passes_no_gate(suite: Project) -> None:
    suite.write(other=WEAK.replace("name: greets", "name: says_hello").replace("name: weather", "name: rain"))
    suite.record(*ALONE)

    one = suite.run("--pc-min-strength=10%", "-k", "weather and oslo", *ALONE)
    both = suite.run("--pc-min-strength=10%", "-k", "weather and oslo", "-n2")

    assert lines(one) == lines(both)
    assert (one.ret, both.ret) == (0, 0)
    (unmeasured,) = (each for each in lines(one) if each.startswith("not measured"))
    assert unmeasured == (
        "not measured: only 1 of 2 cells ran of cases/weather.yaml::weather; no cell ran of "
        "cases/other.yaml::rain, cases/other.yaml::says_hello, cases/weather.yaml::greets"
    )


TELLS_OF_FAILURES = """
import pathlib

class Teller:
    def pytest_runtest_logreport(self, report):
        if report.failed:
            pathlib.Path(__file__).with_name("failed").touch()

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Teller())
"""


@pytest.mark.parametrize("workers", [ALONE, ("-n2", "--maxschedchunk=1")], ids=["alone", "xdist"])
def test_a_run_that_stops_early_says_what_is_left(project: Project, workers: tuple[str, ...]) -> None:
    names = [f"case_{number}" for number in range(40)]
    project.write(weather=cases(*names))
    (project.root / "conftest.py").write_text(TELLS_OF_FAILURES, encoding="utf-8")
    is_told = project.root / "failed"

    def answers(asked: Asked) -> Answer:
        """The first case is wrong, and most others wait until that is known to the process that stops the run."""
        if question(asked) == "Say case_0.":
            return completion(text="wrong")
        if question(asked) not in ("Say case_1.", "Say case_2."):
            deadline = monotonic() + 60
            while not is_told.exists() and monotonic() < deadline:
                sleep(0.01)
        return echo(asked)

    project.answer(answers)

    result = project.run("--pc-live", "--pc-min-strength=10%", "-x", *workers)

    assert result.ret != 0
    (unmeasured,) = (each for each in lines(result) if each.startswith("not measured"))
    assert unmeasured.startswith("not measured: no cell ran of cases/weather.yaml::case_")
    counted = re.search(r"(\d+) cases?", lines(result)[0])
    rest = re.search(r" and (\d+) more$", unmeasured)
    assert counted is not None
    assert rest is not None
    assert int(counted[1]) + 5 + int(rest[1]) == 40


CHANGED = """
version: 1
models: [house:small]
cases:
  - name: greets
    user: Say hello.
    holds_under: {said_as: {kindly: Please say hello., shortly: Say hello}}
    expect: {text: hello}
  - name: waves
    user: Say bye.
    expect: {text: bye}
"""


@WORKERS
def test_cells_under_changes_are_not_measured_by_themselves(project: Project, workers: tuple[str, ...]) -> None:
    project.answer(answer)
    project.write(weather=CHANGED)
    project.record(*ALONE)

    alone = project.run("-k", "said_as", "--pc-min-strength=10%", "--pc-report=run.json", *workers)
    beside = project.run("-k", "said_as or waves", "--pc-min-strength=10%", *workers)

    why = "only cells under changes ran, which are measured with the case as it is written"
    alone.assert_outcomes(passed=2)
    assert alone.ret == 1
    assert lines(alone) == [f"--pc-min-strength: {why}, so nothing was measured"]
    (missed,) = json.loads((project.root / "run.json").read_text("utf-8"))["missed_strength"]
    assert missed["why_none"] == why
    assert lines(beside)[-1] == "not measured: only cells under changes ran of cases/weather.yaml::greets"


def test_a_cell_whose_measuring_was_interrupted_is_told_as_that(project: Project) -> None:
    """Of the only cell, and of one after another that was measured."""
    project.answer(answer)
    project.write(weather=CHANGED)
    project.record(*ALONE)
    (project.root / "conftest.py").write_text(
        "import pytest\n\n@pytest.hookimpl(wrapper=True, trylast=True)\ndef pytest_runtest_teardown(item):\n"
        "    if 'waves' in item.name:\n        raise KeyboardInterrupt\n    return (yield)\n",
        encoding="utf-8",
    )

    # In a process of its own: pytester would hand the Ctrl-C on.
    run, least = project.pytester.runpytest_subprocess, "--pc-min-strength=10%"
    one = run("cases", least, "-k", "waves", *ALONE)
    both = run("cases", least, "-k", "waves or (greets and not said_as)", *ALONE)

    assert one.ret == both.ret == pytest.ExitCode.INTERRUPTED
    assert lines(one)[0] == (
        "--pc-min-strength: the run ended before a cell that ran could be measured, so nothing was measured"
    )
    assert "not measured: the run ended before 1 cell of cases/weather.yaml::waves could be measured" in lines(both)


def test_files_that_lf_passes_over_are_told(suite: Project) -> None:
    suite.write(other=STRONG.replace("text: hello", "text: goodbye"))
    suite.run("--pc-record=once", *ALONE)

    result = suite.run("--lf", "--pc-min-strength=10%", *ALONE)

    told = "\n".join(lines(result))
    assert result.ret == 1
    assert "the run passed over cases/weather.yaml" in told
    assert "no cell ran of cases/other.yaml::weather" in told
    assert "no case has a score, so none is known to reach 10%" in told


def test_cells_without_a_passing_answer_have_no_score(suite: Project) -> None:
    suite.write(
        weather=STRONG
        + "  - {name: known, user: Say no., xfail: not yet, expect: {text: goodbye}}\n"
        + "  - {name: later, user: Say no., skip: not now, expect: {text: no}}\n"
        + "  - {name: apart, user: Say no., strength: {skip: so}, expect: {text: no}}\n"
        + "  - {name: wrong, user: Say no., expect: {text: goodbye}}\n"
        + "  - {name: down, user: Say nothing., expect: {text: nothing}}\n"
    )

    for workers in (ALONE, ("-n2",)):
        result = suite.run("--pc-live", "--pc-min-strength=80%", *workers)
        told = lines(result)[0]
        assert "7 cases" in told
        assert (
            "no score: 5 (1 xfail, 1 skipped, 1 left out: so, 1 no answer passes, 1 no verdict on any answer)" in told
        )
        assert "below" not in "\n".join(lines(result))


@WORKERS
def test_where_nothing_has_a_score_nothing_is_reached(suite: Project, workers: tuple[str, ...]) -> None:
    suite.write(weather=re.sub(r"expect: .*", "expect: {usage: {total_tokens: {$le: 300}}}", STRONG))

    result = suite.run("--pc-live", "--pc-min-strength=1%", *workers)

    result.assert_outcomes(passed=3)
    assert result.ret == 1
    assert lines(result)[-1] == "--pc-min-strength: no case has a score, so none is known to reach 1%"


def test_nothing_collected_passes_no_gate_silently(suite: Project) -> None:
    (suite.root / "test_other.py").write_text("def test_it():\n    pass\n", encoding="utf-8")

    none = suite.run("--pc-min-strength=50%", "-k", "nothing")
    other = suite.pytester.runpytest("test_other.py", "--pc-min-strength=50%")

    assert none.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert other.ret == pytest.ExitCode.TESTS_FAILED
    for result in (none, other):
        result.stdout.fnmatch_lines(["--pc-min-strength: no cell ran, so nothing was measured"])


def test_a_gate_of_the_project_is_not_asked_of_runs_of_other_tests(suite: Project) -> None:
    (suite.root / "test_other.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
    suite.pytester.makeini("[pytest]\npc_min_strength = 80%\n")

    other, own = suite.pytester.runpytest("test_other.py"), suite.run(*ALONE)

    assert other.ret == 0
    assert lines(other) == []
    assert own.ret == 1
    assert "1 case is below 80%" in lines(own)[-1]


def test_tests_in_python_are_told_as_not_measured(suite: Project) -> None:
    write_tests(suite, ASKS)
    suite.pytester.runpytest("tests", "--pc-record=once", *ALONE).assert_outcomes(passed=1)

    both = suite.pytester.runpytest("cases", "tests", "--pc-min-strength=10%", *ALONE)
    alone = suite.pytester.runpytest("tests", "--pc-min-strength=10%", *ALONE)

    assert (both.ret, alone.ret) == (0, 1)
    assert lines(both)[-1] == "not measured: 1 test in Python"
    assert lines(alone) == ["--pc-min-strength: no cell ran, so nothing was measured"]


def test_rehearsals_and_other_exit_codes_stay(suite: Project) -> None:
    for option in ("--collect-only", "--setup-plan"):
        result = suite.run("--pc-min-strength=99%", option)
        assert result.ret == 0
        assert lines(result) == []
    assert suite.run("--pc-min-strength=99%", "--no-such-option").ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize("share", ["much", "120", "0", "-1"])
def test_a_share_that_is_none_is_refused_before_anybody_is_asked(suite: Project, share: str) -> None:
    suite.server.asked.clear()

    result = suite.run("--pc-live", f"--pc-min-strength={share}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--pc-min-strength {share}: give a share above 0, such as 80% or 0.8*"])
    assert suite.server.asked == []


def test_a_worker_that_was_killed_leaves_its_cell_unmeasured(suite: Project) -> None:
    (suite.root / "conftest.py").write_text(
        "import os, signal\n\ndef pytest_runtest_call(item):\n"
        "    if 'lima' in item.name and hasattr(item.config, 'workerinput'):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n",
        encoding="utf-8",
    )

    result = suite.run("--pc-min-strength=10%", "-n2")

    assert result.ret == 1
    assert "not measured: only 1 of 2 cells ran of cases/weather.yaml::weather" in lines(result)


def test_rows_that_cannot_be_tried_on_each_other_reach_nothing(suite: Project) -> None:
    suite.write(weather=STRONG)
    (suite.root / "conftest.py").write_text(
        # When the first report comes, every worker has read the file.
        "from pathlib import Path\n\ndef pytest_runtest_logreport(report):\n"
        "    if hasattr(report, 'node'):\n        Path('cases/weather.yaml').unlink(missing_ok=True)\n",
        encoding="utf-8",
    )

    result = suite.run("--pc-min-strength=10%", "-n2")

    result.assert_outcomes(passed=3)
    assert result.ret == 1
    assert lines(result)[-1] == (
        "--pc-min-strength: the answers to the rows of cases/weather.yaml::weather could not be tried on each other, "
        "so nobody knows of 10%"
    )


@pytest.mark.parametrize("workers", [ALONE, ("-n2",)], ids=["alone", "xdist"])
def test_a_cell_that_is_run_again_counts_as_it_ended(
    project: Project, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    pytest.importorskip("pytest_rerunfailures")
    monkeypatch.setenv("PYTEST_ADDOPTS", "")
    said = iter(["wrong"])
    project.answer(lambda _: completion(text=next(said, "hello")))
    project.write(weather=WEAK.partition("  - name: weather")[0] + "  - name: greets" + WEAK.split("- name: greets")[1])

    result = project.run("--pc-live", "--reruns=1", "--pc-min-strength=90%", "-p", "no:randomly", *workers)

    assert result.ret == 0, result.stdout.str()
    assert lines(result)[0].startswith("contract strength: 100%   1 case ")


def test_no_secret_is_told(suite: Project) -> None:
    suite.write(
        weather="version: 1\nmodels: [house:small]\ncases:\n  - {name: k, user: Say x., expect: {text: {$regex: .}}}\n"
    )
    suite.answer_text("the key is house-key-0123456789")

    for workers in (ALONE, ("-n2",)):
        result = suite.run("--pc-live", "--pc-min-strength=99%", *workers)
        assert "may be another value" in "\n".join(lines(result))
        result.stdout.no_fnmatch_line("*house-key-0123456789*")
