"""Where the Python code of an application may connect to: its stand-in, and what the project allows. Told before a byte
is sent. Runs inside the application's process and sees Python's own sockets only: what other libraries open passes by.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Sequence
from threading import local
from typing import Any

_CONNECTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyname_ex"})
_STARTS = frozenset({"os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.exec", "subprocess.Popen"})
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", ""})  # noqa: S104 - names, nothing is bound


class EgressGuard:
    """An audit hook: refuses connections that lead elsewhere, or only tells of them."""

    def __init__(
        self,
        *,
        stand_in: tuple[str, int],
        allow_hosts: Sequence[str],
        is_refusing: bool,
        tell: Callable[[str], None],
    ) -> None:
        """`allow_hosts` are `host` or `host:port`; `tell` gets each address that is none of these, as `host:port`."""
        self._stand_in = stand_in
        self._allowed = [_host_and_port(entry) for entry in allow_hosts]
        self._addresses: set[tuple[str, int | None]] = set()
        """What the allowed names stand for."""
        self._is_refusing = is_refusing
        self._tell = tell
        self._own = local()
        self.has_started_others = False
        """Whether a process was started since this was last set to False."""

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Called by Python for everything that it audits: must be quick."""
        if event in _CONNECTS:
            self._connects(arguments[1] if len(arguments) > 1 else None)
        elif event in _LOOKUPS:
            self._looks_up(arguments[0], arguments[1] if len(arguments) > 1 else None)
        elif event in _STARTS:
            self.has_started_others = True

    def _connects(self, address: object) -> None:
        # A path of a local socket, or none at all, leads to nobody outside.
        if not isinstance(address, tuple) or len(address) < 2 or not isinstance(address[0], (str, bytes)):
            return
        host, port = _text(address[0]), address[1]
        if (host, port) != self._stand_in and self._is_foreign(host, port):
            self._refuse(f"{host}:{port}")

    def _looks_up(self, name: object, service: object) -> None:
        host = _text(name)
        if getattr(self._own, "is_looking", False) or host in _LOOPBACK_NAMES or _is_number(host):
            return  # nothing is asked of anybody; connecting is looked at by itself
        if not any(host == allowed for allowed, _ in self._allowed):
            self._refuse(f"{host}:{service}" if isinstance(service, (int, str)) and service else host)
            return
        self._own.is_looking = True
        try:
            found = socket.getaddrinfo(host, None)
        except OSError:
            return  # the application is told the same
        finally:
            self._own.is_looking = False
        for allowed, port in self._allowed:
            if allowed == host:
                self._addresses.update((str(entry[4][0]), port) for entry in found)

    def _is_foreign(self, host: str, port: int) -> bool:
        known = {*self._allowed, *self._addresses}
        if host in _LOOPBACK_NAMES:
            known |= {(host, allowed) for name, allowed in self._allowed if name in _LOOPBACK_NAMES}
        return (host, port) not in known and (host, None) not in known

    def _refuse(self, address: str) -> None:
        self._tell(address)
        if self._is_refusing:
            raise ConnectionRefusedError(
                errno.ECONNREFUSED, f"prompt-contracts: a replay reaches nobody but its stand-in, and not {address}"
            )


def _host_and_port(entry: str) -> tuple[str, int | None]:
    host, colon, port = entry.rpartition(":")
    if colon and port.isdigit() and (":" not in host or host.startswith("[")):
        return host.strip("[]").lower(), int(port)
    return entry.strip("[]").lower(), None


def _text(value: object) -> str:
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace").lower()
    return str(value or "").lower()


def _is_number(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host.partition("%")[0])
        except OSError:
            continue
        return True
    return False
