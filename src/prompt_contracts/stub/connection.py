"""One connection of a client to the stand-in: requests off the wire, replies onto it. Knows no case and no model.

Whoever connects is not trusted: any process of this machine may, and so may a page in a browser.
"""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from io import BufferedIOBase
from typing import Any
from urllib.parse import unquote

from prompt_contracts.data_class import dataclass
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.stub.api_path import read_api_path
from prompt_contracts.stub.guests import Guests
from prompt_contracts.stub.lease import Cut, Hang, Incoming, Lease, Leases, Reset, StubReply, error_response
from prompt_contracts.stub.proxy_request import outside_host, proxy_user
from prompt_contracts.stub.request_body import BodyError, read_body
from prompt_contracts.stub.wire_form import LAST_CHUNK, is_whole_stream, write_chunks, write_head
from prompt_contracts.transport.content_encoding import ContentTooLargeError, EncodingError, inflate

IDLE_SECONDS = 120.0
"""How long a client may be silent, within a request or between two."""
STRANGER_SECONDS = 20.0
"""The same for one that has not yet named an address that is leased."""
_DISCARDED = 16 * 1024 * 1024
_TARGET = re.compile(r"(?:http://(?P<host>[^/?#]*))?/+(?P<token>[A-Za-z0-9_-]{1,64})(?P<path>(?:[/?].*)?)\Z")
_HEADER_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n\Z")
_MOST_DECODINGS = 4
_METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every connection of a server needs to know."""

    leases: Leases
    guests: Guests
    hosts: frozenset[str]
    """The values of the Host header that name this server, in lower case."""
    largest_body: int
    """Bytes of a request."""
    on_outside: Callable[[str], None]
    """Is told `host:port` of every other server that somebody wanted to reach through this one."""


class Connection(BaseHTTPRequestHandler):
    """Serves one client until it goes, is silent for too long, or is refused."""

    protocol_version = "HTTP/1.1"
    timeout = STRANGER_SECONDS
    disable_nagle_algorithm = True
    raw_requestline: bytes
    desk: Desk
    """Set by the server in a class of its own."""

    def _serve(self) -> None:
        outside = outside_host(self.command, self.path, own=self.desk.hosts)
        if outside is not None:
            self._refuse_outside(outside)
            return
        if not self._is_meant():
            text = "this server answers to 127.0.0.1 and localhost only"
            self._refuse(error_response(403, text, code="wrong_host"))
            return
        lease_and_path = self._found()
        if isinstance(lease_and_path, ApiResponse):
            # Nobody's body is read: whoever knows no address may send what he likes.
            self._refuse(lease_and_path)
            return
        with self.desk.guests.served(self.connection):
            self.connection.settimeout(IDLE_SECONDS)
            self._serve_lease(*lease_and_path)

    def _serve_lease(self, lease: Lease, path: str) -> None:
        try:
            body = self._body()
        except BodyError as error:
            self._refuse(self._refused(lease, path, error.status, str(error)))
            return
        if self.command == "OPTIONS":
            self._write(ApiResponse(status=204, headers=(("allow", _METHODS),)))
            return
        meant = read_api_path(path)
        incoming = Incoming(
            method=self.command,
            path=meant.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            is_outside=meant.is_outside,
            deployment=meant.deployment,
        )
        self._give(lease, self._answer(lease, incoming))

    def _refuse_outside(self, host: str) -> None:
        """Whoever takes us for a proxy gets nothing through: what it wanted is told to those who judge it."""
        lease = self.desk.leases.find(proxy_user(self.headers.get("proxy-authorization")))
        if lease is not None:
            lease.note_outside(host)
        self.desk.on_outside(host)
        text = f"{host} is not reached from here: only the address in OPENAI_BASE_URL is"
        self._refuse(error_response(403, text, code="outside_refused"))

    def _refused(self, lease: Lease, path: str, status: int, reason: str) -> ApiResponse:
        """What an application gets that is refused: whoever opened its lease is told, for a fallback may hide it."""
        self._answer(lease, Incoming(method=self.command, path=path, headers={}, body=b"", refusal=reason))
        return error_response(status, reason, code="bad_request")

    def _body(self) -> bytes:
        """The body, unpacked: what it says is compared with what was recorded."""
        lengths, encodings = self._values("content-length"), self._values("transfer-encoding")
        body = read_body(_buffered(self.rfile), lengths=lengths, encodings=encodings, limit=self.desk.largest_body)
        try:
            return inflate(body, self._values("content-encoding"), limit=self.desk.largest_body)
        except ContentTooLargeError as error:
            raise BodyError(413, f"the body {error}") from None
        except EncodingError as error:
            raise BodyError(400, f"the body {error}") from None

    def _values(self, name: str) -> list[str]:
        return self.headers.get_all(name) or []

    def parse_request(self) -> bool:
        """As http.server, but nothing is guessed: another server might guess differently what a request says."""
        lines = _Lines(_buffered(self.rfile))
        self.rfile: Any = lines
        try:
            is_parsed = super().parse_request()
        finally:
            self.rfile = lines.inner
        if not is_parsed:
            return False
        version = self.request_version
        is_proper = self.raw_requestline.endswith(b"\r\n") and version in ("HTTP/1.0", "HTTP/1.1")
        if not is_proper or not all(_HEADER_LINE.match(line) for line in lines.seen if line != b"\r\n"):
            self.send_error(400, "a line of the request is not written as HTTP wants it")
            return False
        return True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815 - http.server's names
    do_CONNECT = _serve  # noqa: N815

    def _is_meant(self) -> bool:
        """Whether the client knows whom it asks: a page in a browser may make a name of its own point here."""
        target = _TARGET.match(self.path)
        named = [] if target is None or target["host"] is None else [target["host"]]
        hosts = [host.strip().lower() for host in (*(self.headers.get_all("host") or []), *named)]
        # HTTP/1.0 knows no such header, and no browser speaks it.
        return (bool(hosts) or self.request_version == "HTTP/1.0") and self.desk.hosts.issuperset(hosts)

    def _found(self) -> tuple[Lease, str] | ApiResponse:
        target = _TARGET.match(self.path)
        lease = None if target is None else self.desk.leases.find(target["token"])
        if target is not None and lease is not None and not _is_plain(target["path"]):
            reason = "the path goes astray: no segment may be '.' or '..'"
            return self._refused(lease, target["path"], 400, reason)
        if target is not None and lease is not None:
            return lease, target["path"]
        if target is not None and self.desk.leases.note_late(target["token"]):
            return error_response(410, "the case that this address was given to has ended", code="address_revoked")
        if self.command == "POST" and "origin" not in self.headers:
            # Whoever runs now may have cut its address short: what it makes of the answer is no verdict.
            host = next(iter(self.headers.get_all("host") or []), "the stand-in")
            self.desk.leases.note_stranger(f"{host}{self.path.partition('?')[0][:100]}")
        return error_response(404, "there is nothing at this address", code="unknown_address")

    def _answer(self, lease: Lease, incoming: Incoming) -> StubReply:
        try:
            return lease.answer(incoming)
        except Exception:  # noqa: BLE001 - whoever opened the lease keeps its own account; the client must not hang
            return error_response(500, "the request could not be answered", code="internal_error", kind="server_error")

    def _give(self, lease: Lease, reply: StubReply) -> None:
        if isinstance(reply, Reset) or lease.is_closed:
            self.close_connection = True
            with suppress(OSError):
                # Without lingering a close is a reset, which no client takes for an end.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        elif isinstance(reply, Hang):
            self.close_connection = True
            lease.hold(self.connection)
        elif isinstance(reply, Cut):
            self._write_stream(reply.response, is_cut=True)
        elif reply.is_event_stream and self.command != "HEAD":
            self._write_stream(reply, is_cut=not is_whole_stream(reply.body))
        else:
            self._write(reply)

    def _write(self, response: ApiResponse) -> None:
        if not 200 <= response.status <= 999:
            response = error_response(502, f"{response.status} is no status of an answer", code="bad_status")
        has_body = self.command != "HEAD" and response.status not in (204, 304)
        head = write_head(response, is_chunked=False, is_last=self.close_connection)
        self._send(head + (response.body if has_body else b""))

    def _write_stream(self, response: ApiResponse, *, is_cut: bool) -> None:
        is_chunked = self.request_version == "HTTP/1.1"
        if is_cut or not is_chunked:
            self.close_connection = True
        # A client of HTTP/1.0 tells a cut from an end by the length alone.
        announced = response if is_chunked or not is_cut else _longer(response)
        # Announced, the close would pass for a proper end: Node's client takes what came so far then.
        is_last = self.close_connection and not is_cut
        self._send(write_head(announced, is_chunked=is_chunked, is_last=is_last))
        if not is_chunked:
            self._send(response.body)
            return
        for chunk in write_chunks(response.body):
            self._send(chunk)
        if not is_cut:
            self._send(LAST_CHUNK)

    def _send(self, data: bytes) -> None:
        try:
            self.connection.sendall(data)
        except OSError:  # the client went away, or takes nothing
            self.close_connection = True

    def _refuse(self, response: ApiResponse) -> None:
        """Answer and close. What the client still sends is read, else it would see a reset in place of the answer."""
        self.close_connection = True
        self._write(response)
        left = _DISCARDED
        with suppress(OSError):
            self.connection.settimeout(2.0)
            self.connection.shutdown(socket.SHUT_WR)
            while left > 0 and (data := self.connection.recv(65536)):
                left -= len(data)

    def send_error(self, code: int, *words: str | None, **named: str | None) -> None:
        """What http.server refuses by itself is told in OpenAI's form as well."""
        message = next(iter((*words, *named.values())), None)
        # http.server may refuse before it knows what was asked.
        self.command = getattr(self, "command", None) or "GET"
        self._refuse(error_response(code, message or "the request is not understood", code="bad_request"))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Say nothing: standard error belongs to the run."""

    def handle(self) -> None:
        """Serve until the connection ends, however it does."""
        with suppress(OSError):
            super().handle()


def _longer(response: ApiResponse) -> ApiResponse:
    return ApiResponse(status=response.status, headers=response.headers, body=response.body + b"\n")


class _Lines:
    """A stream that remembers the lines that were read of it."""

    def __init__(self, inner: BufferedIOBase) -> None:
        self.inner = inner
        self.seen: list[bytes] = []

    def readline(self, limit: int) -> bytes:
        line = self.inner.readline(limit)
        self.seen.append(line)
        return line


def _is_plain(path: str) -> bool:
    """Whether a path leads nowhere but down, however often a server behind us decodes it."""
    path = path.partition("?")[0]
    for _ in range(_MOST_DECODINGS):
        if "#" in path or any(segment in (".", "..") for segment in re.split(r"[/\\;]", path)):
            return False
        decoded = unquote(path)
        if decoded == path:
            return path.isprintable()
        path = decoded
    return False


def _buffered(stream: Any) -> BufferedIOBase:
    assert isinstance(stream, BufferedIOBase)  # noqa: S101 - what socketserver makes of `rbufsize`
    return stream
