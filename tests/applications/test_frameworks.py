"""The rows of frameworks: pinned, told on the page, and one of them tried; `make test-applications` tries all."""

from __future__ import annotations

import json
import re
import socket
import sys
from contextlib import closing
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from tests.applications import page, results
from tests.applications.environments import pins, version
from tests.applications.forwarder import Forwarder
from tests.applications.frameworks import FRAMEWORKS, Framework, Habit
from tests.applications.model_server import SKIP_REASON, RealServer, ScriptedServer
from tests.applications.situations import SITUATIONS
from tests.applications.trap import Trap
from tests.applications.trials import COMPANIONS, PROGRAMS, try_out
from tests.transport.loopback import Answer, Loopback

BY_NAME = {each.name: each for each in FRAMEWORKS}
REAL = RealServer.named()  # at import: the tests themselves run without variables of this project
PLAIN = """
import json, urllib.request

def chat(turn):
    body = json.dumps({"model": turn.model, "messages": list(turn.messages)}).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{turn.base_url}/chat/completions", data=body, headers=headers)
    with urllib.request.urlopen(request) as response:
        return json.load(response)["choices"][0]["message"]["content"]
"""
"""Does what openai's `chat` does, and starts in a tenth of the time."""
INSTALLED = [each for each in FRAMEWORKS if each.language != "shell"]


def test_the_page_tells_what_came_of_the_last_run() -> None:
    is_current = page.written() == page.PATH.read_text("utf-8")

    assert is_current, "rows or results have changed: run 'python -m tests.applications.page'"


def test_every_row_was_tried_and_all_was_right() -> None:
    found = {name: (entry["got_out"], {*entry["outcomes"].values()}) for name, entry in results.kept().items()}

    assert found == {each.name: (0, {"passed"}) for each in FRAMEWORKS}


def test_every_row_was_recorded_from_a_real_server_too_and_all_was_the_same() -> None:
    real = {name: entry[results.REAL] for name, entry in results.kept().items() if results.REAL in entry}
    found = {name: (entry["got_out"], {*entry["outcomes"].values()}) for name, entry in real.items()}

    assert found == {each.name: (0, {"passed"}) for each in FRAMEWORKS}


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=BY_NAME.keys())
def test_a_row_was_tried_in_all_its_situations(framework: Framework) -> None:
    entry = results.kept()[framework.name]
    situations = [each.name for each in framework.situations]

    assert [*entry["outcomes"]] == situations
    assert [*entry.get(results.REAL, entry)["outcomes"]] == situations


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


@pytest.mark.skipif(REAL is None, reason=SKIP_REASON)
def test_an_application_that_was_recorded_from_a_real_server_is_the_same_with_that_server_down(tmp_path: Path) -> None:
    tried = try_out(BY_NAME["openai"], Path(sys.executable), tmp_path / "project", REAL)

    assert (tried.got_out, tried.is_key_kept) == ((), True)
    assert {*tried.outcomes.values()} == {"passed"}, tried.outcomes


def only_chat(tmp_path: Path, program: str = PLAIN) -> Framework:
    """A row whose program knows a chat and nothing else."""
    path = tmp_path / "plain.py"
    path.write_text(program, "utf-8")
    left_out = {each.name: "" for each in SITUATIONS if each.name != "chat"}
    return replace(BY_NAME["openai"], program=str(path), leaves_out=left_out)


def test_whatever_a_real_server_says_is_the_same_in_the_replay_and_an_error_is_told(tmp_path: Path) -> None:
    refusing = Loopback()
    refusing.answer = lambda asked: Answer(status=400, body=json.dumps({"error": {"message": "too long"}}).encode())
    with closing(ScriptedServer()) as saying, closing(refusing):
        servers = [RealServer(base_url=each.base_url, key="test-key") for each in (saying, refusing)]
        framework, python = only_chat(tmp_path), Path(sys.executable)
        tried = [try_out(framework, python, tmp_path / "project", server) for server in servers]

    assert [each.is_right for each in tried] == [True, True]
    assert [each.unanswered for each in tried] == [{}, {"chat": "invalid_request"}]


def test_an_application_that_replies_something_else_in_the_replay_is_told(tmp_path: Path) -> None:
    framework = only_chat(tmp_path, f"import time\n{PLAIN}".rstrip() + " + str(time.time_ns())\n")

    tried = try_out(framework, Path(sys.executable), tmp_path / "project")

    assert tried.outcomes == {"chat": "replayed: not as recorded: completion"}


def test_what_comes_of_a_framework_is_told_where_it_is_not_as_expected(tmp_path: Path) -> None:
    wrong = Habit(expect="{text: {$contains: snow}}", words="")
    framework = replace(only_chat(tmp_path), habits={"chat": wrong})

    tried = try_out(framework, Path(sys.executable), tmp_path / "project")

    told = 'recorded: failed: text: expected a text containing "snow", got "There will be rain in Oslo."'
    assert (tried.is_right, tried.outcomes) == (False, {"chat": told})


def test_a_forwarder_that_is_closed_refuses_and_cuts_what_was_open() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        forwarder = Forwarder("127.0.0.1", server.getsockname()[1])
        address = ("127.0.0.1", forwarder.port)
        with socket.create_connection(address) as outgoing:
            outgoing.sendall(b"asked")
            with server.accept()[0] as incoming:
                asked = incoming.recv(5)
                incoming.sendall(b"answered")
                answered = outgoing.recv(8)
                forwarder.close()
                assert (outgoing.recv(1), incoming.recv(1)) == (b"", b"")
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection(address)

    assert (asked, answered, forwarder.sent) == (b"asked", b"answered", b"asked")


def test_a_trap_counts_who_comes() -> None:
    trap = Trap()
    with socket.create_connection(("127.0.0.1", trap.port)) as outgoing:
        outgoing.sendall(b"POST /v1 HTTP/1.1\r\n")
        outgoing.recv(1)
    trap.close()

    assert trap.seen == ["POST /v1 HTTP/1.1"]
