"""`prompt-contracts check`: what is found, how it is told, and the exit code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.replies import WEATHER, Folder

BROKEN = WEATHER + "  - name: broken\n    user: Hi\n    expcet: {text: a}\n"
UNUSED = WEATHER.replace("version: 1\n", "version: 1\nvariables: {style: short}\n")


def found(folder: Folder, *options: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and findings."""
    code, out, _ = folder.run("check", "cases", "--format", "json", *options)
    return code, json.loads(out)


def test_sound_cases_are_fine_and_counted(cases: Folder) -> None:
    assert cases.run("check", "cases") == (0, "", "1 file · 2 sound cases · 0 errors · 0 warnings\n")


def test_a_mistake_is_shown_with_its_line_and_a_suggestion(folder: Folder) -> None:
    folder.write("cases/weather.yaml", BROKEN)

    code, out, said = folder.run("check", "cases")

    assert code == 1
    assert out.startswith("cases/weather.yaml:15:5: PC101 unknown key 'expcet' in case 'broken'\n   15 |")
    assert "help: did you mean 'expect'?" in out
    assert said == "1 file · 2 sound cases · 1 broken case · 1 error · 0 warnings\n"


def test_every_mistake_of_every_file_is_found_in_one_run(folder: Folder) -> None:
    folder.write("cases/a.yaml", BROKEN.replace("$contains", "$contain"))
    folder.write("cases/deep/b.yml", "version: 2\ncases: []\n")

    code, all_found = found(folder)

    assert code == 1
    assert [(one["path"], one["code"]) for one in all_found] == [
        ("cases/a.yaml", "PC101"),
        ("cases/a.yaml", "PC101"),
        ("cases/deep/b.yml", "PC102"),
    ]


def test_a_warning_is_told_and_is_no_finding_unless_the_run_is_strict(folder: Folder) -> None:
    folder.write("cases/weather.yaml", UNUSED)

    code, out, _ = folder.run("check", "cases")
    strict, all_found = found(folder, "--strict")

    assert (code, "PC115 warning: the variable 'style' is never used" in out) == (0, True)
    assert (strict, [(one["code"], one["severity"]) for one in all_found]) == (1, [("PC115", "error")])


def test_the_json_list_is_empty_where_nothing_is_wrong(cases: Folder) -> None:
    assert found(cases) == (0, [])


def test_the_json_list_holds_places_severities_and_advice(folder: Folder) -> None:
    folder.write("cases/weather.yaml", BROKEN)

    assert found(folder)[1] == [
        {
            "code": "PC101",
            "severity": "error",
            "message": "unknown key 'expcet' in case 'broken'",
            "path": "cases/weather.yaml",
            "line": 15,
            "column": 5,
            "length": 6,
            "help": "did you mean 'expect'?",
            "cells": [],
        }
    ]


def test_annotations_are_commands_of_a_workflow(folder: Folder) -> None:
    folder.write("cases/weather.yaml", BROKEN)

    _, out, _ = folder.run("check", "cases", "--format", "github")

    assert out == (
        "::error file=cases/weather.yaml,line=15,col=5,endColumn=11,title=PC101::"
        "unknown key 'expcet' in case 'broken'%0Ahelp: did you mean 'expect'?\n"
    )


def test_annotations_name_files_from_the_top_of_the_repository(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("api/cases/weather.yaml", BROKEN)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(folder.path))
    monkeypatch.chdir(folder.path / "api")

    assert "file=api/cases/weather.yaml," in folder.run("check", "cases", "--format", "github")[1]


def test_a_case_needs_no_model_as_long_as_nobody_is_asked(cases: Folder) -> None:
    assert found(cases) == (0, [])


def test_a_file_that_is_named_and_is_no_case_file_is_a_finding(folder: Folder) -> None:
    folder.write("compose.yaml", "services: {}\n")

    code, out, _ = folder.run("check", "compose.yaml")

    assert (code, "PC109" in out) == (1, True)


def test_yaml_of_others_in_a_folder_is_left_alone(cases: Folder) -> None:
    cases.write("cases/compose.yaml", "services: {}\n")
    cases.write("cases/.hidden/bad.yaml", BROKEN)
    cases.write("cases/node_modules/bad.yaml", BROKEN)

    assert found(cases) == (0, [])


@pytest.mark.parametrize("path", ["nowhere", "nowhere.yaml", "cases/*.yml", "cases/**/*.yml", "empty"])
def test_a_path_that_selects_nothing_is_refused(cases: Folder, path: str) -> None:
    (cases.path / "empty").mkdir()

    code, out, said = cases.run("check", "cases", path)

    assert (code, out) == (2, "")
    assert path in said


@pytest.mark.parametrize("path", ["cases", "cases/weather.yaml", "cases/*.yaml", "**/w*.yaml", "."])
def test_a_path_a_folder_or_a_glob_selects_files(cases: Folder, path: str) -> None:
    assert cases.run("check", path)[2].startswith("1 file · 2 sound cases")


def test_a_broken_configuration_is_a_wrong_call(cases: Folder) -> None:
    cases.write("prompt_contracts.toml", "modles = []\n")

    code, _, said = cases.run("check", "cases")

    assert (code, "PC330" in said) == (2, True)


@pytest.mark.parametrize("arguments", [["check"], ["check", "cases", "--format", "xml"], ["chekc"], []])
def test_a_wrong_command_line_is_a_wrong_call(cases: Folder, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cases.run(*arguments)

    assert stopped.value.code == 2
