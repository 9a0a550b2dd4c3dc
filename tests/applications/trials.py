"""An application in a project of its own: recorded from a server of models, then replayed with nobody there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.applications.frameworks import Framework
from tests.applications.model_server import ForwardedServer, ModelServer, RealServer, ScriptedServer
from tests.applications.situations import Situation
from tests.applications.trap import Trap
from tests.neighbours import WITHOUT_NEIGHBOURS

PROGRAMS = Path(__file__).with_name("programs")
KEY = "sk-proj-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"
"""Looks real: it stands in the caller's environment and must never be sent."""
COMPANIONS: Mapping[str, tuple[str, ...]] = {"python": ("fallback.py",), "node": ("conversation.mjs",)}
"""Files beside the program."""
PROJECT = """\
[tool.prompt_contracts]
models = ["tried:{model}"]

[tool.prompt_contracts.providers.tried]
base_url = "{address}"
api_key_env = "TRIED_KEY"
"""
SCRIPTED_KEY = "test-key-of-the-scripted-model"
SECONDS = 900.0
"""For one run of all situations, with the waits of a framework that keeps a clock of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of one framework."""

    outcomes: Mapping[str, str]
    """Situation to `passed`, or to what was wrong."""
    unanswered: Mapping[str, str]
    """Situation to the kind of the error that ended it where an answer could have come; the same in the replay."""
    got_out: tuple[str, ...]
    """What reached the trap in the replay."""
    is_key_kept: bool
    """Whether the model never saw the key of the caller's environment."""

    @property
    def is_right(self) -> bool:
        return self.is_key_kept and not self.got_out and set(self.outcomes.values()) == {"passed"}


def try_out(framework: Framework, python: Path, folder: Path, real: RealServer | None = None) -> Tried:
    """Record every situation from a real server, else from the script, and replay it; `folder` is written anew."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "cases").mkdir(parents=True)
    server: ModelServer = ForwardedServer(real) if real else ScriptedServer()
    trap = Trap()
    try:
        _write(framework, folder, server.base_url, is_scripted=real is None)
        environment = _environment(trap, folder) | ({"PROGRAM_API": "chat"} if real and framework.needs_chat else {})
        try:
            keyed = {**environment, "TRIED_KEY": real.key if real else SCRIPTED_KEY}
            recorded = _run(python, folder, keyed, "--pc-record=rewrite", report="recorded.json")
            is_key_kept = not server.has_seen(KEY)
        finally:
            server.close()
        trap.seen.clear()
        replayed = _run(python, folder, environment, report="replayed.json")
        got_out = tuple(trap.seen)
    finally:
        trap.close()
    outcomes = {each.name: _outcome(each.name, recorded, replayed) for each in framework.situations}
    unanswered = dict(_unanswered(framework, recorded))
    return Tried(outcomes=outcomes, unanswered=unanswered, got_out=got_out, is_key_kept=is_key_kept)


def _write(framework: Framework, folder: Path, address: str, *, is_scripted: bool) -> None:
    (folder / "pyproject.toml").write_text(PROJECT.format(address=address, model=framework.model), "utf-8")
    suffix = Path(framework.program).suffix
    shutil.copy(PROGRAMS / framework.program, folder / f"program{suffix}")
    for companion in COMPANIONS.get(framework.language, ()):
        shutil.copy(PROGRAMS / companion, folder / companion)
    cases = [
        each.case(_starter(framework, each), framework.expectation(each, is_scripted=is_scripted))
        for each in framework.situations
    ]
    (folder / "cases" / "application.yaml").write_text("version: 1\ncases:\n" + "".join(cases), "utf-8")


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
        "PYTEST_ADDOPTS": f"{WITHOUT_NEIGHBOURS} -p no:cacheprovider",
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
    first, second = (_what_came(results[name]) for results in (recorded, replayed))
    differing = [key for key in first if first[key] != second[key]]
    return f"replayed: not as recorded: {', '.join(differing)}" if differing else "passed"


def _what_came(found: Mapping[str, Any]) -> dict[str, Any]:
    """All that may not change from the recording to its replay."""
    (trial,) = found["trials"]
    facts = {key: trial.get(key) for key in ("completion", "earlier", "error", "recovered", "handled", "usage")}
    # A recording holds a body as it reads best, with other white space.
    bare = {key: {**facts[key], "body": None} for key in ("error", "recovered") if facts[key]}
    return {**facts, **bare}


def _unanswered(framework: Framework, recorded: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for each in framework.situations:
        trials = recorded.get(each.name, {}).get("trials", ())
        if each.is_answered and trials and not trials[0].get("handled"):
            yield each.name, (trials[0].get("error") or {"kind": "unknown"})["kind"]


def _why(found: Mapping[str, Any]) -> str:
    if found.get("problem"):
        return str(found["problem"]["message"])
    trials = found.get("trials", ())
    broken = [failure for trial in trials for failure in trial.get("failures", ())]
    told = [f"{each['path']}: expected {each['expected']}, got {each['got']}" for each in broken]
    return "; ".join([*told, *(trial["error"]["message"] for trial in trials if trial.get("error"))])
