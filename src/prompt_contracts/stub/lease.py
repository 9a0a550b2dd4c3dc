"""Who may ask the server: one lease for each case that runs, known by an address that nobody can guess."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import field
from threading import Lock

from prompt_contracts.data_class import dataclass
from prompt_contracts.interaction import ApiResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One request, as an application sent it."""

    method: str
    path: str
    """Below the address that the application was given, with the query: `/chat/completions`."""
    is_outside: bool = False
    """The path is none of the API that is spoken here."""
    deployment: str | None = None
    """Azure's name for a model, where the path held it."""
    refusal: str | None = None
    """Why the request was refused before anybody read it; what is answered to it goes nowhere."""
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case; of a repeated header the last value."""
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A stream that ends before its end: the connection closes where more was announced."""

    response: ApiResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """The connection breaks without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """No answer comes: the connection stays open until the client goes, or its lease ends."""


StubReply = ApiResponse | Cut | Reset | Hang


def error_response(
    status: int,
    message: str,
    *,
    code: str,
    kind: str = "invalid_request_error",
    headers: tuple[tuple[str, str], ...] = (),
) -> ApiResponse:
    """An error in OpenAI's form; no client should send the request again, and the official ones do not."""
    error = {"message": message, "type": kind, "param": None, "code": code}
    return ApiResponse(
        status=status,
        headers=(("content-type", "application/json"), ("x-should-retry", "false"), *headers),
        body=json.dumps({"error": error}).encode(),
    )


Answer = Callable[[Incoming], StubReply]


class Lease:
    """An address below the server's, for as long as it is not closed. Thread-safe."""

    def __init__(self, *, token: str, base_url: str, answer: Answer, on_close: Callable[[Lease], None]) -> None:
        """Made by `StubServer.open`."""
        self.token = token
        self.base_url = base_url
        """Where the application finds the provider; without a trailing slash."""
        self.answer = answer
        self.is_abandoned = False
        """Whether an application may still be running that nobody waits for."""
        self._on_close = on_close
        self._lock = Lock()
        self._is_closed = False
        self._held: set[socket.socket] = set()
        self._outside: list[str] = []

    @property
    def outside(self) -> tuple[str, ...]:
        """`host:port` of every other server that the application tried to reach through this one as its proxy."""
        with self._lock:
            return tuple(self._outside)

    def note_outside(self, host: str) -> None:
        """Keep that the application asked for another server."""
        with self._lock:
            self._outside.append(host)

    @property
    def is_closed(self) -> bool:
        """Whether the address serves nobody any more."""
        return self._is_closed

    def hold(self, connection: socket.socket) -> None:
        """Leave a client without an answer, until it goes or the lease is closed."""
        with self._lock:
            if self._is_closed:
                return
            self._held.add(connection)
        try:
            # As long as the client waits: its own timeout is what the case is about.
            connection.settimeout(None)
            while connection.recv(65536):
                pass
        except OSError:
            pass
        finally:
            with self._lock:
                self._held.discard(connection)

    def close(self, *, is_abandoned: bool = False) -> None:
        """Revoke the address; clients that are left hanging are let go. A second time does nothing.

        `is_abandoned` says that requests may still come, of an application that could not be stopped.
        """
        self.is_abandoned = self.is_abandoned or is_abandoned
        self._on_close(self)
        with self._lock:
            self._is_closed = True
            for connection in self._held:
                with suppress(OSError):
                    # Not `close`: another thread reads from it, and only this wakes that thread.
                    connection.shutdown(socket.SHUT_RDWR)


class Leases:
    """All leases of one server. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: dict[str, Lease] = {}
        self._ended: dict[str, bool] = {}
        self._late = 0

    def open(self, answer: Answer, *, address: str) -> Lease:
        """A new lease below `address`, which ends without a slash."""
        # 192 bits: every program of this machine can reach the port, and the address is all that it takes to ask.
        token = secrets.token_urlsafe(24)
        lease = Lease(token=token, base_url=f"{address}/{token}/v1", answer=answer, on_close=self._end)
        with self._lock:
            self._open[token] = lease
        return lease

    def find(self, token: str) -> Lease | None:
        """The lease with that token, if it is open."""
        with self._lock:
            return self._open.get(token)

    def note_stranger(self, address: str) -> None:
        """Keep that something was asked below no address, with every application that runs."""
        with self._lock:
            leases = list(self._open.values())
        for lease in leases:
            lease.note_outside(address)

    def note_late(self, token: str) -> bool:
        """Whether a token was once a lease's; a request to one whose application had ended is counted."""
        with self._lock:
            is_abandoned = self._ended.get(token)
            self._late += is_abandoned is False
            return is_abandoned is not None

    @property
    def late(self) -> int:
        """How many requests came to leases after their application had ended."""
        return self._late

    def close(self) -> None:
        """Close every lease."""
        with self._lock:
            leases = list(self._open.values())
        for lease in leases:
            lease.close()

    def _end(self, lease: Lease) -> None:
        with self._lock:
            self._open.pop(lease.token, None)
            self._ended[lease.token] = lease.is_abandoned
