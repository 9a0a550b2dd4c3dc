"""In a replay nobody but the stand-in is reached by programs that know neither our hook nor a proxy."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from prompt_contracts.application.enclosure import why_not_enclosed
from tests.plugin.project import Project, completion
from tests.plugin.trap import Trap
from tests.transport.loopback import Answer, Asked

REASON = why_not_enclosed()
enclosed = pytest.mark.skipif(REASON is not None, reason=f"no network namespace here: {REASON}")

BOT = """
import http.client, json, os, subprocess, sys, urllib.parse

TRAP = os.environ["TRAP"]
RAW = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5).sendall(b'secret')"
LIBC = '''
import ctypes, socket, struct, sys
libc = ctypes.CDLL(None)
address = struct.pack("=H", socket.AF_INET) + struct.pack("!H4s8x", int(sys.argv[2]), socket.inet_aton(sys.argv[1]))
sys.exit(libc.connect(libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0), address, 16))
'''
NODE = "require('net').connect(process.argv[2], process.argv[1]).on('error', () => process.exit(1)).end('secret')"
WAYS = {
    "raw": lambda host: [sys.executable, "-S", "-E", "-c", RAW, host, TRAP],
    "libc": lambda host: [sys.executable, "-S", "-E", "-c", LIBC, host, TRAP],
    "curl": lambda host: ["curl", "-s", "-m", "5", "--noproxy", "*", f"http://{host}:{TRAP}/"],
    "node": lambda host: ["node", "-e", NODE, host, TRAP],
}


def ask(messages, model):
    address = urllib.parse.urlsplit(os.environ["OPENAI_BASE_URL"])
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    body = json.dumps({"model": model, "messages": messages})
    connection.request("POST", address.path + "/chat/completions", body, {"content-type": "application/json"})
    read = json.loads(connection.getresponse().read())
    connection.close()
    return read["choices"][0]["message"]["content"]


def reach(way, host):
    return subprocess.run(WAYS[way](host), capture_output=True).returncode


def handler(turn):
    way, host = turn.messages[-1]["content"].split()
    reach(way, host)
    return ask(turn.messages, turn.model)


if __name__ == "__main__":
    for line in sys.stdin:
        question = json.loads(line)
        reach(*question["messages"][-1]["content"].split())
        print(json.dumps(ask(**question)), flush=True)
"""
KINDS = {"command": f"command: [{json.dumps(sys.executable)}, bots.py]", "handler": "handler: 'bots:handler'"}


def echo(asked: Asked) -> Answer:
    messages: list[dict[str, Any]] = json.loads(asked.body)["messages"]
    return completion(text=str(messages[-1]["content"]))


def recorded(project: Project, trap: Trap, kind: str, said: str) -> None:
    """A recorded case whose application tries that way out, and then answers as if nothing had been."""
    (project.root / "bots.py").write_text(BOT)
    project.answer(echo)
    project.write(
        weather=f"version: 1\nmodels: [house:small]\ncases:\n"
        f"  - {{name: reaches, user: {said}, {KINDS[kind]}, expect: {{text: {said}}}}}\n"
    )
    project.record()
    trap.seen.clear()


@enclosed
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["raw", "libc", "curl", "node"])
def test_no_program_gets_out(project: Project, trap: Trap, kind: str, way: str) -> None:
    if way in ("curl", "node") and shutil.which(way) is None:
        pytest.skip(f"there is no {way} here")
    recorded(project, trap, kind, f"{way} 127.0.0.1")

    result = project.run()

    result.assert_outcomes(passed=1)
    assert trap.seen == []


@enclosed
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("host", ["198.51.100.1", "api.example"])
def test_what_has_no_way_is_an_error_whatever_was_made_of_it(
    project: Project, trap: Trap, kind: str, host: str
) -> None:
    recorded(project, trap, kind, "raw 127.0.0.1")
    text = (project.root / "bots.py").read_text()
    (project.root / "bots.py").write_text(
        text.replace("    return subprocess.run(WAYS[way](host)", f"    return subprocess.run(WAYS[way]({host!r})")
    )

    result = project.run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the application reached for an address that is not known (past the proxies*"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("setting", ["namespace = false", "allow_hosts = ['localhost:5432']"])
def test_a_project_that_does_not_want_it_has_none(project: Project, trap: Trap, kind: str, setting: str) -> None:
    recorded(project, trap, kind, "raw 127.0.0.1")
    project.configure(f"[tool.prompt_contracts]\n{setting}\n")

    project.run().assert_outcomes(passed=1)

    assert trap.seen == ["connection"]


@pytest.mark.parametrize("option", ["--pc-live", "--pc-record=rewrite"])
def test_whoever_asks_the_provider_is_not_shut_in(project: Project, trap: Trap, option: str) -> None:
    recorded(project, trap, "command", "raw 127.0.0.1")

    project.run(option).assert_outcomes(passed=1)

    assert trap.seen == ["connection"]


def test_a_switch_that_is_none_is_refused(project: Project) -> None:
    project.configure("[tool.prompt_contracts]\nnamespace = 'off'\n")

    result = project.run()

    assert result.ret != 0
    assert "namespace must be true or false, not 'off'" in result.stdout.str() + result.stderr.str()


def test_files_keep_their_owner(project: Project, trap: Trap) -> None:
    recorded(project, trap, "command", "raw 127.0.0.1")
    text = (project.root / "bots.py").read_text()
    (project.root / "bots.py").write_text(text.replace("def reach", "open('made', 'w').close()\n\n\ndef reach"))

    project.run().assert_outcomes(passed=1)

    assert Path(project.root / "made").owner() == Path(project.root / "bots.py").owner()
