"""A run looks at each folder once before it reads; links that lead out are refused all the same."""

from __future__ import annotations

import os
import socket
from itertools import product
from pathlib import Path

import pytest

from prompt_contracts.errors import RecordingUnreadable
from prompt_contracts.transport.cassette_store import read_text
from prompt_contracts.transport.cassette_yaml import UnreadableError
from prompt_contracts.transport.recording_links import KnownFolders, link_problem
from tests.transport.loopback import Workshop

CASSETTES = ("a/b/x.yaml", "a/b/y.yaml", "a/c/x.yaml", "z.yaml", "a/../../out/x.yaml", "../out/x.yaml", "a/./b/x.yaml")


@pytest.mark.parametrize(
    ("linked", "target"), [*product(["", "a", "a/b", "a/b/x.yaml", "a/c"], ["out", "cassettes/inside", "absent", ""])]
)
def test_known_folders_say_what_a_look_at_the_whole_way_says(tmp_path: Path, linked: str, target: str) -> None:
    project = tmp_path / "project"
    folder = project / "cassettes"
    for path in (project / "cassettes/inside/b", tmp_path / "out", project / "kept"):
        path.mkdir(parents=True)
    for path in (tmp_path / "out/x.yaml", project / "cassettes/inside/b/x.yaml", project / "cassettes/inside/x.yaml"):
        path.write_text("x")
    if linked == "":
        folder.rename(project / "kept/cassettes")
        folder.symlink_to(project / "kept/cassettes" if target != "out" else tmp_path / "out")
    else:
        link = folder / linked
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(tmp_path / "out" if target == "out" else project / target)
    if not (folder / "a/c").is_symlink() and linked not in ("", "a"):
        (folder / "a/c").mkdir(parents=True)
    known = KnownFolders(folder, (project,))

    for cassette in (*CASSETTES, *CASSETTES):
        assert known.link_problem(cassette) == link_problem(folder / cassette, (project,)), cassette
        assert known.way_problem(cassette) == link_problem(folder / cassette, (project,)), cassette


def test_a_place_that_leads_elsewhere_later_is_followed_again(tmp_path: Path) -> None:
    project = tmp_path / "project"
    folder = project / "cassettes"
    for each in (folder, tmp_path / "moved", tmp_path / "out"):
        each.mkdir(parents=True)
    known = KnownFolders(folder, (project,))
    assert known.way_problem("a/x.yaml") is None

    project.rename(tmp_path / "moved/project")
    project.symlink_to(tmp_path / "moved/project")
    assert known.way_problem("a/x.yaml") == link_problem(folder / "a/x.yaml", (project,)) is None

    (folder / "a").symlink_to(tmp_path / "out")
    assert "outside the project" in (known.way_problem("a/x.yaml") or "")


def test_a_link_that_comes_while_a_run_goes_on_is_never_written_through(
    workshop: Workshop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    workshop.record()
    transport = workshop.transport("new_episodes")
    transport.open(workshop.cell()).send(workshop.request(), trial=1)
    folder = workshop.path.parent.parent
    folder.rename(folder.with_name("old"))
    folder.symlink_to(elsewhere)

    with pytest.raises(RecordingUnreadable, match="outside the project"):
        transport.open(workshop.cell(cassette="weather/picks/other.yaml")).send(workshop.request("new"), trial=1)

    assert list(elsewhere.iterdir()) == []


def test_a_folder_that_comes_while_a_run_goes_on_is_looked_at(
    workshop: Workshop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    workshop.record()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "tiny.yaml").write_text(workshop.text)
    known = KnownFolders(workshop.root / "cassettes", (workshop.root,))
    assert known.link_problem("weather/later/tiny.yaml") is None
    (workshop.root / "cassettes/weather/later").symlink_to(elsewhere)

    assert "outside the project" in (known.link_problem("weather/later/tiny.yaml") or "")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")

    with pytest.raises(UnreadableError, match="no regular file"):
        read_text(tmp_path / "pipe.yaml")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="the system has no sockets in folders")
def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s.yaml")

        with pytest.raises(UnreadableError, match="no regular file"):
            read_text(Path("s.yaml"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system has no files that say no size")
def test_a_file_that_says_no_size_is_read_whole() -> None:
    text = read_text(Path("/proc/self/status"))

    assert text is not None
    assert "Name:" in text
    assert text.endswith("\n")
