"""A project with cases and recordings in a temporary folder, and the command `prompt-contracts cassettes` run in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from prompt_contracts.cli import main
from prompt_contracts.transport.cassette_text import clean, write_yaml

CONFIGURATION = """
[tool.prompt_contracts.providers.house]
base_url = "http://house.example/v1"
"""
GREETINGS = """
version: 1
models: [house:small]
cases:
  - name: greets
    user: Say hello.
    expect: {text: {$contains: hello}}
  - name: parts
    user: Say goodbye.
    trials: 2
    expect: {text: {$contains: bye}}
"""
GREETS = "greetings/greets/house/small.yaml"
PARTS = "greetings/parts/house/small.yaml"


def asked(user: str, **more: Any) -> dict[str, Any]:
    """The body of a request."""
    return {"model": "small", "messages": [{"role": "user", "content": user}], **more}


def interaction(
    user: str = "Say hello.",
    text: str = "hello",
    *,
    trial: int | None = 1,
    at: str = "2026-11-03T12:00:00Z",
    cost: str | None = "0.0002",
    uri: str = "http://house.example/v1/chat/completions",
    headers: dict[str, list[str]] | None = None,
    answer_headers: dict[str, list[str]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One interaction as vcrpy holds it; one of ours where it has a trial."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
    answer = {"id": "chatcmpl-1", "object": "chat.completion", "model": "small", "choices": [choice], "usage": usage}
    own: dict[str, Any] = {"at": at, "latency": 0.5, "attempts": 1, "trial": trial}
    if cost is not None:
        own["cost"] = {"usd": cost, "source": "pyproject.toml", "as_of": None}
    return {
        "request": {
            "method": "POST",
            "uri": uri,
            "headers": {"content-type": ["application/json"], **(headers or {})},
            "body": json.dumps(asked(user, **more)),
        },
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"content-type": ["application/json"], **(answer_headers or {})},
            "body": {"string": json.dumps(answer)},
            **({"prompt_contracts": own} if trial is not None else {}),
        },
    }


def recording(*interactions: dict[str, Any]) -> str:
    """The text of a recording as it is written."""
    return write_yaml([clean(each) for each in interactions])


@dataclass(frozen=True, kw_only=True)
class Cassettes:
    """The project, and the commands run in it."""

    root: Path
    capsys: pytest.CaptureFixture[str]

    def write(self, path: str, text: str) -> Path:
        """Write a file of the project."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text).lstrip(), encoding="utf-8", newline="\n")
        return file

    def record(self, inside: str, *interactions: dict[str, Any]) -> Path:
        """Write a recording by its path inside the folder of recordings."""
        return self.write(f"cassettes/{inside}", recording(*interactions))

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of `prompt-contracts cassettes`."""
        code = main(["cassettes", *arguments])
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def listed(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """What `list --format json` says, by path inside the folder of recordings."""
        _, out, _ = self.run("list", *arguments, "--format", "json")
        return {each["path"].removeprefix("cassettes/"): each for each in json.loads(out)}

    @property
    def files(self) -> list[str]:
        """Every file in the folder of recordings."""
        folder = self.root / "cassettes"
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def open_cassettes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cassettes:
    """A project with two cases, both of them recorded."""
    monkeypatch.chdir(tmp_path)
    for name in ("PROMPT_CONTRACTS_CASSETTES", "PROMPT_CONTRACTS_MODEL", "PROMPT_CONTRACTS_TRIALS", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    cassettes = Cassettes(root=tmp_path, capsys=capsys)
    cassettes.write("pyproject.toml", CONFIGURATION)
    cassettes.write("cases/greetings.yaml", GREETINGS)
    cassettes.record(GREETS, interaction())
    cassettes.record(PARTS, *(interaction("Say goodbye.", "bye", trial=trial) for trial in (1, 2)))
    return cassettes
