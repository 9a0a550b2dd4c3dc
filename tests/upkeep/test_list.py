"""`prompt-contracts cassettes list`: what lies among the recordings, and who uses it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.upkeep.recordings import CONFIGURATION, GREETINGS, GREETS, PARTS, Cassettes, interaction

FOREIGN = "test_chat/test_it.yaml"


def test_each_recording_stands_there_with_its_cell_and_what_it_holds(cassettes: Cassettes) -> None:
    found = cassettes.listed()[PARTS]

    assert found.pop("age_days") >= 0
    assert found == {
        "path": f"cassettes/{PARTS}",
        "use": "used",
        "cell": "cases/greetings.yaml::parts[house:small]",
        "reason": None,
        "recorded_at": "2026-11-03T12:00:00Z",
        "models": ["small"],
        "interactions": 2,
        "unused": [],
        "prompt_tokens": 40,
        "completion_tokens": 10,
        "cost_usd": "0.0004",
        "unpriced": 0,
    }


def test_the_table_tells_as_much_as_the_terminal_takes(cassettes: Cassettes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    wide = cassettes.run("list")
    monkeypatch.setenv("COLUMNS", "80")
    narrow = cassettes.run("list")

    assert (wide[0], wide[2]) == (0, "2 recordings\n")
    heads, first, second = wide[1].splitlines()
    assert heads.split() == ["recording", "age", "answers", "in", "out", "cost", "model", "used", "by"]
    assert first.split()[0] == f"cassettes/{GREETS}"
    assert second.split()[3:] == ["2", "40", "10", "$0.00040", "small", "cases/greetings.yaml::parts[house:small]"]
    assert narrow[1].splitlines()[1].startswith("cases/greetings.yaml::greets[house:small]")
    assert max(map(len, narrow[1].splitlines())) <= 80


def test_a_file_that_no_cell_uses_is_an_orphan(cassettes: Cassettes) -> None:
    cassettes.record("greetings/greets/house/large.yaml", interaction())
    cassettes.record("greetings/welcomes/house/small.yaml", interaction())
    cassettes.record("gone/greets/house/small.yaml", interaction())

    code, out, said = cassettes.run("list")

    assert [path for path, each in cassettes.listed().items() if each["use"] == "orphan"] == [
        "gone/greets/house/small.yaml",
        "greetings/welcomes/house/small.yaml",
    ]
    assert cassettes.listed()["greetings/greets/house/large.yaml"]["use"] == "other_model"
    assert (code, out.count("ORPHAN")) == (0, 2)
    assert said == "5 recordings · 2 orphans · 1 of another model\n"


def test_interactions_that_no_trial_replays_are_told_by_number(cassettes: Cassettes) -> None:
    trials = [interaction("Say goodbye.", "bye", trial=trial) for trial in (1, 2, 3)]
    cassettes.record(PARTS, interaction("Say farewell.", trial=1), *trials)

    code, out, said = cassettes.run("list")

    assert cassettes.listed()[PARTS]["unused"] == [1, 4]
    assert cassettes.listed("--trials", "3")[PARTS]["unused"] == [1]
    assert (code, said) == (0, "2 recordings · 2 interactions never replayed\n")
    assert "(2 of 4" in out
    assert "interactions never replayed)" in out


def test_a_stale_recording_is_in_use(cassettes: Cassettes) -> None:
    cassettes.record(GREETS, interaction("Say hi."))

    assert (cassettes.listed()[GREETS]["use"], cassettes.listed()[GREETS]["unused"]) == ("used", [])


def test_what_an_answer_does_not_say_is_unknown(cassettes: Cassettes) -> None:
    cassettes.record(GREETS, interaction(trial=None))

    found = cassettes.listed()[GREETS]

    assert (found["cost_usd"], found["recorded_at"], found["age_days"]) == (None, None, None)
    assert (found["use"], found["unpriced"]) == ("used", 1)


def test_the_date_of_an_answer_of_others_is_that_of_its_header(cassettes: Cassettes) -> None:
    date = {"date": ["Mon, 02 Nov 2026 10:00:00 GMT"]}
    cassettes.record(GREETS, interaction(trial=None, answer_headers=date))

    assert cassettes.listed()[GREETS]["recorded_at"] == "2026-11-02T10:00:00Z"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("interactions: []\n", "it ends before its last line"),
        ("interactions: {}\nversion: 1\n", "its 'interactions' is a mapping, not a list"),
        ("interactions: [1]\nversion: 1\n", "interaction 1 is a number"),
        ("a: !!python/object/apply:os.system [id]\n", "tags are never followed"),
        ("[" * 5000, "it is nested more than 100 levels deep"),
        ("a: &a [" + "x, " * 9 + "]\n" + "b: [" + "*a, " * 300 + "]\n", "more than 200 YAML aliases"),
        ("<<<<<<< ours\n", "markers of a merge conflict"),
        ("\x00", "not valid YAML"),
    ],
)
def test_a_broken_file_is_told_and_stops_nothing(cassettes: Cassettes, text: str, reason: str) -> None:
    (cassettes.root / "cassettes" / GREETS).write_text(text, encoding="utf-8")
    cassettes.write("cassettes/zz/zz.yaml", text)

    code, out, said = cassettes.run("list")

    assert code == 1
    assert reason in said
    assert f"cassettes/{GREETS}: PC204 it cannot be read" in said
    assert out.count("UNREADABLE") == 2
    assert cassettes.listed()[PARTS]["use"] == "used"


def test_bytes_that_are_no_text_are_told(cassettes: Cassettes) -> None:
    (cassettes.root / "cassettes" / GREETS).write_bytes(b"\xff\xfe\x00")

    assert cassettes.listed()[GREETS]["reason"] == "it is not UTF-8 text (byte 0)"


def test_control_characters_never_reach_the_terminal(cassettes: Cassettes) -> None:
    cassettes.record("x/\x1b[2Jy\nz.yaml", interaction(uri="http://a.example/\x1b]0;owned\x07", model="\x1b[31mred"))

    _, out, said = cassettes.run("list")

    assert "\x1b" not in out + said
    assert "\\x1b[2Jy\\nz.yaml" in "".join(out.split())


def test_a_cassette_of_another_test_suite_is_foreign_and_other_files_are_counted(cassettes: Cassettes) -> None:
    cassettes.record(FOREIGN, interaction(trial=None))
    cassettes.write("cassettes/README.md", "# Ours\n")

    _, _, said = cassettes.run("list")

    assert cassettes.listed()[FOREIGN]["use"] == "foreign"
    assert said == "3 recordings · 2 files of somebody else\n"


def test_recordings_of_a_case_with_a_mistake_are_unclear(cassettes: Cassettes) -> None:
    cassettes.write("cases/greetings.yaml", GREETINGS.replace("    trials: 2\n", "    trails: 2\n"))
    cassettes.record("greetings/welcomes/house/small.yaml", interaction())

    found = cassettes.listed()
    code, _, said = cassettes.run("list")

    assert found[PARTS]["use"] == "unclear"
    assert found["greetings/welcomes/house/small.yaml"]["use"] == "orphan"
    assert (code, "PC101" in said) == (1, True)


def test_nothing_of_a_file_that_cannot_be_read_is_an_orphan(cassettes: Cassettes) -> None:
    cassettes.write("cases/greetings.yaml", "version: 1\ncases: [\n")

    assert {each["use"] for each in cassettes.listed().values()} == {"unclear"}


def test_a_file_beside_of_the_same_name_may_use_what_is_not_ours(cassettes: Cassettes) -> None:
    cassettes.write("greetings.yaml", GREETINGS.replace("greets", "welcomes").replace("parts", "leaves"))
    cassettes.record("greetings/welcomes/house/small.yaml", interaction())
    cassettes.record("greetings/nobody/house/small.yaml", interaction())

    named = cassettes.listed("cases/greetings.yaml")
    whole = cassettes.listed()

    assert named["greetings/nobody/house/small.yaml"]["use"] == "unclear"
    assert "a test in Python may use it" in named["greetings/nobody/house/small.yaml"]["reason"]
    assert whole["greetings/nobody/house/small.yaml"]["use"] == "orphan"
    assert whole["greetings/welcomes/house/small.yaml"]["use"] == "used"


def test_named_case_files_are_about_what_lies_at_their_place(cassettes: Cassettes) -> None:
    cassettes.write("cases/other.yaml", GREETINGS)
    cassettes.record("other/greets/house/small.yaml", interaction())
    cassettes.record("gone/greets/house/small.yaml", interaction())

    assert list(cassettes.listed("cases/other.yaml")) == ["other/greets/house/small.yaml"]


@pytest.mark.parametrize("way", ["typed", "variable", "ini", "addopts"])
def test_a_recording_of_a_model_that_runs_take_is_in_use(
    cassettes: Cassettes, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    large = "greetings/greets/house/large.yaml"
    cassettes.record(large, interaction(model="large"))
    typed: list[str] = []
    match way:
        case "typed":
            typed = ["--model", "house:large"]
        case "variable":
            monkeypatch.setenv("PROMPT_CONTRACTS_MODEL", "house:medium house:large")
        case "ini":
            (cassettes.root / "pytest.ini").write_text("[pytest]\npc_model =\n  house:large\n")
        case _:
            ini = '[tool.pytest.ini_options]\naddopts = ["-q", "--pc-model=house:large"]\n'
            cassettes.write("pyproject.toml", CONFIGURATION + ini)

    assert cassettes.listed(*typed)[large]["use"] == "used"


def test_the_folder_is_that_of_the_runs(cassettes: Cassettes) -> None:
    (cassettes.root / "cassettes").rename(cassettes.root / "kept")
    assert cassettes.listed() == {}

    named = cassettes.listed("--cassettes", "kept")
    (cassettes.root / "pytest.ini").write_text("[pytest]\npc_cassettes = kept\n")

    assert list(named) == [f"kept/{GREETS}", f"kept/{PARTS}"]
    assert cassettes.listed() == named


def test_a_link_is_followed_inside_the_project_alone(cassettes: Cassettes, tmp_path_factory: Any) -> None:
    elsewhere = Path(tmp_path_factory.mktemp("elsewhere"))
    file = cassettes.root / "cassettes" / GREETS
    (elsewhere / "theirs.yaml").write_text(file.read_text("utf-8"), encoding="utf-8")
    inner = cassettes.root / "cassettes" / PARTS
    inner.rename(cassettes.root / "kept.yaml")
    inner.symlink_to(cassettes.root / "kept.yaml")
    file.unlink()
    file.symlink_to(elsewhere / "theirs.yaml")
    (cassettes.root / "cassettes/far").symlink_to(elsewhere)

    found = {path: each["use"] for path, each in cassettes.listed().items()}

    assert found == {GREETS: "link", PARTS: "used"}


def test_a_folder_that_leads_out_of_the_project_is_not_looked_into(cassettes: Cassettes, tmp_path_factory: Any) -> None:
    elsewhere = Path(tmp_path_factory.mktemp("elsewhere")) / "cassettes"
    (cassettes.root / "cassettes").rename(elsewhere)
    (cassettes.root / "cassettes").symlink_to(elsewhere)

    code, out, said = cassettes.run("list")

    assert (code, out) == (1, "")
    assert "it is a link to" in said


def test_where_no_case_file_is_left_all_is_told_all_the_same(cassettes: Cassettes) -> None:
    (cassettes.root / "cases/greetings.yaml").unlink()

    assert {each["use"] for each in cassettes.listed().values()} == {"orphan"}
    assert cassettes.run("list", "cases")[0] == 2


@pytest.mark.parametrize("arguments", [["--trials", "0"], ["--trials", "x"], ["--model", "nobody:x"], ["nothing.yaml"]])
def test_a_wrong_argument_is_a_usage_error(cassettes: Cassettes, arguments: list[str]) -> None:
    assert cassettes.run("list", *arguments)[0] == 2
