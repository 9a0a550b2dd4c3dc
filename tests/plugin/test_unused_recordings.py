"""`--pc-unused`: what no cell uses is told at the end of a run of everything, and of no other."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.plugin.project import WEATHER, Project, completion
from tests.plugin.worker_ways import ways

ORPHAN = "cassettes/weather/gone/oslo/house/small.yaml"
OSLO = "cassettes/weather/picks_weather/oslo/house/small.yaml"
LINE = f"prompt-contracts: no cell uses 1 recording ({ORPHAN}): prompt-contracts cassettes prune"


@pytest.fixture
def orphaned(project: Project) -> Project:
    """A recorded project with one recording that no cell has."""
    project.record()
    copy(project, ORPHAN)
    return project


def copy(project: Project, name: str) -> None:
    path = project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(project.root / OSLO, path)


def told(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "cassettes prune" in line]


@pytest.mark.parametrize("arguments", [("cases",), (), ("cases", "-n2"), ("cases", "-q")])
def test_a_whole_run_tells_of_it_and_ends_well(orphaned: Project, arguments: tuple[str, ...]) -> None:
    result = orphaned.pytester.runpytest(*arguments)

    assert (result.ret, told(result)) == (0, [LINE])
    assert result.outlines[-2] == LINE


@pytest.mark.parametrize("arguments", ways(("cases",), ("cases", "-n2")))
def test_it_fails_a_run_that_is_to_fail(orphaned: Project, arguments: tuple[str, ...]) -> None:
    result = orphaned.pytester.runpytest(*arguments, "--pc-unused=fail")

    assert (result.ret, told(result)) == (1, [LINE])
    (orphaned.root / ORPHAN).unlink()
    again = orphaned.pytester.runpytest(*arguments, "--pc-unused=fail")
    assert (again.ret, told(again)) == (0, [])


@pytest.mark.parametrize("arguments", ways(("cases",), ("cases", "-n2")))
def test_a_recording_of_another_model_is_told_in_other_words_and_fails_no_run(
    project: Project, arguments: tuple[str, ...]
) -> None:
    project.record()
    assert project.pytester.runpytest("cases", "--pc-model=house:large", "--pc-record=once").ret == 0

    result = project.pytester.runpytest(*arguments, "--pc-unused=fail")

    assert result.ret == 0
    (line,) = told(result)
    words = "prompt-contracts: no case file names the model of "
    assert (line.startswith(words), "house/large.yaml" in line) == (True, True)
    assert line.endswith("; runs with --pc-model may replay them: prompt-contracts cassettes prune --other-models")


@pytest.mark.parametrize(
    "arguments",
    [
        ("cases", "-k", "oslo"),
        ("cases", "-m", "smoke"),
        ("cases/weather.yaml",),
        ("cases/weather.yaml::picks_weather",),
        ("cases", "--lf"),
        ("cases", "--sw"),
        ("cases", "--deselect", "cases/weather.yaml::picks_weather[oslo-house:small]"),
        ("cases", "--ignore=cases/other.yaml"),
        ("cases", "--collect-only"),
        ("cases", "--setup-plan"),
        ("cases", "--pc-unused=ignore"),
        ("cases", "--pc-model=house:small"),
        ("cases", "--pc-trials=1"),
        ("cases", "--pc-live"),
        ("cases", "--pc-cassettes=elsewhere", "--pc-record=once"),
    ],
    ids=" ".join,
)
def test_any_other_run_says_nothing(orphaned: Project, arguments: tuple[str, ...]) -> None:
    result = orphaned.pytester.runpytest(*arguments)

    assert (result.ret, told(result)) == (0, [])


def test_a_run_that_stops_says_nothing(orphaned: Project) -> None:
    orphaned.write(other=WEATHER)

    assert told(orphaned.run("-x")) == []
    assert told(orphaned.run("--maxfail=2")) == []
    assert told(orphaned.run()) == [LINE]


def test_an_interrupted_run_says_nothing(orphaned: Project) -> None:
    orphaned.pytester.makeconftest(
        "def pytest_runtest_logreport(report):\n    if report.when == 'call':\n        raise KeyboardInterrupt\n"
    )

    result = orphaned.pytester.runpytest_subprocess("cases")

    assert (result.ret, told(result)) == (2, [])


@pytest.mark.parametrize("arguments", ways((), ("-n2",)))
def test_a_plugin_that_leaves_tests_out_makes_it_say_nothing(orphaned: Project, arguments: tuple[str, ...]) -> None:
    orphaned.pytester.makeconftest(
        "def pytest_collection_modifyitems(config, items):\n"
        "    config.hook.pytest_deselected(items=items[1:])\n"
        "    del items[1:]\n"
    )

    assert told(orphaned.run(*arguments)) == []


def test_a_case_file_with_a_mistake_makes_it_say_nothing(orphaned: Project) -> None:
    orphaned.write(other="version: 1\ncases: [{name: a, usr: b}]\n")

    assert told(orphaned.run()) == []


def test_what_another_case_file_may_use_is_not_told(orphaned: Project) -> None:
    copy(orphaned, "cassettes/more/picks_weather/oslo/house/small.yaml")
    (orphaned.root / "more.yaml").write_text((orphaned.root / "cases/weather.yaml").read_text("utf-8"))

    assert told(orphaned.run()) == [LINE]


def test_what_a_test_in_python_may_use_is_not_told(orphaned: Project) -> None:
    copy(orphaned, "cassettes/tests/test_bot/test_looks/house/small.yaml")
    (orphaned.root / "tests").mkdir()
    (orphaned.root / "tests/test_bot.py").write_text("")

    assert told(orphaned.run()) == [LINE]


def test_what_others_made_and_links_are_not_told(project: Project) -> None:
    project.record()
    folder = project.root / "cassettes"
    (folder / "README.md").write_text("# Ours\n")
    (folder / "test_it.yaml").write_text("interactions: []\nversion: 1\n")
    (folder / "broken.yaml").write_text("[")
    (folder / "link.yaml").symlink_to(project.root / OSLO)
    (folder / "inner").symlink_to(folder / "weather")

    assert told(project.run("--pc-unused=fail")) == []


@pytest.mark.parametrize("arguments", [(), ("-n1",)])
def test_no_name_of_a_file_acts_on_the_terminal(project: Project, arguments: tuple[str, ...]) -> None:
    project.record()
    for name in ("a\x1b[2J.yaml", "b\nc.yaml", "d\u202e.yaml", os.fsdecode(b"e\xff.yaml")):
        copy(project, f"cassettes/weather/gone/{name}")

    (line,) = told(project.run(*arguments))

    assert "gone/a\\x1b[2J.yaml, cassettes/weather/gone/b⏎c.yaml, cassettes/weather/gone/d\\u202e.yaml" in line
    assert "gone/e\\udcff.yaml)" in line


def test_five_are_named_and_the_others_counted(project: Project) -> None:
    project.record()
    for number in range(7):
        copy(project, f"cassettes/weather/gone/{number}.yaml")

    (line,) = told(project.run())

    assert "no cell uses 7 recordings (cassettes/weather/gone/0.yaml, " in line
    assert "gone/4.yaml and 2 more)" in line


@pytest.mark.parametrize("arguments", ways((), ("-n2",)))
def test_interactions_that_no_trial_replays_are_counted(project: Project, arguments: tuple[str, ...]) -> None:
    project.write(weather=WEATHER.replace("    tags:", "    trials: 3\n    tags:"))
    project.record()
    project.write(weather=WEATHER)

    result = project.run(*arguments, "--pc-unused=fail")

    assert result.ret == 1
    assert told(result) == [
        "prompt-contracts: no trial replays 4 interactions of 2 recordings in use: prompt-contracts cassettes prune"
    ]


def test_what_is_recorded_anew_leaves_what_was_asked_before(project: Project) -> None:
    project.record()
    project.write(weather=WEATHER.replace("Will it rain in", "Does it rain in"))
    project.run("--pc-record=new_episodes")

    (line,) = told(project.run())

    assert "no trial replays 2 interactions of 2 recordings in use" in line


def test_a_cell_without_a_verdict_tells_of_no_interaction(project: Project) -> None:
    project.record()
    project.write(weather=WEATHER.replace("Will it rain in", "Does it rain in"))

    assert told(project.run()) == []


def test_the_command_is_one_that_works_from_there(orphaned: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(orphaned.root.parent)
    name = orphaned.root.name

    (line,) = told(orphaned.pytester.runpytest(f"{name}/cases", f"--rootdir={name}"))

    assert line.endswith(f"({name}/{ORPHAN}): prompt-contracts cassettes prune --root={name}")


def test_each_project_of_a_run_has_its_own(orphaned: Project) -> None:
    inner = orphaned.root / "cases/inner"
    shutil.copytree(orphaned.root / "cassettes", inner / "cassettes")
    shutil.copy(orphaned.root / "pyproject.toml", inner / "pyproject.toml")
    shutil.copy(orphaned.root / "cases/weather.yaml", inner / "weather.yaml")

    (line,) = told(orphaned.run())

    assert f"no cell uses 2 recordings (cases/inner/{ORPHAN}, {ORPHAN})" in line


def test_a_wrong_word_is_a_usage_error(project: Project) -> None:
    result = project.run("--pc-unused=maybe")

    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--pc-unused maybe: 'maybe' is none of warn, fail, ignore"])


def test_a_run_without_case_files_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(): pass")
    Path("cassettes").mkdir()

    result = pytester.runpytest("--pc-unused=fail")

    assert (result.ret, told(result)) == (0, [])


def test_a_recording_run_tells_of_it_too(orphaned: Project) -> None:
    orphaned.answer(completion(calls=(("get_weather", {"city": "Oslo"}),)))

    assert told(orphaned.run("--pc-record=once")) == [LINE]
