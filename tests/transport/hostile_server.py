"""A server that answers each request with the bytes of one row of a table, as slowly as the row wants."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Thread

Reply = Callable[[], Iterable[bytes]]
"""The bytes of an answer, piece by piece; a generator that sleeps is a slow server."""

_PATIENCE = 45.0
"""Seconds after which even an endless answer ends, so that no test hangs."""


def drip(start: bytes, again: bytes, *, pause: float = 0.05) -> Reply:
    """Some bytes at once, and then a few again and again."""

    def pieces() -> Iterator[bytes]:
        yield start
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            time.sleep(pause)
            yield again

    return pieces


def flood(start: bytes, again: bytes) -> Reply:
    """As `drip`, as fast as it is taken."""
    return drip(start, again * (65536 // len(again) + 1), pause=0.0)


def whole(*pieces: bytes) -> Reply:
    """These bytes and the end of the connection."""
    return lambda: pieces


@contextmanager
def serving(replies: Mapping[str, Reply]) -> Iterator[int]:
    """The port of a server that finds the row in the first part of the path, `/row/v1/...`."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        Thread(target=_accept, args=(listener, replies), daemon=True).start()
        yield listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, replies: Mapping[str, Reply]) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            Thread(target=_serve, args=(client, replies), daemon=True).start()


def _serve(client: socket.socket, replies: Mapping[str, Reply]) -> None:
    with client, suppress(OSError):
        client.settimeout(_PATIENCE)
        asked = client.recv(65536)
        if asked[:1] == b"\x16":  # a client of TLS says hello
            _send(client, replies["slow TLS"])
            return
        if not asked:
            return
        row = asked.split(b" ")[1].split(b"/")[1].decode().replace("%20", " ")
        _send(client, replies[row])
        client.shutdown(socket.SHUT_WR)
        client.settimeout(1.0)
        while client.recv(65536):
            pass


def _send(client: socket.socket, reply: Reply) -> None:
    for piece in reply():
        client.sendall(piece)
