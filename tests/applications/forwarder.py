"""Passes connections on to a server until it is closed: so a server that somebody else keeps can be down for us."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Lock, Thread

_PIECE = 65536


class Forwarder:
    """Listens on the loopback from the time that it is made; once closed it refuses, and has cut what was open."""

    def __init__(self, host: str, port: int) -> None:
        self._open: set[socket.socket] = set()
        self._sent: list[bytes] = []
        self._lock = Lock()
        outer = self

        class Handler(BaseRequestHandler):
            def handle(self) -> None:
                outer._serve(self.request, host, port)

        class Server(ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 64

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def sent(self) -> bytes:
        """All that its clients sent."""
        with self._lock:
            return b"".join(self._sent)

    def close(self) -> None:
        """Go down."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        with self._lock:
            left = tuple(self._open)
        for each in left:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _serve(self, client: socket.socket, host: str, port: int) -> None:
        with suppress(OSError), socket.create_connection((host, port)) as server:
            ends = {client, server}
            with self._lock:
                self._open |= ends
            back = Thread(target=_pass_on, args=(server, client), daemon=True)
            back.start()
            _pass_on(client, server, self._note)
            back.join()
            with self._lock:
                self._open -= ends

    def _note(self, piece: bytes) -> None:
        with self._lock:
            self._sent.append(piece)


def _pass_on(source: socket.socket, sink: socket.socket, note: Callable[[bytes], None] = lambda piece: None) -> None:
    """All that one end sends, and then that it will send no more."""
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            note(piece)
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
