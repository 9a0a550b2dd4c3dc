"""A process that is forked for a test does what one does that is started for it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

from tests.nursery import CAN_FORK, started_anew
from tests.plugin.project import Project

PYTEST, COMMAND = (sys.executable, "-m", "pytest"), (sys.executable, "-m", "prompt_contracts")
ASKS_ITSELF = "import os, sys\n\ndef test_it():\n    {body}\n"


def told(project: Project, *command: str, **environ: str) -> tuple[int, str, str]:
    """How it ended and what it said, but for seconds."""
    done = subprocess.run(
        command, cwd=project.root, env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )
    return done.returncode, re.sub(r"[\d.]+ ?m?s\b", "_ s", done.stdout), done.stderr


@pytest.mark.parametrize(
    "command",
    [
        (*PYTEST, "cases", "-p", "no:cacheprovider"),
        (*PYTEST, "cases", "-p", "no:cacheprovider", "-n1", "-v"),
        (*PYTEST, "--no-such-option"),
        (*COMMAND, "check", "cases"),
        (*COMMAND, "no-such-command"),
    ],
    ids=["replay", "worker", "wrong option", "command", "wrong command"],
)
def test_it_ends_and_says_what_one_does_that_was_started(project: Project, command: tuple[str, ...]) -> None:
    project.record()
    project.write(more="version: 1\nmodels: [house:small]\ncases: [{name: mistaken, usr: Hi}]\n")

    forked = told(project, *command, COLUMNS="100")
    with started_anew():
        started = told(project, *command, COLUMNS="100")

    assert forked == started


def test_it_has_a_folder_and_variables_of_its_own(project: Project) -> None:
    body = "assert (os.getcwd(), os.environ['OWN'], 'GONE' in os.environ) == (sys.path[0], 'yes', False)"
    (project.root / "test_it.py").write_text(ASKS_ITSELF.format(body=body), "utf-8")
    os.environ["GONE"] = "not yet"
    try:
        done = subprocess.run(
            [*PYTEST, "test_it.py"],
            cwd=project.root,
            env={**{name: value for name, value in os.environ.items() if name != "GONE"}, "OWN": "yes"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        del os.environ["GONE"]

    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(not CAN_FORK, reason="nothing is forked here")
@pytest.mark.parametrize(
    ("body", "code"), [("os._exit(7)", 7), ("os.kill(os.getpid(), 9)", -signal.SIGKILL), ("raise SystemExit(3)", 1)]
)
def test_how_it_ended_is_known(project: Project, body: str, code: int) -> None:
    (project.root / "test_it.py").write_text(ASKS_ITSELF.format(body=body), "utf-8")

    assert told(project, *PYTEST, "test_it.py")[0] == code
