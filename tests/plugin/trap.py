"""A place where no application may come: a server that counts who does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from threading import Thread

import pytest


@dataclass
class Trap:
    """A server that counts who comes."""

    port: int
    seen: list[str] = field(default_factory=list)


def open_trap(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trap]:
    """Where nobody may come: a server on TCP and UDP of one port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as streams:
        found = Trap(port=streams.getsockname()[1])
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as datagrams:
            datagrams.bind(("127.0.0.1", found.port))
            datagrams.setblocking(False)

            def count() -> None:
                while True:
                    try:
                        connection, _ = streams.accept()
                    except OSError:
                        return
                    found.seen.append("connection")
                    connection.close()

            Thread(target=count, daemon=True).start()
            monkeypatch.setenv("TRAP", str(found.port))
            yield found
            try:
                datagrams.recv(100)
                found.seen.append("datagram")
            except BlockingIOError:
                pass
