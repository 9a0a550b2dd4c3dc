"""Gates of `prompt-contracts strength` on what nobody knows, and what `--out` never writes over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.replies import Folder, reply

CASES = """
version: 1
models: [openai:small]
cases:
  - {name: greets, user: Say hello., expect: {text: hello there}}
  - {name: parts, user: Say goodbye., expect: {text: goodbye now}}
"""
HELLO = reply("cases/a.yaml::greets", "hello there")
GOODBYE = reply("cases/a.yaml::parts", "goodbye now")
OPTIONS = ("strength", "cases", "--replies", "replies.jsonl")


@pytest.fixture
def measured(folder: Folder) -> Folder:
    """Two cases, of which one is answered; `before.json` is of both."""
    folder.write("cases/a.yaml", CASES)
    folder.write("replies.jsonl", f"{json.dumps(HELLO)}\n{json.dumps(GOODBYE)}\n")
    assert folder.run(*OPTIONS, "--out", "before.json", "--min", "100%")[0] == 0
    folder.write("replies.jsonl", f"{json.dumps(HELLO)}\n")
    return folder


def test_where_nothing_is_recorded_nothing_was_measured(folder: Folder) -> None:
    folder.write("cases/a.yaml", CASES)

    code, _, said = folder.run("strength", "cases/a.yaml")

    assert code == 1
    assert "nothing was measured: cases/a.yaml::greets (PC201 " in said
    assert "cases/a.yaml::parts (PC201 " in said


def test_a_case_without_an_answer_is_not_known_to_reach_the_least(measured: Folder) -> None:
    code, out, said = measured.run(*OPTIONS, "--min", "80%", "--format", "github")

    assert code == 1
    assert "cases/a.yaml::parts[openai:small]: no reply, so it is not known to reach --min 80%" in said
    assert "cases/a.yaml::greets: " not in said
    assert "::error file=cases/a.yaml,line=5," in out
    assert "cases/a.yaml::parts: nobody knows how strong it is: no reply" in out


def test_without_a_gate_it_is_listed_and_breaks_nothing(measured: Folder) -> None:
    code, out, said = measured.run(*OPTIONS)

    assert (code, said) == (0, "")
    assert "no score: 1 (no reply)" in out


@pytest.mark.parametrize("more", ["skip: later", "xfail: it is polite", "strength: {skip: a greeting}"])
def test_what_the_author_leaves_out_breaks_no_gate(measured: Folder, more: str) -> None:
    measured.write("cases/a.yaml", CASES.replace("{name: parts,", f"{{name: parts, {more},"))

    assert measured.run(*OPTIONS, "--min", "80%", "--against", "before.json")[0] == 0


def test_a_case_that_had_a_score_and_has_none_is_told(measured: Folder) -> None:
    code, out, said = measured.run(*OPTIONS, "--against", "before.json", "--format", "github")

    assert code == 1
    assert "cases/a.yaml::parts: had a score, and has none now: no reply" in said
    assert "::error file=cases/a.yaml,line=5," in out


def test_a_case_that_is_gone_is_told_where_its_file_was_measured(measured: Folder) -> None:
    measured.write("cases/a.yaml", CASES.replace("name: parts", "name: leaves"))
    gone, _, said = measured.run(*OPTIONS, "--against", "before.json")
    (measured.path / "cases/a.yaml").rename(measured.path / "cases/b.yaml")
    measured.write("replies.jsonl", json.dumps(reply("cases/b.yaml::greets", "hello there")))
    elsewhere, _, _ = measured.run(*OPTIONS, "--against", "before.json")

    assert (gone, elsewhere) == (1, 0)
    assert "cases/a.yaml::parts: had a score, and is not there any more" in said


def test_cases_without_a_score_are_listed_by_name(measured: Folder) -> None:
    _, out, _ = measured.run(*OPTIONS, "-v")

    lines = out.splitlines()
    (place,) = (at for at, line in enumerate(lines) if " parts " in line)
    assert lines[place].split()[1:] == ["parts", "–", "no", "score"]
    assert lines[place + 1].strip() == "no score: no reply"


@pytest.mark.parametrize(
    ("name", "text"),
    [("cases/a.yaml", CASES), ("pyproject.toml", "[tool.a]\n"), ("r.json", '{"version": 1}'), ("note", "mine")],
)
def test_what_is_no_earlier_report_is_not_written_over(measured: Folder, name: str, text: str) -> None:
    path = measured.write(name, text)
    before = path.read_bytes()

    code, out, said = measured.run(*OPTIONS, "--out", name)

    assert (code, out) == (2, "")
    assert f"--out {name}: " in said
    assert "nothing is written over it, give another file" in said
    assert path.read_bytes() == before


def test_the_report_that_is_compared_with_is_not_written_over(measured: Folder) -> None:
    before = (measured.path / "before.json").read_bytes()

    code, _, said = measured.run(*OPTIONS, "--against", "before.json", "--out", "./before.json")

    assert code == 2
    assert "--out ./before.json: this is the report that is compared with" in said
    assert (measured.path / "before.json").read_bytes() == before


@pytest.mark.parametrize("name", ["before.json", "empty.json", "new.json"])
def test_an_earlier_report_and_what_is_empty_are_written(measured: Folder, name: str) -> None:
    Path("empty.json").touch()

    assert measured.run(*OPTIONS, "--out", name)[0] == 0
    assert len(json.loads((measured.path / name).read_text())["cases"]) == 2
