"""A run of few files out of many looks at no others, and says the same of these as a run of all."""

from __future__ import annotations

import json

import pytest

from tests.plugin.project import WEATHER, Project, completion

OSLO = "cases/weather.yaml::picks_weather[oslo-house:small]"

# Loading a case imports the functions that it names: so the project sees that its file was loaded.
WATCHED = """
version: 1
models: [house:small]
cases:
  - name: watched
    user: Hi
    expect: {check: "NAME:fine"}
"""
WATCHING = """
from pathlib import Path

Path(__file__).with_suffix(".loaded").touch()

def fine(outcome):
    return True
"""


@pytest.fixture
def watched(project: Project) -> Project:
    """A recorded project in which loading `cases/other.yaml` leaves a trace."""
    project.record()
    name = f"watching_{project.root.name}".replace("-", "_")
    (project.root / f"{name}.py").write_text(WATCHING, encoding="utf-8")
    project.write(other=WATCHED.replace("NAME", name), third=WEATHER)
    project.pytester.runpytest("cases/third.yaml", "--pc-record=rewrite").assert_outcomes(passed=2)
    return project


def is_other_loaded(project: Project) -> bool:
    return any(project.root.glob("*.loaded"))


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        ((OSLO,), 1),
        (("cases/weather.yaml::picks_weather",), 2),
        (("cases/weather.yaml",), 2),
        (("cases/weather.yaml", "cases/third.yaml"), 4),
        ((OSLO, OSLO.replace("weather.yaml", "third.yaml")), 2),
        (("cases/weather.yaml", "cases/weather.yaml"), 2),
        (("cases/weather.yaml", "cases/weather.yaml", "--keep-duplicates"), 4),
        ((OSLO, "-n1"), 1),
        (("cases/weather.yaml", "cases/third.yaml", "-n2"), 4),
    ],
)
def test_what_is_not_asked_for_is_not_loaded(watched: Project, arguments: tuple[str, ...], passed: int) -> None:
    watched.pytester.runpytest(*arguments).assert_outcomes(passed=passed)

    assert not is_other_loaded(watched)


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [(("cases",), 5), ((), 5), (("cases/weather.yaml", "cases"), 5), (("cases/weather.yaml", "cases", "-n2"), 5)],
)
def test_a_folder_that_is_asked_for_is_whole(watched: Project, arguments: tuple[str, ...], passed: int) -> None:
    watched.answer(completion(text="Hello"))
    result = watched.pytester.runpytest(*arguments, "--pc-record=once")

    result.assert_outcomes(passed=passed)
    assert is_other_loaded(watched)


def test_a_file_and_its_folder_may_both_be_kept(watched: Project) -> None:
    watched.answer(completion(text="Hello"))
    watched.run("--pc-record=once")

    result = watched.pytester.runpytest("cases/weather.yaml", "cases", "--keep-duplicates")

    result.assert_outcomes(passed=7)


def test_last_failed_loads_the_file_of_the_failed_cell_alone(watched: Project) -> None:
    (watched.root / "cassettes/weather/picks_weather/lima/house/small.yaml").unlink()
    watched.run().assert_outcomes(passed=3, errors=2)
    for trace in watched.root.glob("*.loaded"):
        trace.unlink()

    result = watched.run("--lf", "--deselect", "cases/other.yaml")

    result.assert_outcomes(errors=1, deselected=1)


@pytest.mark.parametrize("arguments", [(), ("-n1",)])
@pytest.mark.parametrize("name", [OSLO, "cases/weather.yaml", "cases/nothing.yaml::x", "cases"])
def test_a_wrong_option_is_told_whatever_was_asked_for(project: Project, name: str, arguments: tuple[str, ...]) -> None:
    (project.root / "cases/nothing.yaml").write_text((project.root / "cases/weather.yaml").read_text())

    result = project.pytester.runpytest(name, "--pc-model=nobody:m", *arguments)

    assert result.ret != 0
    text = result.stdout.str() + result.stderr.str()
    assert "unknown provider 'nobody'" in text
    assert "not found" not in text


def test_an_id_that_is_not_there_is_still_not_found(project: Project) -> None:
    result = project.pytester.runpytest("cases/weather.yaml::nothing")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: not found: *cases/weather.yaml::nothing"])


def test_names_that_differ_in_letter_case_share_a_recording_also_where_one_is_asked_for(project: Project) -> None:
    text = (project.root / "cases" / "weather.yaml").read_text()
    (project.root / "cases" / "Weather.yaml").write_text(text)
    if (project.root / "cases" / "wEATHER.yaml").exists():
        pytest.skip("this file system knows no letter case")

    result = project.pytester.runpytest("cases/Weather.yaml", "--pc-record=once")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*PC124*cases/weather.yaml::picks_weather*share the recording*"])


def test_other_plugins_see_the_yaml_that_is_asked_for(project: Project) -> None:
    project.record()
    (project.root / "conftest.py").write_text(
        "import pytest\n"
        "class Item(pytest.Item):\n"
        "    def runtest(self): pass\n"
        "class File(pytest.File):\n"
        "    def collect(self): yield Item.from_parent(self, name='theirs')\n"
        "def pytest_collect_file(file_path, parent):\n"
        "    return File.from_parent(parent, path=file_path) if file_path.suffix == '.yaml' else None\n"
    )
    (project.root / "cases" / "playbook.yaml").write_text("- hosts: all\n")

    project.run().assert_outcomes(passed=4)
    project.pytester.runpytest("cases/weather.yaml").assert_outcomes(passed=3)
    project.pytester.runpytest("cases/playbook.yaml::theirs").assert_outcomes(passed=1)
    project.pytester.runpytest("cases/weather.yaml::theirs").assert_outcomes(passed=1)


def test_replies_to_the_cells_of_a_file_that_was_not_asked_for_are_known(project: Project) -> None:
    project.write(third=WEATHER.replace("picks_weather", "third"))
    message = {"role": "assistant", "content": "Hello"}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    body = {"id": "c", "object": "chat.completion", "model": "small", "choices": choices}
    line = {"id": "1", "custom_id": "cases/third.yaml::third[oslo-house:small]", "error": None}
    (project.root / "replies.jsonl").write_text(json.dumps({**line, "response": {"status_code": 200, "body": body}}))

    result = project.pytester.runpytest("cases/weather.yaml", "--pc-replies=replies.jsonl")

    result.assert_outcomes(skipped=2)
