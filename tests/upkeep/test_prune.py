"""`prompt-contracts cassettes prune`: what no cell uses goes, and nothing else."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts.upkeep.inventory import KnownRecording
from prompt_contracts.upkeep.pruning import Removal, prune
from prompt_contracts.upkeep.recorded_content import read_content
from tests.upkeep.recordings import GREETINGS, GREETS, PARTS, Cassettes, interaction, recording

ORPHAN = "greetings/welcomes/house/small.yaml"


@pytest.fixture
def orphaned(cassettes: Cassettes) -> Cassettes:
    """One orphaned file, alone in its folders."""
    cassettes.record(ORPHAN, interaction())
    return cassettes


def test_a_preview_says_what_would_go_and_removes_nothing(orphaned: Cassettes) -> None:
    before = orphaned.files

    assert orphaned.run("prune") == (
        1,
        f"would remove  cassettes/{ORPHAN}\n",
        "1 file would go; --apply removes them\n",
    )
    assert orphaned.files == before


def test_what_is_applied_goes_with_the_folders_that_it_leaves_empty(orphaned: Cassettes) -> None:
    assert orphaned.run("prune", "--apply") == (0, f"removed       cassettes/{ORPHAN}\n", "1 file removed\n")
    assert orphaned.files == [GREETS, PARTS]
    assert sorted(path.name for path in (orphaned.root / "cassettes/greetings").iterdir()) == ["greets", "parts"]
    assert orphaned.run("prune", "--apply") == (0, "", "nothing to remove\n")


def test_a_recording_of_another_model_stays_until_it_is_told_to_go(cassettes: Cassettes) -> None:
    other = "greetings/greets/house/large.yaml"
    cassettes.record(other, interaction(model="large"))
    reason = "no case file names its model, and runs with --pc-model may: --other-models removes it"

    assert cassettes.listed()[other]["use"] == "other_model"
    assert cassettes.run("prune", "--apply") == (
        0,
        f"left alone    cassettes/{other}: {reason}\n",
        "nothing to remove\n",
    )
    assert cassettes.run("prune", "--other-models", "--apply", "--model", "house:large")[2] == "nothing to remove\n"
    assert cassettes.run("prune", "--other-models", "--apply")[1] == f"removed       cassettes/{other}\n"
    assert cassettes.files == [GREETS, PARTS]


def test_the_folder_of_recordings_stays_even_where_nothing_is_left(cassettes: Cassettes) -> None:
    cassettes.write("cases/greetings.yaml", GREETINGS.replace("greets", "a").replace("parts", "b"))

    assert cassettes.run("prune", "--apply")[0] == 0
    assert list((cassettes.root / "cassettes").iterdir()) == []


def test_interactions_go_and_the_others_keep_their_bytes(cassettes: Cassettes) -> None:
    kept = [interaction("Say goodbye.", "bye\n\n", trial=1), interaction("Say goodbye.", "bye 🙂\n- request:", trial=2)]
    cassettes.record(PARTS, interaction("Say farewell."), kept[0], interaction("x", trial=7), kept[1])

    code, out, said = cassettes.run("prune", "--apply")

    assert (code, out) == (0, f"removed       cassettes/{PARTS}: 2 interactions (1, 3)\n")
    assert said == "2 interactions of files in use removed\n"
    assert (cassettes.root / "cassettes" / PARTS).read_text("utf-8") == recording(*kept)
    assert cassettes.listed()[PARTS]["unused"] == []


@pytest.mark.parametrize("broken", ["version: 1\ncases: [\n", GREETINGS.replace("expect", "expcet"), "cases: 3\n"])
def test_nothing_goes_while_any_case_file_has_a_mistake(orphaned: Cassettes, broken: str) -> None:
    orphaned.write("cases/deep/other.yaml", broken)
    before = orphaned.files

    code, out, said = orphaned.run("prune", "--apply")

    assert (code, out) == (1, "")
    assert "nothing was removed: what a case file with mistakes uses is not known" in said
    assert orphaned.files == before


def test_a_sound_case_file_that_is_named_makes_it_certain(orphaned: Cassettes) -> None:
    orphaned.write("cases/deep/other.yaml", "version: 1\ncases: [\n")
    orphaned.record("deep/other/x/house/small.yaml", interaction())
    orphaned.record("gone/x/house/small.yaml", interaction())

    assert orphaned.run("prune", "cases/greetings.yaml", "--apply")[0] == 0
    assert orphaned.files == ["deep/other/x/house/small.yaml", "gone/x/house/small.yaml", GREETS, PARTS]
    assert orphaned.run("prune", "cases/deep/other.yaml", "--apply")[0] == 1
    assert "deep/other/x/house/small.yaml" in orphaned.files


def test_a_namesake_that_was_not_named_keeps_its_recordings(orphaned: Cassettes) -> None:
    orphaned.write("greetings.yml", GREETINGS.replace("greets", "welcomes").replace("parts", "x"))

    code, out, _ = orphaned.run("prune", "cases/greetings.yaml", "--apply")

    assert (code, out.startswith("left alone    cassettes/greetings/welcomes")) == (0, True)
    assert ORPHAN in orphaned.files


def test_what_others_put_there_is_never_touched(cassettes: Cassettes) -> None:
    cassettes.record("test_chat/test_it.yaml", interaction(trial=None))
    cassettes.record("greetings/gone/house/mixed.yaml", interaction(), interaction(trial=None))
    cassettes.write("cassettes/greetings/gone/house/README.md", "# Ours\n")
    cassettes.write("cassettes/greetings/gone/house/broken.yaml", "interactions: [\n")
    cassettes.write("cassettes/greetings/gone/house/other.json", "{}")
    before = cassettes.files

    code, out, said = cassettes.run("prune", "--apply")

    assert (code, said) == (0, "nothing to remove\n")
    assert out.count("left alone") == 3
    assert cassettes.files == before


def test_a_recording_that_a_test_in_python_may_use_stays(cassettes: Cassettes) -> None:
    inside = "tests/test_bot/test_looks/house/small.yaml"
    cassettes.record(inside, interaction())
    test = cassettes.write("tests/test_bot.py", "def test_looks(prompt_contract): ...\n")

    code, out, _ = cassettes.run("prune", "--apply")
    assert (code, out) == (0, f"left alone    cassettes/{inside}: a test in Python may use it\n")

    test.unlink()
    cassettes.write("tests/test_bot/__init__.py", "")
    cassettes.write("greetings.py", "HELLO = 'hello'\n")
    cassettes.record("greetings/gone/house/small.yaml", interaction())
    assert cassettes.run("prune", "--apply")[0] == 0
    assert cassettes.files == [GREETS, PARTS]


def test_a_link_and_what_it_leads_to_stay(orphaned: Cassettes) -> None:
    folder = orphaned.root / "cassettes"
    orphaned.record("greetings/a/house/small.yaml", interaction())
    (folder / GREETS).unlink()
    (folder / GREETS).symlink_to(folder / ORPHAN)
    (folder / "greetings/linked").symlink_to(folder / "greetings/a")
    before = orphaned.files

    code, out, _ = orphaned.run("prune", "--apply")

    assert (code, out.count("a link leads to it")) == (0, 2)
    assert orphaned.files == before


def test_a_folder_outside_of_the_project_is_tidied_only_where_it_is_named(
    orphaned: Cassettes, tmp_path_factory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = Path(tmp_path_factory.mktemp("shared")) / "cassettes"
    (orphaned.root / "cassettes").rename(shared)
    monkeypatch.setenv("PROMPT_CONTRACTS_CASSETTES", str(shared))

    code, _, said = orphaned.run("prune", "--apply")
    assert (code, "nobody knows who else uses it" in said) == (1, True)
    assert (shared / ORPHAN).exists()

    assert orphaned.run("prune", "--apply", "--cassettes", str(shared))[0] == 0
    assert not (shared / ORPHAN).exists()
    assert (shared / GREETS).exists()


def test_nothing_goes_where_there_is_no_case_file(orphaned: Cassettes) -> None:
    (orphaned.root / "cases/greetings.yaml").unlink()

    code, _, said = orphaned.run("prune", "--apply")

    assert (code, "there is no case file here" in said) == (1, True)
    assert ORPHAN in orphaned.files


def test_each_project_is_tidied_by_its_own_cases(orphaned: Cassettes) -> None:
    orphaned.write("inner/prompt_contracts.toml", "")
    orphaned.write("inner/cases/greetings.yaml", GREETINGS.replace("house:small", "ollama:small"))
    orphaned.write("inner/cassettes/greetings/gone/ollama/small.yaml", recording(interaction()))
    orphaned.write("inner/cassettes/greetings/greets/ollama/small.yaml", recording(interaction()))

    assert orphaned.run("prune", "--apply")[0] == 0
    assert orphaned.files == [GREETS, PARTS]
    inner = orphaned.root / "inner/cassettes"
    assert [path.relative_to(inner).as_posix() for path in inner.rglob("*.yaml")] == [
        "greetings/greets/ollama/small.yaml"
    ]


def removal_of(cassettes: Cassettes) -> Removal:
    """The removal of the orphan, as it was planned."""
    path = cassettes.root / "cassettes" / ORPHAN
    content = read_content(path, now=datetime.now(UTC))
    known = KnownRecording(inside=ORPHAN, path=path, use="orphan", content=content)
    return Removal(known=known, folder=cassettes.root / "cassettes")


def test_what_changes_meanwhile_stays(orphaned: Cassettes) -> None:
    removal = removal_of(orphaned)
    orphaned.record(ORPHAN, interaction("Say hi."))

    assert prune(removal, places=[orphaned.root]) == "it was changed meanwhile"
    assert ORPHAN in orphaned.files


def test_what_vanishes_meanwhile_is_told(orphaned: Cassettes) -> None:
    removal = removal_of(orphaned)
    removal.known.path.unlink()

    assert prune(removal, places=[orphaned.root]) == "it was changed meanwhile"


def test_nothing_goes_through_a_link_that_was_put_there_meanwhile(orphaned: Cassettes, tmp_path_factory: Any) -> None:
    removal = removal_of(orphaned)
    elsewhere = Path(tmp_path_factory.mktemp("elsewhere")) / "greetings"
    (orphaned.root / "cassettes/greetings").rename(elsewhere)
    (orphaned.root / "cassettes/greetings").symlink_to(elsewhere)

    assert "outside the project" in (prune(removal, places=[orphaned.root]) or "")
    assert (elsewhere / "welcomes/house/small.yaml").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_for_reading_only_is_told(orphaned: Cassettes) -> None:
    folder = (orphaned.root / "cassettes" / ORPHAN).parent
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)

    code, out, _ = orphaned.run("prune", "--apply")

    folder.chmod(stat.S_IRWXU)
    assert (code, "NOT removed" in out) == (1, True)
    assert ORPHAN in orphaned.files


def test_a_recording_that_is_laid_out_by_others_keeps_its_interactions(cassettes: Cassettes) -> None:
    text = "# by hand\n" + recording(interaction(), interaction("x"))
    cassettes.write(f"cassettes/{GREETS}", text)

    code, out, _ = cassettes.run("prune", "--apply")

    assert (code, "not laid out as we write it" in out) == (0, True)
    assert (cassettes.root / "cassettes" / GREETS).read_text("utf-8") == text
