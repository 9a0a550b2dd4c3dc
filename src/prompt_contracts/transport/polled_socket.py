"""A socket that is read and written without its own timeouts: one look whether it is ready, and one step.

Python looks before each step by itself where a socket has a timeout, and lets other threads run each time; of many
threads that ask at once each then waits for its turn three times as often.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable
from math import ceil

import httpcore

_LONGEST_LOOK = 3600.0
"""Seconds: the system counts milliseconds, and not all too many of them."""
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

Left = Callable[[type[httpcore.TimeoutException]], float | None]
"""Seconds for the next step; raises the error that it is given where there are none."""


class PolledSocket:
    """Steps of one connection, plain or through TLS. Raises what the streams of httpcore raise."""

    def __init__(self, inner: socket.socket) -> None:
        inner.settimeout(0)
        self._inner = inner
        # Of what TLS has unpacked already the socket knows nothing.
        self._may_hold_data = isinstance(inner, ssl.SSLSocket)

    def read(self, max_bytes: int, left: Left) -> bytes:
        """What comes next, empty at the end."""
        if not self._may_hold_data:
            self._wait(left, httpcore.ReadTimeout, is_writing=False)
        while True:
            left(httpcore.ReadTimeout)
            try:
                return self._inner.recv(max_bytes)
            except _NOT_NOW as error:
                self._wait(left, httpcore.ReadTimeout, is_writing=isinstance(error, ssl.SSLWantWriteError))
            except TimeoutError as error:
                raise httpcore.ReadTimeout(error) from error
            except OSError as error:
                raise httpcore.ReadError(error) from error

    def write(self, data: bytes, left: Left) -> None:
        """Write all of it."""
        rest = memoryview(data)
        while rest:
            left(httpcore.WriteTimeout)
            try:
                rest = rest[self._inner.send(rest) :]
            except _NOT_NOW as error:
                self._wait(left, httpcore.WriteTimeout, is_writing=not isinstance(error, ssl.SSLWantReadError))
            except TimeoutError as error:
                raise httpcore.WriteTimeout(error) from error
            except OSError as error:
                raise httpcore.WriteError(error) from error

    def _wait(self, left: Left, too_late: type[httpcore.TimeoutException], *, is_writing: bool) -> None:
        """Until it is ready; whoever steps on sees for what."""
        while True:
            seconds = left(too_late)
            is_last_look = seconds is not None and seconds <= _LONGEST_LOOK
            try:
                if self._is_ready(min(seconds or _LONGEST_LOOK, _LONGEST_LOOK), is_writing=is_writing):
                    return
            except (OSError, ValueError) as error:  # closed by another thread
                raise httpcore.ReadError(error) from error
            if is_last_look:
                raise too_late

    def _is_ready(self, seconds: float, *, is_writing: bool) -> bool:
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(self._inner, select.POLLOUT if is_writing else select.POLLIN)
            return bool(poll.poll(ceil(seconds * 1000)))
        here = [self._inner]
        return any(select.select([] if is_writing else here, here if is_writing else [], here, seconds))
