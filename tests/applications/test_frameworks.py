"""The rows of frameworks: pinned, told on the page, and one of them tried; `make test-applications` tries all."""

from __future__ import annotations

import re
import socket
import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from tests.applications import page, results
from tests.applications.environments import pins, version
from tests.applications.frameworks import FRAMEWORKS, Framework, Habit
from tests.applications.situations import SITUATIONS
from tests.applications.trap import Trap
from tests.applications.trials import COMPANIONS, PROGRAMS, try_out

BY_NAME = {each.name: each for each in FRAMEWORKS}
INSTALLED = [each for each in FRAMEWORKS if each.language != "shell"]


def test_the_page_tells_what_came_of_the_last_run() -> None:
    is_current = page.written() == page.PATH.read_text("utf-8")

    assert is_current, "rows or results have changed: run 'python -m tests.applications.page'"


def test_every_row_was_tried_and_all_was_right() -> None:
    found = {name: (entry["got_out"], {*entry["outcomes"].values()}) for name, entry in results.kept().items()}

    assert found == {each.name: (0, {"passed"}) for each in FRAMEWORKS}


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=BY_NAME.keys())
def test_a_row_was_tried_in_all_its_situations(framework: Framework) -> None:
    assert [*results.kept()[framework.name]["outcomes"]] == [each.name for each in framework.situations]


@pytest.mark.parametrize("framework", INSTALLED, ids=[each.name for each in INSTALLED])
def test_a_row_was_tried_with_the_versions_that_are_pinned(framework: Framework) -> None:
    names = {re.sub(r"\[.*", "", package) for package in framework.packages}

    assert pins(framework).keys() >= names
    assert results.kept()[framework.name]["version"] == version(framework)


def test_every_program_belongs_to_a_row() -> None:
    assert {path.name for path in PROGRAMS.iterdir() if path.is_file()} == {
        *chain.from_iterable(COMPANIONS.values()),
        *(each.program for each in FRAMEWORKS),
    }


def test_an_application_of_the_openai_package_is_the_same_in_the_replay_and_nothing_gets_out(tmp_path: Path) -> None:
    tried = try_out(BY_NAME["openai"], Path(sys.executable), tmp_path / "project")

    assert (tried.got_out, tried.is_key_kept) == ((), True)
    assert {*tried.outcomes.values()} == {"passed"}, tried.outcomes


def test_what_comes_of_a_framework_is_told_where_it_is_not_as_expected(tmp_path: Path) -> None:
    others = {each.name: "" for each in SITUATIONS if each.name != "chat"}
    wrong = Habit(expect="{text: {$contains: snow}}", words="")
    framework = replace(BY_NAME["openai"], leaves_out=others, habits={"chat": wrong})

    tried = try_out(framework, Path(sys.executable), tmp_path / "project")

    told = 'recorded: failed: text: expected a text containing "snow", got "There will be rain in Oslo."'
    assert (tried.is_right, tried.outcomes) == (False, {"chat": told})


def test_a_trap_counts_who_comes() -> None:
    trap = Trap()
    with socket.create_connection(("127.0.0.1", trap.port)) as outgoing:
        outgoing.sendall(b"POST /v1 HTTP/1.1\r\n")
        outgoing.recv(1)
    trap.close()

    assert trap.seen == ["POST /v1 HTTP/1.1"]
