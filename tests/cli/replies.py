"""A user's folder, replies as a Batch API writes them, and the commands run on both."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from prompt_contracts.cli import main

WEATHER = """
version: 1
tools:
  get_weather: {name: get_weather, parameters: {type: object, properties: {city: {type: string}}}}
cases:
  - name: picks_weather
    user: Will it rain in {{ city }}?
    rows: [{id: oslo, city: Oslo}, {id: lima, city: Lima}]
    tools: [get_weather]
    expect: {tool_calls: [{get_weather: {city: "{{ city }}"}}]}
  - name: greets
    user: Say hello.
    expect: {text: {$contains: hello}}
"""


def body(text: str | None = None, *, calls: tuple[tuple[str, Any], ...] = (), **more: Any) -> dict[str, Any]:
    """A chat.completion."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [
            {"id": "call_1", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
            for name, arguments in calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
    return {"id": "chatcmpl-1", "object": "chat.completion", "model": "m-2026", "choices": [choice], **more}


def reply(custom_id: str, text: str | None = None, **more: Any) -> dict[str, Any]:
    """A line with an answer."""
    return line(custom_id, response={"status_code": 200, "body": body(text, **more)})


def weather(custom_id: str, city: str) -> dict[str, Any]:
    """A line with a call of the weather tool."""
    return reply(custom_id, calls=(("get_weather", {"city": city}),))


def line(custom_id: str, *, response: Any = None, error: Any = None) -> dict[str, Any]:
    """A line of a Batch API's output."""
    return {"id": "batch_req_1", "custom_id": custom_id, "response": response, "error": error}


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a run of `judge` came to."""

    code: int
    lines: list[dict[str, Any]]
    said: str

    @property
    def verdicts(self) -> list[str]:
        return [line["verdict"] for line in self.lines]

    @property
    def failure_codes(self) -> list[list[str]]:
        return [[failure["code"] for failure in line["failures"]] for line in self.lines]


@dataclass(frozen=True, kw_only=True)
class Folder:
    """The working directory of the commands."""

    path: Path
    capsys: pytest.CaptureFixture[str]

    def write(self, name: str, text: str) -> Path:
        """A file, its folders with it."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        self.capsys.readouterr()
        code = main(arguments)
        printed = self.capsys.readouterr()
        return code, printed.out, printed.err

    def judge(self, *replies: dict[str, Any] | str, options: tuple[str, ...] = ()) -> Judged:
        """Judge lines; a text is a line as it is."""
        lines = [one if isinstance(one, str) else json.dumps(one) for one in replies]
        self.write("replies.jsonl", "".join(f"{one}\n" for one in lines))
        code, out, said = self.run("judge", "cases", "--replies", "replies.jsonl", *options)
        return Judged(code=code, lines=[json.loads(one) for one in out.splitlines()], said=said)
