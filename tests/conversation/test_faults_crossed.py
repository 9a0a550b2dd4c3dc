"""Every fault, with and without retries, under both ways to go on, for the bare model and for applications.

Each combination replays one recording of two turns in which the first attempt at the first turn goes wrong. Those that
differ in the fault alone are files of one run, which starts one process for all of their handlers.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

import pytest

from prompt_contracts.engine.run import Run
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.outcome import Outcome
from prompt_contracts.transport.cell_transport import Mode
from prompt_contracts.verdict import CaseResult
from tests.transport.loopback import Answer, Asked, Loopback

Side = Literal["bare", "handler", "command"]

BOT = """
import http.client, json, os, sys
from urllib.parse import urlsplit

patience = []

def ask(base_url, model, messages):
    address = urlsplit(base_url)
    seconds = patience.pop() if patience else 60
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=seconds)
    try:
        body = json.dumps({"model": model, "messages": messages, "stream": True})
        connection.request("POST", address.path + "/chat/completions", body, {"content-type": "application/json"})
        lines = connection.getresponse().read().decode().splitlines()
    finally:
        connection.close()
    if "data: [DONE]" not in lines:
        raise ValueError("no whole answer")
    chunks = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)

def insist(attempts, *question):
    for attempt in range(attempts):
        try:
            return ask(*question)
        except (OSError, ValueError, http.client.HTTPException):
            if attempt == attempts - 1:
                raise

def once(asked):
    return insist(1, asked.base_url, asked.model, asked.messages)

def twice(asked):
    return insist(2, asked.base_url, asked.model, asked.messages)

def sorry(asked):
    try:
        return once(asked)
    except (OSError, ValueError, http.client.HTTPException):
        return "sorry"

if __name__ == "__main__":
    for line in sys.stdin:
        asked = json.loads(line)
        attempts = int(sys.argv[1])
        try:
            reply = insist(attempts, os.environ["OPENAI_BASE_URL"], asked["model"], asked["messages"])
        except (OSError, ValueError, http.client.HTTPException):
            if "--sorry" not in sys.argv:
                raise
            reply = "sorry"
        print(json.dumps(reply), flush=True)
"""
IMPATIENT = BOT.replace("patience = []", "patience = [0.25]")
"""Gives up its first request soon: that is never answered where the fault is a timeout, however long it waits."""


@dataclass(frozen=True, kw_only=True)
class Injected:
    """A fault as a case states it, and what it comes to."""

    yaml: str
    kinds: tuple[str, ...]
    is_retried: bool
    """Whether our own retries send the request again after it."""


QUOTA = "{status: 429, body: {error: {message: gone, type: insufficient_quota, code: insufficient_quota}}}"
FAULTS = {
    "timeout-read": Injected(yaml="{timeout: read}", kinds=("timeout",), is_retried=True),
    "timeout-connect": Injected(yaml="{timeout: connect}", kinds=("timeout",), is_retried=True),
    "reset": Injected(yaml="{connection: reset}", kinds=("connection",), is_retried=True),
    "refused": Injected(yaml="{connection: refused}", kinds=("connection",), is_retried=True),
    "429": Injected(yaml="{status: 429}", kinds=("rate_limit",), is_retried=True),
    "500": Injected(yaml="{status: 500}", kinds=("server",), is_retried=True),
    "quota": Injected(yaml=QUOTA, kinds=("quota",), is_retried=False),
    "401": Injected(yaml="{status: 401}", kinds=("auth",), is_retried=False),
    "400": Injected(yaml="{status: 400}", kinds=("invalid_request",), is_retried=False),
    "truncated": Injected(yaml="{corrupt: truncated}", kinds=("stream_interrupted",), is_retried=False),
    "html": Injected(yaml="{corrupt: html}", kinds=("malformed_response",), is_retried=False),
    "empty": Injected(yaml="{corrupt: empty}", kinds=("stream_interrupted",), is_retried=False),
    "not-json": Injected(yaml="{corrupt: not_json}", kinds=("stream_interrupted",), is_retried=False),
    "cut": Injected(yaml="{stream: {cut_after: 2}}", kinds=("stream_interrupted",), is_retried=False),
}


def stream(asked: Asked) -> Answer:
    """Repeats what the user said last, in pieces."""
    said = str(json.loads(asked.body)["messages"][-1]["content"])
    deltas = [{"role": "assistant", "content": ""}, {"content": said[:1]}, {"content": said[1:]}, {}]
    ends = [None, None, None, "stop"]
    chunks = [
        {"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
        for delta, end in zip(deltas, ends, strict=True)
    ]
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    return Answer(headers=(("Content-Type", "text/event-stream"),), body=body.encode())


def case_file(side: Side, *, fault: str | None, retries: bool, on_error: str, bot: str = "bot") -> str:
    """Two turns of one case, the first with a fault, and a case beside it."""
    attempts = 2 if retries else 1
    driven = {
        "bare": f"retry: {{attempts: {attempts}}}",
        "handler": f"handler: {bot}:{'twice' if retries else 'once'}",
        "command": f"command: [{json.dumps(sys.executable)}, {bot}.py, '{attempts}']",
    }[side]
    injected = "" if fault is None else f"fault: {fault[:-1]}, times: 1}}"
    return f"""
version: 1
models: [house:small]
defaults: {{request: {{stream: true}}}}
cases:
  - name: talks
    {driven}
    on_error: {on_error}
    turns:
      - user: one
        {injected}
      - user: two
        expect: {{text: two}}
  - {{name: beside, user: three, expect: {{text: three}}}}
"""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What came of the two cases."""

    result: CaseResult
    outcome: Outcome
    beside: CaseResult
    slept: tuple[float, ...]


def run_files(root: Path, texts: Mapping[str, str], *, mode: Mode = "none") -> dict[str, Ran]:
    """One run of case files, by their names."""
    slept: list[float] = []
    options = RunOptions(root=root, mode=mode, cassettes=root / "cassettes", timeout=60)
    run = Run(options, environ={}, sleep=slept.append)
    try:
        return {name: run_file(run, root / "cases" / f"{name}.yaml", text, slept) for name, text in texts.items()}
    finally:
        run.close()


def run_file(run: Run, file: Path, text: str, slept: list[float]) -> Ran:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    slept.clear()
    loaded = run.load(file, is_named=True)
    assert loaded is not None
    assert not loaded.broken, loaded.broken
    exchanges = [(cell, run.exchange(cell)) for cell in loaded.cells]
    for _, exchange in exchanges:
        assert exchange.error is None, exchange.error
    results = [run.judge(cell, exchange) for cell, exchange in exchanges]
    (outcome,) = exchanges[0][1].outcomes
    return Ran(result=results[0], outcome=outcome, beside=results[1], slept=tuple(slept))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[Side, Path]:
    """One project for each side, its two turns recorded without any fault."""
    server = Loopback()
    server.answer = stream
    roots: dict[Side, Path] = {}
    sides: tuple[Side, ...] = ("bare", "handler", "command")
    for side in sides:
        root = roots[side] = tmp_path_factory.mktemp(side)
        (root / "pyproject.toml").write_text(
            f'[tool.prompt_contracts.providers.house]\nbase_url = "{server.base_url}"\n'
        )
        (root / "bot.py").write_text(BOT)
        with pytest.MonkeyPatch.context() as patch:
            import_from(root, patch)
            plain = case_file(side, fault=None, retries=False, on_error="fail")
            ran = run_files(root, {"plain": plain}, mode="rewrite")["plain"]
            assert ran.result.verdict == "passed", ran.result
            # The second turn after a first one that nobody answered, and a second answer after a damaged one.
            unanswered = case_file(side, fault="{status: 400}", retries=False, on_error="continue")
            run_files(root, {"plain": unanswered}, mode="new_episodes")
            damaged = case_file(side, fault="{corrupt: html}", retries=True, on_error="fail")
            run_files(root, {"plain": damaged}, mode="new_episodes")
    server.close()
    return roots


def copied(recorded: Path, tmp_path: Path) -> Path:
    """The project in a folder of its own, with the recordings for the file of each fault."""
    root = tmp_path / "project"
    shutil.copytree(recorded, root)
    for name in FAULTS:
        shutil.copytree(root / "cassettes" / "plain", root / "cassettes" / name)
        (root / f"{bot_for(name)}.py").write_text(IMPATIENT if name.startswith("timeout") else BOT)
    return root


def bot_for(name: str) -> str:
    """The module that meets a fault: a fresh one for each timeout, since its patience is spent at the first request."""
    return name.replace("-", "_") if name.startswith("timeout") else "bot"


def import_from(root: Path, patch: pytest.MonkeyPatch) -> None:
    """Let `bot` mean the one of this project."""
    patch.syspath_prepend(root)
    patch.delitem(sys.modules, "bot", raising=False)


@pytest.mark.parametrize(
    ("retries", "on_error", "side"), list(product((True, False), ("fail", "continue"), ("bare", "handler", "command")))
)
def test_a_fault_has_its_verdict_attempts_and_waits_and_costs_nothing_else(
    recorded: dict[Side, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    retries: bool,
    on_error: str,
    side: Side,
) -> None:
    root = copied(recorded[side], tmp_path)
    import_from(root, monkeypatch)

    came = run_files(
        root,
        {
            name: case_file(side, fault=fault.yaml, retries=retries, on_error=on_error, bot=bot_for(name))
            for name, fault in FAULTS.items()
        },
    )

    for name, ran in came.items():
        fault = FAULTS[name]
        is_recovered = retries and (fault.is_retried or side != "bare")
        # A program that ended with its failure is not there to be asked again.
        goes_on = is_recovered or (on_error == "continue" and side != "command")
        met = ran.outcome.recovered if is_recovered else ran.outcome.turns[0].error
        assert met is not None, name
        assert met.kind in fault.kinds, name
        assert ran.result.verdict == ("passed" if goes_on else "error"), name
        assert ran.outcome.attempts == (2 if is_recovered else 1) + (1 if goes_on else 0), name
        waited = sum(interaction.waited for interaction in ran.outcome.interactions)
        assert 0 < waited <= 0.5 if is_recovered and side == "bare" else waited == 0, name
        assert ran.slept == (), name
        assert ran.beside.verdict == "passed", name
    assert came.keys() == FAULTS.keys()


@pytest.mark.parametrize(
    ("has_fallback", "is_declared", "side"), list(product((True, False), (True, False), ("handler", "command")))
)
def test_whether_an_application_handled_a_fault_is_told_and_is_no_pass_unless_expected(
    recorded: dict[Side, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_fallback: bool,
    is_declared: bool,
    side: Side,
) -> None:
    root = copied(recorded[side], tmp_path)
    import_from(root, monkeypatch)

    came = run_files(
        root,
        {name: fallback_file(side, name, has_fallback=has_fallback, is_declared=is_declared) for name in FAULTS},
    )

    for name, ran in came.items():
        assert ran.outcome.handled is has_fallback, name
        assert ran.result.verdict == ("passed" if is_declared else "error"), name
        assert ran.beside.verdict == "passed", name
    assert came.keys() == FAULTS.keys()


def fallback_file(side: Side, name: str, *, has_fallback: bool, is_declared: bool) -> str:
    """One turn with a fault, of an application that may have a fallback, and a case beside it."""
    fault, bot = FAULTS[name], bot_for(name)
    reply = ", text: sorry" if has_fallback else ""
    declared = f"{{error: {{kind: {fault.kinds[0]}, handled: {str(has_fallback).lower()}}}{reply}}}"
    driven = {
        "bare": "",
        "handler": f"handler: {bot}:{'sorry' if has_fallback else 'once'}",
        "command": f"command: [{json.dumps(sys.executable)}, {bot}.py, '1'{', --sorry' if has_fallback else ''}]",
    }
    return f"""
version: 1
models: [house:small]
cases:
  - name: talks
    user: one
    {driven[side]}
    fault: {fault.yaml}
    expect: {declared if is_declared else "{text: sorry}"}
  - {{name: beside, user: three, request: {{stream: true}}, expect: {{text: three}}}}
"""
