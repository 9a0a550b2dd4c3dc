"""What a run spent is told, whatever became of it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from threading import Event

import pytest

from tests.plugin.project import Project, completion, provider_error
from tests.transport.loopback import Answer, Asked

THREE = """
version: 1
models: [house:small]
cases:
  - {name: alpha, user: Hi, expect: {text: fine}}
  - {name: beta, user: Hi, expect: {text: fine}}
  - {name: gamma, user: Hi, expect: {text: fine}}
"""


@pytest.fixture(autouse=True)
def _fine(project: Project) -> None:
    project.write(weather=THREE)
    project.answer_text("fine")


def spent(lines: list[str]) -> str:
    """The part of the last lines that tells it."""
    found = [line for line in lines if "spent now" in line]
    assert len(found) == 1
    return found[0].partition("spent now ")[2].partition(" · ")[0]


def interrupted(project: Project, *options: str, answered: int) -> str:
    """What a run prints that gets a Ctrl-C while it waits for an answer."""
    is_over = Event()

    def answer(asked: Asked) -> Answer:
        if len(project.server.asked) > answered:
            (project.root / "asked").touch()
            is_over.wait(300)
        return completion(text="fine")

    project.answer(answer)
    project.shorten_grace()
    command = [sys.executable, "-m", "pytest", "cases", *options]
    process = subprocess.Popen(command, cwd=project.root, stdout=subprocess.PIPE, text=True)
    while not (project.root / "asked").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=300)
    is_over.set()
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    return output


@pytest.mark.parametrize(("answered", "said"), [(0, "?"), (1, "≥ $0.000030"), (2, "≥ $0.000060")])
def test_after_a_ctrl_c(project: Project, answered: int, said: str) -> None:
    assert spent(interrupted(project, "--pc-live", answered=answered).splitlines()) == said


def test_after_a_ctrl_c_the_report_tells_it_too(project: Project) -> None:
    interrupted(project, "--pc-live", "--pc-concurrency=1", "--pc-report=report.json", answered=1)

    report = json.loads((project.root / "report.json").read_text("utf-8"))
    assert report["spent"] == {"usd": None, "known_usd": "0.00003", "unpriced": 1}


def test_after_the_first_failure(project: Project) -> None:
    project.answer_text("wrong")

    result = project.run("--pc-live", "--pc-concurrency=1", "-x")

    # All that was asked ahead, too, though nobody judged it.
    assert spent(result.outlines) == f"${len(project.server.asked) * 0.00003:.6f}"


@pytest.mark.parametrize(
    "hook",
    [
        "def pytest_runtest_logreport(report):\n    if 'beta' in report.nodeid: raise RuntimeError('a mistake')",
        "def pytest_runtest_teardown(item):\n    if 'beta' in item.nodeid: raise RuntimeError('a mistake')",
        "def pytest_runtest_setup(item):\n    if 'gamma' in item.nodeid: raise RuntimeError('a mistake')",
    ],
)
def test_after_a_mistake_of_somebody_else(project: Project, hook: str) -> None:
    (project.root / "conftest.py").write_text(hook, encoding="utf-8")

    assert spent(project.run("--pc-live").outlines) in ("$0.000060", "$0.000090")


def test_an_attempt_that_was_run_again_was_paid_for_too(project: Project) -> None:
    left = [provider_error(500), completion(text="fine")]
    project.write(weather=THREE.replace("expect", "retry: {attempts: 3, max_wait: 0.01}, expect"))
    project.answer(lambda asked: left.pop(0) if len(left) > 1 else left[0])

    assert spent(project.run("--pc-live").outlines) == "≥ $0.000090"


def test_an_answer_that_may_not_be_recorded_was_paid_for(project: Project) -> None:
    project.answer_text("Your key is house-key-0123456789.")

    result = project.run("--pc-record=rewrite")

    result.assert_outcomes(errors=3)
    assert spent(result.outlines) == "$0.000090"


def test_workers_tell_what_they_spent(project: Project) -> None:
    alone = project.report("--pc-live")["spent"]

    result = project.run("--pc-live", "-n2")

    assert spent(result.outlines) == "$0.000090"
    assert (
        project.report("--pc-live", "-n2")["spent"]
        == alone
        == {"usd": "0.00009", "known_usd": "0.00009", "unpriced": 0}
    )


KILLER = "import os\n\ndef dies(completion):\n    os._exit(1)\n"


def test_a_worker_that_was_killed_leaves_a_lower_bound(project: Project) -> None:
    (project.root / "killer.py").write_text(KILLER, encoding="utf-8")
    dying = "{name: beta, user: Hi, expect: {check: 'killer:dies'}}"
    project.write(weather=THREE.replace("{name: beta, user: Hi, expect: {text: fine}}", dying))

    result = project.run("--pc-live", "-n1")

    assert re.fullmatch(r"≥ \$0\.0000[369]0|\?", spent(result.outlines))


def test_who_takes_the_place_of_a_worker_that_was_killed_may_spend_nothing(project: Project) -> None:
    (project.root / "killer.py").write_text(KILLER, encoding="utf-8")
    text = THREE.replace("user: Hi", "user: Hi, request: {max_tokens: 200}")
    project.write(
        weather=text.replace("name: alpha", "name: dying").replace("{text: fine}", "{check: 'killer:dies'}", 1)
    )

    result = project.run("--pc-live", "-n1", "--pc-budget=1")

    # The first worker may have asked one ahead of the case that killed it.
    assert len(project.server.asked) <= 2
    result.stdout.fnmatch_lines(
        ["*budget: PC310 not sent: this process has no share of the budget, for it takes the place*"]
    )


def test_a_replay_that_loses_a_worker_spent_nothing(project: Project) -> None:
    project.record()
    (project.root / "killer.py").write_text(KILLER, encoding="utf-8")
    project.write(weather=THREE.replace("{text: fine}", "{check: 'killer:dies'}", 1))

    assert spent(project.run("-n1").outlines).startswith("$0")
