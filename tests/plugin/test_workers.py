"""Several processes run the cells: the reports are those of one, and who is killed takes nothing else along."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.nursery import started_anew
from tests.plugin.project import Project, completion, provider_error
from tests.plugin.test_asking_ahead import asked_names, cases, echo, question
from tests.plugin.worker_ways import ways
from tests.transport.loopback import Answer, Asked

ALONE = ("-n0",)
TOGETHER = ways(
    pytest.param(("-n2", "--dist=worksteal"), id="worksteal"),
    pytest.param(("-n2",), id="load"),
    pytest.param(("-n4", "--dist=worksteal"), id="worksteal of four"),
    pytest.param(("-n2", "--dist=loadfile"), id="loadfile"),
)
MIXED = """
version: 1
models: [house:small, house:large]
cases:
  - name: zebra
    user: Say {{ word }}.
    rows: [{id: z, word: one}, {id: a, word: two}, {id: m, word: three}]
    trials: 2
    expect: {text: "{{ word }}"}
  - {name: apple, user: Say yes., expect: {text: no}}
  - {name: down, user: Say down., expect: {text: down}}
  - {name: known, user: Say yes., xfail: a known one, expect: {text: no}}
  - {name: later, user: Say yes., skip: not now, expect: {text: yes}}
  - {name: mistaken, usr: Say yes.}
  - {name: added, user: Say yes., tags: [smoke], expect: {text: yes}}
"""


def answer(asked: Asked) -> Answer:
    if question(asked) == "Say down.":
        return provider_error(503)
    return echo(asked)


@pytest.fixture
def mixed(project: Project) -> Project:
    """Cells with every verdict, in files and under names whose order is not that of the alphabet."""
    project.write(weather=MIXED, another=cases("one", "two", "three"))
    project.answer(answer)
    return project


def untimed(value: Any) -> Any:
    """The same without what a clock said."""
    if isinstance(value, dict):
        clocks = ("created_at", "latency", "latency_p50", "latency_p95", "recorded_at")
        return {key: untimed(each) for key, each in value.items() if key not in clocks}
    return [untimed(each) for each in value] if isinstance(value, list) else value


def told(project: Project, *arguments: str) -> tuple[str, list[str], dict[str, Any]]:
    """What a run leaves in JSON, at the end of the terminal, and in JUnit."""
    result = project.run("--pc-report=report.json", "--junitxml=junit.xml", *arguments)
    report = untimed(json.loads((project.root / "report.json").read_text("utf-8")))
    return json.dumps(report), summary(result), properties(project)


def summary(result: pytest.RunResult) -> list[str]:
    """What we say at the end of a run; of seconds only that there are some."""
    text = result.stdout.str().partition("= prompt contracts =")[2].partition("\n=====")[0]
    return re.sub(r" +", " ", re.sub(r"[\d.]+ m?s\b", "_ s", text)).splitlines()[1:]


def properties(project: Project) -> dict[str, list[tuple[str | None, str | None]]]:
    """Those of each test in JUnit."""
    return {
        str(test.get("name")): [
            (each.get("name"), each.get("value"))
            for each in test.iter("property")
            if each.get("name") != "pc.latency_ms"
        ]
        for test in ElementTree.parse(project.root / "junit.xml").iter("testcase")
    }


@pytest.fixture
def _started() -> Iterator[None]:
    """Workers that are started as everywhere, and not forked."""
    with started_anew():
        yield


@pytest.mark.usefixtures("_started")
@pytest.mark.parametrize("workers", TOGETHER)
def test_a_replay_is_told_alike_by_however_many(mixed: Project, workers: tuple[str, ...]) -> None:
    mixed.run("--pc-record=rewrite")

    alone = told(mixed, *ALONE)

    assert told(mixed, *workers) == alone
    assert all(alone)
    assert [result["case"] for result in json.loads(alone[0])["results"]][3:9:2] == ["zebra"] * 3


@pytest.mark.parametrize("workers", TOGETHER[::2])
def test_a_recording_is_told_alike_by_however_many(mixed: Project, workers: tuple[str, ...]) -> None:
    mixed.run("--pc-record=rewrite", "-k", "not added")
    shutil.copytree(mixed.root / "cassettes", mixed.root / "before")
    found = []
    for processes in (ALONE, workers):
        shutil.rmtree(mixed.root / "cassettes")
        shutil.copytree(mixed.root / "before", mixed.root / "cassettes")
        mixed.answer(lambda asked: provider_error(503) if "down" in question(asked) else completion(text="two"))
        found.append(told(mixed, "--pc-record=rewrite", *processes))

    assert found[1] == found[0]
    assert found[0][1][0] == "recordings: 3 not written, 10 changed, 2 new, 3 confirmed"


def test_the_results_are_in_the_order_of_the_case_files_whatever_the_order_of_the_run(mixed: Project) -> None:
    (mixed.root / "conftest.py").write_text(
        "def pytest_collection_modifyitems(items):\n    items.reverse()\n", encoding="utf-8"
    )
    mixed.run("--pc-record=rewrite")

    found = [(each["path"], each["case"], each["row"], each["model"]) for each in mixed.report()["results"]]

    assert found[:3] == [("cases/another.yaml", name, None, "small") for name in ("one", "two", "three")]
    assert [row for _, case, row, model in found if (case, model) == ("zebra", "small")] == ["z", "a", "m"]
    cases_found = list(dict.fromkeys(case for _, case, _, _ in found[3:]))
    assert cases_found == ["zebra", "apple", "down", "known", "added"]


KILLER = """
import os, signal

def pytest_{hook}(item):
    # Not by the environment: the tests themselves may run in a worker.
    if "{name}" in item.name and hasattr(item.config, "workerinput"):
        os.kill(os.getpid(), signal.SIGKILL)
"""
NAMES = tuple(f"case_{number}" for number in range(8))


@pytest.fixture
def lossy(project: Project) -> Project:
    """Eight good cells; the process of a worker is killed before the verdict on one of them is reported."""
    (project.root / "conftest.py").write_text(KILLER.format(hook="runtest_call", name="case_3"), encoding="utf-8")
    project.write(weather=cases(*NAMES))
    project.answer(echo)
    return project


def test_the_cell_of_a_worker_that_was_killed_is_an_error_and_the_rest_is_whole(lossy: Project) -> None:
    lossy.record("-n0")
    alone = untimed(lossy.report("-n0"))

    result = lossy.run("-n2", "--pc-report=report.json", "--junitxml=junit.xml")

    report = untimed(json.loads((lossy.root / "report.json").read_text("utf-8")))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=7, errors=1)
    lost, whole = report["results"][3], alone["results"][3]
    assert lost == {**whole, "verdict": "error", "trials": [], "problem": lost["problem"]}
    assert lost["problem"]["code"] == "PC340"
    assert [each for each in report["results"] if each != lost] == [each for each in alone["results"] if each != whole]
    assert (report["models"][0]["cells"]["passed"], report["models"][0]["cells"]["errors"]) == (7, 1)
    assert report["spent"] == alone["spent"]
    assert properties(lossy).keys() == {f"{name}[house:small]" for name in NAMES}
    result.stdout.fnmatch_lines(
        [
            "*_ ERROR at setup of case_3[[]house:small] _*",
            "cases/weather.yaml:13  PC340 the worker died while this cell ran*",
            "help: *",
            "  again      pytest 'cases/weather.yaml::case_3[[]house:small]'",
            "house:small * 7/7 * 1 *",
            "ERROR cases/weather.yaml::case_3[[]house:small] - PC340 the worker died*",
        ]
    )


def test_what_a_killed_worker_spent_and_recorded_is_told(lossy: Project) -> None:
    result = lossy.run("--pc-record=rewrite", "-n2", "--dist=worksteal")

    lines = summary(result)
    # What the worker had asked ahead, and perhaps recorded, is asked again.
    again = "recordings: 1 not written, 6 new, 1 confirmed"
    assert lines[0] in ("recordings: 1 not written, 7 new", again)
    assert lines[1].endswith(
        "case_3[house:small] not written: the worker died; trials that were finished before are kept"
    )
    assert any(line.startswith("spent now ≥ $0.000") for line in lines)


def test_a_verdict_that_came_before_its_worker_died_stays(lossy: Project) -> None:
    lossy.record("-n0")
    (lossy.root / "conftest.py").write_text(KILLER.format(hook="runtest_teardown", name="case_3"), encoding="utf-8")

    result = lossy.run("-n2", "--pc-report=report.json")

    report = json.loads((lossy.root / "report.json").read_text("utf-8"))
    assert [each["verdict"] for each in report["results"]] == ["passed"] * 8
    result.stdout.fnmatch_lines(["*crashed while running*case_3*"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_case_with_a_mistake_is_never_a_gap_either(lossy: Project) -> None:
    lossy.write(weather=cases(*NAMES[:2]) + "  - {name: mistaken, usr: Say yes.}\n")
    (lossy.root / "conftest.py").write_text(KILLER.format(hook="runtest_call", name="mistaken"), encoding="utf-8")
    lossy.run("--pc-record=rewrite", "-n0")

    result = lossy.run("-n1", "--pc-report=report.json")

    report = json.loads((lossy.root / "report.json").read_text("utf-8"))
    assert [entry["id"] for entry in report["broken"]] == ["cases/weather.yaml::mistaken"]
    result.assert_outcomes(passed=2, failed=1)


def uneven(asked: Asked) -> Answer:
    """Some cells take a hundred times as long as others."""
    sleep(0.3 if question(asked).endswith("0.") else 0.003)
    return echo(asked)


MANY = tuple(f"case_{number}" for number in range(60))


@pytest.mark.parametrize("mode", ways("worksteal", "load", "loadscope", "loadgroup"))
def test_no_cell_is_sent_twice_however_uneven_they_are(project: Project, mode: str) -> None:
    project.write(weather=cases(*MANY[:50]), other=cases(*MANY[50:]))
    project.answer(uneven)

    project.run("--pc-live", "-n3", f"--dist={mode}").assert_outcomes(passed=60)

    assert Counter(asked_names(project)) == dict.fromkeys(MANY, 1)


def test_with_chunks_of_one_a_run_stops_soon_after_its_first_failure(project: Project) -> None:
    project.write(weather=cases(*MANY))
    project.answer(lambda asked: completion(text="wrong") if question(asked) == "Say case_0." else uneven(asked))

    result = project.run("--pc-live", "-n2", "--maxschedchunk=1", "-x")

    assert result.ret != 0
    # Two workers: what each runs, what it has behind that, and what was given out before the failure was known.
    assert len(project.server.asked) <= 12


@pytest.mark.usefixtures("_started")
def test_workers_of_several_interpreters_share_the_cells(project: Project) -> None:
    project.write(weather=cases(*MANY[:6]))
    project.answer(echo)
    worker = f"--tx=popen//python={sys.executable}"

    found = project.report("--pc-record=rewrite", "-d", worker, worker)

    assert [(each["case"], each["verdict"]) for each in found["results"]] == [(name, "passed") for name in MANY[:6]]
    assert Counter(asked_names(project)) == dict.fromkeys(MANY[:6], 1)
    assert len(project.cassettes) == 6


EACH = ("--dist=each", "--tx=2*popen")


@pytest.mark.parametrize("mode", ["--pc-live", "--pc-record=once"])
def test_nobody_is_asked_where_every_worker_runs_every_cell(project: Project, mode: str) -> None:
    result = project.run(mode, *EACH)

    assert result.ret != 0
    result.stdout.fnmatch_lines(["*--dist each has every worker run every cell*"])
    assert project.server.asked == []


def test_a_replay_by_every_worker_counts_a_cell_once_and_takes_the_worse_verdict(project: Project) -> None:
    (project.root / "where.py").write_text(
        "import os\n\ndef is_first(completion):\n    return os.environ['PYTEST_XDIST_WORKER'] == 'gw0'\n"
    )
    one = "  - {name: picky, user: Say picky., expect: {check: 'where:is_first'}}\n"
    project.write(weather=cases("easy") + one)
    project.answer(echo)
    project.run("--pc-record=rewrite", "-n1")

    result = project.run("--pc-report=report.json", *EACH)

    result.assert_outcomes(passed=3, failed=1)
    found = json.loads((project.root / "report.json").read_text("utf-8"))
    assert [(each["case"], each["verdict"]) for each in found["results"]] == [("easy", "passed"), ("picky", "failed")]
    assert (found["models"][0]["cells"]["passed"], found["models"][0]["cells"]["failed"]) == (1, 1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_workers_in_another_folder_leave_the_same_report(project: Project, tmp_path: Path) -> None:
    project.write(weather=cases(*MANY[:4]) + "  - {name: wrong, user: Say yes., expect: {text: no}}\n")
    project.answer(echo)
    alone = untimed(project.report("--pc-live"))
    worker = f"--tx=popen//chdir={tmp_path}"
    copied = [f"--rsyncdir={project.root / name}" for name in ("cases", "pyproject.toml")]

    cases_folder = str(project.root / "cases")
    result = project.pytester.runpytest(
        cases_folder, "--pc-live", "--pc-report=far.json", "-d", worker, worker, *copied
    )

    result.assert_outcomes(passed=4, failed=1)
    assert untimed(json.loads((project.root / "far.json").read_text("utf-8"))) == alone


def test_nobody_is_asked_by_workers_when_the_report_could_not_be_written(project: Project) -> None:
    (project.root / "taken").write_text("", encoding="utf-8")

    result = project.run("--pc-live", "-n1", "--pc-report=taken/report.json")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--pc-report *: cannot be written: *: nobody was asked*"])
    assert project.server.asked == []
