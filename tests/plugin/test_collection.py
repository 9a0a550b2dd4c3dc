"""Which files become items, and what a broken one does to its neighbours."""

from __future__ import annotations

import pytest

from tests.plugin.project import WEATHER, Project, completion

BROKEN = """
version: 1
models: [house:small]
cases:
  - name: misspelt
    user: Hi
    expcet: {text: Hello}
  - name: sound
    user: Hi
    expect: {text: {$regex: .}}
"""


def test_a_broken_file_does_not_stop_a_sound_one(project: Project) -> None:
    project.write(broken="version: 1\ncases: [\n")
    project.run("--pc-record=rewrite").assert_outcomes(passed=2, failed=1)


def test_a_broken_case_is_one_failing_item_and_its_neighbours_run(project: Project) -> None:
    project.write(weather=BROKEN)
    project.answer(completion(text="Hello"))

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "cases/weather.yaml:6:5: PC101 unknown key 'expcet'*",
            "    6 |     expcet: {text: Hello}",
            "      |     ^^^^^^",
            "help: did you mean 'expect'?",
            "FAILED cases/weather.yaml::misspelt*",
        ]
    )


def test_every_mistake_of_every_file_is_said_in_one_run(project: Project) -> None:
    project.write(weather=BROKEN, other=BROKEN.replace("$regex", "$regx"), third="version: 2\ncases: []\n")

    text = project.run().stdout.str()

    assert "cases/weather.yaml:6:5: PC101" in text
    assert "cases/other.yaml:6:5: PC101" in text
    assert "'$regx'" in text
    assert "did you mean '$regex'" in text
    assert "cases/third.yaml:1:10: PC102" in text


def test_foreign_yaml_is_left_alone(project: Project) -> None:
    (project.root / "cases" / "docker-compose.yml").write_text("services:\n  web: {image: nginx}\n")
    (project.root / "cases" / "list.yaml").write_text("- 1\n- 2\n")
    (project.root / "cases" / "tagged.yaml").write_text("x: !vault secret\n")
    (project.root / "cases" / "bad.yaml").write_text("a: [\n")

    project.record().assert_outcomes(passed=2)


def test_a_case_file_of_another_encoding_or_suffix_runs(project: Project) -> None:
    (project.root / "cases" / "wide.yaml").write_bytes(WEATHER.encode("utf-16"))
    (project.root / "cases" / "loud.YAML").write_text(WEATHER, encoding="utf-8")
    (project.root / "cases" / "short.Yml").write_text(WEATHER, encoding="utf-8")

    project.record().assert_outcomes(passed=8)
    project.run().assert_outcomes(passed=8)


@pytest.mark.parametrize(
    "text", ["", "# to do\n", "Cases: []\nversion: 1\n", "- {name: a, user: b, expect: {text: c}}\n"]
)
@pytest.mark.parametrize("name", ["other.yaml", "other.YML"])
def test_a_file_that_was_surely_meant_is_no_silent_skip(project: Project, text: str, name: str) -> None:
    (project.root / "cases" / name).write_text(text, encoding="utf-8")

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines([f"cases/{name}:1:1: PC109 *"])


def test_a_file_that_is_cut_in_the_middle_of_a_character_is_told(project: Project) -> None:
    (project.root / "cases" / "later.yaml").write_bytes(WEATHER.encode("utf-16")[:-1])

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["cases/later.yaml:1:1: PC100 the file is not UTF-16 text"])


def test_a_foreign_file_that_is_named_is_an_error(project: Project) -> None:
    (project.root / "compose.yaml").write_text("services: {}\n")

    result = project.pytester.runpytest("compose.yaml")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*PC109*"])


def test_a_file_with_cases_and_no_version_is_an_error(project: Project) -> None:
    project.write(weather="cases:\n  - {name: a, user: Hi, expect: {text: x}}\n")

    result = project.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*PC109*version*"])


def test_an_unknown_provider_breaks_its_case_alone(project: Project) -> None:
    project.write(weather=WEATHER, other=WEATHER.replace("house:small", "hose:small"))

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*PC123 unknown provider 'hose': did you mean 'house'?"])


def test_a_case_without_any_model_says_how_to_name_one(project: Project) -> None:
    project.write(weather=WEATHER.replace("models: [house:small]\n", ""))

    result = project.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*PC105 no model*", "help: *--pc-model*"])


def test_a_requirement_that_cannot_be_reached_is_said(project: Project) -> None:
    project.write(weather=WEATHER.replace("    tags: [smoke]", "    require: 3"))

    result = project.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*PC122 3 passes are required of 1 trial"])


@pytest.mark.parametrize("arguments", [("cases", "weather.yml"), ("cases",), ("weather.yml",)])
def test_two_cells_with_one_recording_are_refused(project: Project, arguments: tuple[str, ...]) -> None:
    (project.root / "weather.yml").write_text((project.root / "cases" / "weather.yaml").read_text())

    result = project.pytester.runpytest(*arguments, "--pc-record=once")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*PC124*share the recording*"])


def test_files_of_one_name_may_have_different_cases(project: Project) -> None:
    text = (project.root / "cases" / "weather.yaml").read_text()
    (project.root / "weather.yml").write_text(text.replace("picks_weather", "another"))
    (project.root / "cases" / "weather.yml").write_text("apiVersion: v1\nkind: Pod\n")

    assert project.run("--pc-record=once").ret == 0


def test_recordings_are_not_collected(project: Project) -> None:
    project.record()

    result = project.pytester.runpytest("--collect-only", "-q")

    assert "cassettes" not in result.stdout.str()


def test_collecting_asks_for_neither_network_nor_key(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOUSE_KEY")

    result = project.run("--collect-only", "-q", "--pc-record=rewrite")

    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "cases/weather.yaml::picks_weather[[]oslo-house:small]",
            "cases/weather.yaml::picks_weather[[]lima-house:small]",
        ]
    )
    assert project.server.asked == []


@pytest.mark.parametrize("option", ["--setup-plan", "--setup-only"])
def test_planning_a_setup_asks_nobody(project: Project, option: str) -> None:
    project.run(option, "--pc-live")

    assert project.server.asked == []


def test_warnings_are_warnings_and_under_strict_errors(project: Project) -> None:
    case = "  - name: a\n    user: Hi # there\n    expect: {text: {$regex: .}}\n"
    project.write(weather=f"version: 1\nmodels: [house:small]\ncases:\n{case}")
    project.answer(completion(text="Hello"))

    project.run("--pc-record=rewrite", "-W", "default").assert_outcomes(passed=1, warnings=1)
    project.run("--pc-record=rewrite", "--pc-strict").assert_outcomes(passed=1, failed=1)


def test_a_wrong_configuration_is_a_usage_error(project: Project) -> None:
    project.configure("[tool.prompt_contracts.providers.other]\nbase_ulr = 'x'\n")

    result = project.run()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*PC330 pyproject.toml: providers.other has an unknown key 'base_ulr': did you mean 'base_url'?"]
    )


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--pc-record=any", "--pc-record any: no such mode"),
        ("--pc-trials=0", "--pc-trials 0: give a whole number from 1"),
        ("--pc-trials=1000000000", "--pc-trials 1000000000: 10,000 is the most trials of a cell"),
        ("--pc-timeout=soon", "--pc-timeout soon: give a number of seconds"),
        ("--pc-report=x.pdf", "--pc-report x.pdf: this version writes .json"),
        ("--pc-model=nobody:m", "--pc-model: unknown provider 'nobody'"),
        ("--pc-env-file=missing.env", "--pc-env-file: there is no file"),
    ],
)
def test_a_wrong_option_is_a_usage_error(project: Project, option: str, words: str) -> None:
    result = project.run(option)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert words in result.stderr.str()
