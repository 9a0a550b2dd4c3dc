"""Who is connected to the stand-in, and who has to go when there is no room: strangers first."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

from prompt_contracts.data_class import dataclass


@dataclass(slots=True, kw_only=True)
class _Guest:
    """One connection."""

    is_known: bool = False
    """Whether it has named an address that is leased."""
    is_served: bool = False
    """Whether one of its requests is being answered."""


class Guests:
    """The open connections of a server. Thread-safe."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._guests: dict[socket.socket, _Guest] = {}

    def admit(self, connection: socket.socket) -> bool:
        """Take in a connection; where there is no room another one has to go that nobody would miss."""
        with self._lock:
            leaving = self._dispensable() if len(self._guests) >= self._most else None
            if leaving is not None:
                del self._guests[leaving]
                _end(leaving)
            if len(self._guests) >= self._most:
                return False
            self._guests[connection] = _Guest()
            return True

    def leave(self, connection: socket.socket) -> None:
        """A connection that is over."""
        with self._lock:
            self._guests.pop(connection, None)

    @contextmanager
    def served(self, connection: socket.socket) -> Iterator[None]:
        """While a request to a leased address is answered, its connection stays."""
        self._note(connection, is_served=True)
        try:
            yield
        finally:
            self._note(connection, is_served=False)

    def end_all(self) -> None:
        """End every connection."""
        with self._lock:
            for connection in self._guests:
                _end(connection)

    def _note(self, connection: socket.socket, *, is_served: bool) -> None:
        with self._lock:
            guest = self._guests.get(connection)
            if guest is not None:
                guest.is_known, guest.is_served = True, is_served
                # The order is that of the last sign of life.
                self._guests[connection] = self._guests.pop(connection)

    def _dispensable(self) -> socket.socket | None:
        """The oldest stranger, else the one that has been idle for longest."""
        idle = [connection for connection, guest in self._guests.items() if not guest.is_served]
        # Any program of this machine can connect: those that never named an address must not lock out those that did.
        strangers = [connection for connection in idle if not self._guests[connection].is_known]
        return next(iter((*strangers, *idle)), None)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
