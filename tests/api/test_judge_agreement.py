"""One judge: what `judge` says in Python is what `prompt-contracts judge` says of the same contract and answers."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings

from prompt_contracts import CaseError, judge
from prompt_contracts.cli import main
from tests.oracle import callables
from tests.oracle.exact_json import write
from tests.oracle.generated_contracts import Example, examples, flat_examples
from tests.oracle.observation import Answer, Observation, Setting

EXAMPLES = int(os.environ.get("PROMPT_CONTRACTS_ORACLE_EXAMPLES") or "40")
FUNCTIONS = {
    f"oracle_callables:{name}": getattr(callables, name) for name in ("is_text", "is_short", "always", "never")
}


def as_values(value: Any) -> Any:
    """A contract as Python says it: functions themselves in place of their names."""
    if isinstance(value, Mapping):
        return {
            key: functions(inner) if key in ("check", "$check") else as_values(inner) for key, inner in value.items()
        }
    return [as_values(inner) for inner in value] if isinstance(value, list) else value


def functions(named: Any) -> Any:
    return [FUNCTIONS[name] for name in named] if isinstance(named, list) else FUNCTIONS[named]


def wire(seen: Observation) -> dict[str, Any]:
    """The body that brings what was seen."""
    if seen.error is not None and not seen.error.is_recovered:
        error = {"message": seen.error.message, "type": seen.error.kind, "code": seen.error.code}
        return {"error": error}
    choices = [{"index": number, **choice(answer)} for number, answer in enumerate(seen.choices)]
    body = {"object": "chat.completion", "model": seen.model, "choices": choices}
    return {**body, "usage": {name: count for name, count in seen.usage.items() if count is not None}}


def choice(answer: Answer) -> dict[str, Any]:
    calls = [
        {"id": f"call_{number}", "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for number, call in enumerate(answer.calls)
    ]
    message = {"role": "assistant", "content": answer.text, "refusal": answer.refusal}
    message |= {"reasoning_content": answer.reasoning} if answer.reasoning is not None else {}
    return {"message": {**message, **({"tool_calls": calls} if calls else {})}, "finish_reason": answer.finish_reason}


def tools_of(setting: Setting) -> list[dict[str, Any]]:
    return [
        {"name": name, **({} if schema is None else {"parameters": schema})} for name, schema in setting.tools.items()
    ]


class Commands:
    """A folder with one contract, and the command run on it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        shutil.copy(callables.__file__, folder / "oracle_callables.py")

    def judge(self, example: Example, bodies: list[dict[str, Any]]) -> list[Any] | set[str]:
        """Verdicts and broken clauses, or the codes for which the contract is refused."""
        case = {
            "name": "generated",
            "templates": False,
            "user": "Hi.",
            "tools": tools_of(example.setting),
            "request": dict(example.setting.request),
            "expect": dict(example.expect),
        }
        (self.folder / "case.yaml").write_text(write({"version": 1, "cases": [case]}), "utf-8")
        lines = [
            {"custom_id": f"case.yaml::generated#{number}", **carried(body)}
            for number, body in enumerate(bodies, start=1)
        ]
        (self.folder / "replies.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
        self.capsys.readouterr()
        sys.modules.pop("oracle_callables", None)  # of another folder it would be no part of this project
        main(["judge", "case.yaml", "--replies", "replies.jsonl"])
        printed = self.capsys.readouterr()
        refused = set(re.findall(r"^case\.yaml:\d+:\d+: (PC\d+)", printed.err, re.MULTILINE))
        told = [json.loads(line) for line in printed.out.splitlines()]
        if told and told[0]["case"] is None:
            return refused
        return [[one["verdict"], clauses(one["failures"])] for one in told]


def carried(body: dict[str, Any]) -> dict[str, Any]:
    """What a line of a batch has beside its id; of an error nobody knows with which status it came."""
    if "error" in body:
        return {"response": None, "error": body["error"]}
    return {"response": {"status_code": 200, "body": body}, "error": None}


def clauses(failures: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """Of broken clauses; a line of verdicts also has the provider's error among them."""
    return [clause(failure) for failure in failures if not failure["code"].startswith("provider.")]


def clause(failure: Mapping[str, Any]) -> list[str]:
    return [failure["code"], failure["path"], failure["got"]]


def in_python(example: Example, bodies: list[dict[str, Any]]) -> list[Any] | set[str]:
    expect, request = as_values(example.expect), dict(example.setting.request)
    try:
        verdicts = [judge(body, expect, tools=tools_of(example.setting), request=request) for body in bodies]
    except CaseError as error:
        return {found.code for found in error.diagnostics}
    return [[one.word, clauses(failure.to_json() for failure in one.failures)] for one in verdicts]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("strategy", [examples, flat_examples], ids=["any", "flat"])
def test_python_and_the_command_judge_alike(
    strategy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    commands = Commands(tmp_path, capsys)

    # A smaller example would take minutes, and the one that was found says enough.
    @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def agree(example: Example) -> None:
        bodies = [wire(seen) for seen in example.seen]
        found = in_python(example, bodies)
        event("refused" if isinstance(found, set) else str(found[0][0]))
        assert found == commands.judge(example, bodies)

    agree()
