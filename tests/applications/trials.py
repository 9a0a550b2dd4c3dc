"""An application in a project of its own: recorded from the scripted model, then replayed with nobody there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.applications.frameworks import Framework
from tests.applications.scripted_model import answer
from tests.applications.situations import Situation
from tests.applications.trap import Trap
from tests.transport.loopback import Loopback

PROGRAMS = Path(__file__).with_name("programs")
KEY = "sk-proj-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"
"""Looks real: it stands in the caller's environment and must never be sent."""
COMPANIONS: Mapping[str, tuple[str, ...]] = {"python": ("fallback.py",), "node": ("conversation.mjs",)}
"""Files beside the program."""
PROJECT = """\
[tool.prompt_contracts]
models = ["scripted:gpt-5-mini"]

[tool.prompt_contracts.providers.scripted]
base_url = "{address}"
"""
SECONDS = 900.0
"""For one run of all situations, with the waits of a framework that keeps a clock of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of one framework."""

    outcomes: Mapping[str, str]
    """Situation to `passed`, or to what was wrong."""
    got_out: tuple[str, ...]
    """What reached the trap in the replay."""
    is_key_kept: bool
    """Whether the model never saw the key of the caller's environment."""

    @property
    def is_right(self) -> bool:
        return self.is_key_kept and not self.got_out and set(self.outcomes.values()) == {"passed"}


def try_out(framework: Framework, python: Path, folder: Path) -> Tried:
    """Record and replay every situation in `folder`, which is written anew."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "cases").mkdir(parents=True)
    model, trap = Loopback(), Trap()
    model.answer = answer
    try:
        _write(framework, folder, model.base_url)
        environment = _environment(trap, folder)
        try:
            recorded = _run(python, folder, environment, "--pc-record=rewrite", report="recorded.json")
            is_key_kept = not any(KEY in f"{asked.headers}{asked.body!r}" for asked in model.asked)
        finally:
            model.close()
        trap.seen.clear()
        replayed = _run(python, folder, environment, report="replayed.json")
        got_out = tuple(trap.seen)
    finally:
        trap.close()
    outcomes = {each.name: _outcome(each.name, recorded, replayed) for each in framework.situations}
    return Tried(outcomes=outcomes, got_out=got_out, is_key_kept=is_key_kept)


def _write(framework: Framework, folder: Path, address: str) -> None:
    (folder / "pyproject.toml").write_text(PROJECT.format(address=address), "utf-8")
    suffix = Path(framework.program).suffix
    shutil.copy(PROGRAMS / framework.program, folder / f"program{suffix}")
    for companion in COMPANIONS.get(framework.language, ()):
        shutil.copy(PROGRAMS / companion, folder / companion)
    cases = [_case(framework, each) for each in framework.situations]
    (folder / "cases" / "application.yaml").write_text("version: 1\ncases:\n" + "".join(cases), "utf-8")


def _case(framework: Framework, situation: Situation) -> str:
    habit = framework.habits.get(situation.name)
    return situation.case(_starter(framework, situation), situation.expect if habit is None else habit.expect)


def _starter(framework: Framework, situation: Situation) -> str:
    if framework.language == "python":
        return f"handler: {'fallback' if situation.has_fallback else 'program'}:{situation.function}"
    starter = {"node": "node, program.mjs", "shell": "sh, program.sh"}[framework.language]
    return f"command: [{starter}, {situation.function}{', or_sorry' if situation.has_fallback else ''}]"


def _environment(trap: Trap, folder: Path) -> dict[str, str]:
    address = f"http://127.0.0.1:{trap.port}"
    return {
        **os.environ,
        "HOME": str(folder),  # what a framework keeps from run to run is kept here
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{address}/v1",
        "OPENAI_API_BASE": f"{address}/v1",
        "AZURE_OPENAI_ENDPOINT": address,
        "AZURE_OPENAI_API_KEY": KEY,
        "COLUMNS": "200",
        "PYTEST_ADDOPTS": "-p no:cacheprovider",
    }


def _run(python: Path, folder: Path, environment: Mapping[str, str], *options: str, report: str) -> dict[str, Any]:
    """The results by case; what pytest said is kept beside the report."""
    command = [str(python), "-m", "pytest", "cases", *options, f"--pc-report={report}"]
    done = subprocess.run(
        command, cwd=folder, env=dict(environment), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    (folder / report).with_suffix(".txt").write_text(done.stdout + done.stderr, "utf-8")
    if not (folder / report).is_file():
        return {}
    return {each["case"]: each for each in json.loads((folder / report).read_text("utf-8"))["results"]}


def _outcome(name: str, recorded: Mapping[str, Any], replayed: Mapping[str, Any]) -> str:
    for when, results in (("recorded", recorded), ("replayed", replayed)):
        found = results.get(name)
        if found is None:
            return f"{when}: no result"
        if found["verdict"] != "passed":
            return f"{when}: {found['verdict']}: {_why(found)}"
    return "passed"


def _why(found: Mapping[str, Any]) -> str:
    if found.get("problem"):
        return str(found["problem"]["message"])
    trials = found.get("trials", ())
    broken = [failure for trial in trials for failure in trial.get("failures", ())]
    told = [f"{each['path']}: expected {each['expected']}, got {each['got']}" for each in broken]
    return "; ".join([*told, *(trial["error"]["message"] for trial in trials if trial.get("error"))])
