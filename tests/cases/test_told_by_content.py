"""A case file is told by what it says: in any encoding and spelling of its name; what was surely meant is no skip."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompt_contracts.case_file import CaseFile
from prompt_contracts.cases.loader import load_case_file
from prompt_contracts.cases.sniffing import may_be_case_file
from tests.cases.case_files import mistakes

HEAD = "version: 1\nmodels: [a:b]\n"
GOOD = HEAD + "cases:\n- {name: greets, user: 你好 😀, expect: {text: a}}\n"
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]


def load(path: Path) -> CaseFile | None:
    """What a folder that is collected makes of a file: the cheap look first."""
    if not may_be_case_file(path):
        assert load_case_file(path, root=path.parent, environ={}) is None
        return None
    return load_case_file(path, root=path.parent, environ={})


def said(path: Path) -> list[str]:
    return [str(found) for found in mistakes(load(path))]


@pytest.mark.parametrize("mark", [False, True])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_any_encoding_of_unicode_is_read(tmp_path: Path, encoding: str, mark: bool) -> None:
    path = tmp_path / "cases.yaml"
    path.write_bytes((("\ufeff" if mark and encoding[-3:] in ("-le", "-be") else "") + GOOD).encode(encoding))

    loaded = load(path)

    assert loaded is not None
    assert [case.messages[0].content for case in loaded.cases] == ["你好 😀"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32-be"])
def test_a_mistake_in_another_encoding_shows_its_line(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "cases.yaml"
    path.write_bytes(GOOD.replace("expect", "expcet").encode(encoding))

    found = mistakes(load(path))[0]

    assert str(found).startswith("cases.yaml:4:30: PC101")
    assert found.source_line is not None
    assert "你好" in found.source_line


def test_half_a_character_of_utf16_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_bytes(GOOD.encode("utf-16") + b"\x00")

    assert said(tmp_path / "c.yaml") == ["c.yaml:1:1: PC100 the file is not UTF-16 text"]


def test_included_files_may_have_other_encodings(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_bytes("Grüße".encode("utf-16"))
    (tmp_path / "c.yaml").write_text(GOOD.replace("你好 😀", "{$file: p.md}"), encoding="utf-8")

    loaded = load(tmp_path / "c.yaml")

    assert loaded is not None
    assert loaded.cases[0].messages[0].content == "Grüße"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("version: 1\nCases:\n- a\n", "2:1: PC109 'version' without 'cases': a case file needs both"),
        ("version: 1\ncase: [{name: court}]\n", "2:1: PC109 'version' without 'cases': a case file needs both"),
        ("version: 1\nmodels: []\ncasse:\n", "3:1: PC109 'version' without 'cases': a case file needs both"),
        ("version: '1'\nCASES: []\n", "2:1: PC109 'version' without 'cases': a case file needs both"),
        ('{"version": 1, "Cases": []}', "1:16: PC109 'version' without 'cases': a case file needs both"),
        ("{version: 1.0, caes: []}", "1:16: PC109 'version' without 'cases': a case file needs both"),
        ("vesion: 1\ncases: []\n", "1:1: PC109 'cases' without 'version': a case file needs both"),
        ("Version: 1\ncases: []\n", "1:1: PC109 'cases' without 'version': a case file needs both"),
        ("cases: []\n", "1:1: PC109 'cases' without 'version': a case file needs both"),
        ("a: 1\ncases: 5\n", "2:1: PC109 'cases' without 'version': a case file needs both"),
        (
            "Version: 1\nCases:\n- {user: hi, expect: {text: a}}\n",
            "1:1: PC109 this is no case file: it has neither 'version' nor 'cases'",
        ),
        ("- name: a\n  expect: {}\n", "1:1: PC109 a list is no case file: it has neither 'version' nor 'cases'"),
        ("# x\n---\n- a\n- expect:\n", "3:1: PC109 a list is no case file: it has neither 'version' nor 'cases'"),
        ("version: 1\n'cases ': []\n", "2:1: PC109 'version' without 'cases': a case file needs both"),
        ("version: 1\n'cases\u200b': []\n", "2:1: PC109 'version' without 'cases': a case file needs both"),
        ("- turns: [{expect: 1}]\n", "1:1: PC109 a list is no case file: it has neither 'version' nor 'cases'"),
        ('[{"expect": 1}]', "1:1: PC109 a list is no case file: it has neither 'version' nor 'cases'"),
        (
            "# yaml-language-server: $schema=cases.schema.json\n",
            "1:1: PC109 the file says nothing: a case file has 'version' and 'cases'",
        ),
        # what cannot be read, and whose outermost keys tell
        ("version: 1\ncases: [\n", "2:8: PC100 not YAML: a value is missing here"),
        ("version: 1\nCases: [\n", "2:8: PC100 not YAML: a value is missing here"),
        ("  version: 1\n  cases: [\n", "2:10: PC100 not YAML: a value is missing here"),
        ("- name: a\n  expect: [\n", "2:11: PC100 not YAML: a value is missing here"),
        ('{\n  "version": 1,\n  "cases": [ {]\n}', "3:15: PC100 not YAML: a value is missing here"),
    ],
)
def test_what_was_surely_meant_is_an_error(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")

    assert said(tmp_path / "c.yaml") == [f"c.yaml:{line}"]


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\nclasses: []\n",
        "version: 2\nCases: []\n",
        "version: true\ncase: []\n",
        "a:\n  version: 1\ncase: []\n",
        "version: 1\na:\n  case: []\n",
        "Version: 1\nCases: [{name: court}]\n",
        "- name: a\n  user: hi\n",
        "- a: {expect: 1}\n",
        "- a:\n    expect: [\n",
        "jobs:\n  cases: [\n",
        '{"jobs": {"cases": [}}',
        "expect: 1\n",
    ],
)
def test_what_may_be_somebody_elses_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")

    assert load(tmp_path / "c.yaml") is None


EMPTY = ["", "\n \n", "# todo\n# more\n", "---\n", "\ufeff", "# a\n---\n# b\n...\n"]


@pytest.mark.parametrize("text", EMPTY)
@pytest.mark.parametrize("name", ["later.yaml", "later.YML"])
def test_a_file_that_says_nothing_beside_a_case_file_is_an_error(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / "good.Yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / name).write_text(text, encoding="utf-8")

    assert said(tmp_path / name) == [f"{name}:1:1: PC109 the file says nothing: a case file has 'version' and 'cases'"]


@pytest.mark.parametrize("text", EMPTY)
def test_a_file_that_says_nothing_is_left_alone_elsewhere(tmp_path: Path, text: str) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "good.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "other.yaml").write_text("jobs: {cases: [1]}\n", encoding="utf-8")
    (tmp_path / "also.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "empty.yaml").write_text(text, encoding="utf-8")

    assert load(tmp_path / "empty.yaml") is None


@pytest.mark.parametrize("text", EMPTY)
def test_a_file_that_says_nothing_and_was_named_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")

    found = mistakes(load_case_file(tmp_path / "c.yaml", root=tmp_path, environ={}, is_named=True))

    assert [one.code for one in found] == ["PC109"]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("vesion: 1\ncases: []\n", "did you mean 'version'?"),
        ("VERSION: 1\nCASES: [{expect: {}}]\n", "did you mean 'version' and 'cases'?"),
        ("- {name: a, expect: {}}\n", "write 'version: 1' and 'cases:' above the list, and indent it below 'cases'"),
    ],
)
def test_the_next_step_is_named(tmp_path: Path, text: str, advice: str) -> None:
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")

    assert [found.help for found in mistakes(load(tmp_path / "c.yaml"))] == [advice]
