"""The network below httpx, every step of it within the allowance of the attempt: its timeouts are for single steps.

A name is looked up in a thread, for nothing else can end that; nothing else here has one.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from ssl import SSLContext, SSLObject
from threading import Lock, Thread
from time import monotonic
from typing import Any

import httpcore

from prompt_contracts.transport.allowance import HeadError, allowance_here
from prompt_contracts.transport.polled_socket import PolledSocket

_PIECE = 16 * 1024
"""Bytes that are written in one step: httpcore writes what it is given in as many as it takes."""

CONNECTED_TO = "connected_to"
"""What `get_extra_info` of a stream knows beside the names of httpcore: host and port, those of a proxy if there is
one."""


class OpenStreams:
    """The open connections of one client, which another thread can cut. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sockets: dict[int, socket.socket] = {}
        self._is_cut = False

    def note(self, stream: httpcore.NetworkStream) -> None:
        """One was opened, or goes on through TLS; `ConnectError` when it comes too late."""
        found = stream.get_extra_info("socket")
        with self._lock:
            if not self._is_cut:
                self._sockets[id(stream)] = found
                return
        stream.close()
        raise httpcore.ConnectError("the run was stopped")

    def forget(self, stream: httpcore.NetworkStream) -> None:
        """It is closed, or goes on as another."""
        with self._lock:
            self._sockets.pop(id(stream), None)

    def hang_up(self) -> None:
        """Let every thread that waits at one of them wait no longer, and open none any more."""
        with self._lock:
            self._is_cut = True
            for each in self._sockets.values():
                # Not closed: that is for who reads from it. Not through TLS, whose state belongs to that thread, too.
                with suppress(OSError):
                    socket.socket.shutdown(each, socket.SHUT_RDWR)


class LimitedNetwork(httpcore.NetworkBackend):
    """Opens connections."""

    def __init__(self, inner: httpcore.NetworkBackend, streams: OpenStreams) -> None:
        self._inner = inner
        self._streams = streams

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address of the host that takes it; `timeout` is for all of it."""
        seconds = _left(timeout, httpcore.ConnectTimeout)
        end = None if seconds is None else monotonic() + seconds
        addresses = _addresses(host, port, seconds)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for number, address in enumerate(addresses):
            # One that swallows everything must leave time for the others.
            share = None if end is None else (end - monotonic()) / (len(addresses) - number)
            if share is not None and share <= 0:
                raise httpcore.ConnectTimeout
            try:
                stream = self._inner.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                # The name that was asked for, not the address that took it: by it a proxy is told from the provider.
                return _LimitedStream(stream, connected_to=(host, port), streams=self._streams)
        raise failure

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._inner.sleep(seconds)


class _LimitedStream(httpcore.NetworkStream):
    """One connection.

    What is written goes out together when an answer is to be read: a head by itself would only wake the server.
    """

    def __init__(self, inner: httpcore.NetworkStream, *, connected_to: tuple[str, int], streams: OpenStreams) -> None:
        self._inner = inner
        self._connected_to = connected_to
        self._streams = streams
        self._unsent: list[bytes] = []
        self._is_broken = False
        self._socket = _polled(inner)
        streams.note(inner)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._unsent:
            self._send(timeout)
        if self._socket is None:
            data = self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))
        else:
            data = self._socket.read(max_bytes, partial(_left, timeout))
        allowance = allowance_here()
        if allowance is not None:
            try:
                allowance.note_read(len(data))
            except HeadError:
                raise httpcore.RemoteProtocolError("the server does not come to its answer") from None
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout  # reading has the same
        self._unsent.append(buffer)

    def close(self) -> None:
        self._streams.forget(self._inner)
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._inner.start_tls(ssl_context, server_hostname, _left(timeout, httpcore.ConnectTimeout))
        self._streams.forget(self._inner)
        return _LimitedStream(stream, connected_to=self._connected_to, streams=self._streams)

    def get_extra_info(self, info: str) -> Any:
        if info == CONNECTED_TO:
            return self._connected_to
        # Of half a request nobody knows what the server makes: nothing is sent behind it.
        return (info == "is_readable" and self._is_broken) or self._inner.get_extra_info(info)

    def _send(self, timeout: float | None) -> None:
        unsent, self._unsent = b"".join(self._unsent), []
        try:
            if self._socket is not None:
                self._socket.write(unsent, partial(_left, timeout))
                return
            for start in range(0, len(unsent), _PIECE):
                self._inner.write(unsent[start : start + _PIECE], _left(timeout, httpcore.WriteTimeout))
        except httpcore.WriteError:
            # As httpcore has it: a server may answer before it has read all, and close.
            self._is_broken = True


def _polled(stream: httpcore.NetworkStream) -> PolledSocket | None:
    """The socket below a stream; None where TLS runs within TLS, which httpcore alone can step through."""
    is_nested = isinstance(stream.get_extra_info("ssl_object"), SSLObject)
    return None if is_nested else PolledSocket(stream.get_extra_info("socket"))


def _left(timeout: float | None, too_late: type[httpcore.TimeoutException]) -> float | None:
    allowance = allowance_here()
    if allowance is None:
        return timeout
    try:
        return allowance.left(timeout)
    except TimeoutError:
        raise too_late from None


def _addresses(host: str, port: int, seconds: float | None) -> list[str]:
    """The addresses of a host, in the order in which the system would have them tried."""
    try:
        return [str(ip_address(host.strip("[]")))]
    except ValueError:
        pass
    found: list[str] = []
    failures: list[BaseException] = []

    def look_up() -> None:
        try:
            # Without the type each address comes once for each kind of socket.
            known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(address[4][0]) for address in known))
        except BaseException as error:  # noqa: BLE001 - told to whoever waits
            failures.append(error)

    # A daemon, for a look-up that hangs must not keep pytest from ending.
    thread = Thread(target=look_up, name=f"address of {host}", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise httpcore.ConnectTimeout
    for failure in failures:
        if isinstance(failure, (OSError, UnicodeError)):
            raise httpcore.ConnectError(str(failure)) from failure
        raise failure
    return found
