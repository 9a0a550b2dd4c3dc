"""The everyday round, typed into a terminal: break a prompt, read why, record that cell again, review, commit."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from textwrap import dedent

import pytest

from tests.applications.model_server import KEY_NAME, SKIP_REASON, URL_NAME
from tests.neighbours import WITHOUT_NEIGHBOURS
from tests.plugin.project import completion
from tests.transport.loopback import Answer, Asked, Loopback

pexpect = pytest.importorskip("pexpect", reason="pexpect drives no terminal here")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX")

WAIT = 120
# Before the tests run these are taken away.
REAL_URL, REAL_KEY = os.environ.get(URL_NAME), os.environ.get(KEY_NAME, "none")
PROMPT = "typed> "
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
CASES = """
version: 1
models: [house:small]
defaults: {request: {temperature: 0, seed: 1, max_tokens: 24}}
cases:
  - name: weather
    system: You are a weather clerk.
    user: "Will it rain in {{ city }}?"
    rows: [{id: oslo, city: Oslo}, {id: lima, city: Lima}]
    expect: {text: {$regex: "."}}
  - name: greets
    user: Say hello.
    expect: {text: {$regex: "."}}
"""
BROKEN = "You are a weather clerk in a hurry."


class Terminal:
    """A shell in a terminal, and somebody who types."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self._shell = pexpect.spawn(
            "/bin/sh",
            ["-i"],
            cwd=str(folder),
            env=environ,
            encoding="utf-8",
            timeout=WAIT,
            dimensions=(50, 110),
            use_poll=True,  # a process that ran many tests may have more files open than select() counts
        )
        self._shell.setecho(False)
        self._shell.expect_exact(PROMPT)

    def type(self, command: str) -> str:
        """What stands on the screen until the shell asks for the next command."""
        self._shell.sendline(command)
        self._shell.expect_exact(PROMPT)
        return COLOURS.sub("", self._shell.before)

    def close(self) -> None:
        self._shell.close(force=True)


def numbered(asked: Asked) -> Answer:
    """Says how long its instruction is, under a new id each time."""
    words = sum(len(message["content"].split()) for message in json.loads(asked.body)["messages"])
    usage = {"prompt_tokens": words, "completion_tokens": 2, "total_tokens": words + 2}
    return completion(text=f"{words} words", id=f"chatcmpl-{next(NUMBERS)}", usage=usage)


NUMBERS = count(1)


def open_terminal(folder: Path, base_url: str, model: str, key: str) -> Terminal:
    """A project with three recorded cells in its first commit, and git told how to show recordings."""
    (folder / "pyproject.toml").write_text(
        dedent(f"""
        [tool.prompt_contracts.providers.house]
        base_url = "{base_url}"
        api_key_env = "HOUSE_KEY"
        [tool.prompt_contracts.prices."house:{model}"]
        input = 1.0
        output = 2.0
        """),
        encoding="utf-8",
    )
    (folder / "cases").mkdir()
    (folder / "cases" / "tools.yaml").write_text(CASES.replace("house:small", f"house:{model}"), encoding="utf-8")
    (folder / ".gitattributes").write_text("cassettes/**/*.yaml diff=prompt-contracts\n", encoding="utf-8")
    (folder / ".gitignore").write_text("__pycache__/\n.pytest_cache/\n", encoding="utf-8")
    environ = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "PS1": PROMPT,
        "ENV": "",
        "TERM": "xterm",
        "HOUSE_KEY": key,
        "NO_PROXY": "127.0.0.1",
        "PYTEST_ADDOPTS": WITHOUT_NEIGHBOURS,
        "GIT_CONFIG_GLOBAL": str(folder / "no_such_file"),
        "GIT_PAGER": "cat",
    }
    terminal = Terminal(folder, environ)
    shown = ""
    for command in (
        "git init -q -b main . && git config user.name ann && git config user.email ann@example.org",
        'git config diff.prompt-contracts.textconv "prompt-contracts cassettes textconv"',
        "pytest cases --pc-record=once",
        "git add . && git commit -qm 'Three recorded cells'",
    ):
        shown += terminal.type(command)
    assert "fatal" not in shown
    return terminal


@pytest.fixture(params=["loopback", "real"])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    """That terminal, before a server of ours or one that somebody else wrote."""
    if request.param == "real":
        if REAL_URL is None:
            pytest.skip(SKIP_REASON)
        found = open_terminal(tmp_path, REAL_URL, "tiny", REAL_KEY)
        yield found
        found.close()
        return
    server = Loopback()
    server.answer = numbered
    found = open_terminal(tmp_path, server.base_url, "small", "house-key-0123456789")
    yield found
    found.close()
    server.close()


def test_a_broken_prompt_is_read_recorded_reviewed_and_committed(terminal: Terminal, tmp_path: Path) -> None:
    assert "3 passed" in terminal.type("pytest cases")
    terminal.type(f"sed -i.old 's/You are a weather clerk\\./{BROKEN}/' cases/tools.yaml && rm cases/*.old")

    stale = terminal.type("pytest cases")

    assert "2 errors" in stale
    assert '~ /messages/0/content: "You are a weather clerk." -> "You are a weather clerk in a hurry."' in stale
    (command,) = re.findall(r"record  (pytest .*oslo.*)", stale)

    recorded = terminal.type(command)

    assert "recordings: 1 changed" in recorded
    assert re.search(r"changed:\s+request,\s[^\0]*input\s+tokens", recorded)
    assert "1 passed" in recorded

    shown = terminal.type("git diff -- cassettes")
    lines = [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]

    assert "-      You are a weather clerk." in lines
    assert "+      You are a weather clerk in a hurry." in lines
    assert not any(word in shown for word in ("chatcmpl", "latency", "created", "system_fingerprint"))

    (all_others,) = re.findall(r"record all 2  (pytest .*)", stale)
    rest = terminal.type(all_others)

    assert "1 stale: system prompt changed in cases/tools.yaml; 2 as recorded" in rest
    assert "recordings: 1 changed, 2 left unchanged" in rest
    assert terminal.type("prompt-contracts cassettes diff").count("changed: request") == 2

    again = terminal.type("pytest cases --pc-record=rewrite")
    terminal.type("git add . && git commit -qm 'The clerk is in a hurry'")

    assert "recordings: 3 confirmed" in again
    assert "nothing changed since HEAD" in terminal.type("prompt-contracts cassettes diff")
    assert terminal.type("git status --short").strip() == ""
    assert "3 passed" in terminal.type("pytest cases")
    assert (tmp_path / "cassettes/tools/greets").is_dir()
