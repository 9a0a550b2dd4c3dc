"""`prompt-contracts schema`: the editor's schema, written and never over another file."""

from __future__ import annotations

import json

import pytest

from prompt_contracts.linting.editor_schema import editor_schema
from tests.cli.replies import Folder

PLACE = ".prompt-contracts/cases.schema.json"


def test_the_schema_goes_where_case_files_name_it(folder: Folder) -> None:
    code, _, _ = folder.run("schema")

    assert (code, (folder.path / PLACE).read_text("utf-8")) == (0, editor_schema())


def test_the_place_is_that_of_the_project(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("pyproject.toml", "[tool.prompt_contracts]\n")
    (folder.path / "deep").mkdir()
    monkeypatch.chdir(folder.path / "deep")

    folder.run("schema")

    assert (folder.path / PLACE).is_file()


def test_writing_it_again_changes_nothing(folder: Folder) -> None:
    folder.run("schema")

    code, _, said = folder.run("schema")

    assert (code, "is up to date" in said) == (0, True)


@pytest.mark.parametrize("content", [b"{}", b"\xff\xfe"])
def test_another_file_is_left_as_it_is(folder: Folder, content: bytes) -> None:
    path = folder.write(PLACE, "")
    path.write_bytes(content)

    assert (folder.run("schema")[0], path.read_bytes()) == (1, content)


def test_another_file_is_overwritten_on_demand(folder: Folder) -> None:
    path = folder.write(PLACE, "{}")

    assert (folder.run("schema", "--force")[0], path.read_text("utf-8") != "{}") == (0, True)


def test_standard_output_takes_it_too(folder: Folder) -> None:
    code, out, _ = folder.run("schema", "--out", "-")

    assert (code, json.loads(out)["title"]) == (0, "a prompt-contracts case file")
    assert not (folder.path / PLACE).exists()


def test_a_place_that_cannot_be_written_is_a_wrong_call(folder: Folder) -> None:
    folder.write("file", "")

    code, _, said = folder.run("schema", "--out", "file/schema.json")

    assert (code, "cannot be written" in said) == (2, True)
