"""The loopback server of a run: one for all cells, started when the first application needs it.

Binds to 127.0.0.1 only, writes no log, and never asks anybody: what it serves is handed in with each lease.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from socketserver import ThreadingTCPServer
from threading import Lock, Thread
from typing import Any

from prompt_contracts.stub.connection import Connection, Desk
from prompt_contracts.stub.door import Door
from prompt_contracts.stub.guests import Guests
from prompt_contracts.stub.lease import Answer, Lease, Leases

LARGEST_REQUEST = 64 * 1024 * 1024
MOST_CONNECTIONS = 512
# `serve_forever` looks every 0.5 s by itself, which each run would wait for at its end.
_SECONDS_TO_NOTICE_THE_END = 0.1


class StubServer:
    """Stands in for a provider. Thread-safe; nothing is opened before the first lease."""

    def __init__(self, *, largest_body: int = LARGEST_REQUEST, on_outside: Callable[[str], None] | None = None) -> None:
        """`largest_body` is the most bytes that one request may have.

        `on_outside` is told, in any thread, `host:port` of every other server that somebody asked this one for as if
        it were a proxy. Nothing is forwarded.
        """
        self._largest_body = largest_body
        self._on_outside = on_outside or _ignore
        self._leases = Leases()
        self._lock = Lock()
        self._server: _Server | None = None
        self._doors: list[Door] = []

    def open(self, answer: Answer) -> Lease:
        """A new address; whoever asks there is answered by `answer`, in a thread of its own for each connection."""
        with self._lock:
            if self._server is None:
                self._server = _Server(self._leases, largest_body=self._largest_body, on_outside=self._on_outside)
            port = self._server.port
        return self._leases.open(answer, address=f"http://127.0.0.1:{port}")

    @property
    def port(self) -> int:
        """Where it listens; only while it has been opened."""
        return self._running.port

    def attend(self, listener: socket.socket) -> Door:
        """Serve those who come by another listening socket as well. Its port has to be ours, for addresses name it."""
        door = Door(listener, admit=self._running.take)
        with self._lock:
            self._doors = [*(one for one in self._doors if not one.is_closed), door]
        return door

    @property
    def late_requests(self) -> int:
        """How many requests came to addresses whose application had ended: somebody kept an old address."""
        return self._leases.late

    def close(self) -> None:
        """Close every lease and every connection. A later `open` starts anew, on another port."""
        self._leases.close()
        with self._lock:
            server, self._server = self._server, None
            doors, self._doors = self._doors, []
        for door in doors:
            door.close()
        if server is not None:
            server.stop()

    @property
    def _running(self) -> _Server:
        with self._lock:
            assert self._server is not None  # noqa: S101 - whoever asks has opened a lease
            return self._server

    def __enter__(self) -> StubServer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    # A client that hangs must not keep the run from ending.
    block_on_close = False
    # socketserver's 5 are too few for an application that opens its connections all at once.
    request_queue_size = 128

    def __init__(self, leases: Leases, *, largest_body: int, on_outside: Callable[[str], None]) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.port: int = self.server_address[1]
        # A web page can lead a browser here by a name of its own (DNS rebinding): then another name stands in `Host`.
        hosts = frozenset({f"127.0.0.1:{self.port}", f"localhost:{self.port}"})
        self._guests = Guests(most=MOST_CONNECTIONS)
        desk = Desk(leases=leases, guests=self._guests, hosts=hosts, largest_body=largest_body, on_outside=on_outside)
        self.RequestHandlerClass = type("DeskConnection", (Connection,), {"desk": desk})
        self._thread = Thread(
            target=self.serve_forever, args=(_SECONDS_TO_NOTICE_THE_END,), name="stub server", daemon=True
        )
        self._thread.start()

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 - socketserver's signature
        return self._guests.admit(request)

    def take(self, request: socket.socket, client_address: Any) -> None:
        """A client that came by another door."""
        if not self.verify_request(request, client_address):
            self.shutdown_request(request)
            return
        try:
            self.process_request(request, client_address)
        except RuntimeError:  # no thread could be started
            self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        self._guests.leave(request)
        with suppress(OSError):
            # Ending the connection politely first would turn a reset into an end.
            if not _resets(request):
                request.shutdown(socket.SHUT_WR)
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: what a client broke is the client's affair."""

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()
        self._guests.end_all()


def _ignore(host: str) -> None:
    """Its lease remembers it all the same."""


def _resets(connection: socket.socket) -> bool:
    # A linger of zero seconds is what makes closing send a reset.
    lingers: tuple[int, int] = struct.unpack("ii", connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8))
    return lingers[0] != 0
