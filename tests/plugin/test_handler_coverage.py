"""Coverage follows handlers into their process, as it follows any Python program that it is told to follow."""

from __future__ import annotations

import linecache

import coverage
import pytest

from tests.plugin.project import Project, completion

BOT = """
import http.client, json, time, urllib.parse

def ask(turn):
    address = urllib.parse.urlsplit(turn.base_url)
    connection = http.client.HTTPConnection(address.hostname, address.port)
    body = json.dumps({"model": turn.model, "messages": turn.messages})
    connection.request("POST", address.path + "/chat/completions", body, {"content-type": "application/json"})
    return json.loads(connection.getresponse().read())["choices"][0]["message"]["content"]

def plain(turn):
    return ask(turn)  # of the first case

def hangs(turn):
    ask(turn)
    time.sleep(60)

def nobody_calls(turn):
    return ask(turn)  # of no case
"""
CASES = """
version: 1
models: [house:small]
cases:
  - {name: first, user: Hi, handler: "bot:plain", expect: {text: Hello!}}
  - {name: second, user: Hello, handler: "bot:%s", timeout: 2, expect: {text: Hello!}}
"""


@pytest.fixture
def bot(project: Project) -> Project:
    (project.root / "bot.py").write_text(BOT)
    project.answer(completion(text="Hello!"))
    return project


def covered(project: Project, *arguments: str) -> set[str]:
    """The lines of the handlers that a run in a process of its own has covered."""
    project.pytester.runpytest_subprocess("cases", *arguments)
    lines: set[str] = set()
    path = str((project.root / "bot.py").resolve())
    for file in project.root.glob(".covered*"):
        data = coverage.CoverageData(str(file))
        data.read()
        lines |= {linecache.getline(path, number).strip() for number in data.lines(path) or ()}
    return lines


def measure(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = project.root / "coverage.ini"
    settings.write_text(f"[run]\nparallel = true\ndata_file = {project.root / '.covered'}\ninclude = */bot.py\n")
    monkeypatch.setenv("COVERAGE_PROCESS_START", str(settings))


@pytest.mark.parametrize("mode", ["--pc-record=rewrite", "--pc-record=none"])
def test_the_lines_of_handlers_are_covered(bot: Project, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    bot.write(weather=CASES % "plain")
    bot.record()
    measure(bot, monkeypatch)

    found = covered(bot, mode)

    assert "return ask(turn)  # of the first case" in found
    assert "return ask(turn)  # of no case" not in found


def test_a_call_that_hangs_takes_nothing_of_the_calls_before_with_it(
    bot: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot.write(weather=CASES % "hangs")
    measure(bot, monkeypatch)

    found = covered(bot, "--pc-record=rewrite")

    assert "return ask(turn)  # of the first case" in found
