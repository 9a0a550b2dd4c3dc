"""Requests and answers of any size, step by step: plain, through TLS, and through TLS within TLS."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpcore
import pytest

from prompt_contracts.transport.polled_socket import PolledSocket
from tests.transport.loopback import Workshop

HALF = 1_000_000
"""More than the buffers between two sockets take."""


@pytest.fixture
def ports() -> list[int]:
    """The clients' ends of all connections over which a request came."""
    return []


@contextmanager
def served(ports: list[int], context: ssl.SSLContext | None) -> Iterator[int]:
    """The port of a server that answers a large body with one that is as large."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            ports.append(self.client_address[1])
            size = len(self.rfile.read(int(self.headers["content-length"])))
            body = b'{"size": %d, "filling": "%s"}' % (size, b"x" * HALF)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@contextmanager
def proxied(context: ssl.SSLContext | None) -> Iterator[int]:
    """The port of a proxy that makes a way to wherever it is told."""
    with socket.create_server(("127.0.0.1", 0)) as plain:
        listener = plain if context is None else context.wrap_socket(plain, server_side=True)
        Thread(target=_take, args=(listener,), daemon=True).start()
        yield plain.getsockname()[1] if context is None else listener.getsockname()[1]
        listener.close()


def _take(listener: socket.socket) -> None:
    with suppress(OSError, ValueError):
        while True:
            Thread(target=_relay, args=(listener.accept()[0],), daemon=True).start()


def _relay(client: socket.socket) -> None:
    with suppress(OSError), client:
        port = int(client.recv(65536).split()[1].rpartition(b":")[2])
        with socket.create_connection(("127.0.0.1", port)) as server:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            Thread(target=_pass_on, args=(server, client), daemon=True).start()
            _pass_on(client, server)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's context, whose certificate is trusted here."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate")
    key, path = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made: list[str | Path] = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        key,
        "-out",
        path,
        "-days",
        "2",
    ]
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([openssl, *made, *subject], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setattr("certifi.where", lambda: str(path))  # of proxies httpcore trusts these
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    return context


def ask_three_times(workshop: Workshop, base_url: str) -> None:
    """Large requests with large answers, one behind the other."""
    workshop.base_url = base_url
    cell = workshop.open("live")
    for trial in (1, 2, 3):
        answer = cell.send(workshop.request("a" * HALF), trial=trial, is_retried=False)
        assert answer.response is not None, answer.failure
        assert len(answer.response.body) > HALF
        assert b'{"size": 1000' in answer.response.body


def test_large_bodies_go_over_one_plain_connection(workshop: Workshop, ports: list[int]) -> None:
    with served(ports, None) as port:
        ask_three_times(workshop, f"http://127.0.0.1:{port}/v1")

    assert (len(ports), len(set(ports))) == (3, 1)


def test_large_bodies_go_over_one_connection_of_tls(
    workshop: Workshop, ports: list[int], certificate: ssl.SSLContext
) -> None:
    with served(ports, certificate) as port:
        ask_three_times(workshop, f"https://127.0.0.1:{port}/v1")

    assert (len(ports), len(set(ports))) == (3, 1)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_large_bodies_go_through_tls_in_the_tunnel_of_a_proxy(
    workshop: Workshop, ports: list[int], certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with served(ports, certificate) as port, proxied(certificate if scheme == "https" else None) as proxy:
        monkeypatch.setenv("https_proxy", f"{scheme}://127.0.0.1:{proxy}")
        monkeypatch.delenv("no_proxy", raising=False)
        ask_three_times(workshop, f"https://127.0.0.1:{port}/v1")

    assert (len(ports), len(set(ports))) == (3, 1)


def answered_by(workshop: Workshop, listener: socket.socket, reply: bytes, *, reads: int) -> list[bytes]:
    """What a server reads of two requests, at most so many bytes of each, that answers and closes."""
    found: list[bytes] = []

    def answer() -> None:
        for _ in range(2):
            client, _ = listener.accept()
            with client:
                found.append(client.recv(reads))
                client.sendall(reply)

    thread = Thread(target=answer, daemon=True)
    thread.start()
    workshop.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    cell = workshop.open("live")
    for trial in (1, 2):
        cell.send(workshop.request(), trial=trial, is_retried=False)
    thread.join(timeout=30)
    return found


def test_head_and_body_of_a_request_come_together(workshop: Workshop) -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = answered_by(workshop, listener, reply, reads=65536)

    assert [(each[:5], each[-1:]) for each in found] == [(b"POST ", b"}")] * 2


def test_an_early_refusal_of_a_large_body_is_read_and_nothing_is_sent_behind_half_a_request(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closing(PolledSocket):
        def write(self, data: bytes, left: Any) -> None:
            super().write(data[: len(data) // 2], left)
            raise httpcore.WriteError("broken pipe")

    monkeypatch.setattr("prompt_contracts.transport.limited_network.PolledSocket", Closing)
    reply = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\n{}"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = answered_by(workshop, listener, reply, reads=65536)

    assert len(found) == 2
    assert all(each.startswith(b"POST ") and not each.endswith(b"}") for each in found)


@pytest.mark.parametrize("step", ["read", "write"])
def test_a_step_ends_when_its_seconds_are_over(step: str) -> None:
    one, other = socket.socketpair()
    with one, other:
        polled = PolledSocket(one)
        left = partial(_shrinking, [0.2, 0.1, 0.05])

        with pytest.raises(httpcore.TimeoutException):
            polled.read(100, left) if step == "read" else polled.write(b"x" * 10 * HALF, left)


def _shrinking(left: list[float], too_late: type[httpcore.TimeoutException]) -> float:
    if not left:
        raise too_late
    return left.pop(0)


def test_a_socket_that_was_closed_meanwhile_is_a_broken_connection() -> None:
    one, other = socket.socketpair()
    with other:
        polled = PolledSocket(one)
        one.close()

        with pytest.raises(httpcore.ReadError):
            polled.read(100, lambda _: 1.0)
        with pytest.raises(httpcore.WriteError):
            polled.write(b"x", lambda _: 1.0)
