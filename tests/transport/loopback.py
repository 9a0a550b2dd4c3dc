"""A real HTTP server for the tests of the transport, and a small project that asks it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Lock, Thread
from time import sleep
from typing import Any

from prompt_contracts.case import Case
from prompt_contracts.fault import RetryPolicy
from prompt_contracts.interaction import ApiRequest, ApiResponse
from prompt_contracts.json_value import Json
from prompt_contracts.location import Location
from prompt_contracts.provider_error import ErrorKind, ProviderError
from prompt_contracts.target import Target
from prompt_contracts.transport.cell_transport import CellTransport, Mode, Transport
from prompt_contracts.transport.limits import Limits
from prompt_contracts.trial import Cell
from prompt_contracts.wait import Wait

KEY = "test-key-0123456789abcdef"
NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as the server saw it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    port: int
    """The client's end of the connection."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One response as the server sends it."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    body: bytes = b'{"ok": true}'
    promised: int | None = None
    """Bytes that `Content-Length` announces, None for as many as are sent; the connection breaks behind fewer."""
    pieces: tuple[bytes, ...] = ()
    """More of the body, in pieces of its own, each `pause` seconds after the one before."""
    pause: float = 0.0


class Loopback:
    """A threaded server; `answer` may be replaced by any function of the request."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Answer] = lambda asked: Answer()
        self._lock = Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body are written one by one: the body would wait 40 ms for what acknowledges the headers.
            disable_nagle_algorithm = True

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
        port = handler.client_address[1]
        asked = Asked(method=handler.command, path=handler.path, headers=headers, body=body, port=port)
        with self._lock:
            self.asked.append(asked)
        answer = self.answer(asked)
        handler.send_response(answer.status)
        for name, value in answer.headers:
            handler.send_header(name, value)
        length = len(answer.body) + sum(map(len, answer.pieces))
        handler.send_header("Content-Length", str(length if answer.promised is None else answer.promised))
        handler.end_headers()
        handler.wfile.write(answer.body)
        for piece in answer.pieces:
            sleep(answer.pause)
            handler.wfile.write(piece)
        if (answer.promised or 0) > length:
            handler.close_connection = True

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


_KINDS: Mapping[int, ErrorKind] = {401: "auth", 408: "timeout", 409: "invalid_request", 429: "rate_limit"}


def classify(response: ApiResponse) -> ProviderError | None:
    """A dialect's reading of an answer, in small: by status, with OpenAI's codes for a quota and an overload."""
    if response.status < 400:
        is_overload = b'"server_is_overloaded"' in response.body
        return ProviderError(kind="overloaded", message="busy", status=response.status) if is_overload else None
    kind: ErrorKind = _KINDS.get(response.status, "server" if response.status >= 500 else "invalid_request")
    if b"insufficient_quota" in response.body:
        kind = "quota"
    milliseconds, seconds = response.header("retry-after-ms"), response.header("retry-after")
    wait = float(milliseconds) / 1000 if milliseconds else float(seconds) if seconds else None
    return ProviderError(kind=kind, message="refused", status=response.status, retry_after=wait)


@dataclass(kw_only=True)
class Workshop:
    """A project whose only provider is the loopback server."""

    root: Path
    base_url: str | None
    environ: dict[str, str] = field(default_factory=lambda: {"HOUSE_KEY": KEY})
    cassette: str = "weather/picks/house/tiny.yaml"
    slept: list[float] = field(default_factory=list)
    """Seconds of every wait that would have taken time."""
    elapsed: float = 0.0
    """What the clock of the limits shows: waits make it go on, and take no time."""
    told: list[Wait] = field(default_factory=list)
    """The lines about them."""
    _opened: list[Transport] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.root / "cassettes" / self.cassette

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    def cell(self, *, cassette: str | None = None, retry: RetryPolicy | None = None, **target: Any) -> Cell:
        place = Location(path="cases/weather.yaml", line=3, column=5)
        case = Case(
            path="cases/weather.yaml",
            name="picks",
            model="house:tiny",
            location=place,
            messages=(),
            expect=(),
            retry=retry or RetryPolicy(),
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
            **{
                "now": lambda: NOON,
                "classify": classify,
                "sleep": self._sleep,
                "limits": self.limits(),
                "random": lambda: 0.0,
                "on_wait": self.told.append,
                **more,
            },
        )
        self._opened.append(transport)
        return transport

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed += seconds

    def _wait(self, condition: Condition, seconds: float | None) -> None:
        if seconds is None:
            condition.wait()
        else:
            self.elapsed += seconds

    def limits(self, concurrency: int = 64) -> Limits:
        return Limits(concurrency, monotonic=lambda: self.elapsed, wait=self._wait)

    def close(self) -> None:
        for transport in self._opened:
            transport.close()

    def open(self, mode: Mode = "none", **target: Any) -> CellTransport:
        return self.transport(mode).open(self.cell(**target))

    def request(
        self,
        content: str = "Will it rain in Oslo?",
        *,
        method: str = "POST",
        path: str = "/chat/completions",
        headers: tuple[tuple[str, str], ...] = (),
        **body: Json,
    ) -> ApiRequest:
        messages: list[Json] = [{"role": "user", "content": content}]
        return ApiRequest(
            method=method,
            url=f"{self.base_url}{path}",
            body=None if method == "GET" else {"model": "tiny", "messages": messages, **body},
            headers=headers,
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
