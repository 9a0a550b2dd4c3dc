"""A user's project in a temporary folder: case files, a configuration, and a provider on the loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.neighbours import WITHOUT_NEIGHBOURS
from tests.transport.loopback import Answer, Asked, Loopback

KEY = "house-key-0123456789"

WEATHER = """
version: 1
models: [house:small]
tools:
  get_weather:
    type: function
    function: {name: get_weather, parameters: {type: object, properties: {city: {type: string}}}}
cases:
  - name: picks_weather
    user: Will it rain in {{ city }}?
    rows: [{id: oslo, city: Oslo}, {id: lima, city: Lima}]
    tools: [get_weather]
    tags: [smoke]
    expect:
      tool_calls:
        - get_weather: {city: "{{ city }}"}
"""


def completion(*, text: str | None = None, calls: tuple[tuple[str, Any], ...] = (), **more: Any) -> Answer:
    """A chat completion with text or tool calls."""
    made = [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        for number, (name, arguments) in enumerate(calls)
    ]
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "small-2026",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, **({"tool_calls": made} if made else {})},
                "finish_reason": "tool_calls" if made else "stop",
            }
        ],
        "usage": {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25},
        **more,
    }
    return Answer(body=json.dumps(body).encode())


def right_weather(asked: Asked) -> Answer:
    """Calls the weather tool for the city that the user asked about."""
    question = json.loads(asked.body)["messages"][-1]["content"]
    return completion(calls=(("get_weather", {"city": question.removesuffix("?").split()[-1]}),))


def provider_error(status: int, **error: Any) -> Answer:
    """An error in OpenAI's envelope."""
    return Answer(status=status, body=json.dumps({"error": {"message": "no", **error}}).encode())


@dataclass(kw_only=True)
class Project:
    """The folder, and pytest run in it."""

    pytester: pytest.Pytester
    server: Loopback
    files: dict[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return self.pytester.path

    def write(self, **files: str) -> None:
        """Write case files by name without suffix into `cases/`."""
        for name, text in files.items():
            path = self.root / "cases" / f"{name}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(dedent(text).lstrip(), encoding="utf-8")

    def shorten_grace(self) -> None:
        """Have calls that never come back waited for one second instead of five, in the runs of a stopped process."""
        text = "from prompt_contracts.engine import lookahead\n\nlookahead.GRACE = 1.0\n"
        (self.root / "conftest.py").write_text(text, encoding="utf-8")

    def configure(self, extra: str = "") -> None:
        """Write pyproject.toml with the provider `house` and whatever else."""
        text = f"""
        [tool.prompt_contracts.providers.house]
        base_url = "{self.server.base_url}"
        api_key_env = "HOUSE_KEY"
        [tool.prompt_contracts.prices."house:small"]
        input = 1.0
        output = 2.0
        """
        (self.root / "pyproject.toml").write_text(dedent(text) + dedent(extra), encoding="utf-8")

    def answer(self, answer: Answer | Callable[[Asked], Answer]) -> None:
        """What the provider answers from now on."""
        self.server.answer = answer if callable(answer) else lambda asked: answer

    def answer_text(self, text: str) -> None:
        """The provider says the same to everybody from now on."""
        self.answer(completion(text=text))

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest on the cases in this process."""
        return self.pytester.runpytest("cases", *arguments)

    def record(self, *arguments: str) -> pytest.RunResult:
        """Record all cells, and see that it went well."""
        result = self.run("--pc-record=rewrite", *arguments)
        assert result.ret == 0, result.stdout.str()
        return result

    def report(self, *arguments: str) -> dict[str, Any]:
        """Run and read the JSON report."""
        self.run("--pc-report=report.json", *arguments)
        found: dict[str, Any] = json.loads((self.root / "report.json").read_text("utf-8"))
        return found

    @property
    def cassettes(self) -> list[str]:
        """Paths of the recordings, relative to their folder."""
        folder = self.root / "cassettes"
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml"))


def set_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, and nothing that costs a run of pytest within a test any time."""
    monkeypatch.setenv("HOUSE_KEY", KEY)
    monkeypatch.setenv("COLUMNS", "120")
    # Waits between attempts take real time; the tests of retries say how many they want.
    monkeypatch.setenv("PROMPT_CONTRACTS_MAX_RETRIES", "0")
    monkeypatch.setenv("PYTEST_ADDOPTS", WITHOUT_NEIGHBOURS)
    # What a machine has there takes 40 ms to read in every run that may ask a network, and none asks over TLS.
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)


def open_project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project with the weather case, a key in the environment, and a provider that answers rightly."""
    server = Loopback()
    set_environment(monkeypatch)
    project = Project(pytester=pytester, server=server)
    project.configure()
    project.write(weather=WEATHER)
    project.answer(right_weather)
    yield project
    server.close()
