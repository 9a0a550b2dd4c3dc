"""A project with an application in it, and a recording written by hand that the application is served from."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from prompt_contracts.application.application_run import ApplicationReply, ApplicationRun, open_application
from prompt_contracts.application.enclosure import Enclosure
from prompt_contracts.case import Case
from prompt_contracts.dialects.error_response import classify
from prompt_contracts.fault import Fault, FaultPlan
from prompt_contracts.json_value import Json
from prompt_contracts.location import Location
from prompt_contracts.message import Message
from prompt_contracts.secret import secrets_in
from prompt_contracts.stub.server import StubServer
from prompt_contracts.target import Target
from prompt_contracts.transport.cell_transport import Mode, Transport
from prompt_contracts.transport.limits import Limits
from prompt_contracts.trial import Cell

BASE_URL = "https://api.house.example/v1"
QUESTION: list[Json] = [{"role": "user", "content": "Will it rain in Oslo?"}]
JSON_HEADERS: Mapping[str, str] = {"content-type": "application/json"}
STREAM_HEADERS: Mapping[str, str] = {"content-type": "text/event-stream"}
WAIT = 30.0
"""Seconds; far more than any of the small applications needs."""


def answered(text: str, **message: Json) -> str:
    """The body of a chat completion."""
    said: dict[str, Json] = {"role": "assistant", "content": text, **message}
    choice: dict[str, Json] = {
        "index": 0,
        "message": said,
        "finish_reason": "tool_calls" if "tool_calls" in message else "stop",
    }
    usage: dict[str, Json] = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    fields: dict[str, Json] = {"id": "c1", "object": "chat.completion", "created": 1, "model": "tiny"}
    return json.dumps({**fields, "choices": [choice], "usage": usage})


def streamed(*texts: str, end: str = "data: [DONE]\n\n") -> str:
    """The body of a streamed chat completion."""
    chunks: list[Json] = [{"index": 0, "delta": {"content": text}, "finish_reason": None} for text in texts]
    chunks.append({"index": 0, "delta": {}, "finish_reason": "stop"} if end else chunks.pop())
    fields: dict[str, Json] = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "tiny"}
    return "".join(f"data: {json.dumps({**fields, 'choices': [chunk]})}\n\n" for chunk in chunks) + end


def failing(message: str, *, code: str) -> str:
    """The body of an error in OpenAI's form."""
    return json.dumps({"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}})


def chat(messages: list[Json] | None = None, **more: Json) -> dict[str, Json]:
    """The body of a request."""
    return {"model": "tiny", "messages": QUESTION if messages is None else messages, **more}


def always(fault: Fault) -> FaultPlan:
    return FaultPlan(attempts=(fault,), repeats=True)


@dataclass(kw_only=True)
class Project:
    """A project folder, its server, and the recording of its one cell."""

    root: Path
    server: StubServer
    environ: dict[str, str] = field(default_factory=lambda: {**os.environ})
    entries: list[dict[str, Any]] = field(default_factory=list)
    target: dict[str, Any] = field(default_factory=dict)
    enclosure: Enclosure | None = None
    """Shuts commands in, where there is one."""

    def record(
        self,
        answer: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] = JSON_HEADERS,
        asked: Json = None,
        path: str = "/chat/completions",
        method: str = "POST",
    ) -> None:
        """One more answer in the recording; without `asked` it is the answer to `chat()`."""
        body = chat() if asked is None and method == "POST" else asked
        self.entries.append(
            {
                "request": {
                    "method": method,
                    "uri": f"{BASE_URL}{path}",
                    "headers": {},
                    "body": None if body is None else json.dumps(body),
                },
                "response": {
                    "status": {"code": status, "message": ""},
                    "headers": {name: [value] for name, value in headers.items()},
                    "body": {"string": answer},
                    "prompt_contracts": {"trial": 1, "attempts": 1, "latency": 0.1},
                },
            }
        )

    def cell(self, **case: Any) -> Cell:
        place = Location(path="cases/bot.yaml", line=3, column=5)
        return Cell(
            case=Case(
                path="cases/bot.yaml", name="bot", model="house:tiny", location=place, messages=(), expect=(), **case
            ),
            target=Target(
                **{
                    "provider": "house",
                    "model": "tiny",
                    "base_url": BASE_URL,
                    "api_key_env": "HOUSE_KEY",
                    **self.target,
                }
            ),
            cassette="bot/house/tiny.yaml",
        )

    @contextmanager
    def open(
        self,
        *,
        handler: Callable[..., object] | None = None,
        timeout: float = WAIT,
        mode: Mode = "none",
        limits: Limits | None = None,
        **case: Any,
    ) -> Iterator[ApplicationRun]:
        """One trial of an application: of `handler`, or of the `command` in `case`; saved when it was recorded."""
        path = self.root / "cassettes/bot/house/tiny.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.entries:
            path.write_text(yaml.safe_dump({"version": 1, "interactions": self.entries}), "utf-8")
        transport = Transport(
            folder=self.root / "cassettes",
            root=self.root,
            mode=mode,
            environ=self.environ,
            classify=classify,
            limits=limits,
        )
        if handler is not None:
            case = {"handler": "bots:answer", **case}

        def resolve(name: str) -> Callable[..., object]:
            assert handler is not None
            return handler

        cell = self.cell(**case)
        opened = transport.open(cell)
        with open_application(
            cell,
            opened,
            self.server,
            trial=1,
            resolve=resolve,
            environ=self.environ,
            timeout=timeout,
            root=self.root,
            secrets=secrets_in(self.environ),
            enclosure=self.enclosure,
        ) as run:
            yield run
        opened.save()
        transport.close()

    def write(self, name: str, text: str) -> str:
        """A file of the project; gives its name back."""
        (self.root / name).write_text(text, "utf-8")
        return name

    def python(self, text: str) -> tuple[str, ...]:
        """The command of a Python program."""
        return (sys.executable, self.write("bot.py", text))


def ask(run: ApplicationRun, *, fault: FaultPlan | None = None, **variables: Json) -> ApplicationReply:
    """One turn with the question that everybody asks here."""
    messages = tuple(Message.from_json(message) for message in QUESTION if isinstance(message, dict))
    return run.ask(messages, model="tiny", variables=variables, fault=fault)
