"""Which case files keep their recordings in the same folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompt_contracts.engine.namesakes import Namesakes
from prompt_contracts.transport.cassette_paths import recordings_of_file

FILES = (
    *("weather.yml", "weather.yaml", "Weather.yaml", "cases.yaml", "cases/cases.yml", "a/weather.yaml", "other.yaml"),
    *("cases/weather.yaml", "cases/weather.YML", "cases/weather.txt", "cases/a/weather.yaml", "cases/A/weather.yml"),
    *("cases/cases/a/weather.yaml", "cases/a?.yaml", "cases/a_.yaml"),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


@pytest.mark.parametrize(
    ("path", "namesakes"),
    [
        ("cases/weather.yaml", {"weather.yml", "weather.yaml", "Weather.yaml", "cases/weather.YML"}),
        ("cases/a/weather.yaml", {"cases/A/weather.yml", "a/weather.yaml"}),
        ("cases/cases/a/weather.yaml", set()),
        ("cases.yaml", {"cases/cases.yml"}),
        ("cases/a?.yaml", {"cases/a_.yaml"}),
        ("other.yaml", set()),
    ],
)
def test_namesakes_are_the_files_whose_recordings_lie_in_the_same_folders(
    root: Path, path: str, namesakes: set[str]
) -> None:
    found = set(Namesakes(root).of_file(path))

    assert found == namesakes
    folders = [folder.casefold() for folder in recordings_of_file(path)]
    assert all([folder.casefold() for folder in recordings_of_file(one)] == folders for one in found)


def test_a_file_outside_of_the_root_has_the_namesakes_beside_it(root: Path, tmp_path: Path) -> None:
    path = (root / "weather.yml").as_posix()

    assert set(Namesakes(root / "cases").of_file(path)) == {
        (root / name).as_posix() for name in ("weather.yaml", "Weather.yaml")
    }


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    assert list(Namesakes(tmp_path / "nowhere").of_file("cases/a.yaml")) == []
