"""A real HTTP server for the tests of the transport, and a small project that asks it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from prompt_contracts.case import Case
from prompt_contracts.interaction import ApiRequest
from prompt_contracts.json_value import Json
from prompt_contracts.location import Location
from prompt_contracts.target import Target
from prompt_contracts.transport.exchange import CellTransport, Mode, Transport
from prompt_contracts.trial import Cell

KEY = "test-key-0123456789abcdef"
NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as the server saw it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One response as the server sends it."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    body: bytes = b'{"ok": true}'


class Loopback:
    """A threaded server; `answer` may be replaced by any function of the request."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Answer] = lambda asked: Answer()
        self._lock = Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer._serve(self)

            do_GET = do_POST  # noqa: N815 - the name that http.server looks for

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 64
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(method=handler.command, path=handler.path, headers=headers, body=body)
        with self._lock:
            self.asked.append(asked)
        answer = self.answer(asked)
        handler.send_response(answer.status)
        for name, value in answer.headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def numbered() -> Callable[[Asked], Answer]:
    """An answer that counts the requests: `{"count": 1}`, `{"count": 2}`, ..."""
    lock = Lock()
    count = 0

    def answer(asked: Asked) -> Answer:
        nonlocal count
        with lock:
            count += 1
            return Answer(body=json.dumps({"count": count}).encode())

    return answer


@dataclass(kw_only=True)
class Workshop:
    """A project whose only provider is the loopback server."""

    root: Path
    base_url: str | None
    environ: dict[str, str] = field(default_factory=lambda: {"HOUSE_KEY": KEY})
    cassette: str = "weather/picks/house/tiny.yaml"
    _opened: list[Transport] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.root / "cassettes" / self.cassette

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    def cell(self, *, cassette: str | None = None, **target: Any) -> Cell:
        place = Location(path="cases/weather.yaml", line=3, column=5)
        case = Case(
            path="cases/weather.yaml",
            name="picks",
            model="house:tiny",
            location=place,
            messages=(),
            expect=(),
        )
        settings = {
            "provider": "house",
            "model": "tiny",
            "base_url": self.base_url,
            "api_key_env": "HOUSE_KEY",
            **target,
        }
        return Cell(case=case, target=Target(**settings), cassette=cassette or self.cassette)

    def transport(self, mode: Mode = "none", **more: Any) -> Transport:
        transport = Transport(
            folder=self.root / "cassettes",
            root=self.root,
            mode=mode,
            environ=self.environ,
            now=lambda: NOON,
            **more,
        )
        self._opened.append(transport)
        return transport

    def close(self) -> None:
        for transport in self._opened:
            transport.close()

    def open(self, mode: Mode = "none", **target: Any) -> CellTransport:
        return self.transport(mode).open(self.cell(**target))

    def request(self, content: str = "Will it rain in Oslo?", **body: Json) -> ApiRequest:
        messages: list[Json] = [{"role": "user", "content": content}]
        return ApiRequest(
            method="POST",
            url=f"{self.base_url}/chat/completions",
            body={"model": "tiny", "messages": messages, **body},
        )

    def record(self, *requests: ApiRequest, mode: Mode = "once") -> None:
        """Ask each request as the next trial, and save."""
        cell = self.open(mode)
        for trial, request in enumerate(requests or (self.request(),), 1):
            cell.send(request, trial=trial)
        cell.save()

    def write(self, text: str | bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(text if isinstance(text, bytes) else text.encode())
