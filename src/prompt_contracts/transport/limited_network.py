"""The network below httpx, every step of it within the allowance of the attempt: its timeouts are for single steps.

A name is looked up in a thread, for nothing else can end that; nothing else here has one.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import ip_address
from ssl import SSLContext
from threading import Thread
from time import monotonic
from typing import Any

import httpcore
import httpx

from prompt_contracts.transport.allowance import HeadError, allowance_here

_PIECE = 16 * 1024
"""Bytes that are written in one step: httpcore writes what it is given in as many as it takes."""

CONNECTED_TO = "connected_to"
"""What `get_extra_info` of a stream knows beside the names of httpcore: host and port, those of a proxy if there is
one."""


def limit_network(client: httpx.Client) -> httpx.Client:
    """The client, what it does on the network limited by the allowance of whoever asks."""
    transports = [client._transport, *client._mounts.values()]  # noqa: SLF001 - httpx has no other way to its pools
    for transport in transports:
        if isinstance(transport, httpx.HTTPTransport):
            pool: Any = transport._pool  # noqa: SLF001 - as above; a test sees to it that the limits hold
            pool._network_backend = LimitedNetwork(pool._network_backend)  # noqa: SLF001 - as above
    return client


class LimitedNetwork(httpcore.NetworkBackend):
    """Opens connections."""

    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

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
                return _LimitedStream(stream, connected_to=(host, port))
        raise failure

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._inner.sleep(seconds)


class _LimitedStream(httpcore.NetworkStream):
    """One connection."""

    def __init__(self, inner: httpcore.NetworkStream, *, connected_to: tuple[str, int]) -> None:
        self._inner = inner
        self._connected_to = connected_to

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))
        allowance = allowance_here()
        if allowance is not None:
            try:
                allowance.note_read(len(data))
            except HeadError:
                raise httpcore.RemoteProtocolError("the server does not come to its answer") from None
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self._inner.write(buffer[start : start + _PIECE], _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._inner.start_tls(ssl_context, server_hostname, _left(timeout, httpcore.ConnectTimeout))
        return _LimitedStream(stream, connected_to=self._connected_to)

    def get_extra_info(self, info: str) -> Any:
        return self._connected_to if info == CONNECTED_TO else self._inner.get_extra_info(info)


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
