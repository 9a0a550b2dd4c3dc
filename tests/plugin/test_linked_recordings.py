"""Links on the way to a recording never lead out of the project, except where whoever runs it named the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin.project import Project

FOREIGN = "of somebody else\n"
WAY = "weather/picks_weather/oslo/house"
MODES = ["once", "new_episodes", "all", "rewrite"]


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")


def link(project: Project, folder: str, target: Path) -> None:
    path = project.root / "cassettes" / folder
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("depth", range(5))
def test_a_linked_folder_leads_no_recording_out_of_the_project(
    project: Project, elsewhere: Path, mode: str, depth: int
) -> None:
    parts = WAY.split("/")
    link(project, "/".join(parts[:depth]), elsewhere)

    result = project.run(f"--pc-record={mode}")

    assert result.ret == 4
    result.stderr.fnmatch_lines(["*PC330 cassettes/*cannot be written: *, outside the project: nobody was asked*"])
    assert (project.server.asked, list(elsewhere.iterdir())) == ([], [])


@pytest.mark.parametrize("mode", [*MODES, "none"])
def test_a_foreign_file_behind_a_linked_folder_is_neither_overwritten_nor_read(
    project: Project, elsewhere: Path, mode: str
) -> None:
    (elsewhere / "small.yaml").write_text(FOREIGN, encoding="utf-8")
    link(project, WAY, elsewhere)

    result = project.run(f"--pc-record={mode}", "-k", "oslo")

    assert result.ret != 0
    assert "outside the project" in result.stdout.str() + result.stderr.str()
    assert (elsewhere / "small.yaml").read_text("utf-8") == FOREIGN
    assert project.server.asked == []


def test_a_right_recording_behind_a_linked_folder_is_not_replayed(project: Project, elsewhere: Path) -> None:
    project.record()
    (project.root / "cassettes" / WAY).rename(elsewhere / "house")
    link(project, WAY, elsewhere / "house")

    result = project.run()

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*PC204 cassettes/*/small.yaml cannot be read: the folder house on its way is a link to *, outside *"]
    )


def test_a_linked_folder_within_the_project_is_followed(project: Project) -> None:
    (project.root / "kept").mkdir()
    link(project, "weather", project.root / "kept")

    project.record()
    project.run().assert_outcomes(passed=2)

    assert len(list((project.root / "kept").rglob("*.yaml"))) == 2


@pytest.mark.parametrize("way", ["option", "variable"])
def test_a_folder_that_whoever_runs_it_names_may_lead_anywhere(
    project: Project, monkeypatch: pytest.MonkeyPatch, elsewhere: Path, way: str
) -> None:
    link(project, "", elsewhere)
    if way == "variable":
        monkeypatch.setenv("PROMPT_CONTRACTS_CASSETTES", "cassettes")
    named = ["--pc-cassettes=cassettes"] if way == "option" else []

    project.record(*named)

    project.run(*named).assert_outcomes(passed=2)
    assert len(list(elsewhere.rglob("*.yaml"))) == 2


def test_links_below_a_named_folder_do_not_lead_out_of_it(
    project: Project, elsewhere: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    named = tmp_path_factory.mktemp("named")
    (named / "weather").symlink_to(elsewhere)

    result = project.run("--pc-record=rewrite", f"--pc-cassettes={named}")

    assert result.ret == 4
    assert list(elsewhere.iterdir()) == []
