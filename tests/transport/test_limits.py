"""The limits of one attempt where a server alone cannot show them: names, proxies, connections that are kept."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event, Thread
from typing import Any

import pytest

from prompt_contracts.interaction import ApiRequest
from prompt_contracts.provider_error import ProviderError
from tests.transport.loopback import Workshop

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


def failure_of(workshop: Workshop, *, url: str, timeout: float = 0.5) -> ProviderError:
    request = ApiRequest(method="POST", url=url, body={})
    interaction = workshop.open("live").send(request, trial=1, timeout=timeout, is_retried=False)
    assert interaction.failure is not None
    return interaction.failure


@pytest.fixture
def listen() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """Starts a server that does with each connection what it is told; gives its port."""
    listeners: list[socket.socket] = []

    def start(serve: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    Thread(target=guarded, args=(client,), daemon=True).start()

        def guarded(client: socket.socket) -> None:
            with client, suppress(OSError):
                serve(client)

        Thread(target=run, daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def drip(client: socket.socket) -> None:
    """A head that never ends."""
    client.recv(65536)
    client.sendall(b"HTTP/1.1 200 OK\r\nx: ")
    for _ in range(600):
        time.sleep(0.05)
        client.sendall(b"a")


@pytest.mark.parametrize(
    ("proxy", "first"), [(None, "slow.example"), ("http://ada:hush@slow.proxy:3128", "the proxy slow.proxy:3128")]
)
def test_a_name_that_is_slow_to_resolve_is_a_timeout(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, proxy: str | None, first: str
) -> None:
    if proxy is not None:
        monkeypatch.setenv("http_proxy", proxy)
    over = Event()

    def look_up(*arguments: Any, **named: Any) -> Any:
        over.wait(30)
        raise OSError("nobody waits for this")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    try:
        failure = failure_of(workshop, url="http://slow.example/v1")
    finally:
        over.set()

    assert failure.kind == "timeout"
    assert failure.message == f"no connection to {first} within 0.5 s"


def test_a_name_that_nobody_knows_is_a_connection_failure(workshop: Workshop) -> None:
    failure = failure_of(workshop, url="http://nobody.invalid/v1", timeout=30)

    assert failure.kind == "connection"
    assert failure.message.startswith("cannot connect to nobody.invalid: ")


def test_an_address_that_refuses_leaves_the_next_one_its_chance(
    workshop: Workshop, listen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(ANSWER)

    port = listen(serve)
    known = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")]
    original = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *more, **named: known if host == "two.example" else original(host, *more, **named),
    )

    request = ApiRequest(method="POST", url=f"http://two.example:{port}/v1", body={})
    interaction = workshop.open("live").send(request, trial=1, timeout=30)

    assert interaction.response is not None


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_drips_is_a_timeout(
    workshop: Workshop, listen: Any, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{listen(drip)}")

    assert failure_of(workshop, url=f"{scheme}://provider.example/v1").kind == "timeout"


def test_a_server_that_never_comes_to_its_answer_is_given_up_before_the_time_is_over(
    workshop: Workshop, listen: Any
) -> None:
    def serve(client: socket.socket) -> None:
        client.recv(65536)
        while True:
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 999)

    failure = failure_of(workshop, url=f"http://127.0.0.1:{listen(serve)}/v1", timeout=30)

    assert failure.kind == "malformed_response"
    assert "the server does not come to its answer" in failure.message


def test_a_server_that_takes_the_request_in_drops_is_a_timeout(workshop: Workshop, listen: Any) -> None:
    def serve(client: socket.socket) -> None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        for _ in range(600):
            client.recv(64)
            time.sleep(0.05)

    url = f"http://127.0.0.1:{listen(serve)}/v1"
    request = ApiRequest(method="POST", url=url, body={"image": "x" * 20_000_000})
    interaction = workshop.open("live").send(request, trial=1, timeout=0.5, is_retried=False)

    assert interaction.failure is not None
    assert interaction.failure.kind == "timeout"


def test_an_answer_that_goes_on_after_its_end_is_never_the_answer_to_the_next_request(
    workshop: Workshop, listen: Any
) -> None:
    def serve(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(ANSWER + ANSWER.replace(b"{}", b"[]"))
        client.recv(65536)

    url = f"http://127.0.0.1:{listen(serve)}/v1"
    cell = workshop.open("live")
    request = ApiRequest(method="POST", url=url, body={})

    first = cell.send(request, trial=1, timeout=30, is_retried=False)
    second = cell.send(request, trial=2, timeout=30, is_retried=False)

    assert first.response is not None
    assert first.response.body == b"{}"
    if second.failure is None:  # the rest came so late, or so early, that the connection was given up for another
        assert second.response is not None
        assert second.response.body == b"{}"
    else:
        assert second.failure.kind == "malformed_response"
        assert "nobody knows whose this is" in second.failure.message


def test_a_stream_that_breaks_off_within_its_compression_is_an_answer_with_what_came(
    workshop: Workshop, listen: Any
) -> None:
    import zlib

    packer = zlib.compressobj(wbits=31)
    begun = packer.compress(b"data: {}\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)

    def serve(client: socket.socket) -> None:
        client.recv(65536)
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\n"
        client.sendall(head + b"content-length: 999\r\n\r\n" + begun)

    request = ApiRequest(method="POST", url=f"http://127.0.0.1:{listen(serve)}/v1", body={})
    interaction = workshop.open("live").send(request, trial=1, timeout=30, is_retried=False)

    assert interaction.response is not None
    assert interaction.response.body == b"data: {}\n\n"
