"""A small server of the Assistants API, version 2, whose runs follow a script.

It keeps assistants, threads, messages and runs as OpenAI described them, and refuses what OpenAI refused: a request
without the beta header, a message for a thread whose run goes on, outputs that do not answer every call.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

Body = dict[str, Any]

ENDED = ("completed", "failed", "cancelled", "expired", "incomplete")


@dataclass(kw_only=True)
class Received:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(kw_only=True)
class Reply:
    """One answer of the server."""

    status: int = 200
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})


@dataclass(kw_only=True)
class Script:
    """How one run goes: each status is shown once and the last one for ever; calls belong to `requires_action`."""

    statuses: Sequence[str] = ("queued", "in_progress", "completed")
    calls: Sequence[Sequence[tuple[str, str, str]]] = ()
    """One list per `requires_action`: id, name and arguments."""
    writes: Sequence[str | Sequence[Body]] = ("It will rain.",)
    """Messages that the run has written when it completes: a text, or content parts."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the run object that differ once it has ended."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """More headers of every answer that shows the run."""


class AssistantsService:
    """The server without its HTTP: requests in, replies out. Thread-safe, because one lock guards it."""

    def __init__(self, *scripts: Script) -> None:
        self.received: list[Received] = []
        self.scripts = list(scripts)
        self.overrides: dict[str, Reply] = {}
        """`POST /threads` and the like, the ids as `*` -> what is answered instead."""
        self.assistants: dict[str, Body] = {}
        self.messages: dict[str, list[Body]] = {}
        self.runs: dict[str, _Run] = {}
        self._lock = threading.Lock()
        self._made = 0

    def handle(self, received: Received) -> Reply:
        with self._lock:
            self.received.append(received)
            parts = [unquote(part) for part in received.path.strip("/").split("/")]
            pattern = f"{received.method} /" + "/".join("*" if index % 2 else part for index, part in enumerate(parts))
            if pattern in self.overrides:
                return self.overrides[pattern]
            if received.headers.get("openai-beta") != "assistants=v2":
                return refuse(400, "You must provide the 'OpenAI-Beta' header to access the Assistants API.")
            return self._route(pattern, parts, received)

    def add_thread(self, identifier: str, *messages: Body) -> None:
        """A thread that is there before the test."""
        self.messages[identifier] = []
        for message in messages:
            self._add_message(identifier, message)

    def add_run(self, thread_id: str, identifier: str, script: Script) -> None:
        """A run that is there before the test."""
        self.runs[identifier] = _Run(id=identifier, thread_id=thread_id, script=script, body={"assistant_id": "asst_0"})

    def _route(self, pattern: str, parts: list[str], received: Received) -> Reply:
        body = cast("Body", received.body if isinstance(received.body, dict) else {})
        if parts[0] == "threads" and len(parts) > 1 and parts[1] not in self.messages:
            return refuse(404, f"No thread found with id '{parts[1]}'.")
        if len(parts) > 3 and parts[2] == "runs" and parts[3] not in self.runs:
            return refuse(404, f"No run found with id '{parts[3]}'.")
        routes: dict[str, Callable[[], Reply]] = {
            "POST /assistants": lambda: self._create_assistant(body),
            "GET /assistants/*": lambda: self._retrieve_assistant(parts[1]),
            "POST /threads": lambda: self._create_thread(body),
            "POST /threads/*/messages": lambda: self._post_message(parts[1], body),
            "GET /threads/*/messages": lambda: self._list(parts[1], received.query),
            "POST /threads/*/runs": lambda: self._start(parts[1], body),
            "GET /threads/*/runs/*": lambda: self._show(self.runs[parts[3]]),
            "POST /threads/*/runs/*/cancel": lambda: cancel(self.runs[parts[3]]),
            "POST /threads/*/runs/*/submit_tool_outputs": lambda: self._submit(self.runs[parts[3]], body),
        }
        route = routes.get(pattern)
        return refuse(404, f"Invalid URL ({received.line})") if route is None else route()

    def _create_assistant(self, body: Body) -> Reply:
        made = {"id": self._id("asst"), "object": "assistant", **body}
        self.assistants[made["id"]] = made
        return reply(made)

    def _retrieve_assistant(self, identifier: str) -> Reply:
        found = self.assistants.get(identifier)
        return refuse(404, f"No assistant found with id '{identifier}'.") if found is None else reply(found)

    def _create_thread(self, body: Body) -> Reply:
        identifier = self._id("thread")
        self.add_thread(identifier, *body.get("messages", []))
        return reply({"id": identifier, "object": "thread", "metadata": body.get("metadata", {})})

    def _id(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}_{self._made}"

    def _add_message(self, thread_id: str, message: Body, run_id: str | None = None) -> Body:
        content = message["content"]
        parts = (
            [{"type": "text", "text": {"value": content, "annotations": []}}] if isinstance(content, str) else content
        )
        made = {
            "id": self._id("msg"),
            "object": "thread.message",
            "created_at": 1_774_965_000 + self._made,
            "role": message["role"],
            "content": parts,
            "run_id": run_id,
            "status": "completed",
        }
        self.messages[thread_id].append(made)
        return made

    def _post_message(self, thread_id: str, body: Body) -> Reply:
        busy = next((run for run in self.runs.values() if run.thread_id == thread_id and run.status not in ENDED), None)
        if busy is not None:
            return refuse(400, f"Can't add messages to {thread_id} while a run {busy.id} is active.")
        return reply(self._add_message(thread_id, body))

    def _list(self, thread_id: str, query: Mapping[str, str]) -> Reply:
        wanted = query.get("run_id")
        found = [entry for entry in self.messages[thread_id] if wanted in (None, entry["run_id"])]
        if query.get("order", "desc") == "desc":
            found.reverse()
        ids = [entry["id"] for entry in found]
        start = ids.index(query["after"]) + 1 if query.get("after") in ids else 0
        limit = int(query.get("limit", "20"))
        page = found[start : start + limit]
        last = page[-1]["id"] if page else None
        return reply({"object": "list", "data": page, "last_id": last, "has_more": start + limit < len(found)})

    def _start(self, thread_id: str, body: Body) -> Reply:
        run = _Run(id=self._id("run"), thread_id=thread_id, script=self.scripts.pop(0), body=body)
        self.runs[run.id] = run
        return self._stream(run) if body.get("stream") else self._show(run)

    def _show(self, run: _Run) -> Reply:
        """The run as it is now; the next look shows its next status."""
        shown = run.object()
        if run.status == "completed":
            self._write(run)
        if run.status != "requires_action":
            run.shown += 1
        return reply(shown, **run.script.headers)

    def _write(self, run: _Run) -> list[Body]:
        """Put what a run writes on its thread, once."""
        texts, run.unwritten = run.unwritten, []
        return [self._add_message(run.thread_id, {"role": "assistant", "content": text}, run.id) for text in texts]

    def _submit(self, run: _Run, body: Body) -> Reply:
        expected = [call[0] for call in run.calls()]
        given = [output.get("tool_call_id") for output in body.get("tool_outputs", [])]
        if run.status != "requires_action":
            return refuse(400, f'Runs in status "{run.status}" do not accept tool outputs.')
        if sorted(expected) != sorted(map(str, given)):
            return refuse(400, f"Expected tool outputs for call_ids {expected}, got {given}")
        run.answered += 1
        run.shown += 1
        return self._stream(run) if body.get("stream") else self._show(run)

    def _stream(self, run: _Run) -> Reply:
        events: list[tuple[str, Body]] = []
        while True:
            shown = run.object()
            if run.status == "completed":
                for message in self._write(run):
                    events += _message_events(message)
            events.append((f"thread.run.{run.status}", shown))
            if run.status in ENDED or run.status == "requires_action":
                break
            run.shown += 1
        lines = [f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events]
        text = "".join([*lines, "event: done\ndata: [DONE]\n\n"])
        return Reply(body=text.encode(), headers={"content-type": "text/event-stream; charset=utf-8"})


@dataclass(kw_only=True)
class _Run:
    """One run on its way through its script."""

    id: str
    thread_id: str
    script: Script
    body: Body
    shown: int = 0
    answered: int = 0
    is_cancelled: bool = False
    unwritten: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.unwritten = list(self.script.writes)

    @property
    def status(self) -> str:
        statuses = self.script.statuses
        return "cancelling" if self.is_cancelled else statuses[min(self.shown, len(statuses) - 1)]

    def calls(self) -> Sequence[tuple[str, str, str]]:
        return self.script.calls[self.answered] if self.answered < len(self.script.calls) else ()

    def object(self) -> Body:
        shown: Body = {
            "id": self.id,
            "object": "thread.run",
            "status": self.status,
            "thread_id": self.thread_id,
            "assistant_id": self.body.get("assistant_id"),
            "model": self.body.get("model", "gpt-4o-mini"),
            "required_action": None,
            "last_error": None,
            "incomplete_details": None,
            "usage": None,
        }
        if self.status == "requires_action":
            calls = [
                {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}}
                for identifier, name, arguments in self.calls()
            ]
            action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
            shown["required_action"] = action
        if self.status in ENDED:
            shown["usage"] = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
            shown.update(self.script.changes)
        return shown


def cancel(run: _Run) -> Reply:
    if run.status in ENDED:
        return refuse(400, f"Cannot cancel run with status '{run.status}'.")
    run.is_cancelled = True
    return reply(run.object())


def reply(body: Any, **headers: str) -> Reply:
    return Reply(body=json.dumps(body).encode(), headers={"content-type": "application/json", **headers})


def refuse(status: int, message: str) -> Reply:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return Reply(status=status, body=json.dumps({"error": error}).encode())


def _message_events(message: Body) -> Iterator[tuple[str, Body]]:
    begun = {**message, "status": "in_progress", "content": []}
    yield "thread.message.created", begun
    for index, part in enumerate(message["content"]):
        for piece in _pieces(part):
            delta = {"content": [{"index": index, **piece}]}
            yield "thread.message.delta", {"id": message["id"], "object": "thread.message.delta", "delta": delta}
    yield "thread.message.completed", message


def _pieces(part: Body) -> Iterator[Body]:
    if part["type"] != "text":
        yield part
        return
    text = part["text"]["value"]
    for start in range(0, len(text), 3):
        yield {"type": "text", "text": {"value": text[start : start + 3]}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: in two, the second waits for the client's acknowledgement

    def _answer(self) -> None:
        split = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        received = Received(
            method=self.command,
            path=split.path.removeprefix("/v1"),
            query=dict(parse_qsl(split.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=json.loads(raw) if raw else None,
        )
        answer = cast("RunningServer", self.server).service.handle(received)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = _answer  # noqa: N815 - the names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
        """Say nothing."""


class RunningServer(ThreadingHTTPServer):
    """The HTTP around a service. Each test gives it a service of its own."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = AssistantsService()
        self.base_url = f"http://127.0.0.1:{self.server_address[1]}/v1"


@contextmanager
def running_server() -> Iterator[RunningServer]:
    """A server on a free port of this machine."""
    server = RunningServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
